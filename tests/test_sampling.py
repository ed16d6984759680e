"""Sampling against distributions known in closed form and against a plain loop."""

import math

from course_utils import sampling

import keras
import numpy as np
import pytest
from keras import layers
from sentences import one_sentence

LOGITS = np.log([[0.5, 0.25, 0.15, 0.1]]).astype("float32")
VOCABULARY = [sampling.UNKNOWN, "\n", "a", "b", "c"]


def build(policy="float32"):
    keras.config.set_dtype_policy(policy)
    keras.utils.set_random_seed(0)
    ids, state = keras.Input((None,), dtype="int32"), keras.Input((8,))
    gru = layers.GRU(8, return_sequences=True, return_state=True)
    x, new_state = gru(layers.Embedding(5, 8)(ids), initial_state=state)
    logits = layers.Dense(5, kernel_initializer="random_normal")(x)
    keras.config.set_dtype_policy("float32")
    return keras.Model([ids, state], [logits * 30, new_state])


@pytest.fixture(scope="module")
def model():
    return build()


@pytest.mark.parametrize("kind", ["float32", "float64", "float16", "bfloat16"])
def test_filter_keeps_the_right_tokens_in_proportion(kind):
    logits = keras.ops.cast(LOGITS, kind)
    for count, settings in [
        *[(1, {"temperature": 0}), (4, {})],
        *[(k, {"top_k": k}) for k in (1, 2, 3, 4)],
        *[(1, {"top_p": p}) for p in (1e-300, 0.001)],
        *[(2, {"top_p": 0.6}), (3, {"top_p": 0.8}), (4, {"top_p": 1.0})],
        (2, {"top_k": 2, "top_p": 0.95}),
        # At temperature 0.5 the probabilities are squared: 0.72, 0.18, 0.07, 0.03.
        (1, {"temperature": 0.5, "top_p": 0.7}),
    ]:
        filtered = sampling.filter_logits(logits, **settings)
        kept = np.flatnonzero(filtered[0] > -1e8)
        assert kept.tolist() == list(range(count)), settings
    probabilities = keras.ops.softmax(sampling.filter_logits(logits, 2.0, top_k=3))
    expected = np.sqrt([0.5, 0.25, 0.15, 0])
    tolerance = 1e-5 if kind in ("float32", "float64") else 4e-3
    np.testing.assert_allclose(probabilities[0], expected / expected.sum(), tolerance)


def test_drawn_tokens_follow_the_probabilities():
    tokens = sampling.sample_token(np.repeat(LOGITS, 20000, axis=0), seed=1)
    shares = np.bincount(np.array(tokens), minlength=4) / 20000
    # Four standard deviations of a share of 0.5 among 20,000 draws.
    np.testing.assert_allclose(shares, [0.5, 0.25, 0.15, 0.1], atol=0.0142)
    generator = keras.random.SeedGenerator(1)
    for seed in (None, generator):
        assert sampling.sample_token(LOGITS, seed=seed).shape == (1,)


SEEDS = [7, 0, -1, 2**31 - 1, 2**31, 2**32, -(2**31) - 1, 2**63, -(2**70) - 5]


def test_every_whole_number_is_a_seed(model):
    def draw(seed):
        tokens = sampling.sample_token(np.repeat(LOGITS, 60, axis=0), seed=seed)
        return np.array(tokens).tobytes()

    def write(seed):
        return sampling.generate(model, [2], 60, seed=seed).tobytes()

    for function in draw, write:
        results = [function(seed) for seed in SEEDS]
        assert len(set(results)) == len(SEEDS)
        again = [function(kind(7)) for kind in (int, np.int64, np.int32, np.uint8)]
        assert set(again) == {results[0]}


WRONG = {
    "temperature": ["from 0 up", -1, math.nan, math.inf, "hot", None],
    "top_k": ["from 1 to 5", 0, 6, -2, 2.5, math.nan],
    "top_p": ["above 0, at most 1", 0, 1.1, -0.5, math.nan, "all"],
    "seed": ["a whole number", 1.5, "one", [1, 2], math.nan],
}


@pytest.mark.parametrize("name", WRONG)
def test_settings_out_of_range_are_one_sentence(model, name):
    cure, *values = WRONG[name]
    for value in values:
        with one_sentence(f"{name} is .*: .*{cure}"):
            sampling.sample_token(np.zeros((1, 5), "float32"), **{name: value})
        with one_sentence(f"{name} is .*: .*{cure}"):
            sampling.generate(model, [1], 5, **{name: value})


@pytest.mark.parametrize("policy", ["float32", "mixed_float16", "mixed_bfloat16"])
def test_generate_equals_a_plain_loop_under_greedy_decoding(policy):
    model, ids, expected = build(policy), [2, 3, 4, 1], []
    for _ in range(12):
        logits, _ = model([np.array([ids + expected]), np.zeros((1, 8), "float32")])
        expected.append(int(np.argmax(logits[0, -1])))
    assert list(sampling.generate(model, ids, 12, temperature=0)) == expected


def test_generate_compiles_once_and_prefixes_agree(model):
    for length, settings in [(1, {}), (50, {"top_k": 2}), (0, {"temperature": 0})]:
        for prompt in [[1], list(range(5)) * 9]:
            assert len(sampling.generate(model, prompt, length, **settings)) == length
    long, short = (sampling.generate(model, [2], n, seed=3) for n in (60, 20))
    np.testing.assert_array_equal(long[:20], short)
    assert sampling._compiled[model].experimental_get_tracing_count() == 1


@pytest.mark.parametrize("prompt", [[], [[1]], [5], [-1], [1.5], ["a"], 1, [9] * 999])
def test_generate_refuses_a_prompt_that_is_no_list_of_known_ids(model, prompt):
    with one_sentence("The prompt .* cannot be read: give .* from 0 to 4"):
        sampling.generate(model, prompt, 5)


def test_any_text_can_be_a_prompt(model, capsys):
    ids = sampling.encode_characters("abc\ncéb", VOCABULARY)
    assert ids.dtype == np.int32
    assert sampling.decode_characters(ids, VOCABULARY) == "abc\nc�b"

    def said(prompt):
        assert len(sampling.generate_text(model, VOCABULARY, prompt, 5)) == 5
        return capsys.readouterr().out

    assert said("abc") == said("") == ""
    assert "never saw 'é\U0001f600'" in said("caé\U0001f600")
    assert "the last 2000 characters" in said("abc\n" * 25_000)
    assert sampling.generate_text(model, VOCABULARY, "a", 0) == ""
