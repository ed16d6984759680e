"""Lesson 11c: the toy's velocity, guidance, its interval and its errors."""

import lessons
import numpy as np
import pytest

NAMES = ("velocity", "sample", "sample_mix", "ideal_velocity")
PULL = np.arange(11.0) ** 2  # velocity of each label


class Denoiser:
    """Predicts one velocity for each label, and keeps the labels it was asked for."""

    def __init__(self):
        self.asked = []

    def predict_on_batch(self, inputs):
        x_t, t, label = inputs
        assert t.shape == (len(x_t), 1)
        self.asked.append(label[0])
        return np.zeros_like(x_t) + PULL[label][:, None, None, None]


@pytest.fixture
def lesson():
    names = dict(np=np, NO_CLASS=10, denoiser=Denoiser(), times=np.linspace(1, 0, 26))
    names |= dict(modes=np.array([-2.0, 0.0, 1.0]), spread=0.5)
    return lessons.definitions("11c", NAMES, **names)


@pytest.mark.parametrize("t", [0.1, 0.5, 0.9])
def test_ideal_velocity_comes_from_the_score(lesson, t):
    weights, x = np.array([1, 1, 0]), np.linspace(-4, 4, 50)

    def log_density(x):
        variance = ((1 - t) * 0.5) ** 2 + t**2
        gap = x[:, None] - (1 - t) * lesson["modes"]
        return np.log(np.sum(weights * np.exp(-(gap**2) / 2 / variance), axis=1))

    score = (log_density(x + 1e-4) - log_density(x - 1e-4)) / 2e-4
    found = lesson["ideal_velocity"](x, t, weights)
    np.testing.assert_allclose(found, -(x + t * score) / (1 - t), atol=1e-5)


@pytest.mark.parametrize("guidance, expected", [(0, 100), (1, 4), (3, -188), (-1, 196)])
def test_guidance_goes_beyond_the_class(lesson, guidance, expected):
    x, label = np.zeros((2, 7, 7, 4)), np.array([2, 2])
    np.testing.assert_allclose(lesson["velocity"](x, 0.5, label, guidance), expected)
    np.testing.assert_allclose(lesson["sample"](x, label, guidance), -expected)


def test_interval_saves_calls(lesson):
    x, label = np.zeros((1, 7, 7, 4)), np.array([3])
    interval = lesson["interval"]
    for num_steps, calls in ((25, 36), (7, 10)):
        lesson["denoiser"].asked.clear()
        lesson["sample"](x, label, 5.0, interval, np.linspace(1, 0, num_steps + 1))
        assert len(lesson["denoiser"].asked) == calls


def test_mixture_of_two_classes(lesson):
    x = np.zeros((1, 7, 7, 4))
    np.testing.assert_allclose(lesson["sample_mix"](x, 2, 4, 0.25, 1.0), -7)


@pytest.mark.parametrize("label, guidance", [(11, 2.0), (-1, 2.0), (7, np.nan)])
def test_bad_input_is_told_in_one_sentence(lesson, label, guidance):
    with pytest.raises(ValueError, match="^[^.]{20,200}[.]$"):
        lesson["sample"](np.zeros((1, 7, 7, 4)), np.array([label]), guidance)
