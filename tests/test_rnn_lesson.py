"""Lesson 03: the model that it ships."""

import json

from course_utils import artifacts, datasets, metrics, sampling

import lessons
import numpy as np
import pytest
import tensorflow as tf

WINDOW = 64


@pytest.fixture(scope="module")
def shipped():
    with lessons.shipped_only():
        whole = artifacts.load("austen_rnn")
        return whole, artifacts.load("austen_rnn", "step"), artifacts.card("austen_rnn")


@pytest.fixture(scope="module")
def text():
    return datasets.load_text("jane_austen", "validation")


def test_the_shipped_model_maps_ids_to_logits(shipped):
    whole, step, card = shipped
    ids = tf.constant(
        sampling.encode_characters("It is a truth.", card["vocabulary"])[None]
    )
    logits = np.array(whole(ids))
    assert logits.shape == (1, 14, len(card["vocabulary"]))
    first, *memory = step([ids[:, :5], *sampling.zero_states(step, 1)])
    second, *_ = step([ids[:, 5:], *memory])
    np.testing.assert_allclose(np.hstack([first, second]), logits, atol=1e-4)


def test_the_shipped_model_is_as_good_as_the_lesson_says(shipped, text):
    _, step, card = shipped
    ids = sampling.encode_characters(text, card["vocabulary"])
    bits = metrics.bits_per_character(step, ids, WINDOW)
    stamp = json.loads(lessons.notebook("03").read_text("utf-8"))["metadata"]["course"]
    recorded = stamp["metrics"]["validation_bits"]["value"]
    assert abs(bits - recorded) < 0.005  # half precision
