"""Lesson 17: preferences, the losses of the reward model and of DPO, log p of texts."""

import textwrap

from course_utils import artifacts, decoding, tokenizer
from course_utils.callbacks import Progress, StopOnNaN
from course_utils.datasets import load_text

import keras
import lessons
import numpy as np
import pytest
from keras import layers, ops


@pytest.fixture(scope="module")
def lesson():
    names = dict(np=np, keras=keras, layers=layers, ops=ops, artifacts=artifacts)
    names |= dict(load_text=load_text, decoding=decoding, tokenizer=tokenizer)
    names |= dict(
        Progress=Progress, StopOnNaN=StopOnNaN, checkpoint="austen_transformer"
    )
    with lessons.shipped_only():
        names["merges"] = artifacts.card("austen_transformer")["merges"]
        names = lessons.definitions("17", **names)
        for name in ("policy", "reference"):
            names[name] = names["load_gpt"]()
        yield names


@pytest.fixture(scope="module")
def rows():
    return np.random.default_rng(0).integers(0, 1000, (6, 64)).astype("int32")


def test_log_probs_are_those_of_the_new_tokens(lesson, rows):
    found = np.array(lesson["log_probs"](lesson["reference"], rows))
    log_p = np.array(ops.log_softmax(lesson["reference"](rows)), "float64")
    for row, table, value in zip(rows, log_p, found, strict=True):
        expected = sum(table[t - 1, row[t]] for t in range(16, 64))
        assert value == pytest.approx(expected, rel=1e-5)


def test_the_loss_is_that_of_the_margins(lesson, rows):
    """With log p of the policy and the offsets of the reference, DPO's."""
    pairs, offsets, beta = rows.reshape(3, 2, 64), np.array([0.5, -3.0, 2.0]), 0.3
    weights = np.linspace(-1e-3, 1e-3, 64)
    model = lesson["pair_model"](lambda x: ops.cast(x, "float32") @ weights)
    found = (pairs[:, 0] - pairs[:, 1]) @ weights
    np.testing.assert_allclose(np.array(model(pairs)), found, atol=1e-4)
    lesson |= dict(train_pairs=pairs, num_epochs=1)
    lesson["train"](model, offsets, lesson["preference_loss"](beta))
    expected = np.log1p(np.exp(-beta * (found - offsets))).mean()
    value = model.evaluate(pairs, offsets, verbose=0)
    assert value == pytest.approx(expected, rel=1e-4)


def test_dpo_raises_the_chosen_over_the_rejected_and_keeps_the_reference(lesson, rows):
    pairs, log_probs = np.tile(rows.reshape(3, 2, 64), (8, 1, 1)), lesson["log_probs"]
    policy, reference = lesson["policy"], lesson["reference"]
    before = [w.copy() for w in reference.get_weights()]
    log_p = [np.array(log_probs(reference, pairs[:, n])) for n in (0, 1)]
    of_policy = lesson["pair_model"](lambda rows: log_probs(policy, rows))
    lesson |= dict(train_pairs=pairs, num_epochs=2, batch_size=8, of_policy=of_policy)
    lesson["offsets"] = log_p[0] - log_p[1]
    lesson["train_dpo"](0.1)
    after = [np.array(log_probs(policy, pairs[:, n])) for n in (0, 1)]
    assert (after[0] - after[1] - lesson["offsets"]).min() > 1
    lesson["held_out"] = pairs
    means = [0.1 * (b - a).mean() for a, b in zip(log_p, after, strict=True)]
    told = "chosen {:+.3f}, rejected {:+.3f}, right 100.0 %".format(*means)
    assert lesson["held_out_rewards"]() == told
    same = zip(before, reference.get_weights(), strict=True)
    assert all(np.array_equal(a, b) for a, b in same)


def test_reward_model_reads_the_whole_text_and_starts_from_the_gpt(lesson, rows):
    model = lesson["build_reward_model"]()
    assert not np.array(model(rows)).any()
    head = model.get_layer("head")
    head.set_weights([np.linspace(-1, 1, 128)[:, None], np.zeros(1)])
    rewards = np.array(model(rows))
    assert rewards.shape == (6,)
    for place in (0, 63):
        changed = rows.copy()
        changed[:, place] = (changed[:, place] + 1) % 1000
        assert (np.abs(np.array(model(changed)) - rewards) > 1e-6).all()
    shared = model.count_params() - 129
    assert shared == lesson["reference"].count_params()


def test_the_annotator_chooses_as_bradley_and_terry_say(lesson):
    encode, merges = tokenizer.encode, lesson["merges"]
    begin = encode("It was so very cold that day, and so she", merges)[:16]
    assert len(begin) <= 16
    begin = begin + [10] * (16 - len(begin))
    texts = ['"Is it? Are you?"', "the the the the"]
    pair = [begin + encode(text, merges) for text in texts]
    length = max(map(len, pair))
    pair = np.array([ids + [32] * (length - len(ids)) for ids in pair])
    liked = [lesson["taste"](row) for row in pair]
    assert liked == [6 * 2 + 2 * 2, -10 * 0.75]
    many = np.repeat([np.array([pair[1], pair[1]])], 2000, axis=0)
    assert np.mean(lesson["ask"](many, 0)) == pytest.approx(0.5, abs=0.05)
    assert lesson["ask"](np.repeat(pair[None], 500, axis=0), 0).sum() == 0
    assert np.array_equal(lesson["ask"](many, 3), lesson["ask"](many, 3))
    assert not np.array_equal(lesson["ask"](many, 3), lesson["ask"](many, 4))


def test_training_is_without_dropout(lesson, rows):
    policy, reward = lesson["policy"], lesson["build_reward_model"]()
    reward.get_layer("head").set_weights(
        [np.linspace(-1, 1, 128)[:, None], np.zeros(1)]
    )
    for score in (lambda rows: lesson["log_probs"](policy, rows), reward):
        model = lesson["pair_model"](score)
        twice = [model(rows.reshape(3, 2, 64), training=on) for on in (True, False)]
        np.testing.assert_allclose(*map(np.array, twice), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("width", [30, 70, 10_000])
def test_any_text_has_openings(lesson, monkeypatch, width):
    """Paragraphs, wrapped lines, verse, one line: distinct ones, as many as it has."""
    words = [f"w{n} said" for n in range(3000)]
    for count in (40, 400, 3000):
        text = textwrap.fill(" ".join(words[:count]), width)
        monkeypatch.setitem(lesson, "load_text", lambda *_, text=text: text)
        found = lesson["openings"]("test", 400)
        assert found.shape == (min(400, len(text) - 159), 16)
        assert len({*map(tuple, found.tolist())}) > 0.9 * len(found)
    monkeypatch.setitem(lesson, "load_text", lambda *_: "x y z " * 43)
    assert lesson["openings"]("test", 300).shape[1] == 16


def test_the_chosen_text_comes_first(lesson):
    pairs = np.arange(8).reshape(2, 2, 2)
    found = lesson["chosen_first"](pairs, np.array([0, 1]))
    assert found.tolist() == [[[0, 1], [2, 3]], [[6, 7], [4, 5]]]
