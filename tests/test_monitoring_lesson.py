"""Lesson 19: statistics by hand, numbers of a request, simulated weeks, delays."""

import math

from course_utils import artifacts, monitoring
from course_utils.sampling import encode_characters, generate, read_on, zero_states

import keras
import lessons
import numpy as np
import pytest
import scipy.stats
import tensorflow as tf


@pytest.fixture(scope="module")
def lesson():
    names = dict(np=np, scipy=scipy, monitoring=monitoring, keras=keras)
    names |= dict(encode_characters=encode_characters, zero_states=zero_states)
    names |= dict(read_on=read_on, tf=tf, gru=None, novels="")
    return lessons.definitions("19", **names)


@pytest.fixture(scope="module")
def gru(lesson):
    with lessons.shipped_only():
        lesson["vocabulary"] = artifacts.card("austen_gru")["vocabulary"]
        return artifacts.load("austen_gru", "step")


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
    gap, where = lesson["ks"](reference, window)
    assert gap == pytest.approx(expected)
    assert abs(np.mean(reference <= where) - np.mean(window <= where)) == gap


def test_the_p_value_is_small_for_another_distribution(lesson, pair):
    lesson["reference"] = {"bits": pair[0]}
    assert lesson["p_value"](pair[1]) < 1e-4 and lesson["p_value"](pair[0][:200]) > 0.5


def test_bits_per_character_are_those_of_each_text(lesson, gru):
    lesson["cross_entropy"] = keras.losses.SparseCategoricalCrossentropy(
        True, reduction="none"
    )
    (model,), texts = lessons.shipped("austen_gru"), ["It is a truth", "Ach Gott, wie"]
    found = lesson["bits_per_character"](gru, texts)
    for text, bits in zip(texts, found, strict=True):
        ids = encode_characters("\n" + text, lesson["vocabulary"])
        p = np.array(keras.ops.softmax(model(ids[None, :-1])))[0]
        expected = -np.mean(np.log2(p[np.arange(len(text)), ids[1:]]))
        assert bits == pytest.approx(expected, rel=1e-4)
    assert found[0] + 2 < found[1]


def test_texts_written_side_by_side_are_those_of_the_course(lesson, gru):
    texts = ["She was not sure", "It is a truth un"]
    lesson["follow"] = tf.function(lesson["follow"])
    found = lesson["write"](gru, texts, temperature=1e-4)
    assert found.shape == (2, 80)
    for text, written in zip(texts, found, strict=True):
        ids = encode_characters("\n" + text, lesson["vocabulary"])
        expected = generate(gru, ids, 80, temperature=0)
        assert np.mean(written == expected) > 0.9  # ties may break in another way
    warm = lesson["write"](gru, texts[:1] * 4, temperature=1.0)
    assert len(np.unique(warm, axis=0)) == 4


def test_variety_is_the_share_of_different_4_grams(lesson):
    written = np.array([[*range(10)], [1, 2] * 5, [7] * 10])
    np.testing.assert_allclose(lesson["variety"](written), [1, 2 / 7, 1 / 7])


def test_measure_counts_what_was_drawn_as_asked(lesson):
    """With a judge that sees what is painted, and features that are the class."""
    length = 80

    def paint(painter, drawn):
        features = np.repeat(drawn.ravel()[:, None], 64, axis=1)
        return features, np.eye(10)[drawn.ravel()]

    names = dict(paint=paint, gan=None, components=np.eye(64)[:, :8])
    names |= dict(write=lambda model, part, _: np.tile(np.arange(80), (len(part), 1)))
    names |= dict(bits_per_character=lambda model, texts: np.zeros(len(texts)))
    real = {name: lesson.get(name) for name in names}
    lesson.update(names)
    try:
        asked = np.arange(40).reshape(10, 4) % 10
        texts = ["x" * length] * 10
        found = lesson["measure"](texts, asked)
        assert (found["as asked"] == 1).all() and (found["class"] == asked).all()
        assert found["features"].shape == (10, 4, 8) and (found["variety"] == 1).all()
        np.testing.assert_array_equal(found["features"][..., 0], asked)
        shifted = lesson["measure"](texts, asked, shift=1)
        assert (shifted["as asked"] == 0).all()
        assert (shifted["class"] == (asked + 1) % 10).all()
        assert len(np.unique(lesson["measure"](texts)["class"])) > 5
    finally:
        lesson.update(real)


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


def test_every_fifth_prompt_is_of_others(lesson):
    lesson["count"] = 20
    lesson["novels"] = "a" * 200
    texts = lesson["mixed"]("b" * 200, every=5)
    assert [text[0] for text in texts] == ["b", *"aaaa"] * 4 and len(texts) == 20


def test_mean_shift_is_in_standard_errors(lesson, pair):
    reference, window = pair
    expected = abs(window.mean() - reference.mean()) / (reference.std() / 200**0.5)
    found = lesson["mean_shift"](reference, window[None])
    np.testing.assert_allclose(found, [expected])


def test_delays_count_from_the_beginning_of_the_drift(lesson):
    quiet, drift = {"x": np.zeros(10)}, {"x": np.ones(10)}
    quiet["bits"], drift["bits"] = quiet["x"], drift["x"]
    alarms = [
        monitoring.Alarm("x", lesson["mean_shift"], {"x": np.array([-1, 1])}, 10, step)
        for step in (1, 25)
    ]
    for alarm in alarms:
        alarm.threshold = 0.35 * 10**0.5  # more than 3 of 10
    found = lesson["delays"](alarms, quiet, drift)
    assert found.shape == (100, 2) and (found[:, 0] == 4).all()
    assert 4 <= found[:, 1].min() and found[:, 1].max() < 4 + 25
    alarms[0].threshold = math.inf
    assert (lesson["delays"](alarms, quiet, drift)[:, 0] == math.inf).all()
    weeks = [lesson["week"](quiet), lesson["week"](drift)]
    assert lesson["raised"](alarms, weeks).tolist() == [[False] * 2, [False, True]]


def test_intervals_and_spreads(lesson):
    assert lesson["interval"]([True] * 9 + [False]) == "90.0 [59.6, 98.2]"
    assert lesson["spread"]([1, 2, 3, 4, math.inf]) == "3 [2, inf]"
