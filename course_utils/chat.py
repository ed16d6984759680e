"""A pretrained language model answers many prompts at once."""

import weakref

import numpy as np
import tensorflow as tf

_compiled = weakref.WeakKeyDictionary()


def reader(model):
    """A compiled function (ids, cache, position) -> (logits, new cache).

    It reads ids (N, T), int32, that stand from `position` on: logits (N, T, V). model
    is a KerasHub CausalLM; after a change of its weights it serves on.
    """
    return _functions(model)[0]


def _functions(model):
    """`reader` for any shapes, and the same by XLA, which compiles for each shape."""
    if model not in _compiled:
        known = weakref.ref(model)  # _compiled must not keep the model alive

        def call(ids, cache, position):
            logits, _, cache = known().call_with_cache(ids, cache, position)
            return logits, cache

        cache = empty_cache(model, 1, 1)
        shape = (None, *cache.shape[1:3], None, *cache.shape[4:])
        ids, number = tf.TensorSpec((None, None), "int32"), tf.TensorSpec((), "int32")
        signature = [ids, tf.TensorSpec(shape, cache.dtype), number]
        read = tf.function(call, input_signature=signature)
        _compiled[model] = read, tf.function(call, jit_compile=True)
    return _compiled[model]


def empty_cache(model, num_rows, length):
    """Room for keys and values: (N, blocks, 2, length, key-value heads, head_dim)."""
    net = model.backbone
    heads = net.num_key_value_heads, net.hidden_dim // net.num_query_heads
    shape = (num_rows, net.num_layers, 2, length, *heads)
    return tf.zeros(shape, model.compute_dtype)


def greedy(logits, answer):
    """The likeliest token; logits (V,), and the tokens of the answer so far."""
    return int(logits.argmax())


def write(model, prompts, num_new=60, choose=greedy, batch_size=25):
    """Answers to prompts, a list of texts, each of at most num_new tokens.

    choose(logits, answer) gives the next token, as `greedy` does; an answer ends with
    the tokeniser's end token. What all prompts of a batch begin with is read once. XLA
    compiles the steps of full batches, which pays only for many.
    """
    answers = []
    for begin in range(0, len(prompts), batch_size):
        batch = prompts[begin : begin + batch_size]
        answers += _write(model, batch, num_new, choose, len(batch) == batch_size)
    return answers


def _write(model, prompts, num_new, choose, full):
    tokenizer, (read, step) = model.preprocessor.tokenizer, _functions(model)
    end = tokenizer.end_token_id
    given = [np.array(tokenizer(prompt), "int32") for prompt in prompts]
    shortest, longest = min(map(len, given)), max(map(len, given))
    rows = np.full((len(given), longest + num_new), end, "int32")
    for row, ids in zip(rows, given, strict=True):
        row[: len(ids)] = ids
    # XLA compiles for one shape, so lengths are multiples of 64.
    cache_length = -(-rows.shape[1] // 64) * 64
    differ = (rows[:, : shortest - 1] != rows[0, : shortest - 1]).any(axis=0)
    begin = int(np.argmax([*differ, True]))  # the same tokens in all rows before
    cache = empty_cache(model, 1, cache_length)
    if begin:
        _, cache = read(rows[:1, :begin], cache, 0)
    cache, answers = tf.repeat(cache, len(rows), axis=0), [[] for _ in rows]
    for position in range(shortest, rows.shape[1]):
        ids, place = tf.constant(rows[:, begin:position]), tf.constant(begin)
        fast = full and ids.shape[1] == 1
        logits, cache = (step if fast else read)(ids, cache, place)
        logits, begin = logits[:, -1].numpy(), position
        for n, answer in enumerate(answers):
            wanted = len(answer) < num_new and end not in answer
            if position >= len(given[n]) and wanted:  # longer prompts are read on
                answer.append(choose(logits[n], answer))
                rows[n, position] = answer[-1]
        if all(len(answer) == num_new or end in answer for answer in answers):
            break
    texts = [[token for token in answer if token != end] for answer in answers]
    return [tokenizer.detokenize(text) if text else "" for text in texts]
