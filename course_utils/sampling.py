"""From logits to tokens, and from a trained model to text."""

import math
import weakref

from course_utils import CourseError

import keras
import numpy as np
import tensorflow as tf

UNKNOWN = "�"  # how a character outside the vocabulary is written
MAX_PROMPT = 2000  # tokens of a prompt that are read; older ones hardly matter

_compiled = weakref.WeakKeyDictionary()


def filter_logits(logits, temperature=1.0, top_k=None, top_p=None):
    """Logits (N, V) of the tokens that may be drawn; all others become -1e9.

    First temperature divides, then top_k keeps the k most likely tokens, then top_p
    keeps the fewest tokens whose probabilities sum to at least p (nucleus sampling,
    Holtzman et al. 2020). Temperature 0 keeps the most likely token alone. All three
    may be tensors, so that one compiled function serves every setting.
    """
    num_tokens = keras.ops.shape(logits)[-1]
    temperature = keras.ops.cast(temperature, "float32")
    top_k = keras.ops.cast(num_tokens if top_k is None else top_k, "int32")
    top_k = keras.ops.where(temperature > 0, top_k, 1)
    top_p = keras.ops.cast(1.0 if top_p is None else top_p, "float32")
    logits = logits / keras.ops.maximum(temperature, 1e-4)
    descending = -keras.ops.sort(-logits, axis=-1)  # (N, V)
    probabilities = keras.ops.softmax(descending, axis=-1)
    # The mass before a token: 0 for the most likely one, which is therefore kept.
    before = keras.ops.cumsum(probabilities, axis=-1) - probabilities
    kept = (before < top_p) & (keras.ops.arange(num_tokens) < top_k)
    kept = kept | (keras.ops.arange(num_tokens) == 0)
    lowest = keras.ops.min(
        keras.ops.where(kept, descending, descending[:, :1]), axis=-1, keepdims=True
    )
    return keras.ops.where(logits >= lowest, logits, -1e9)


def sample_token(logits, temperature=1.0, top_k=None, top_p=None, seed=None):
    """Draw one token id from each row of logits (N, V): (N,) int32.

    seed: an integer, a pair of integers or a keras.random.SeedGenerator. Raises
    CourseError for a temperature, top_k or top_p outside its range.
    """
    check_settings(int(logits.shape[-1]), temperature, top_k, top_p)
    logits = filter_logits(keras.ops.cast(logits, "float32"), temperature, top_k, top_p)
    return keras.random.categorical(logits, 1, dtype="int32", seed=seed)[:, 0]


def check_settings(num_tokens, temperature=1.0, top_k=None, top_p=None):
    """Raise CourseError unless temperature >= 0, 1 <= top_k <= V, 0 < top_p <= 1."""
    if not (_is_number(temperature) and 0 <= temperature < math.inf):
        raise CourseError(
            f"temperature is {temperature!r}: give a number from 0 (always the most "
            "likely token) upwards; 1 leaves the probabilities as they are."
        )
    if top_k is not None and not (
        isinstance(top_k, (int, np.integer)) and 1 <= top_k <= num_tokens
    ):
        raise CourseError(
            f"top_k is {top_k!r}: give a whole number from 1 to the vocabulary's "
            f"{num_tokens}, or None to keep every token."
        )
    if top_p is not None and not (_is_number(top_p) and 0 < top_p <= 1):
        raise CourseError(
            f"top_p is {top_p!r}: give a probability above 0 and up to 1, or None to "
            "keep every token."
        )


def _is_number(value):
    return isinstance(value, (int, float, np.number)) and not isinstance(value, bool)


