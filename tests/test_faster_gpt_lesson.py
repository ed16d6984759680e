"""Lesson 09d: the parts that it builds, its network in every form, what it ships."""

import itertools
import json

from course_utils import artifacts, datasets, metrics, tokenizer

import keras
import lessons
import numpy as np
import pytest
from keras import layers, ops

PARTS = ["swiglu", "rotate", "alibi", "shift", "bigram_rows"]
PARTS += ["normalise", "dense", "feed_forward", "attention", "build_gpt", "fit_law"]
SMALL = dict(np=np, keras=keras, layers=layers, ops=ops)
SMALL |= dict(vocabulary_size=50, width=16, num_blocks=2, num_heads=2, dropout=0.1)
SMALL |= dict(num_buckets=97, pair_dim=4, pair_dropout=0.1, context_length=16)
SMALL |= dict(norm_type="rms", mlp_type="relu2", position_type="alibi")
SMALL |= dict(zero_start=False, embedding_norm=True, bigrams=True, token_shift=True)


@pytest.fixture
def parts():
    names = lessons.definitions("09d", PARTS, **SMALL)
    names.update(SMALL)  # in place of the lesson's parameters
    return names


def test_rotate_turns_as_complex_numbers_do(parts):
    x = np.random.default_rng(0).normal(size=(2, 5, 3, 8)).astype("float32")
    positions = np.array([[0, 1, 2, 3, 4], [7, 8, 100, 1000, 9]])
    speeds = 10_000.0 ** -np.array([0, 1 / 4, 2 / 4, 3 / 4])
    turned = x[..., :4] + 1j * x[..., 4:]
    turned = turned * np.exp(1j * positions[:, :, None, None] * speeds)
    expected = np.concatenate([turned.real, turned.imag], axis=-1)
    np.testing.assert_allclose(parts["rotate"](x, positions), expected, atol=1e-4)


def test_alibi_is_minus_slope_times_distance(parts):
    parts["num_heads"] = 2
    bias = np.array(parts["alibi"](np.arange(4)[None]))
    ratio = bias[0, :, 3, 0] / 3
    assert bias.shape == (1, 2, 4, 4) and (ratio < 0).all()
    for head, query, key in itertools.product(range(2), range(4), range(4)):
        assert bias[0, head, query, key] == pytest.approx(ratio[head] * (query - key))


def test_the_shift_is_by_one_position(parts):
    x = np.arange(24.0).reshape(1, 4, 6)
    shifted = np.array(parts["shift"](x))
    np.testing.assert_array_equal(shifted[..., :3], x[..., :3])
    np.testing.assert_array_equal(shifted[:, 1:, 3:], x[:, :-1, 3:])
    assert not shifted[:, 0, 3:].any()


def test_a_bigram_has_one_row_wherever_it_stands(parts):
    ids = np.array([[3, 7, 3, 7, 9]])
    rows = np.array(parts["bigram_rows"](ids))[0]
    assert rows.tolist() == [
        3,
        (7 + 150) % 97,
        (3 + 350) % 97,
        (7 + 150) % 97,
        359 % 97,
    ]


@pytest.mark.parametrize("norm_type", ["layer", "rms"])
@pytest.mark.parametrize("mlp_type", ["gelu", "swiglu", "relu2"])
@pytest.mark.parametrize("position_type", ["learned", "rope", "alibi"])
def test_no_position_sees_what_comes_after_it(
    parts, norm_type, mlp_type, position_type
):
    chosen = dict(norm_type=norm_type, mlp_type=mlp_type, position_type=position_type)
    parts.update(chosen)
    gpt, rng = parts["build_gpt"](), np.random.default_rng(0)
    for weight in gpt.weights:  # no zeros that would hide a leak
        weight.assign(rng.normal(size=weight.shape))
    ids = rng.integers(0, 50, (3, 12))
    other = ids.copy()
    other[:, 7:] = rng.integers(0, 50, (3, 5))
    same = np.isclose(gpt(ids), gpt(other), atol=1e-4).all(axis=(0, 2))
    assert same[:7].all() and not same[7:].any()


def test_without_any_switch_it_is_keras_attention(parts):
    parts.update(position_type="learned", token_shift=False)
    x = keras.Input((None, 16))
    model = keras.Model(x, parts["attention"](x, None, None))
    theirs = layers.MultiHeadAttention(2, 8, use_bias=False)
    some = np.random.default_rng(0).normal(size=(2, 6, 16)).astype("float32")
    theirs(some, some)
    shapes = [w.shape for w in theirs.weights]
    pairs = zip(model.get_weights(), shapes, strict=True)
    theirs.set_weights([w.reshape(shape) for w, shape in pairs])
    expected = theirs(some, some, use_causal_mask=True)
    np.testing.assert_allclose(model(some), expected, atol=1e-5)


def test_a_zero_start_predicts_nothing(parts):
    parts.update(zero_start=True, bigrams=False)
    gpt = parts["build_gpt"]()
    blocks = [w for w in gpt.weights if "dense" in w.path]
    before = np.array(gpt(np.arange(10)[None]))
    for weight in blocks:
        if np.any(weight):
            weight.assign(np.full(weight.shape, 3.0))
    np.testing.assert_allclose(gpt(np.arange(10)[None]), before, atol=1e-5)


@pytest.mark.parametrize("law", [(1.2, 3.0, 0.3), (0.5, 9.0, 0.75)])
def test_the_fit_finds_a_law_that_holds(parts, law):
    sizes = np.array([1e3, 3e3, 1e4, 5e4, 3e5])
    floor, factor, exponent = law
    found = parts["fit_law"](sizes, floor + factor * sizes**-exponent)
    np.testing.assert_allclose(found, law, rtol=1e-3)


def test_the_shipped_model_is_as_good_as_the_lesson_says():
    with lessons.shipped_only():
        card = artifacts.card("austen_transformer_fast")
        gpt = artifacts.load("austen_transformer_fast")
    text = datasets.load_text("jane_austen", "validation")
    ids = tokenizer.encode(text, card["merges"])
    bits = metrics.bits_per_token(gpt, ids, 256) * len(ids) / len(text)
    stamp = json.loads(lessons.notebook("09d").read_text("utf-8"))["metadata"]["course"]
    recorded = stamp["metrics"]["validation_bits"]["value"]
    assert abs(bits - recorded) < 0.003  # half precision
