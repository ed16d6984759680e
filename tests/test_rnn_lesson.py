"""Lessons 03 and 03b: what they compute by hand, and the models that they ship."""

import collections
import json

from course_utils import artifacts, datasets, metrics, sampling

import lessons
import numpy as np
import pytest
import tensorflow as tf

WINDOW = 64


def test_the_counts_give_probabilities():
    text = datasets.load_text("jane_austen", "validation")[:50_000]
    vocabulary = [sampling.UNKNOWN, *sorted(set(text))]
    needed = dict(collections=collections, np=np, vocabulary=vocabulary, GRU=None)
    names = lessons.definitions("03", ["count_followers", "ngram_bits"], **needed)
    followers = names["count_followers"](text)
    for context in ("", "t", "and the ", "qqqqqqq", "zebra an"):
        total = 0.0
        for character in vocabulary:
            known = context + character
            bits = [
                names["ngram_bits"](followers, t) * len(t)
                for t in (known, context)
                if t
            ]
            total += 2 ** -(bits[0] - (bits[1] if context else 0))
        assert total == pytest.approx(1)


def test_a_shorter_ngram_counts_its_contexts():
    needed = dict(collections=collections, np=np, GRU=None)
    names = lessons.definitions("03", ["count_followers"], **needed)
    names["max_order"] = 1
    followers = names["count_followers"]("abcbabab")
    assert followers["a"] == {"b": 3} and followers["b"] == {"c": 1, "a": 2}
    assert followers[""] == {"b": 2, "c": 1, "a": 1}  # ab cb; bc; ba


@pytest.mark.parametrize(
    ("number", "name"), [("03", "austen_gru"), ("03b", "austen_gru_ngrams")]
)
def test_the_shipped_model_is_as_good_as_the_lesson_says(number, name):
    with lessons.shipped_only():
        card = artifacts.card(name)
        step = artifacts.load(name, "step" if card["forms"] else None)
    text = datasets.load_text("jane_austen", "validation")
    ids = sampling.encode_characters(text, card["vocabulary"])
    bits = metrics.bits_per_character(step, ids, WINDOW)
    stamp = json.loads(lessons.notebook(number).read_text("utf-8"))["metadata"][
        "course"
    ]
    recorded = stamp["metrics"]["validation_bits"]["value"]
    # The lesson reads 03's in rows of 1,000 characters; the file has half precision.
    assert abs(bits - recorded) < (0.01 if number == "03" else 0.001)


def test_the_shipped_model_reads_a_text_in_two_pieces():
    with lessons.shipped_only():
        whole, step = artifacts.load("austen_gru"), artifacts.load("austen_gru", "step")
        vocabulary = artifacts.card("austen_gru")["vocabulary"]
    ids = tf.constant(sampling.encode_characters("It is a truth.", vocabulary)[None])
    logits = np.array(whole(ids))
    assert logits.shape == (1, 14, len(vocabulary))
    first, *memory = step([ids[:, :5], *sampling.zero_states(step, 1)])
    second, *_ = step([ids[:, 5:], *memory])
    np.testing.assert_allclose(np.hstack([first, second]), logits, atol=1e-4)
