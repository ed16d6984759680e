"""Lessons 07 to 07c: the measures, counts, interval, ranking and blind test."""

import html
import json
import re
from collections import Counter, defaultdict
from types import SimpleNamespace

from course_utils import artifacts, metrics

import keras
import lessons
import numpy as np
import pytest
import sacrebleu


def definitions(number, only=(), **names):
    modules = dict(np=np, re=re, json=json, html=html, Counter=Counter)
    modules |= dict(artifacts=artifacts, sacrebleu=sacrebleu, defaultdict=defaultdict)
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


@pytest.mark.parametrize("kind", [str, tuple])
def test_counts_give_probabilities(text_lesson, kind):
    text, bits_of = some_text(300, 1), text_lesson["bits_of"]
    model = text_lesson["count_followers"](kind(text), 3)
    for context in ["a", "ab", "cab", "zzz", "eee"]:
        # Seen characters, and one that stands for all others.
        runs = [kind(context + c) for c in [*sorted(set(text)), "n"]]
        p = [2.0 ** -bits_of(model, run)[-1] for run in runs]
        assert min(p) > 0 and sum(p) == pytest.approx(1)


def test_counts_worked_out_by_hand(text_lesson):
    # In "aab", b follows a alone, and each is counted once where it follows something:
    # with discount 0.9 and 3 equal shares (a, b, others) below, p(b) is
    # (1 - 0.9 + 0.9 * 2 / 3) / 2, and p(b after a) is (1 - 0.9 + 0.9 * 2 p(b)) / 2.
    model = text_lesson["count_followers"]("aab", 1)
    below = (0.1 + 1.8 / 3) / 2
    (bits,) = text_lesson["bits_of"](model, "ab")
    assert 2.0**-bits == pytest.approx((0.1 + 1.8 * below) / 2)


def test_scores_are_those_of_sacrebleu(text_lesson):
    rng = np.random.default_rng(0)
    for _ in range(20):
        one, other = (
            " ".join(rng.choice(list("abc"), rng.integers(9, 20))) for _ in "12"
        )
        official = sacrebleu.sentence_bleu(one, [other], smooth_method="none").score
        assert text_lesson["bleu"](one.split(), other.split()) == pytest.approx(
            official
        )
        official = sacrebleu.sentence_chrf(one, [other]).score
        assert text_lesson["chrf"](one, other) == pytest.approx(official)


def test_variety_counted_by_hand(text_lesson):
    distinct, texts = text_lesson["distinct"], ["The cat, the cat.", "the Dog"]
    assert distinct(texts, 1) == 3 / 6
    assert distinct(texts) == 3 / 4  # the cat, cat the, the dog; no others
    assert distinct(texts, 3) == 2 / 2
    assert text_lesson["self_bleu"](["It was a fine day."] * 2) == pytest.approx(100)
    assert text_lesson["self_bleu"](["one two three four", "five six seven"]) < 1e-6


def test_longest_copy_equals_every_run_tried(text_lesson):
    rng = np.random.default_rng(0)
    for _ in range(100):
        text, source = ("".join(rng.choice(list("ab "), size)) for size in (15, 30))
        text, source = " ".join(text.split()), " ".join(source.split())
        text_lesson["flat"] = source
        starts = [i for i in range(len(text)) if i == 0 or text[i - 1] == " "]
        runs = [text[i:j] for i in starts for j in range(i + 1, len(text) + 1)]
        expected = max((run for run in runs if run in source), key=len, default="")
        assert text_lesson["longest_copy"](text) == expected


def test_half_width_holds_95_percent_of_means(text_lesson):
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(4000, 10))
    halves = np.array([text_lesson["half_width"](row) for row in rows])
    assert np.mean(abs(rows.mean(axis=1)) < halves) == pytest.approx(0.95, abs=0.01)


@pytest.fixture(scope="module")
def people_lesson():
    return definitions("07c", names=list("ABCD"), rng=np.random.default_rng(0))


@pytest.mark.parametrize("k, n", [(0, 5), (5, 5), (3, 10), (600, 1000)])
def test_wilson_is_where_the_normal_test_turns(people_lesson, k, n):
    for p in people_lesson["wilson"](k, n):
        assert -1e-12 <= p <= 1 + 1e-12
        half = 1.96 * np.sqrt(p * (1 - p) / n)
        assert abs(k / n - p) == pytest.approx(half, abs=1e-9)


def test_bradley_terry_is_most_likely(people_lesson):
    rng = np.random.default_rng(0)
    wins = rng.integers(0, 9, (5, 4, 4)) * (1 - np.eye(4))
    points = people_lesson["bradley_terry"](wins, num_rounds=2000)
    table = wins.sum(axis=0) + 0.1 * (1 - np.eye(4))

    def likelihood(points):
        logs = points * np.log(10) / 400
        return np.sum(table * -np.log1p(np.exp(logs - logs[:, None])))

    assert points.mean() == pytest.approx(0)
    for _ in range(100):
        assert likelihood(points) >= likelihood(points + rng.normal(0, 3, 4))


def test_bootstrap_interval_of_a_mean(people_lesson):
    people_lesson["num_resamples"] = 20_000
    values = np.random.default_rng(1).normal(size=50)
    low, high = people_lesson["bootstrap"](np.mean, values)
    half = 1.96 * values.std() / np.sqrt(50)
    assert [low, high] == pytest.approx(
        [values.mean() - half, values.mean() + half], rel=0.1
    )


def test_kappa_of_known_tables(people_lesson):
    kappa, one = people_lesson["kappa"], np.array([True] * 50 + [False] * 50)
    assert kappa(one, one) == pytest.approx(1)
    assert kappa(one, ~one) == pytest.approx(-1)
    assert kappa(one, np.arange(100) % 2 == 0) == pytest.approx(0)
    # The example of Cohen's kappa with 20, 5, 10, 15 answers: (0.7 - 0.5) / 0.5.
    one = np.array([True] * 25 + [False] * 25)
    other = np.array([True] * 20 + [False] * 5 + [True] * 10 + [False] * 15)
    assert kappa(one, other) == pytest.approx(0.4)


def test_win_rate_without_meetings_is_undecided(people_lesson):
    wins = np.zeros((3, 4, 4))
    assert people_lesson["win_rate"](wins) == 0.5
    wins[0, 1, 2], wins[2, 2, 1] = 3, 1
    assert people_lesson["win_rate"](wins) == 0.75


@pytest.fixture
def blind_test(tmp_path):
    """The lesson's blind test with three pairs: its names, box and buttons."""
    names = dict(names=["A", "B"], beginnings=["one", "two", "three"])
    names["writers"] = {name: [f"<{name}> {i}" for i in range(3)] for name in "AB"}
    names |= dict(pairs=[(0, 0, 1), (1, 1, 0), (2, 0, 1)], file=tmp_path / "x.json")
    names |= dict(box=SimpleNamespace(value=""), buttons=["left", "right"])
    return definitions("07c", **names)


def test_choices_are_stored_at_once_and_go_on(blind_test):
    choose, show = blind_test["choose"], blind_test["pair_as_html"]
    assert "&lt;A&gt; 0" in show(0) and "0 of 3" in show(0)
    choose("left")
    assert blind_test["own_choices"]() == [[0, 0, 1]]
    assert (
        "&lt;B&gt; 1" in blind_test["box"].value and "1 of 3" in blind_test["box"].value
    )
    choose("right")
    choose("right")
    choose("left")  # one more than there are pairs
    assert blind_test["own_choices"]() == [[0, 0, 1], [1, 0, 1], [2, 1, 0]]
    assert "All chosen" in blind_test["box"].value
