"""Lessons 07 to 07c: the measures, counts, interval, ranking and blind test."""

import html
import json
import re
from collections import Counter

from course_utils import artifacts, metrics

import ipywidgets
import keras
import lessons
import numpy as np
import pytest


def definitions(number, only=(), **names):
    modules = dict(np=np, re=re, json=json, html=html, Counter=Counter)
    modules["artifacts"] = artifacts
    return lessons.definitions(number, only, **modules, **names)


@pytest.fixture(scope="module")
def text_lesson():
    return definitions("07b")


def test_distances_of_lesson_07_equal_those_of_the_course():
    rng = np.random.default_rng(0)
    real, generated = rng.normal(size=(200, 6)), 2 * rng.normal(size=(200, 6)) + 1
    lesson = definitions("07")
    expected = metrics.frechet_distance(real, generated)
    assert lesson["frechet_distance"](real, generated) == pytest.approx(expected)
    expected, _ = metrics.kernel_distance(real, generated)
    assert lesson["kernel_distance"](real, generated) == pytest.approx(expected)
    halves = [(real[:100], generated[:100]), (real[100:], generated[100:])]
    found = [metrics.kernel_distance(*half)[0] for half in halves]
    error = abs(found[0] - found[1]) / 2  # of a mean of two
    known = pytest.approx((np.mean(found), error))
    assert lesson["kid"](real, generated, 2) == known
    mean, error = lesson["kid"](real, generated, 4)
    assert abs(mean - expected) < 4 * error


def test_inception_score_of_known_sets_and_by_the_divergence_of_keras():
    score = definitions("07")["inception_score"]
    for count in (10, 4, 1):
        sure = np.tile(np.eye(10)[:count], (70, 1))
        assert score(sure) == pytest.approx(count)
    p = np.random.default_rng(0).dirichlet(np.ones(5), size=50)
    mean = np.broadcast_to(p.mean(axis=0), p.shape)
    expected = np.exp(np.mean(keras.losses.kl_divergence(p, mean)))
    assert score(p, num_splits=1) == pytest.approx(expected, rel=1e-5)


def some_text(length, seed):
    shares = [0.3, 0.3, 0.2, 0.1, 0.05, 0.05]
    random = np.random.default_rng(seed)
    return "".join(random.choice(list("abcde "), length, p=shares))


def test_counts_give_probabilities_and_words_joined_the_text(text_lesson):
    text, probability = some_text(300, 1), text_lesson["probability"]
    counts = text_lesson["count"](list(text), 3)
    for context in ["", "a", "ab", "cab", "zzz", "eee"]:
        p = [probability(counts, (*context, c)) for c in sorted(set(text)) + ["new"]]
        assert min(p) > 0 and sum(p) == pytest.approx(1)
    text = 'He said, "I don\'t\tknow--\n\n what £3 is"  .'
    assert "".join(text_lesson["words"](text)) == text


def test_counts_worked_out_by_hand(text_lesson):
    # In "aab", a is followed by a and by b, once each. The number of kinds is added as
    # one more share, divided by the probabilities of a shorter context (Witten-Bell):
    # p(a) = (2 + 2 / 3) / (3 + 2), p(b after a) = (1 + 2 * p(b)) / (2 + 2).
    counts = text_lesson["count"](list("aab"), 1)
    actual = text_lesson["bits_of"](counts, "aabac", 1)
    expected = [8 / 15, 31 / 60, 5 / 12, 8 / 15, 1 / 15]
    np.testing.assert_allclose(2.0**-actual, expected)


@pytest.fixture(scope="module")
def people_lesson():
    return definitions("07c", names=list("ABCD"))


@pytest.mark.parametrize("k, n", [(0, 5), (5, 5), (3, 10), (600, 1000)])
def test_wilson_is_where_the_normal_test_turns(people_lesson, k, n):
    for p in people_lesson["wilson"](k, n):
        assert -1e-12 <= p <= 1 + 1e-12
        half = 1.96 * np.sqrt(p * (1 - p) / n)
        assert abs(k / n - p) == pytest.approx(half, abs=1e-9)


def test_bradley_terry_is_most_likely(people_lesson):
    lesson = definitions("07c", names=["A", "B"])  # of two, the ratio of their wins
    strengths = lesson["bradley_terry"]([["A", "B"]] * 30 + [["B", "A"]] * 10)
    assert strengths[0] / strengths[1] == pytest.approx(30.5 / 10.5)
    random, names = np.random.default_rng(0), people_lesson["names"]
    choices = [list(random.permutation(names)[:2]) for _ in range(60)]
    strengths = people_lesson["bradley_terry"](choices, rounds=2000)
    wins = 0.5 * (1 - np.eye(4))
    for winner, loser in choices:
        wins[names.index(winner), names.index(loser)] += 1

    def likelihood(logs):
        return np.sum(wins * -np.log1p(np.exp(logs - logs[:, None])))

    best = likelihood(np.log(strengths))
    for _ in range(100):
        assert likelihood(np.log(strengths) + random.normal(0, 0.01, 4)) <= best


def test_bootstrap_error_of_a_mean():
    lesson = definitions("07c", random=np.random.default_rng(0))
    lesson["num_resamples"] = 20_000
    values = np.random.default_rng(1).normal(size=50)
    error = lesson["resampled_means"](values).std()
    assert error == pytest.approx(values.std() / np.sqrt(50), rel=0.03)


@pytest.fixture
def blind_test(monkeypatch, tmp_path):
    """The lesson's blind test with three pairs, and a function that opens it."""
    monkeypatch.setenv("COURSE_ARTIFACTS", str(tmp_path))
    pairs = [[("A", f"<one> {i}"), ("B", f"two {i}")] for i in range(3)]
    shown, names = [], dict(questions={"real": "Which?"}, pairs={"real": pairs})
    names |= dict(ipywidgets=ipywidgets, display=shown.append)
    lesson = definitions("07c", **names)

    def opened():
        lesson["ask"]("real")
        box, buttons = shown[-1].children
        return box, *buttons.children

    return lesson, opened


def test_choices_are_stored_at_once_and_go_on(blind_test):
    lesson, opened = blind_test
    box, left, right = opened()
    assert "&lt;one&gt; 0" in box.value and "0 of 3" in box.value
    assert "A" not in re.sub("<.*?>", "", box.value), "the writers must stay unknown"
    left.click()
    assert lesson["choices_in"]("real") == [["A", "B"]]
    assert "two 1" in box.value
    right.click()
    box, left, right = opened()  # the cell is run again
    assert "two 2" in box.value and "2 of 3" in box.value
    right.click()
    left.click()  # one more than there are pairs
    assert lesson["choices_in"]("real") == [["A", "B"], ["B", "A"], ["B", "A"]]
    assert "All chosen" in box.value


def test_own_choices_count_from_20_on(blind_test):
    lesson, _ = blind_test
    lesson |= dict(num_choices=5, make_pairs=lambda *_, **__: [None] * 5)
    lesson["simulated_choice"] = lambda pair: ["B", "A"]
    for _ in range(19):
        lesson["store"]("real", "A", "B")
    who, choices = lesson["choices_of"]("real")
    assert "simulated judge, 5" in who and choices == [["B", "A"]] * 5
    lesson["store"]("real", "A", "B")
    assert lesson["choices_of"]("real") == ("your 20 choices", [["A", "B"]] * 20)
