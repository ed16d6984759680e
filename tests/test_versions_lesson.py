"""Lesson 19b: prompts, bits, batches, numbers of versions, the canary and the watch."""

import collections
import hashlib
import textwrap
import types

from course_utils import artifacts, sampling

import fastapi
import fastapi.testclient
import keras
import lessons
import numpy as np
import pytest
import scipy.stats


@pytest.fixture(scope="module")
def lesson():
    names = dict(np=np, keras=keras, scipy=scipy, collections=collections)
    names |= dict(hashlib=hashlib, textwrap=textwrap, sampling=sampling)
    names |= dict(artifacts=artifacts, version_1=[], release={"share": 0.0})
    functions = "passages encode score retrain interval table_bits save_version"
    only = [*functions.split(), "in_canary", "gateway", "handle", "run_stage"]
    found = lessons.definitions("19b", only, **names)
    with lessons.shipped_only():
        found["vocabulary"] = artifacts.card("austen_gru")["vocabulary"]
    return found


def scripted(lesson, names, **others):
    """Functions of the lesson that see `others` in place of its own names."""
    found = dict(lesson, **others)
    for name in names:
        found[name] = types.FunctionType(lesson[name].__code__, found, name)
    return found


def test_prompts_have_one_length_and_do_not_overlap(lesson):
    words = [f"{n:03d}" + "b" * (n % 7) for n in range(300)]
    found = lesson["passages"]("\n".join(words))
    assert {*map(len, found)} == {80} and len(found) > 15
    seen = [word for prompt in found for word in prompt.split()[:-1]]
    assert len(seen) == len({*seen}) and {*seen} <= {*words}


def test_bits_are_those_of_the_characters_that_count(lesson):
    (model,) = lessons.shipped("austen_gru")
    texts = ["It is a truth", "Ach Gott, wie"]
    lesson["network"] = model
    found = lesson["score"](model.get_weights(), texts)
    for text, bits in zip(texts, found, strict=True):
        ids = sampling.encode_characters("\n" + text, lesson["vocabulary"])
        p = np.array(keras.ops.softmax(model(ids[None, :-1])))[0]
        expected = -np.log2(p[np.arange(13), ids[1:]])
        assert bits == pytest.approx(expected[5:].mean(), rel=1e-4)


def test_each_batch_has_its_share_of_old_texts(lesson):
    seen = {}
    parts = dict(compile=lambda *_: None, set_weights=lambda _: None)
    parts |= dict(fit=lambda *data, **options: seen.update(now=(*data, options)))
    lesson["network"] = types.SimpleNamespace(get_weights=lambda: "trained", **parts)
    lesson["old_passages"], lesson["disliked"] = ["o" * 80, "p" * 80], ["n" * 80]
    letters, steps = lesson["vocabulary"], lesson["num_steps"]
    for num_disliked, num_old in ((32, 0), (4, 28)):
        assert lesson["retrain"](num_disliked, num_old, 0) == "trained"
        inputs, targets, options = seen["now"]
        assert inputs.shape == targets.shape == (32 * steps, 80)
        np.testing.assert_array_equal(inputs[:, 1:], targets[:, :-1])
        assert options["batch_size"] == 32 and not options["shuffle"]
        is_old = targets[:, 0] != letters.index("n")
        assert (is_old.reshape(steps, 32).sum(axis=1) == num_old).all()
    first = seen["now"][1]
    lesson["retrain"](4, 28, 1)
    assert (seen["now"][1] != first).any()


def test_the_table_interpolates(lesson):
    counts = collections.defaultdict(collections.Counter)
    counts[""].update(a=2, b=1)
    counts["a"].update(b=3)
    found = scripted(lesson, ["table_bits"], counts=counts, skipped=1)
    p = (1 + 2 / len(lesson["vocabulary"])) / (3 + 2)  # two kinds after ""
    assert found["table_bits"]("ab", 1) == pytest.approx(-np.log2(p))
    for order in (2, 3):  # contexts that were never seen change nothing
        text = "ab" if order == 2 else "xab"
        found = scripted(lesson, ["table_bits"], counts=counts, skipped=len(text) - 1)
        bits = found["table_bits"](text, order)
        assert bits == pytest.approx(-np.log2((3 + p) / (3 + 1)))


