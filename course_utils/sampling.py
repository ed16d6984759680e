"""From logits to tokens, and from a trained model to text."""

import weakref
from numbers import Integral, Real

from course_utils import CourseError

import keras
import numpy as np
import tensorflow as tf

UNKNOWN = "�"  # how a character outside the vocabulary is written
MAX_PROMPT = 2000  # tokens of a prompt that are read; older ones hardly matter

_compiled = weakref.WeakKeyDictionary()


def filter_logits(logits, temperature=1.0, top_k=None, top_p=None):
    """Logits (N, V) of the tokens that may be drawn, float32; all others become -1e9.

    Temperature divides first, and 0 keeps the most likely token alone; then top_k keeps
    the k most likely tokens, then top_p the fewest whose probabilities sum to at least
    p (nucleus sampling, Holtzman et al. 2020). Tokens as likely as the last one that is
    kept stay, too. All three may be tensors, so that one compiled function serves every
    setting.
    """
    num_tokens = keras.ops.shape(logits)[-1]
    temperature = keras.ops.cast(temperature, "float32")
    top_k = keras.ops.cast(num_tokens if top_k is None else top_k, "int32")
    top_k = keras.ops.where(temperature > 0, top_k, 1)
    top_p = keras.ops.cast(1.0 if top_p is None else top_p, "float32")
    logits = keras.ops.cast(logits, "float32") / keras.ops.maximum(temperature, 1e-4)
    descending = -keras.ops.sort(-logits, axis=-1)  # (N, V)
    probabilities = keras.ops.softmax(descending, axis=-1)
    before = keras.ops.cumsum(probabilities, axis=-1) - probabilities
    kept = (before < top_p) & (keras.ops.arange(num_tokens) < top_k)
    lowest = keras.ops.where(kept, descending, descending[:, :1])
    lowest = keras.ops.min(lowest, axis=-1, keepdims=True)
    return keras.ops.where(logits >= lowest, logits, -1e9)


def sample_token(logits, temperature=1.0, top_k=None, top_p=None, seed=None):
    """Draw one token id from each row of logits (N, V): (N,) int32.

    seed: int, keras.random.SeedGenerator, None. Raises CourseError as check_settings.
    """
    check_settings(int(logits.shape[-1]), temperature, top_k, top_p)
    if seed is not None and not isinstance(seed, keras.random.SeedGenerator):
        seed = _fit_seed(seed)
    logits = filter_logits(logits, temperature, top_k, top_p)
    return keras.random.categorical(logits, 1, dtype="int32", seed=seed)[:, 0]


def check_settings(num_tokens, temperature=1.0, top_k=None, top_p=None):
    """Raise CourseError unless temperature >= 0, 1 <= top_k <= V, 0 < top_p <= 1."""
    if not (isinstance(temperature, Real) and 0 <= temperature < float("inf")):
        raise CourseError(f"temperature is {temperature!r}: give a number from 0 up.")
    if not (top_k is None or isinstance(top_k, Integral) and 0 < top_k <= num_tokens):
        raise CourseError(f"top_k is {top_k!r}: choose from 1 to {num_tokens}.")
    if not (top_p is None or isinstance(top_p, Real) and 0 < top_p <= 1):
        raise CourseError(f"top_p is {top_p!r}: give a number above 0, at most 1.")


def _fit_seed(seed):
    """Any whole number as an int of 64 bits; those that fit stay as they are."""
    if not isinstance(seed, Integral):
        raise CourseError(f"seed is {seed!r}: give a whole number.")
    return (int(seed) + 2**63) % 2**64 - 2**63


