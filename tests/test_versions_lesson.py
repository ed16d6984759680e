"""Lesson 19b: texts of each purpose, bits, the rule and the canary."""

import collections
import hashlib
import re
import types

from course_utils import artifacts, datasets, sampling

import fastapi.testclient
import keras
import lessons
import numpy as np
import pytest
import scipy.stats
import tensorflow_datasets as tfds


@pytest.fixture(scope="module")
def lesson():
    names = dict(
        np=np,
        collections=collections,
        scipy=scipy,
        keras=keras,
        re=re,
        hashlib=hashlib,
        tfds=tfds,
    )
    names |= dict(datasets=datasets, sampling=sampling, version_1=[])
    names["rng"] = np.random.default_rng(19)
    names["passage"] = r"\S.{79}"
    functions = "titles everywhere pieces rows costs score prompts retrain compare"
    only = [*functions.split(), "is_unfamiliar", "interval", "passes", "in_canary"]
    only += ["liked", "gateway", "counted_bits"]
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
    lesson["network"], weights = model, model.get_weights()
    found, each = lesson["score"](weights, texts, 5), lesson["costs"](weights, texts)
    for row, (text, bits) in enumerate(zip(texts, found, strict=True)):
        ids = sampling.encode_characters("\n" + text, lesson["vocabulary"])
        p = np.array(keras.ops.softmax(model(ids[None, :-1])))[0]
        expected = -np.log2(p[np.arange(13), ids[1:]])
        assert each[row] == pytest.approx(expected, rel=1e-3)
        assert bits == pytest.approx(expected[5:].mean(), rel=1e-4)
    with_unknown, first = lesson["score"](weights, ["Ach ö", "Ach x"])
    assert with_unknown == pytest.approx(lesson["score"](weights, ["Ach "])[0])
    assert first != pytest.approx(with_unknown)
    assert lesson["prompts"](["a" * 40 + "b" * 40]) == ["a" * 40]


def test_each_step_has_its_share_of_new_prompts(lesson):
    seen = {}
    parts = dict(compile=lambda *_: None, set_weights=lambda _: None)
    parts |= dict(fit=lambda *data, **options: seen.update(now=(*data, options)))
    lesson["network"] = types.SimpleNamespace(get_weights=lambda: "trained", **parts)
    lesson["old"] = ["o" * 40, "p" * 40]
    lesson["new_prompts"] = ["n" * 40, "m" * 40, "w" * 40]
    letters, new = lesson["vocabulary"], {}
    for each, old in ((32, 0), (3, 0), (3, 29)):
        assert lesson["retrain"](each, old, 20, 0) == "trained"
        inputs, targets, options = seen["now"]
        assert inputs.shape == targets.shape == (20 * (each + old), 40)
        np.testing.assert_array_equal(inputs[:, 1:], targets[:, :-1])
        assert options["batch_size"] == each + old and not options["shuffle"]
        is_old = np.isin(targets[:, 0], [letters.index(c) for c in "op"])
        assert (is_old.reshape(20, -1).sum(axis=1) == old).all()
        new[each, old] = targets[~is_old, 0]
    np.testing.assert_array_equal(new[3, 0], new[3, 29])  # they differ in the old text
    lesson["retrain"](3, 0, 20, 1)
    assert (seen["now"][1][:, 0] != new[3, 0]).any()


def scripted(lesson, names, **others):
    """Functions of the lesson that see `others` in place of its own names."""
    found = dict(lesson, **others)
    for name in names:
        found[name] = types.FunctionType(lesson[name].__code__, found, name)
        found[name].__defaults__ = lesson[name].__defaults__
    return found


def bits_of(weights, texts, first=0):
    """A stand-in for `score`: {text: bits}, or one number for all texts."""
    return np.array([weights.get(text, 1.0) for text in texts])


def test_each_length_has_its_limit(lesson):
    known = {"ab": 2.5, "cd": 1.5, "abc": 2.5}
    found = scripted(lesson, ["is_unfamiliar"], score=bits_of, version_1=known)
    found["limits"], found["skipped"] = np.arange(2.0, 81), 1
    # 2 for two characters, 3 for three
    assert found["is_unfamiliar"](["ab", "cd"]).tolist() == [True, False]
    assert found["is_unfamiliar"](["abc"]).tolist() == [False]