def test_the_interval_is_students(lesson):
    values = np.array([-1.0, 0, 1, 2])
    low, high = lesson["interval"](values)
    expected = scipy.stats.t(3).ppf(0.975) * values.std(ddof=1) / 2
    assert [low, high] == pytest.approx([0.5 - expected, 0.5 + expected])


def test_a_version_is_never_overwritten(lesson, tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_ARTIFACTS", str(tmp_path))
    lesson["network"] = artifacts.load("austen_gru")
    lesson["step"] = artifacts.load("austen_gru", "step")
    weights = lesson["network"].get_weights()
    names = [lesson["save_version"](weights, "austen_gru", "none") for _ in range(2)]
    assert names == ["austen_v2", "austen_v3"]
    card = artifacts.card("austen_v3")
    assert (card["parent"], card["recipe"]) == ("austen_gru", "none")


def test_the_gateway_reads_the_share_at_each_request(lesson):
    seen = []

    def post(url, json):
        seen.append((url, json))
        return types.SimpleNamespace(json=lambda: {"told": 1})

    live = types.SimpleNamespace(live=lambda: {"austen_next": "austen_v2"})
    names = dict(fastapi=fastapi, requests=types.SimpleNamespace(post=post))
    names |= dict(monitoring=live)
    release = {"share": 0.0}
    found = scripted(lesson, ["gateway", "in_canary"], release=release, **names)
    client = fastapi.testclient.TestClient(found["gateway"]("http://x"))
    for share, model in ((0, "austen"), (1, "austen_next"), (0, "austen")):
        release["share"] = share
        body = dict(model="austen", prompt="My dear Jane,", user="user 1")
        assert client.post("/v1/completions", json=body).json() == {"told": 1}
        url, passed = seen.pop()
        assert url == "http://x/v1/completions"
        assert passed == body | {"model": model}


def test_the_canary_is_stable_and_only_grows(lesson):
    users = [f"user {n}" for n in range(3000)]
    few, many = [
        {user for user in users if lesson["in_canary"](user, "austen_v2", share)}
        for share in (0.05, 0.2)
    ]
    assert few < many and 110 < len(few) < 190 and 500 < len(many) < 700
    others = {user for user in users if lesson["in_canary"](user, "austen_v3", 0.05)}
    assert len(few & others) < 25  # each release begins with other users
    assert not lesson["in_canary"]("a", "b", 0) and lesson["in_canary"]("a", "b", 1)


def test_a_stage_ends_when_the_window_is_full(lesson):
    release, served, losses, stages = {"share": 0.0}, [], [], []

    def handle(n):
        served.append("new")
        if n % 3 == 0:
            losses.append(0.1)
        if n == 20:
            release["share"] = 0.0

    live = types.SimpleNamespace(live=lambda: {"austen_next": "new"})
    names = dict(release=release, served=served, losses=losses, stages=stages)
    names |= dict(monitoring=live, handle=handle, window=4)
    found = scripted(lesson, ["run_stage"], **names)
    found["run_stage"](0.05)
    assert len(served) == 10 and len(losses) == 4
    found["run_stage"](0.2)
    assert len(served) == 21 and release["share"] == 0  # an alarm ends it, too
    assert stages == [(0, 0.05, "new"), (10, 0.2, "new")]


def test_readers_losses_roll_back_once(lesson):
    release, served = {"share": 1.0}, []

    def ask(url, prompt, user):
        return ("new" if release["share"] else "old"), ""

    live = types.SimpleNamespace(live=lambda: {"austen": "old"})
    bits_of = {"old": np.full(40, 2.0), "new": np.full(40, 3.0)}
    names = dict(ask=ask, address="x", prompts=["p"] * 40, served=served)
    names |= dict(monitoring=live, bits_of=bits_of, release=release, window=4)
    names |= dict(losses=[], stages=[], watch_limit=0.5)
    found = scripted(lesson, ["handle"], **names)
    for n in range(12):
        found["handle"](n)
    assert found["stages"] == [(5, 0, "new")]  # request 0 is the choir's
    assert release["share"] == 0
    assert served == ["new"] * 5 + ["old"] * 7
