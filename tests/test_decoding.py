"""The cache of course_utils.decoding against the network itself, which has none."""

import gc
import weakref

from course_utils import CourseError, decoding

import keras
import lessons
import numpy as np
import pytest
import scipy.stats
import tensorflow as tf


@pytest.fixture(scope="module")
def gpt():
    return lessons.shipped("austen_transformer")[0]


@pytest.fixture(scope="module")
def rows():
    return np.random.default_rng(0).integers(0, 1000, (4, 24)).astype("int32")


def logits_of(gpt, rows):
    return np.array(gpt(rows))


def test_parts_read_one_after_the_other_give_the_logits_of_the_whole(gpt, rows):
    read, cache, found = decoding.reader(gpt), decoding.empty_cache(gpt, 4, 24), []
    for begin, end in [(0, 10), (10, 15), (15, 16), (16, 24)]:
        ids = tf.constant(rows[:, begin:end])
        logits, cache = read(ids, cache, tf.constant(begin))
        found.append(logits)
    expected = logits_of(gpt, rows)
    np.testing.assert_allclose(np.concatenate(found, 1), expected, atol=1e-3)


def test_rows_may_stand_at_different_positions(gpt, rows):
    """Each is filled up with other ids, then goes on from its own length."""
    lengths, read = np.array([3, 9, 12, 6]), decoding.reader(gpt)
    filled = np.where(np.arange(12) < lengths[:, None], rows[:, :12], 7)
    cache = decoding.empty_cache(gpt, 4, 24)
    logits, cache = read(tf.constant(filled), cache, tf.constant(0))
    for _ in range(12):
        expected = [
            logits_of(gpt, r[None, :n])[0, -1]
            for r, n in zip(rows, lengths, strict=True)
        ]
        last = np.array(logits)
        last = last[:, 0] if last.shape[1] == 1 else last[np.arange(4), lengths - 1]
        np.testing.assert_allclose(last, expected, atol=1e-3)
        ids = rows[np.arange(4), lengths][:, None]
        logits, cache = read(tf.constant(ids), cache, tf.constant(lengths, "int32"))
        lengths = lengths + 1


def test_greedy_rows_are_those_without_a_cache(gpt, rows):
    found, written = decoding.sample(gpt, rows[:, :8], 12, temperature=0), rows[:, :8]
    for _ in range(12):
        best = logits_of(gpt, written)[:, -1].argmax(-1)[:, None]
        written = np.hstack([written, best])
    assert found.dtype == "int32" and np.array_equal(found, written[:, 8:])


@pytest.mark.parametrize("temperature, top_p", [(1.0, None), (0.7, 0.8)])
def test_draws_follow_the_probabilities(gpt, rows, temperature, top_p):
    prompts = np.repeat(rows[:1, :6], 2000, axis=0)
    tokens = decoding.sample(gpt, prompts, 2, temperature, top_p, seed=1)
    first = logits_of(gpt, rows[:1, :6])[0, -1]
    common = np.bincount(tokens[:, 0]).argmax()
    after = np.append(rows[0, :6], common)[None].astype("int32")
    second = logits_of(gpt, after)[0, -1]
    for drawn, logits in [
        (tokens[:, 0], first),
        (tokens[tokens[:, 0] == common, 1], second),
    ]:
        p = np.array(keras.ops.softmax(logits / temperature), "float64")
        if top_p:
            order = np.argsort(-p)
            before = np.cumsum(p[order]) - p[order]
            p[order[before >= top_p]] = 0
            p /= p.sum()
        assert p[drawn].min() > 0
        frequent = [t for t in np.argsort(-p)[:8] if p[t] > 0]
        drawn = np.where(np.isin(drawn, frequent), drawn, -1)
        shares = np.append(p[frequent], max(0, 1 - p[frequent].sum()))
        counts = np.array([np.sum(drawn == token) for token in [*frequent, -1]])
        counts, shares = counts[shares > 1e-6], shares[shares > 1e-6]
        expected = shares / shares.sum() * len(drawn)
        assert scipy.stats.chisquare(counts, expected).pvalue > 1e-3


def test_seeds_rows_and_calls(gpt, rows):
    prompts = np.repeat(rows[:1, :6], 3, axis=0)
    tokens = decoding.sample(gpt, prompts, 10, seed=3)
    assert len({row.tobytes() for row in tokens}) == 3
    assert np.array_equal(tokens, decoding.sample(gpt, prompts, 10, seed=3))
    others = [decoding.sample(gpt, prompts, 10, seed=s) for s in (4, -1, 2**40 + 3)]
    assert all(not np.array_equal(tokens, other) for other in others)


def test_changed_weights_are_used_and_a_model_is_let_go(rows):
    gpt = lessons.shipped("austen_transformer")[0]
    before = decoding.sample(gpt, rows[:, :6], 5, temperature=0)
    gpt.set_weights([0.5 * weight for weight in gpt.get_weights()])
    after = decoding.sample(gpt, rows[:, :6], 5, temperature=0)
    assert not np.array_equal(before, after)
    best = logits_of(gpt, rows[:, :6])[:, -1].argmax(-1)
    assert np.array_equal(after[:, 0], best)
    known = weakref.ref(gpt)
    del gpt
    gc.collect()
    assert known() is None


def test_a_context_that_is_too_short_is_told(gpt, rows):
    assert decoding.context_length(gpt) == 256
    for prompts, num_new in [(rows, 233), (rows[0], 5), (rows[:, :0], 5)]:
        with pytest.raises(CourseError, match="at most 256"):
            decoding.sample(gpt, prompts, num_new)
    with pytest.raises(CourseError, match="top_p"):
        decoding.sample(gpt, rows, 5, top_p=2)
