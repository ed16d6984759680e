"""Lesson 19b: texts of each purpose, bits, mixtures, the rule and the canary."""

import hashlib
import re
import types

from course_utils import artifacts, datasets, sampling

import keras
import lessons
import numpy as np
import pytest
import scipy.stats
import tensorflow_datasets as tfds


@pytest.fixture(scope="module")
def lesson():
    names = dict(np=np, scipy=scipy, keras=keras, re=re, hashlib=hashlib, tfds=tfds)
    names |= dict(datasets=datasets, sampling=sampling, version_1=[])
    names["rng"] = np.random.default_rng(19)
    names["passage"] = r"\S.{79}"
    functions = "titles everywhere pieces rows score retrain change runs interval"
    only = [*functions.split(), "passes", "in_canary", "liked"]
    found = lessons.definitions("19b", only, **names)
    with lessons.shipped_only():
        found["vocabulary"] = artifacts.card("austen_gru")["vocabulary"]
    return found


def test_no_hymn_has_two_purposes(lesson):
    parts = lesson["titles"]()
    begins = [
        {re.sub(r"\W", "", title).casefold()[:8] for title in part.split("\n")}
        for part in parts
    ]
    assert len(parts) == 3 and not begins[0] & (begins[1] | begins[2])
    assert not begins[1] & begins[2]
    assert len(parts[0]) > 1.5 * len(parts[1]) and min(map(len, parts)) > 800


def test_texts_have_one_length_and_begin_at_a_word(lesson):
    words = ["a" * (1 + n % 7) + "b\nc, d."[: n % 7] for n in range(200)]
    text = " ".join(words)
    starts = [0] + [n + 1 for n, c in enumerate(text) if c in " \n"]
    expected = [text[n : n + 80] for n in starts if n + 80 <= len(text)]
    assert lesson["everywhere"](text) == [t for t in expected if not t[0].isspace()]
    found, place = lesson["pieces"](text).tolist(), 0
    assert len(found) > len(text) / 100 and {*map(len, found)} == {80}
    for each in found:
        place = text.index(each, place)
        assert place in starts
        place += 80


def test_bits_are_those_of_the_characters_asked_for(lesson):
    (model,) = lessons.shipped("austen_gru")
    texts = ["It is a truth", "Ach Gott, wie"]
    lesson["network"] = model
    found = lesson["score"](model.get_weights(), texts, 5, 9)
    for text, bits in zip(texts, found, strict=True):
        ids = sampling.encode_characters("\n" + text, lesson["vocabulary"])
        p = np.array(keras.ops.softmax(model(ids[None, :-1])))[0]
        expected = -np.mean(np.log2(p[np.arange(5, 9), ids[6:10]]))
        assert bits == pytest.approx(expected, rel=1e-4)
    weights = model.get_weights()
    with_unknown, first = lesson["score"](weights, ["Ach ö", "Ach x"], 0, 5)
    assert with_unknown == pytest.approx(lesson["score"](weights, ["Ach "], 0, 4)[0])
    assert first != pytest.approx(with_unknown)


def test_each_step_has_its_share_of_new_texts(lesson):
    seen = []
    parts = dict(compile=lambda *_: None, set_weights=lambda _: None)
    parts |= dict(fit=lambda x, y, **options: seen.append((x, y, options)))
    lesson["network"] = types.SimpleNamespace(get_weights=lambda: "trained", **parts)
    lesson["old"] = np.array(["o" * 80])
    lesson["disliked"] = np.array(["n" * 80, "m" * 80])
    for new, old in ((32, 0), (3, 0), (3, 29)):
        assert lesson["retrain"](new, old, 0) == "trained"
        inputs, targets, options = seen.pop()
        assert inputs.shape == targets.shape == (100 * (new + old), 80)
        np.testing.assert_array_equal(inputs[:, 1:], targets[:, :-1])
        assert options["batch_size"] == new + old and not options["shuffle"]
        is_old = targets[:, 0] == lesson["vocabulary"].index("o")
        assert (is_old.reshape(100, -1).sum(axis=1) == old).all()


def test_the_limit_says_who_answers(lesson):
    texts = [*"abc"]
    tests = {"readers": (texts, np.array([1.0, 3, 5]), np.array([2.0, 2, 2]))}
    named = {
        "router": (["w"], 3.0),
        "all": (["w", "w"], -np.inf),
        "old": (["w"], np.inf),
    }
    names = dict(lesson, candidates=named, score=lambda *_: np.array([1.0, 4, 4]))
    for function in ("change", "runs"):
        code = lesson[function].__code__
        names[function] = types.FunctionType(code, names)
    told = {n: [r["readers"].tolist() for r in names["runs"](n, tests)] for n in named}
    assert told == {"router": [[0, 0, 2]], "all": [[-1, 2, 2]] * 2, "old": [[0, 0, 0]]}


def test_the_rule_looks_at_the_upper_ends(lesson):
    values = np.array([-1.0, 0, 1, 2])
    low, high = lesson["interval"](values)
    expected = scipy.stats.t(3).ppf(0.975) * values.std(ddof=1) / 2
    assert [low, high] == pytest.approx([0.5 - expected, 0.5 + expected])
    small = np.array([-1, 1]).repeat(50)
    cases = [(0.02, 0.1, -3, True), (0.04, 0.1, -3, False), (0.02, 0.1, -0.51, False)]
    for loss, std, gain, expected in cases:  # intervals of ± 0.02
        changes = {"readers": loss + std * small, "choir": gain + std * small}
        assert lesson["passes"](changes) is expected


def test_the_canary_is_stable_and_only_grows(lesson):
    users = [f"user {n}" for n in range(3000)]
    few, many = [
        {user for user in users if lesson["in_canary"](user, share)}
        for share in (0.05, 0.2)
    ]
    assert few < many and 110 < len(few) < 190 and 500 < len(many) < 700
    assert not lesson["in_canary"]("a", 0) and lesson["in_canary"]("a", 1)