def generate(
    model, prompt, num_tokens, temperature=1.0, top_k=None, top_p=None, seed=0
):
    """Continue a prompt of token ids (T,) by num_tokens ids: (num_tokens,) int32.

    model maps [ids (N, T), state, ...] to [logits (N, T, V), state, ...]; the states
    begin as zeros. Raises CourseError for an unknown id and a setting out of range.
    """
    num_known = model.outputs[0].shape[-1]
    check_settings(num_known, temperature, top_k, top_p)
    prompt = np.asarray(prompt)
    if prompt.ndim != 1 or set(prompt.tolist() or [-1]) - set(range(num_known)):
        cure = f"give a list of token ids from 0 to {num_known - 1}, at least one"
        raise CourseError(f"The prompt {prompt.tolist()!s:.50} cannot be read: {cure}.")
    if model not in _compiled:
        _compiled[model] = _compile(model)
    ids, states = prompt[None, -MAX_PROMPT:].astype("int32"), zero_states(model, 1)
    settings = float(temperature), int(top_k or num_known), float(top_p or 1)
    seeds = [_fit_seed(seed), 0]
    return _compiled[model](ids, states, max(0, num_tokens), *settings, seeds).numpy()


def zero_states(model, num_rows):
    """The states that `generate` begins with: a list of zeros (num_rows, ...)."""
    return [tf.zeros([num_rows, *s.shape[1:]], s.dtype) for s in model.inputs[1:]]


def read_on(model, ids, states):
    """Logits (N, T, V) and new states, all cast back from mixed precision."""
    logits, *new = tf.nest.flatten(model([ids, *states] if states else ids))
    new = [tf.cast(n, s.dtype) for n, s in zip(new, states, strict=True)]
    return tf.cast(logits, "float32"), new


def _compile(model):
    model_reference = weakref.ref(model)  # _compiled must not keep the model alive
    number, integer = tf.TensorSpec([], "float32"), tf.TensorSpec([], "int32")
    ids, seed = tf.TensorSpec([1, None], "int32"), tf.TensorSpec([2], "int64")
    states = [tf.TensorSpec([1, *s.shape[1:]], s.dtype) for s in model.inputs[1:]]

    # With every shape and type given here, nothing is ever compiled a second time.
    @tf.function(input_signature=[ids, states, integer, number, integer, number, seed])
    def loop(ids, states, num_tokens, temperature, top_k, top_p, seed):
        logits, states = read_on(model_reference(), ids, states)
        logits = logits[:, -1:]  # (1, 1, V), as all that come after
        tokens = tf.TensorArray("int32", num_tokens, element_shape=[])
        for index in tf.range(num_tokens):
            filtered = filter_logits(logits[:, 0], temperature, top_k, top_p)
            pair = seed + [0, tf.cast(index, "int64")]
            token = tf.random.stateless_categorical(filtered, 1, pair, "int32")
            tokens = tokens.write(index, token[0, 0])
            logits, states = read_on(model_reference(), token, states)
        return tokens.stack()

    return loop


def encode_characters(text, vocabulary):
    """Token ids (T,) int32 of a text; vocabulary lists the characters, id 0 unknown."""
    ids = {character: index for index, character in enumerate(vocabulary)}
    return np.array([ids.get(character, 0) for character in text], "int32")


def decode_characters(ids, vocabulary):
    """The text of token ids; the unknown character is written as UNKNOWN."""
    return "".join(vocabulary[index] for index in ids)


def generate_text(model, vocabulary, prompt, num_characters, **settings):
    """Continue a text, with the settings of `generate`; the new text alone.

    An empty prompt starts a new paragraph. What of the prompt is not read is printed.
    """
    unknown = "".join(sorted(set(prompt) - set(vocabulary)))[:20]
    if unknown:
        print(f"The model never saw {unknown!r} in training and reads it as unknown.")
    if len(prompt) > MAX_PROMPT:
        print(f"Of the prompt, the last {MAX_PROMPT} characters are read.")
    ids = encode_characters(prompt[-MAX_PROMPT:] or "\n", vocabulary)
    ids = generate(model, ids, num_characters, **settings)
    return decode_characters(ids, vocabulary)
