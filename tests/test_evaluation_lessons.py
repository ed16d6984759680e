"""Lesson 07b: counts, scores, copies; 07c: interval, ranking and blind test."""

import html
import json
import re
from collections import Counter, defaultdict

from course_utils import artifacts

import ipywidgets
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
