"""Lesson 09c: its rows, its scores of heads, and its way of removing one."""

import keras
import lessons
import numpy as np
import pytest
from keras import layers, ops


@pytest.fixture(scope="module")
def lesson():
    names = dict(keras=keras, layers=layers, ops=ops, np=np)
    return lessons.definitions("09c", **names)


def test_repetitions_repeat_and_weigh_only_what_can_be_predicted(lesson):
    rng = np.random.default_rng(0)
    inputs, targets, weights = lesson["repeats"](50, rng, period=5)
    np.testing.assert_array_equal(inputs[:, 1:], targets[:, :-1])
    np.testing.assert_array_equal(targets[:, 5:], targets[:, :-5])
    assert all(len({*row[:5]}) == 5 for row in inputs)
    np.testing.assert_array_equal(weights.sum(axis=1), lesson["length"] - 4)


@pytest.mark.parametrize("fixed", [False, True])
def test_examples_have_one_mapping_a_row(lesson, fixed):
    rng = np.random.default_rng(0)
    inputs, targets, weights = lesson["examples"](50, rng, fixed=fixed)
    mappings = []
    for letters, labels in zip(inputs[:, ::2], targets[:, ::2], strict=True):
        pairs = {*zip(letters, labels, strict=True)}
        assert len(pairs) == len({*letters}) <= 6
        assert max(letters) < 22 <= min(labels)
        mappings.append(pairs)
    everything = set.union(*mappings)
    assert (len({letter for letter, _ in everything}) == len(everything)) == fixed
    np.testing.assert_array_equal(weights[:, ::2], 1)
    np.testing.assert_array_equal(weights[:, 1::2], 0)


def test_mean_weight_follows_one_diagonal(lesson):
    weights = np.zeros((2, 3, 9, 9))
    for query in range(4, 9):
        weights[:, 1, query, query - 3] = 0.5
    weights[:, 2, 3, 0] = 1.0  # an earlier query
    found = lesson["mean_weight"](weights, 3, 4)
    np.testing.assert_allclose(found, [0, 0.5, 0])


def test_removed_heads_add_nothing(lesson):
    model = lesson["build"](1)
    x = np.random.default_rng(0).normal(size=(1, 7, lesson["width"])).astype("float32")

    def attention(removed):
        layers_left = lesson["without_heads"](model, removed).layers
        kind = layers.MultiHeadAttention
        return next(layer for layer in layers_left if isinstance(layer, kind))(x, x)

    whole, none = attention([]), attention([0, 1])
    np.testing.assert_allclose(whole, attention([0]) + attention([1]) - none, atol=1e-5)
    assert np.abs(whole - attention([1])).max() > 0.01
    assert np.ptp(none, axis=1).max() < 1e-6  # the bias alone
