"""Lesson 09: the model that it ships, and the parts that it builds by hand."""

import json

from course_utils import artifacts, datasets, metrics, tokenizer

import lessons
import numpy as np
import pytest
import tensorflow as tf
from keras import layers, ops

CONTEXT = 256
NAME = "austen_transformer"


@pytest.fixture(scope="module")
def shipped():
    with lessons.shipped_only():
        return artifacts.load(NAME), artifacts.card(NAME)


@pytest.fixture(scope="module")
def ids(shipped):
    text = datasets.load_text("jane_austen", "validation")
    return np.array(tokenizer.encode(text, shipped[1]["merges"]), "int32")


def test_no_position_sees_a_later_one(shipped, ids):
    model, changed = shipped[0], ids[None, :CONTEXT].copy()
    changed[:, 200:] = 5
    expected, found = model(ids[None, :CONTEXT]), model(changed)
    np.testing.assert_allclose(found[:, :200], expected[:, :200], atol=1e-4)
    assert np.abs(found - expected)[:, 200:].max() > 1


def test_it_is_as_good_as_the_lesson_says(shipped, ids):
    model, card = shipped
    text = tokenizer.decode(ids, card["merges"])
    # The lesson reads in windows of 64 tokens, which it chose on this text.
    bits = metrics.bits_per_token(model, ids, 64) * len(ids) / len(text)
    stamp = json.loads(lessons.notebook("09").read_text("utf-8"))["metadata"]["course"]
    recorded = stamp["metrics"]["validation_bits"]["value"]
    assert abs(bits - recorded) < 0.005  # half precision


def test_it_can_be_exported(shipped, ids, tmp_path):
    some = tf.constant(ids[None, :20])
    shipped[0].export(tmp_path / "exported", verbose=False)
    exported = tf.saved_model.load(str(tmp_path / "exported"))
    np.testing.assert_allclose(exported.serve(some), shipped[0](some), atol=1e-3)


@pytest.mark.parametrize("num_heads", [1, 3])
def test_multi_head_attention_by_hand_is_that_of_keras(num_heads):
    only = ("causal_attention", "multi_head_attention")
    by_hand = lessons.definitions("09", only, np=np, ops=ops)["multi_head_attention"]
    layer = layers.MultiHeadAttention(num_heads, 5, use_bias=False)
    x = np.random.default_rng(0).normal(size=(1, 9, 8)).astype("float32")
    expected = layer(x, x, use_causal_mask=True)[0]
    found = by_hand(x[0], layer.get_weights())
    np.testing.assert_allclose(found, expected, atol=1e-5)