def test_counts_are_interpolated(lesson):
    found = scripted(lesson, ["counted_bits"], half=2, length=4)
    found["new_prompts"] = ["abab", "abac"]
    letters = "\n\nabab", "\n\nabac"  # the second "\n" is before the text

    def p(context, character):
        if context is None:
            return 1 / len(lesson["vocabulary"])
        n = len(context)
        after = [
            t[i + n]
            for t in letters
            for i in range(1, 6 - n)
            if t[i + n] and t[i : i + n] == context and i + n > 1
        ]
        shorter = p(context[1:] if context else None, character)
        kinds = len(set(after))
        if not after:
            return shorter
        return (after.count(character) + kinds * shorter) / (len(after) + kinds)

    for order, contexts in ((1, ("", "")), (2, ("b", "a")), (3, ("ab", "ba"))):
        bits = [-np.log2(p(c, x)) for c, x in zip(contexts, "ab", strict=True)]
        result = found["counted_bits"](["abab", "abaö"], order)
        assert result == pytest.approx([np.mean(bits), bits[0]])


def test_the_router_changes_unfamiliar_prompts_alone(lesson):
    names = dict(score=bits_of, version_1={}, versions={"new_only": [{"b": 3.0}] * 2})
    names |= dict(is_unfamiliar=lambda texts: np.array([t > "a" for t in texts]))
    found = scripted(lesson, ["compare"], prompts=lambda texts: texts, **names)
    before, changes = found["compare"](["a", "b", "c"])
    assert before.tolist() == [1, 1, 1] and [*changes] == ["new_only", "router"]
    assert changes["router"].tolist() == [[0, 2, 0]] * 2
    found["versions"] = {"new_only": [{"a": 3.0}]}
    _, changes = found["compare"](["a", "b", "c"])
    assert changes["new_only"].tolist() == [[2, 0, 0]]
    assert changes["router"].tolist() == [[0, 0, 0]]


def test_the_rule_looks_at_the_upper_ends(lesson):
    values = np.array([-1.0, 0, 1, 2])
    low, high = lesson["interval"](values)
    expected = scipy.stats.t(3).ppf(0.975) * values.std(ddof=1) / 2
    assert [low, high] == pytest.approx([0.5 - expected, 0.5 + expected])
    small = np.array([-1, 1]).repeat(50)
    cases = [(0.02, 0.1, -3, True), (0.04, 0.1, -3, False), (0.02, 0.1, -0.51, False)]
    for loss, std, gain, expected in cases:  # intervals of ± 0.02
        changes = {"readers": loss + std * small, "choir": gain + std * small}
        both = [np.stack([each] * 3) for each in changes.values()]  # three trainings
        assert lesson["passes"](*both).tolist() == [expected] * 3


def test_the_gateway_asks_the_right_model(lesson):
    seen, prompt = [], "Komm, lieber Gott,"
    names = dict(fastapi=fastapi, is_unfamiliar=lambda texts: [texts[0][0] == "K"])

    def post(url, json):
        seen.append((url, json))
        return types.SimpleNamespace(json=lambda: {"told": 1}, status_code=418)

    names |= dict(requests=types.SimpleNamespace(post=post), best="router")
    found = scripted(lesson, ["gateway", "in_canary"], **names)

    def asked(share, prompt, user="user 0"):
        client = fastapi.testclient.TestClient(found["gateway"]("http://x", share))
        body = dict(model="austen", prompt=prompt, user=user)
        answer = client.post("/v1/completions", json=body)
        assert (answer.status_code, answer.json()) == (418, {"told": 1})
        url, passed = seen.pop()
        assert url == "http://x/v1/completions"
        assert passed == body | {"model": passed["model"]}
        return passed["model"]

    assert asked(1, prompt) == "austen_next" and asked(0, prompt) == "austen"
    assert asked(1, "My dear Jane,") == "austen"
    assert asked(0.2, prompt, "user 0") == "austen_next"
    assert asked(0.2, prompt, "user 2") == "austen"
    found["best"] = "replay"  # which answers all prompts
    assert asked(1, "My dear Jane,") == "austen_next"


def test_the_canary_is_stable_and_only_grows(lesson):
    users = [f"user {n}" for n in range(3000)]
    few, many = [
        {user for user in users if lesson["in_canary"](user, share)}
        for share in (0.05, 0.2)
    ]
    assert few < many and 110 < len(few) < 190 and 500 < len(many) < 700
    assert not lesson["in_canary"]("a", 0) and lesson["in_canary"]("a", 1)
