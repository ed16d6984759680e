"""Lesson 12b: what fits a caption, the loss, the sampler, scores and intervals."""

from types import SimpleNamespace

import keras
import lessons
import numpy as np
import pytest
import tensorflow as tf
from keras import layers, ops
from scipy.stats import binomtest

NAMES = ["euler", "draw", "tokens_of", "joined", "fitting", "cross_entropy", "MiniCLIP"]
NAMES += ["score", "interval", "share"]
WORDS = ["woman", "man", "astronaut", "cook", "dark", "skin", "tone"]


@pytest.fixture
def lesson():
    names = dict(keras=keras, layers=layers, ops=ops, np=np, tf=tf, words=WORDS)
    names = lessons.definitions("12b", NAMES, binomtest=binomtest, **names)
    options = dict(output_sequence_length=names["max_words"], standardize="lower")
    names["lookup"] = layers.TextVectorization(vocabulary=WORDS, **options)
    names["rng"] = np.random.default_rng(0)
    return SimpleNamespace(names=names, **names)


def test_a_caption_fits_pictures_that_have_all_its_words(lesson):
    captions = lesson.tokens_of(["cook", "woman cook", "dark skin tone purple", ""])
    pictures = ["woman cook", "man cook dark skin tone", "astronaut"]
    found = lesson.fitting(captions, lesson.tokens_of(pictures))
    np.testing.assert_array_equal(found, [[1, 1, 0], [1, 0, 0], [0, 1, 0], [1, 1, 1]])


def test_the_target_is_shared_by_all_that_fit(lesson):
    probabilities = np.array([[0.5, 0.25, 0.25], [0.1, 0.1, 0.8]])
    fits = np.array([[1.0, 1, 0], [0, 0, 1]])
    expected = -(np.log(0.5) / 2 + np.log(0.25) / 2 + np.log(0.8)) / 2
    found = lesson.cross_entropy(fits, np.log(probabilities))
    assert float(found) == pytest.approx(expected)


def test_with_one_right_picture_the_loss_is_that_of_clip(lesson):
    vectors = np.random.default_rng(0).normal(size=(2, 3, 4)).astype("float32")
    vectors /= np.linalg.norm(vectors, axis=-1, keepdims=True)
    tokens = lesson.tokens_of(["woman", "man", "cook"])
    clip = lesson.MiniCLIP(None, None)
    found = clip.compute_loss(dict(caption=tokens, words=tokens), None, vectors)
    logits = 14 * vectors[0] @ vectors[1].T
    ways = [np.exp(each).sum(axis=1) for each in (logits, logits.T)]
    expected = np.mean([np.log(way) - np.diag(logits) for way in ways])
    assert float(found) == pytest.approx(expected, rel=1e-4)
    clip.log_scale.assign(5.0)  # the scale is 100 at most
    found = clip.compute_loss(dict(caption=tokens, words=tokens), None, vectors)
    logits = logits / 14 * 100
    ways = [np.log(np.exp(each).sum(axis=1)) for each in (logits, logits.T)]
    expected = np.mean([way - np.diag(logits) for way in ways])
    assert float(found) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("guidance", [0, 1, 3, -1])
def test_sampling_follows_the_caption_as_far_as_guidance_says(lesson, guidance):
    def velocity(inputs):  # all data are 0.1 with a caption, and 0 without
        x, t, tokens = inputs
        there = ops.cast(ops.max(tokens, axis=1, keepdims=True) > 0, "float32")
        return (x - 0.1 * there) / t

    class Denoiser:
        input_shape = [(None, 4)]
        __call__ = staticmethod(velocity)

    lesson.names["denoiser"] = Denoiser()
    lesson.names["decoder"] = lambda x: ops.reshape(x, (-1, 2, 2, 1))
    found = lesson.draw(["woman", "dark cook"], 3, float(guidance))
    assert found.shape == (2, 3, 2, 2, 1)
    np.testing.assert_allclose(found, guidance / 10, atol=1e-5)


def test_the_same_place_has_the_same_noise_in_every_call(lesson):
    lesson.names["denoiser"] = SimpleNamespace(input_shape=[(None, 4)])
    seen = []
    lesson.names["euler"] = lambda x, tokens, guidance: seen.append(np.array(x)) or x
    for caption in ("woman", "man"):
        lesson.draw([caption], 3, seed=5)
    np.testing.assert_array_equal(*seen)


def test_unknown_words_count_as_absent(lesson):
    ids = lesson.tokens_of(["purple cook", "", "cook " * 100])
    assert np.count_nonzero(ids[:2]) == 1 and np.count_nonzero(ids[2]) == 12


def test_scores_are_cosines_of_pairs(lesson):
    lesson.names["clip"] = SimpleNamespace(
        pictures=lambda pictures: tf.constant([[1.0, 0], [0, 1]]),
        text=lambda tokens: tf.constant([[1.0, 0], [0.6, 0.8]]),
    )
    np.testing.assert_allclose(lesson.score(None, ["woman", "man"]), [1, 0.8])


def test_intervals(lesson):
    assert lesson.interval(np.ones(5)) == "1.00 (1.00 to 1.00)"
    assert lesson.share([True] * 60) == "1.00 (0.94 to 1.00)"
    assert lesson.share(np.arange(60) < 30) == "0.50 (0.38 to 0.62)"
    wide = lesson.interval(np.arange(20) % 2)
    assert wide.startswith("0.50 (0.") and wide.endswith(")")
