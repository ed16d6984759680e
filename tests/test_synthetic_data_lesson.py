"""Lesson 16b: names that a language model writes, filtered, and models of own texts."""

import random
from collections import Counter, defaultdict

from course_utils import chat

import keras
import lessons
import numpy as np
import pytest
import tensorflow as tf
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score
from sklearn.pipeline import make_pipeline

FEW = [("red fox", "animals"), ("tuna", "animals"), ("bus", "vehicles")]


@pytest.fixture(scope="module")
def model():
    return lessons.tiny_smollm2()


@pytest.fixture(scope="module")
def lesson(model):
    names = dict(chat=chat, np=np, keras=keras, tf=tf, defaultdict=defaultdict)
    names |= dict(model=model, tokenizer=model.preprocessor.tokenizer, few=FEW)
    names |= dict(kinds={"animals": [], "vehicles": []}, make_pipeline=make_pipeline)
    names |= dict(TfidfVectorizer=TfidfVectorizer)
    names |= dict(LogisticRegression=LogisticRegression, rng=np.random.default_rng(0))
    return lessons.definitions("16b", **names)


def test_the_log_likelihood_of_a_line_is_that_of_its_tokens(lesson, model):
    names = ["cat", "a very long name of an animal", "ox", "t-shirt"]
    prompt = lesson["begun"]("animals", ["red fox", "tuna"])
    assert prompt == "A list of animals:\n- red fox\n- tuna\n"
    found = lesson["log_likelihood"](prompt, names, batch_size=3)
    tokenizer = model.preprocessor.tokenizer
    given = list(np.array(tokenizer(prompt))) + list(np.array(tokenizer("-")))
    for value, name in zip(found, names, strict=True):
        scored = list(np.array(tokenizer(f" {name}\n")))
        ids = np.array([[*given, *scored]])
        inputs = {"token_ids": ids, "padding_mask": np.ones_like(ids)}
        log_p = np.array(keras.ops.log_softmax(model(inputs)))[0]
        places = range(len(given), ids.shape[1])
        expected = sum(log_p[place - 1, ids[0, place]] for place in places)
        assert value == pytest.approx(expected, abs=1e-3)


def test_a_name_is_of_the_kind_whose_list_makes_it_likeliest(lesson):
    def log_likelihood(prompt, names):
        return np.array([-float(("bus" in prompt) != (n == "tram")) for n in names])

    old = lesson["log_likelihood"]
    lesson["log_likelihood"] = log_likelihood
    try:
        found = lesson["judged"](["tram", "otter"])
    finally:
        lesson["log_likelihood"] = old
    assert found.tolist() == ["vehicles", "animals"]


def test_items_of_lists_that_end_in_many_ways(lesson):
    texts = [
        " Goat\n- wild boar \n- ca",
        " ox\n\nThese are\n- no item\n",
        "",
        " x\n-y\n",
    ]
    pairs = [(text, "animals") for text in texts]
    found = [name for name, _ in lesson["items"](pairs)]
    assert found == ["goat", "wild boar", "ox", "x"]


def test_draws_follow_the_softmax_of_the_nucleus(lesson):
    p = np.array([0.04, 0.6, 0.36])
    choose = lesson["sampled"](1.0, np.random.default_rng(0))
    counts = np.bincount([choose(np.log(p), []) for _ in range(3000)], minlength=3)
    np.testing.assert_allclose(counts / 3000, [0, 0.625, 0.375], atol=0.03)
    cold = lesson["sampled"](0.1, np.random.default_rng(0))
    assert {cold(np.log(p), []) for _ in range(100)} == {1}


def test_the_score_and_its_standard_error(lesson):
    rng = np.random.default_rng(0)
    truth = np.repeat(["animals", "vehicles"], [10, 30])
    found = np.where(rng.random(40) < 0.3, truth[::-1], truth)
    lesson["test_kinds"] = truth
    value, error = lesson["score"](1.0 * (found == truth))
    assert value == pytest.approx(100 * balanced_accuracy_score(truth, found))
    places = [rng.integers(10, size=(2000, 10)), 10 + rng.integers(30, size=(2000, 30))]
    means = sum((found == truth)[p].mean(axis=1) for p in places) / 2
    assert error == pytest.approx(100 * means.std(), rel=0.1)


def test_test_names_go_with_and_without_a_plural_s(lesson):
    lesson["test_names"] = np.array(["pig", "glasses"])
    pairs = [(name, "animals") for name in ("pigs", "pig", "glasse", "guinea pig")]
    assert lesson["apart"](pairs) == [("guinea pig", "animals")]


def test_the_trigram_model_has_the_frequencies_of_its_texts(lesson):
    follow, rng = lesson["learn"](["ab", "ab", "ac"]), random.Random(0)
    assert Counter(follow[" a"]) == {"b": 2, "c": 1} and follow["ab"] == ["\n"] * 2
    counts = Counter(lesson["draw"](follow, rng) for _ in range(3000))
    assert counts.keys() == {"ab", "ac"}
    assert counts["ab"] / 3000 == pytest.approx(2 / 3, abs=0.03)
