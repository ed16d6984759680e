"""Lesson 09: the model that it ships, and its form for one step with a cache."""

import json

from course_utils import artifacts, datasets, metrics, sampling, tokenizer

import lessons
import numpy as np
import pytest
import tensorflow as tf

CONTEXT = 256


@pytest.fixture(scope="module")
def shipped():
    with lessons.shipped_only():
        whole = artifacts.load("austen_gpt")
        return whole, artifacts.load("austen_gpt", "step"), artifacts.card("austen_gpt")


@pytest.fixture(scope="module")
def text():
    return datasets.load_text("jane_austen", "validation")


@pytest.mark.parametrize("pieces", [[60], [1] * 60, [7, 1, 30, 22]])
def test_the_step_form_gives_the_same_in_pieces(shipped, text, pieces):
    """So that the whole model does not look ahead: the step form cannot."""
    whole, step, card = shipped
    ids = np.array([tokenizer.encode(text[:1000], card["merges"])[:60]])
    states, logits = sampling.zero_states(step, 1), []
    for piece in np.split(ids, np.cumsum(pieces)[:-1], axis=1):
        part, *states = step([tf.constant(piece, "int32"), *states])
        logits.append(part)
    expected = whole(tf.constant(ids))
    np.testing.assert_allclose(np.concatenate(logits, axis=1), expected, atol=1e-3)


def test_it_is_as_good_as_the_lesson_says(shipped, text):
    whole, _, card = shipped
    ids = tokenizer.encode(text, card["merges"])
    bits = metrics.bits_per_token(whole, ids, CONTEXT) * len(ids) / len(text)
    stamp = json.loads(lessons.notebook("09").read_text("utf-8"))["metadata"]["course"]
    recorded = stamp["metrics"]["validation_bits"]["value"]
    assert abs(bits - recorded) < 0.005  # half precision


@pytest.mark.parametrize("form", [0, 1])
def test_both_forms_can_be_exported(shipped, text, tmp_path, form):
    model, card = shipped[form], shipped[2]
    ids = tf.constant([tokenizer.encode(text[:1000], card["merges"])[:20]], "int32")
    inputs = [ids, *sampling.zero_states(model, 1)] if form else ids
    model.export(tmp_path / "exported", verbose=False)
    exported = tf.saved_model.load(str(tmp_path / "exported"))
    outputs = tf.nest.flatten(exported.serve(inputs)), tf.nest.flatten(model(inputs))
    for theirs, ours in zip(*outputs, strict=True):
        np.testing.assert_allclose(theirs, ours, atol=1e-3)
