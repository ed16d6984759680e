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
    functions = "titles passages pieces rows score retrain change interval passes told"
    only = [*functions.split(), "in_canary", "words", "liked"]
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


def test_texts_have_one_length(lesson):
    text = "".join(chr(97 + n % 26) for n in range(400))
    found = lesson["passages"](text, 50, np.random.default_rng(0))
    assert len(found) == 50 and {*map(len, found)} == {80}
    assert all(each in text for each in found)
    assert "".join(lesson["pieces"](text + "rest")) == text


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


def test_a_share_of_the_texts_is_new(lesson):
    seen = []
    parts = dict(compile=lambda *_: None, fit=lambda x, y, **_: seen.append((x, y)))
    parts |= dict(set_weights=lambda _: None, get_weights=lambda: "trained")
    lesson["network"] = types.SimpleNamespace(**parts)
    lesson["old_text"] = "o" * 500
    lesson["disliked"] = ["n" * 80, "m" * 80]
    for share, steps in ((1, 10), (0.1, 100)):
        assert lesson["retrain"](share, steps, 0) == "trained"
        inputs, targets = seen.pop()
        assert inputs.shape == targets.shape == (32 * steps, 80)
        np.testing.assert_array_equal(inputs[:, 1:], targets[:, :-1])
        old = lesson["vocabulary"].index("o")
        assert np.mean(targets[:, 0] != old) == share


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
    assert lesson["told"]({"readers": values}) == (
        f"readers +0.500 [{low:+.3f}, {high:+.3f}]"
    )


def test_the_canary_is_stable_and_only_grows(lesson):
    users = [f"user {n}" for n in range(3000)]
    few, many = [
        {user for user in users if lesson["in_canary"](user, share)}
        for share in (0.05, 0.2)
    ]
    assert few < many and 110 < len(few) < 190 and 500 < len(many) < 700
    assert not lesson["in_canary"]("a", 0) and lesson["in_canary"]("a", 1)


def test_words_are_those_between_the_first_and_the_last(lesson):
    assert lesson["words"](["in dich hab’ ich gehof", "x y"]) == ["dich", "hab", "ich"]
    assert lesson["words"](["a schön b"]) == ["sch\ufffdn"]
