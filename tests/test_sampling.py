"""Sampling against distributions known in closed form and against a plain loop."""

import math

from course_utils import CourseError, sampling

import keras
import numpy as np
import pytest
from keras import layers

LOGITS = np.log([[0.5, 0.25, 0.15, 0.1]]).astype("float32")
VOCABULARY = [sampling.UNKNOWN, "\n", "a", "b", "c"]


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(0)
    ids = keras.Input((None,), dtype="int32")
    state = keras.Input((8,))
    x = layers.Embedding(5, 8)(ids)
    x, new_state = layers.GRU(8, return_sequences=True, return_state=True)(
        x, initial_state=state
    )
    logits = layers.Dense(5, kernel_initializer="random_normal")(x)
    return keras.Model([ids, state], [logits * 30, new_state])


def kept(**settings):
    filtered = np.array(sampling.filter_logits(LOGITS, **settings))
    return [index for index, logit in enumerate(filtered[0]) if logit > -1e8]


@pytest.mark.parametrize(
    "settings, expected",
    [
        ({}, [0, 1, 2, 3]),
        ({"temperature": 0}, [0]),
        ({"top_k": 1}, [0]),
        ({"top_k": 3}, [0, 1, 2]),
        ({"top_k": 4}, [0, 1, 2, 3]),
        ({"top_p": 0.001}, [0]),
        ({"top_p": 0.6}, [0, 1]),
        ({"top_p": 0.8}, [0, 1, 2]),
        ({"top_p": 1.0}, [0, 1, 2, 3]),
        ({"top_k": 2, "top_p": 0.95}, [0, 1]),
        # At temperature 0.5 the probabilities are squared: 0.72, 0.18, 0.07, 0.03.
        ({"temperature": 0.5, "top_p": 0.7}, [0]),
    ],
)
def test_filter_keeps_the_right_tokens(settings, expected):
    assert kept(**settings) == expected


def test_filter_leaves_the_logits_it_keeps_in_proportion():
    filtered = sampling.filter_logits(LOGITS, temperature=2.0, top_k=3)
    probabilities = np.array(keras.ops.softmax(filtered))[0]
    expected = np.sqrt([0.5, 0.25, 0.15])
    np.testing.assert_allclose(probabilities[:3], expected / expected.sum(), 1e-5)
    assert probabilities[3] == 0


def test_drawn_tokens_follow_the_probabilities():
    tokens = sampling.sample_token(np.repeat(LOGITS, 20000, axis=0), seed=1)
    shares = np.bincount(np.array(tokens), minlength=4) / 20000
    # Four standard deviations of a share of 0.5 among 20,000 draws.
    np.testing.assert_allclose(shares, [0.5, 0.25, 0.15, 0.1], atol=0.0142)


@pytest.mark.parametrize("value", [-1, math.nan, math.inf, "hot", None, True])
def test_temperature_out_of_range(value):
    with pytest.raises(CourseError, match="temperature is") as error:
        sampling.sample_token(LOGITS, temperature=value)
    assert len(str(error.value)) <= 300


@pytest.mark.parametrize("value", [0, 5, -2, 2.5, math.nan])
def test_top_k_out_of_range(value):
    with pytest.raises(CourseError, match="top_k is .* vocabulary's 4"):
        sampling.sample_token(LOGITS, top_k=value)


@pytest.mark.parametrize("value", [0, 1.1, -0.5, math.nan])
def test_top_p_out_of_range(value):
    with pytest.raises(CourseError, match="top_p is"):
        sampling.sample_token(LOGITS, top_p=value)


def test_generate_equals_a_plain_loop_under_greedy_decoding(model):
    ids, expected = [2, 3, 4, 1], []
    for _ in range(40):
        logits, _ = model([np.array([ids + expected]), np.zeros((1, 8), "float32")])
        expected.append(int(np.argmax(logits[0, -1])))
    assert list(sampling.generate(model, ids, 40, temperature=0)) == expected


def test_generate_compiles_once_for_every_length_and_setting(model):
    for length, settings in [(1, {}), (50, {"top_k": 2}), (7, {"temperature": 0})]:
        for prompt in [[1], list(range(5)) * 9]:
            assert len(sampling.generate(model, prompt, length, **settings)) == length
    loop = sampling._compiled[model]
    assert loop.experimental_get_tracing_count() == 1


def test_generate_is_reproducible_and_prefixes_agree(model):
    long = sampling.generate(model, [2], 60, seed=3)
    np.testing.assert_array_equal(long[:20], sampling.generate(model, [2], 20, seed=3))
    assert not np.array_equal(long, sampling.generate(model, [2], 60, seed=4))


@pytest.mark.parametrize("prompt", [[], [[1]], [5], [-1]])
def test_generate_refuses_a_prompt_that_is_no_list_of_known_ids(model, prompt):
    with pytest.raises(CourseError, match="The prompt has"):
        sampling.generate(model, prompt, 5)


def test_encode_and_decode_round_trip():
    ids = sampling.encode("abc\ncab", VOCABULARY)
    assert ids.dtype == np.int32
    assert sampling.decode(ids, VOCABULARY) == "abc\ncab"
    assert sampling.decode(sampling.encode("aéb", VOCABULARY), VOCABULARY) == "a�b"


def test_any_text_can_be_a_prompt(model, capsys):
    def said(prompt):
        assert len(sampling.generate_text(model, VOCABULARY, prompt, 5)) == 5
        return capsys.readouterr().out

    assert said("abc") == ""
    assert said("") == ""
    assert "never saw 'é\U0001f600'" in said("caé\U0001f600")
    assert "the last 2000 characters" in said("abc\n" * 25_000)
    assert sampling.generate_text(model, VOCABULARY, "a", 0) == ""
