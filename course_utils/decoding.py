"""Fast decoding with the GPT of lesson 09: a key-value cache, many rows at once."""

import weakref

from course_utils import CourseError, sampling

import numpy as np
import tensorflow as tf
from keras import layers, ops

_compiled = weakref.WeakKeyDictionary()


def sample(model, prompts, num_new, temperature=1.0, top_p=None, seed=0):
    """Continue prompts of ids (N, T), each by num_new ids: (N, num_new) int32.

    It is compiled once for each shape, and reads the weights as they are at the call,
    so that it serves a model in training. temperature=0 takes the likeliest tokens.
    """
    prompts = np.asarray(prompts, "int32")
    sampling.check_settings(int(model.outputs[0].shape[-1]), temperature, None, top_p)
    known = context_length(model)
    if prompts.ndim != 2 or not 0 < prompts.shape[1] <= known - num_new:
        raise CourseError(
            f"Prompts of shape {prompts.shape} and {num_new} new tokens do not fit: "
            f"give rows (N, T) of equal length, T + num_new at most {known}."
        )
    filtered = top_p is not None and top_p < 1
    pair = tf.constant([seed % 2**31, seed // 2**31 % 2**31], "int32")
    settings = float(temperature), float(top_p or 1), filtered, pair
    return _functions(model)[1](tf.constant(prompts), num_new, *settings).numpy()


def reader(model):
    """A compiled function (ids, cache, position) -> (logits, new cache).

    It reads ids (N, T), int32, that stand from `position` on: logits (N, T, V). The
    position is a number for all rows, or one for each, (N,), int32. XLA compiles it for
    each shape; after a change of the model's weights it serves on.
    Rows of different lengths, as a server has them: fill each up at its end with any
    ids and take the logits at its own last id. What was read too much is not seen by
    the ids before it, and is replaced by the ids that are read there next.
    """
    return _functions(model)[0]


def empty_cache(model, num_rows, length=None):
    """Room for keys and values: (blocks, 2, N, length, heads, head_dim), float32.

    length: of prompt and answer together, at most `context_length(model)`, the default.
    """
    attentions = _layers(model, layers.MultiHeadAttention)
    heads, head_dim = attentions[0].num_heads, attentions[0].key_dim
    length = length or context_length(model)
    return tf.zeros((len(attentions), 2, num_rows, length, heads, head_dim))


def context_length(model):
    """Tokens that the model can read at once."""
    return _layers(model, layers.Embedding)[0].input_dim


def _layers(model, kind):
    """The layers of exactly this kind, in the order in which the model was built."""
    return [layer for layer in model.layers if type(layer) is kind]


def _functions(model):
    """The compiled functions of `reader` and `sample`."""
    if model not in _compiled:
        _compiled[model] = _compile(weakref.ref(model))  # it must not keep it alive
    return _compiled[model]


def _compile(known):
    def read(ids, cache, position):
        """Lesson 09's network, without dropout, on ids (N, T) that follow others."""
        model, new_cache = known(), []
        (table,) = _layers(model, layers.ReversibleEmbedding)
        (position_table,) = _layers(model, layers.Embedding)
        norms = _layers(model, layers.LayerNormalization)
        dense = _layers(model, layers.Dense)
        places = tf.reshape(position, (-1, 1)) + tf.range(ids.shape[1])  # (N or 1, T)
        x = table(ids) + position_table(places)  # (N, T, width)
        for n, attention in enumerate(_layers(model, layers.MultiHeadAttention)):
            y = norms[2 * n](x)
            keys = _store(cache[n][0], attention.key_dense(y), position, places)
            values = _store(cache[n][1], attention.value_dense(y), position, places)
            new_cache.append((keys, values))
            query = attention.query_dense(y)  # (N, T, heads, head_dim)
            mask = tf.range(keys.shape[1]) <= places[:, None, :, None]  # nothing later
            found = ops.dot_product_attention(query, keys, values, mask=mask)
            x = x + attention.output_dense(found)
            x = x + dense[2 * n + 1](dense[2 * n](norms[2 * n + 1](x)))
        return table(norms[-1](x), reverse=True), new_cache

    def read_stacked(ids, cache, position):
        logits, cache = read(ids, cache, position)
        return logits, tf.stack([tf.stack(pair) for pair in cache])

    def write(prompts, num_new, temperature, top_p, filtered, seed):
        num_rows, length = prompts.shape
        rows = tf.pad(prompts, ((0, 0), (0, num_new)))  # (N, T + num_new)
        cache = tf.unstack(empty_cache(known(), num_rows, length + num_new))
        cache = [tuple(tf.unstack(pair)) for pair in cache]
        for n in tf.range(length + num_new - 1):
            logits, cache = read(tf.slice(rows, (0, n), (num_rows, 1)), cache, n)
            logits = logits[:, 0] / tf.maximum(temperature, 1e-4)
            if filtered:  # it sorts, which takes time
                logits = sampling.filter_logits(logits, 1.0, None, top_p)
            # The largest of logits with Gumbel noise is a draw from their softmax.
            uniform = tf.random.stateless_uniform(logits.shape, seed + [0, n], 1e-20)
            noise = -tf.math.log(-tf.math.log(uniform)) * tf.sign(temperature)
            token = tf.argmax(logits + noise, -1, "int32")[:, None]  # (N, 1)
            given = tf.slice(rows, (0, n + 1), (num_rows, 1))
            token = tf.where(n + 1 < length, given, token)
            rows = ops.slice_update(rows, (0, n + 1), token)
        return rows[:, length:]

    return [tf.function(each, jit_compile=True) for each in (read_stacked, write)]


def _store(cache, new, position, places):
    """cache (N, length, heads, head_dim) with new (N, T, heads, head_dim) in it."""
    if not position.shape.rank:
        return ops.slice_update(cache, (0, position, 0, 0), new)
    rows = tf.broadcast_to(tf.range(new.shape[0])[:, None], places.shape)
    return tf.tensor_scatter_nd_update(cache, tf.stack([rows, places], -1), new)
