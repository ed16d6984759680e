"""Lesson 19: statistics by hand, simulated weeks, delays, and the versions compared."""

import math

from course_utils import artifacts, metrics, monitoring
from course_utils.sampling import encode_characters

import keras
import lessons
import numpy as np
import pytest
import scipy.stats


@pytest.fixture(scope="module")
def lesson():
    names = dict(np=np, scipy=scipy, monitoring=monitoring, keras=keras)
    names |= dict(encode_characters=encode_characters, gru=None, painter=None)
    return lessons.definitions("19", **names)


@pytest.fixture(scope="module")
def pair():
    rng = np.random.default_rng(0)
    return rng.normal(size=1000), rng.normal(0.3, 1.5, size=200)


def test_the_statistics_by_hand_are_the_usual_ones(lesson, pair):
    reference, window = pair
    inner = np.quantile(reference, np.arange(1, 10) / 10)
    lesson["edges"] = [-np.inf, *inner, np.inf]
    expected = monitoring.psi(reference, window[None])[0]
    assert lesson["psi"](reference, window) == pytest.approx(expected)
    expected = scipy.stats.ks_2samp(reference, window).statistic
    assert lesson["ks"](reference, window) == pytest.approx(expected)
    columns = [each[:, None] for each in pair]
    expected = metrics.frechet_distance(*columns)  # with n - 1 in the variances
    assert lesson["frechet"](reference, window) == pytest.approx(expected, rel=0.02)


def test_p_values_are_those_of_scipy(lesson, pair):
    reference, window = pair
    lesson["reference"] = {"bits": reference}
    windows = np.stack([window, window - 0.3, reference[:200]])
    expected = [
        scipy.stats.ks_2samp(reference, w, method="asymp").pvalue for w in windows
    ]
    found = lesson["p_values"](windows)
    np.testing.assert_allclose(found[1:], expected[1:], rtol=0.2)  # for smaller n, m
    assert found[0] < 1e-6 and found[2] > 0.5


def test_bits_per_character_are_those_of_each_text(lesson):
    (model,) = lessons.shipped("austen_gru")
    with lessons.shipped_only():
        vocabulary = artifacts.card("austen_gru")["vocabulary"]
    lesson["vocabulary"] = vocabulary
    lesson["cross_entropy"] = keras.losses.SparseCategoricalCrossentropy(
        True, reduction="none"
    )
    texts = ["It is a truth", "Ach Gott, wie"]
    found = lesson["bits_per_character"](model, texts)
    for text, bits in zip(texts, found, strict=True):
        ids = encode_characters("\n" + text, vocabulary)
        p = np.array(keras.ops.softmax(model(ids[None, :-1])))[0]
        expected = -np.mean(np.log2(p[np.arange(len(text)), ids[1:]]))
        assert bits == pytest.approx(expected, rel=1e-4)
    assert found[0] + 2 < found[1]


def test_passages_have_one_length(lesson):
    text = "".join(chr(97 + n % 26) for n in range(200))
    found = lesson["passages"](text, 50)
    assert len(found) == 50 and {*map(len, found)} == {80}
    assert all(each in text for each in found) and len({*found}) > 20


def test_a_week_is_quiet_but_for_its_drifts(lesson):
    quiet = {"bits": np.arange(100.0), "class": np.arange(400).reshape(100, 4)}
    drift = {"bits": np.full(7, 500.0), "class": np.full((7, 4), -1)}
    found = lesson["week"](quiet, (drift, 300, 450))
    assert found["bits"].shape == (2000,) and found["class"].shape == (2000, 4)
    drifted = np.flatnonzero(found["bits"] == 500)
    assert drifted.tolist() == [*range(300, 450)]
    assert np.flatnonzero(found["class"][:, 0] == -1).tolist() == drifted.tolist()
    others = found["bits"] < 500  # the numbers of a request stay together
    np.testing.assert_array_equal(found["class"][others, 0], 4 * found["bits"][others])
    visits = lesson["week"](quiet, repeat=5)["bits"].reshape(-1, 5)
    assert (visits == visits[:, :1]).all() and len(np.unique(visits)) > 50


def test_texts_are_cut_into_pieces_of_one_length(lesson):
    assert lesson["cut"]("abcdefgh", 3) == ["abc", "def"]
    lesson["vocabulary"] = "?abcdefghijklmnopqrstuvwxyz"
    found = lesson["rows"]("ab" * 100)  # 65 characters to a row, one to predict each
    assert found.shape == (3, 65) and found[0, :3].tolist() == [1, 2, 1]


def test_mean_shift_is_in_standard_errors(lesson, pair):
    reference, window = pair
    expected = abs(window.mean() - reference.mean()) / (reference.std() / 200**0.5)
    found = lesson["mean_shift"](reference, window[None])
    np.testing.assert_allclose(found, [expected])


def test_delays_count_from_the_beginning_of_the_drift(lesson):
    quiet, drift = {"x": np.zeros(10)}, {"x": np.ones(10)}
    quiet["bits"], drift["bits"] = quiet["x"], drift["x"]
    lesson["fresh"] = quiet
    alarms = [
        monitoring.Alarm("x", lesson["mean_shift"], {"x": np.array([-1, 1])}, 10, step)
        for step in (1, 25)
    ]
    for alarm in alarms:
        alarm.threshold = 0.35 * 10**0.5  # more than 3 of 10
    found = lesson["delays"](alarms, drift)
    assert found.shape == (200, 2) and (found[:, 0] == 4).all()
    assert 4 <= found[:, 1].min() and found[:, 1].max() < 4 + 25
    alarms[0].threshold = math.inf
    assert (lesson["delays"](alarms, drift)[:, 0] == math.inf).all()
    weeks = [lesson["week"](quiet), lesson["week"](drift)]
    assert lesson["raised"](alarms, weeks).tolist() == [[False] * 2, [False, True]]


def test_intervals_and_spreads(lesson):
    assert lesson["interval"]([True] * 9 + [False]) == "90.0 [59.6, 98.2]"
    assert lesson["spread"]([1, 2, 3, 4, math.inf]) == "3 [2, inf]"
