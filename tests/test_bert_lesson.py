"""Lesson 10: what is hidden, who sees whom, unmasking, names, passages."""

import re
import types

from course_utils import DATA_DIR, artifacts, datasets, tokenizer

import keras
import lessons
import numpy as np
import pytest
import tensorflow as tf
import tensorflow_datasets as tfds
from keras import initializers, layers, ops

MASK = 300


@pytest.fixture(scope="module")
def lesson():
    full = types.SimpleNamespace(SMOKE_TEST=False, DATA_DIR=DATA_DIR)
    names = dict(course_utils=full, np=np, keras=keras, tf=tf, re=re, ops=ops)
    names |= dict(layers=layers, initializers=initializers, tokenizer=tokenizer)
    names |= dict(merges=[], mask_id=MASK, tfds=tfds)
    names = lessons.definitions("10", **names)
    names |= dict(width=16, num_heads=2)
    return names


@pytest.fixture(scope="module")
def models(lesson):
    keras.utils.set_random_seed(0)
    return lesson["build_bert"]()


def rows_of(count, length=32, seed=0):
    return (
        np.random.default_rng(seed).integers(1, MASK, (count, length)).astype("int32")
    )


def test_of_the_hidden_tokens_80_percent_are_masked_and_10_replaced(lesson):
    rows = rows_of(5000)
    kept = rows.copy()
    inputs, targets = lesson["hide"](rows, np.random.default_rng(1))
    np.testing.assert_array_equal(rows, kept)
    hidden = targets >= 0
    np.testing.assert_allclose(hidden.mean(), 0.15, atol=0.005)
    np.testing.assert_array_equal(targets, np.where(hidden, rows, -1))
    np.testing.assert_array_equal(inputs[~hidden], rows[~hidden])
    shares = np.mean(inputs[hidden] == MASK), np.mean((inputs == rows)[hidden])
    np.testing.assert_allclose(shares, [0.8, 0.1 + 0.1 / MASK], atol=0.01)
    assert inputs.min() > 0  # padding is never drawn
    inputs, targets = lesson["hide"](rows, np.random.default_rng(1), 0.4)
    np.testing.assert_allclose(np.mean(targets >= 0), 0.4, atol=0.005)
    inputs, targets = lesson["hide"](rows, np.random.default_rng(1), masked=1, random=0)
    assert np.all(inputs[targets >= 0] == MASK)


def test_the_loss_leaves_out_what_is_not_hidden():
    loss = keras.losses.SparseCategoricalCrossentropy(True, ignore_class=-1)
    logits = np.random.default_rng(0).normal(size=(2, 3, 5)).astype("float32")
    targets = np.array([[-1, 4, -1], [0, -1, 2]])
    expected = np.log(np.exp(logits).sum(axis=-1))
    rows, places = np.nonzero(targets >= 0)
    picked = logits[rows, places, targets[rows, places]]
    expected = np.mean(expected[rows, places] - picked)
    assert float(loss(targets, logits)) == pytest.approx(expected, rel=1e-5)


def test_a_prediction_depends_on_both_sides_but_not_on_padding(models):
    _, bert = models
    rows = rows_of(1, 24)
    before = np.array(bert(rows))
    assert before.shape == (1, 24, MASK)
    for changed in (0, 23):
        other = rows.copy()
        other[0, changed] = 1 + rows[0, changed] % (MASK - 1)
        moved = np.abs(np.array(bert(other)) - before).max(axis=(0, 2))
        assert moved.min() > 0, changed
    padded = np.pad(rows, ((0, 0), (0, 8)))
    np.testing.assert_allclose(np.array(bert(padded))[:, :24], before, atol=1e-5)


def test_the_mean_leaves_out_padding(lesson, models):
    encoder = models[0]
    rows = np.pad(rows_of(2, 300), ((0, 0), (0, 212)))
    windows = np.array(encoder(rows.reshape(32, 32))).reshape(2, 512, 16)
    found = np.array(lesson["passage_vectors"](encoder)(rows))
    np.testing.assert_allclose(found, windows[:, :300].mean(axis=1), atol=1e-5)


def test_unmasking_fills_the_surest_blank_first(lesson, monkeypatch):
    def bert(rows):
        """Sure of token 7, most at the last position."""
        strength = np.arange(1, rows.shape[1] + 1, dtype="float32")
        logits = np.zeros((*rows.shape, MASK), "float32")
        logits[..., 7] = 6 + strength
        return tf.constant(logits)

    monkeypatch.setitem(lesson, "bert", bert)
    begun = np.array([5, MASK, 5, MASK, MASK, 5], "int32")
    steps = [*lesson["unmask"](begun, draw=0)]
    assert [step.tolist() for step in steps] == [
        [5, MASK, 5, MASK, 7, 5],
        [5, MASK, 5, 7, 7, 5],
        [5, 7, 5, 7, 7, 5],
    ]
    assert begun.tolist() == [5, MASK, 5, MASK, MASK, 5]


def test_blanks_become_the_mask_with_the_space_before_them(lesson, monkeypatch):
    ids = lesson["to_ids"]("a ___ b, ___").tolist()
    assert ids == [97, MASK, 32, 98, 44, MASK]
    assert lesson["to_ids"]("").tolist() == []
    monkeypatch.setitem(lesson, "merges", [(97, 98)])
    assert lesson["to_ids"]("ab ___").tolist() == [256, MASK]


def test_words_with_a_capital_are_hidden(lesson):
    texts = ["Mr. Darcy's SISTER said: Do not, I pray, dear.", "darcy"]
    texts += ["Miss de Bourgh made Mr and de"]
    expected = ["___. ___'s ___ said: ___ not, I pray, dear.", "darcy"]
    expected += ["___ ___ made ___ and de"]
    assert lesson["hide_clues"](texts) == expected


def test_the_editions_spelling_is_hidden(lesson):
    texts = ["Every thing surprized any body, but many things did not; any bodies."]
    texts += ["Everything surprised anybody, but many things did not; any bodies."]
    expected = "___ ___ ___, but many things did not; any bodies."
    assert lesson["hide_clues"](texts) == [expected] * 2
    texts = ["to chuse a connexion, to shew mama--to morrow"]
    texts += ["to choose a connection, to show mamma to-morrow"]
    assert lesson["hide_clues"](texts) == ["to ___ a ___, to ___ ___ ___"] * 2


def test_passages_are_those_of_the_chapters(lesson):
    novels, chapters, texts = lesson["load_passages"]("validation")
    rows = lessons.examples("jane_austen")["validation"]
    assert {*chapters} == {str(number) for number in range(len(rows))}
    for number, row in enumerate(rows):
        mine = chapters == str(number)
        assert {*novels[mine]} == {row["novel"]}
        words = row["text"].split()
        assert " ".join(texts[mine]).split() == words[: len(words) // 250 * 250]


def test_the_shipped_model_restores_more_than_a_quarter():
    (bert,) = lessons.shipped("austen_bert")
    with lessons.shipped_only():
        merges = artifacts.card("austen_bert")["merges"]
    text = datasets.load_text("jane_austen", "validation")[:40_000]
    ids = np.array(tokenizer.encode(text, merges), "int32")
    rows = ids[: len(ids) // 32 * 32].reshape(-1, 32)
    hidden = np.random.default_rng(0).random(rows.shape) < 0.15
    found = np.array(bert(np.where(hidden, 1000, rows))).argmax(axis=-1)
    assert np.mean(found[hidden] == rows[hidden]) > 0.25