def generate(
    model, prompt, num_tokens, temperature=1.0, top_k=None, top_p=None, seed=0
):
    """Continue a prompt of token ids (T,) by num_tokens ids: (num_tokens,) int32.

    model maps [ids (N, T), state, ...] to [logits (N, T, V), state, ...], each state
    with the shape and type it came with; the loop starts from states of zeros. It is
    compiled once and serves every length and setting. Raises CourseError for an empty
    prompt, ids outside the vocabulary and settings out of range.
    """
    vocabulary_size = model.outputs[0].shape[-1]
    check_settings(vocabulary_size, temperature, top_k, top_p)
    prompt = np.asarray(prompt)
    if prompt.ndim != 1 or not prompt.size:
        raise CourseError(
            f"The prompt has shape {prompt.shape}: give at least one token id, as a "
            "list."
        )
    if prompt.min() < 0 or prompt.max() >= vocabulary_size:
        raise CourseError(
            f"The prompt has token ids from {prompt.min()} to {prompt.max()}: this "
            f"model knows 0 to {vocabulary_size - 1}."
        )
    if num_tokens < 1:
        return np.zeros(0, "int32")
    if model not in _compiled:
        _compiled[model] = _compile(model)
    ids = tf.constant(prompt[None, -MAX_PROMPT:], "int32")
    return _compiled[model](
        ids,
        zero_states(model, 1),
        tf.constant(num_tokens),
        tf.constant(float(temperature)),
        tf.constant(vocabulary_size if top_k is None else int(top_k)),
        tf.constant(1.0 if top_p is None else float(top_p)),
        tf.constant([seed, 0]),
    ).numpy()


def zero_states(model, num_rows):
    """The states, one list, of num_rows rows that have read nothing yet: zeros.

    model: maps [ids, state, ...] to [logits, state, ...], as for `generate`.
    """
    return [tf.zeros([num_rows, *s.shape[1:]], s.dtype) for s in model.inputs[1:]]


def _compile(model):
    model_reference = weakref.ref(model)  # _compiled must not keep the model alive
    number, integer = tf.TensorSpec([], "float32"), tf.TensorSpec([], "int32")
    ids = tf.TensorSpec([1, None], "int32")
    states = [tf.TensorSpec([1, *s.shape[1:]], s.dtype) for s in model.inputs[1:]]
    seed = tf.TensorSpec([2], "int32")
    # With every shape and type given here, nothing is ever compiled a second time.
    signature = [ids, states, integer, number, integer, number, seed]

    @tf.function(input_signature=signature)
    def loop(ids, states, num_tokens, temperature, top_k, top_p, seed):
        model = model_reference()

        def draw(logits, index):  # (1, T, V) -> (1,)
            logits = filter_logits(logits[:, -1], temperature, top_k, top_p)
            pair = tf.stack([seed[0], index])
            return tf.random.stateless_categorical(logits, 1, pair, "int32")[:, 0]

        def step(index, token, states, tokens):
            logits, *states = model([token[:, None], *states])  # (1, 1, V)
            token = draw(logits, index)
            return index + 1, token, states, tokens.write(index, token[0])

        logits, *states = model([ids, *states])
        token = draw(logits, 0)
        tokens = tf.TensorArray("int32", num_tokens).write(0, token[0])
        loop_variables = (tf.constant(1), token, states, tokens)
        *_, tokens = tf.while_loop(
            lambda index, *_: index < num_tokens, step, loop_variables
        )
        return tokens.stack()

    return loop


def encode(text, vocabulary):
    """Token ids (T,) int32 of a text; vocabulary lists the characters, id 0 unknown."""
    ids = {character: index for index, character in enumerate(vocabulary)}
    return np.array([ids.get(character, 0) for character in text], "int32")


def decode(ids, vocabulary):
    """The text of token ids; the unknown character is written as UNKNOWN."""
    return "".join(vocabulary[index] for index in ids)


def generate_text(model, vocabulary, prompt, num_characters, **settings):
    """Continue a text; the settings are those of `generate`. Returns new text only.

    An empty prompt starts a new paragraph. Characters that the model does not know and
    a prompt that is too long to read whole are said in one printed sentence.
    """
    unknown = sorted(set(prompt) - set(vocabulary))
    if unknown:
        print(
            f"The model never saw {''.join(unknown)[:20]!r} in training and reads it "
            "as an unknown character."
        )
    if len(prompt) > MAX_PROMPT:
        print(f"Of the prompt, the last {MAX_PROMPT} characters are read.")
    ids = encode(prompt[-MAX_PROMPT:] or "\n", vocabulary)
    return decode(generate(model, ids, num_characters, **settings), vocabulary)
