"""Lesson 10: what is hidden, who sees whom, unmasking, names, passages."""

import collections
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

VOCABULARY = 300


@pytest.fixture(scope="module")
def lesson():
    full = types.SimpleNamespace(SMOKE_TEST=False, DATA_DIR=DATA_DIR)
    names = dict(course_utils=full, np=np, keras=keras, tf=tf, re=re, ops=ops)
    names |= dict(layers=layers, initializers=initializers, tokenizer=tokenizer)
    names |= dict(merges=[], mask_id=VOCABULARY, collections=collections, tfds=tfds)
    names = lessons.definitions("10", **names)
    names |= dict(width=16, num_heads=2, reach=2)
    return names


@pytest.fixture(scope="module")
def models(lesson):
    keras.utils.set_random_seed(0)
    return lesson["build_bert"]()


def rows_of(count, length=128, seed=0):
    return np.random.default_rng(seed).integers(1, VOCABULARY, (count, length))


def test_of_the_hidden_tokens_80_percent_are_masked_and_10_replaced(lesson):
    rows = rows_of(2000)
    kept = rows.copy()
    inputs, places, answers = lesson["hide"](rows, np.random.default_rng(1))
    np.testing.assert_array_equal(rows, kept)
    assert places.shape == (2000, 19)
    assert all(len({*row}) == 19 for row in places.tolist())
    np.testing.assert_array_equal(np.take_along_axis(rows, places, 1), answers)
    at_places = np.take_along_axis(inputs, places, 1)
    shares = np.mean(at_places == VOCABULARY), np.mean(at_places == answers)
    np.testing.assert_allclose(shares, [0.8, 0.1 + 0.1 / VOCABULARY], atol=0.01)
    np.put_along_axis(inputs, places, answers, 1)
    np.testing.assert_array_equal(inputs, rows)  # nothing else was changed
    inputs, places, _ = lesson["hide"](rows, np.random.default_rng(1), masked=1)
    assert np.all(np.take_along_axis(inputs, places, 1) == VOCABULARY)


def test_a_prediction_depends_on_both_sides_but_not_on_padding(models):
    _, bert, _ = models
    rows = rows_of(1, 24).astype("int32")
    before = np.array(bert(rows))
    for changed in (0, 23):
        other = rows.copy()
        other[0, changed] = 1 + rows[0, changed] % (VOCABULARY - 1)
        moved = np.abs(np.array(bert(other)) - before).max(axis=(0, 2))
        assert moved.min() > 0, changed  # the second block sees all
    padded = np.pad(rows, ((0, 0), (0, 8)))
    np.testing.assert_allclose(np.array(bert(padded))[:, :24], before, atol=1e-5)


def test_the_first_block_sees_two_tokens_on_either_side(lesson, models):
    encoder = models[0]
    blocks = [x for x in encoder.layers if isinstance(x, layers.MultiHeadAttention)]
    first = keras.Model(encoder.input, blocks[0].output)
    rows = rows_of(1, 24).astype("int32")
    other = rows.copy()
    other[0, 10] = 1 + rows[0, 10] % (VOCABULARY - 1)
    moved = np.abs(np.array(first(other)) - np.array(first(rows))).max(axis=(0, 2))
    assert np.flatnonzero(moved > 1e-7).tolist() == [8, 9, 10, 11, 12]


def test_training_sees_the_logits_at_the_hidden_places(models):
    _, bert, training = models
    rows, places = rows_of(3, 24).astype("int32"), np.array([[0, 5], [7, 3], [23, 22]])
    expected = np.take_along_axis(np.array(bert(rows)), places[..., None], axis=1)
    found = np.array(training([rows, places.astype("int32")]))
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert found.shape == (3, 2, VOCABULARY)


def test_the_mean_leaves_out_padding(lesson, models):
    encoder = models[0]
    rows = np.pad(rows_of(2, 300), ((0, 0), (0, 212))).astype("int32")
    windows = np.array(encoder(rows.reshape(8, 128))).reshape(2, 512, 16)
    found = np.array(lesson["pooled"](encoder)(rows))
    np.testing.assert_allclose(found, windows[:, :300].mean(axis=1), atol=1e-5)


def test_unmasking_fills_the_surest_first_and_ends_without_blanks(lesson, monkeypatch):
    def bert(rows):
        """Sure of token 7, most at the last position."""
        strength = np.arange(1, rows.shape[1] + 1, dtype="float32")
        logits = np.zeros((*rows.shape, VOCABULARY), "float32")
        logits[..., 7] = 6 + 0.2 * strength
        return tf.constant(logits)

    monkeypatch.setitem(lesson, "bert", bert)
    begun = np.full((2, 10), VOCABULARY)
    begun[:, :2] = 5
    steps = [*lesson["unmask"](begun, 3)]
    counts = [np.sum(step == VOCABULARY, axis=1).tolist() for step in steps]
    assert counts == [[5, 5], [2, 2], [0, 0]]
    assert np.all(steps[0][:, 2:7] == VOCABULARY)  # the last three came first
    assert np.all(steps[-1][:, :2] == 5) and np.all(steps[-1][:, 2:] == 7)
    assert np.all(begun[:, 2:] == VOCABULARY)


def test_blanks_become_the_mask_with_the_space_before_them(lesson):
    ids = lesson["with_blanks"]("a ___ b, ___")
    assert ids.tolist() == [97, VOCABULARY, 32, 98, 44, VOCABULARY]
    assert lesson["with_blanks"]("").tolist() == []


def test_names_and_capitals_are_hidden(lesson, monkeypatch):
    monkeypatch.setitem(lesson, "names", {"Darcy", "Mr"})
    text = "Mr. Darcy's SISTER said: Do not, I pray."
    expected = "___. ___'s sister said: Do not, I pray."
    assert lesson["hide_names"](text) == expected


def test_passages_are_those_of_the_chapters(lesson):
    novels, chapters, texts = lesson["load_passages"]("validation")
    rows = lessons.examples("jane_austen")["validation"]
    assert {*chapters.tolist()} == {row["chapter"] for row in rows}
    for row in rows:
        names = sorted({row["novel"] for row in rows})
        mine = (novels == names.index(row["novel"])) & (chapters == row["chapter"])
        assert sorted(" ".join(texts[mine]).split()) == sorted(row["text"].split())
    lengths = [len(text.split()) for text in texts]
    assert min(lengths) > 200 and max(lengths) <= 250


def test_texts_become_padded_ids(lesson, monkeypatch):
    monkeypatch.setitem(lesson, "names", {"Darcy"})
    ids = lesson["to_ids"](["a Darcy", "b" * 600])
    assert ids.shape == (2, 512)
    assert ids[0].tolist() == [97, VOCABULARY] + [0] * 510
    assert ids[1].tolist() == [98] * 512


def test_the_shipped_model_restores_more_than_a_quarter():
    (bert,) = lessons.shipped("austen_bert")
    with lessons.shipped_only():
        merges = artifacts.card("austen_bert")["merges"]
    text = datasets.load_text("jane_austen", "validation")[:40_000]
    ids = np.array(tokenizer.encode(text, merges), "int32")
    rows = ids[: len(ids) // 128 * 128].reshape(-1, 128)
    hidden = np.random.default_rng(0).random(rows.shape) < 0.15
    found = np.array(bert(np.where(hidden, 1000, rows))).argmax(axis=-1)
    assert np.mean(found[hidden] == rows[hidden]) > 0.25
