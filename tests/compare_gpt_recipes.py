"""Lesson 09's GPT beside nanoGPT's recipe for small computers, at the same cost.

    python tests/compare_gpt_recipes.py [TEXT_FILE]

The recipe is Karpathy's for "I only have a macbook", in the README of
https://github.com/karpathy/nanoGPT: characters, 4 layers of 4 heads, width 128, context
64, 2,000 batches of 12. It trains on the first 90 % of the text, on one thread, and the
lesson's GPT on the same for the same CPU-seconds. Both then predict the whole of the
last 10 %. Printed are the nats per character and their ratio; compiling and the seconds
of the tokeniser do not count. Without a file, the text is the first million characters
of Austen's training chapters.

That is a third of what lesson 09 trains on, and the lesson's GPT reads it many times:
--dropout and --pair-dropout take rates other than the lesson's. --steps 5 is a trial.
"""

import argparse
import time
from pathlib import Path

from course_utils import DATA_DIR, metrics, tokenizer

import keras
import lessons
import numpy as np
import tensorflow as tf
import tensorflow_datasets as tfds
from keras import layers, ops


def lesson(**parameters):
    """Lesson 09's parameters, these replaced, and all its functions, by name."""
    needed = dict(keras=keras, layers=layers, ops=ops, tf=tf, np=np)
    names = lessons.definitions("09", **needed)
    unknown = parameters.keys() - names.keys()
    assert not unknown, f"lesson 09 has no parameter {unknown} any more"
    names.update(parameters)  # in place, since the functions look names up here
    return names


def train_lesson(names, ids, num_steps, limit=float("inf")):
    """The lesson's GPT and its CPU-seconds: all that is known of how it is trained."""
    keras.utils.set_random_seed(9)
    model, optimizer = names["build_gpt"](), names["optimizer"](num_steps)
    data = names["windows"](ids, num_steps)
    return model, train(model, optimizer, data, num_steps, limit)


NUM_LAYERS, NUM_HEADS, WIDTH, CONTEXT = 4, 4, 128, 64


def build_recipe(num_characters):
    """Character ids (N, T) -> logits (N, T, num_characters), T at most 64."""

    def normal(stddev=0.02):
        return keras.initializers.RandomNormal(stddev=stddev)

    def norm(x):
        return layers.LayerNormalization(epsilon=1e-5, center=False)(x)

    residual = (2 * NUM_LAYERS) ** -0.5  # as GPT-2 scales what is added to the sum
    ids = keras.Input((None,), dtype="int32")
    embedding = layers.ReversibleEmbedding(
        num_characters, WIDTH, embeddings_initializer=normal()
    )
    positions = layers.Embedding(CONTEXT, WIDTH, embeddings_initializer=normal())
    x = embedding(ids) + positions(ops.cumsum(ops.ones_like(ids), axis=1) - 1)
    options = dict(use_bias=False, kernel_initializer=normal())
    for _ in range(NUM_LAYERS):
        attend = layers.MultiHeadAttention(NUM_HEADS, WIDTH // NUM_HEADS, **options)
        normed = norm(x)
        x = x + attend(normed, normed, use_causal_mask=True)
        *kernels, output = attend.get_weights()
        attend.set_weights([*kernels, output * residual])
        expand = layers.Dense(
            4 * WIDTH, "gelu", use_bias=False, kernel_initializer=normal()
        )
        contract = layers.Dense(
            WIDTH, use_bias=False, kernel_initializer=normal(0.02 * residual)
        )
        x = x + contract(expand(norm(x)))
    return keras.Model(ids, embedding(norm(x), reverse=True))


def recipe_optimizer(num_steps):
    warmup = max(1, num_steps // 20)  # 100 of 2,000
    schedule = keras.optimizers.schedules.CosineDecay(
        0.0, num_steps - warmup, alpha=0.1, warmup_target=1e-3, warmup_steps=warmup
    )
    optimizer = keras.optimizers.AdamW(
        schedule, weight_decay=0.1, beta_2=0.99, epsilon=1e-8, global_clipnorm=1.0
    )
    optimizer.exclude_from_weight_decay(var_names=["gamma"])
    return optimizer


def recipe_windows(ids, num_steps, batch_size=12):
    starts = np.random.default_rng(9).integers(
        0, len(ids) - CONTEXT, (num_steps, batch_size, 1)
    )
    text = tf.constant(ids, "int32")

    def read(starts):
        chunks = tf.gather(text, starts + tf.range(CONTEXT + 1))
        return chunks[:, :-1], chunks[:, 1:]

    return tf.data.Dataset.from_tensor_slices(starts.astype("int32")).map(read)


class Clock(keras.callbacks.Callback):
    """CPU-seconds of all steps, the first ones at the price of the others: they also
    compile. Training stops where the sum is above a limit."""

    def __init__(self, limit):
        super().__init__()
        self.limit, self.first = limit, None

    def on_train_batch_end(self, batch, logs=None):
        now, self.steps = time.process_time(), batch + 1
        if self.first is None:
            self.first, self.began = self.steps, now
        else:
            per_step = (now - self.began) / (self.steps - self.first)
            self.seconds = per_step * self.steps
            self.model.stop_training = self.seconds > self.limit


def group(num_steps):
    """Steps for one call of the compiled function."""
    return 10 if num_steps >= 30 and num_steps % 10 == 0 else 1


def train(model, optimizer, data, num_steps, limit=float("inf")):
    """The Clock of a training of num_steps steps, fewer if it takes over `limit`."""
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    calls = dict(steps_per_execution=group(num_steps), jit_compile=False)
    model.compile(optimizer, loss, **calls)
    clock = Clock(limit)
    options = dict(steps_per_epoch=num_steps, shuffle=False, verbose=0)
    model.fit(data, callbacks=[clock], **options)
    return clock


def nats(model, ids, window, num_characters):
    """-log p per character of a whole text, in windows that overlap by half."""
    bits = metrics.bits_per_token(model, ids, window) * len(ids)
    return bits * np.log(2) / num_characters


def report(name, nats_per_character, model, clock):
    print(
        f"{name}: {nats_per_character:.4f} nats per character, {clock.seconds:.1f} "
        f"CPU-seconds, {clock.steps:,} steps, {model.count_params():,} parameters",
        flush=True,
    )


def compare(text, num_steps=2000, **parameters):
    """Ratio of nats per character, the lesson's GPT over num_steps of the recipe."""
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    cut = len(text) * 9 // 10
    print(f"{cut:,} characters to train on, {len(text) - cut:,} to predict")

    keras.utils.set_random_seed(9)
    characters = np.array(sorted(set(text)))  # as nanoGPT does it, of the whole text
    ids = np.searchsorted(characters, list(text))
    model, data = build_recipe(len(characters)), recipe_windows(ids[:cut], num_steps)
    clock = train(model, recipe_optimizer(num_steps), data, num_steps)
    theirs = nats(model, ids[cut:], CONTEXT, len(text) - cut)
    report("nanoGPT's recipe", theirs, model, clock)
    budget = clock.seconds

    names = lesson(**parameters)
    merges = tokenizer.train(text[:cut], names["vocabulary_size"])
    ids = np.array(tokenizer.encode(text[:cut], merges))
    held_out = tokenizer.encode(text[cut:], merges)
    # Its learning rate falls to 0 at a step that must be known before: how many?
    num_timed = 40 if num_steps >= 100 else 5
    _, clock = train_lesson(names, ids, num_timed)
    num_steps = int(budget * num_timed / clock.seconds)
    num_steps = max(2, num_steps - num_steps % 10 if num_steps >= 30 else num_steps)
    model, clock = train_lesson(names, ids, num_steps, 1.05 * budget)
    if clock.steps < num_steps:
        print(f"stopped at 1.05 times the cost, {num_steps - clock.steps} steps early")
    ours = nats(model, held_out, names["context"], len(text) - cut)
    report("lesson 09's GPT", ours, model, clock)
    rounds = clock.steps * names["batch_tokens"] / len(ids)
    print(f"which has read the text {rounds:.1f} times; ratio {ours / theirs:.3f}")
    return ours / theirs


def austen():
    data = tfds.load("jane_austen", data_dir=DATA_DIR, split="train")
    return "\n\n".join(x["text"].decode() for x in data.as_numpy_iterator())[:1_000_000]


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("text_file", nargs="?", type=Path)
    parser.add_argument("--steps", type=int, default=2000, help="of nanoGPT's recipe")
    parser.add_argument("--dropout", type=float, help="in the blocks, not the lesson's")
    parser.add_argument("--pair-dropout", type=float, help="of the pairs of tokens")
    given = parser.parse_args()
    rates = dict(dropout=given.dropout, pair_dropout=given.pair_dropout)
    rates = {name: rate for name, rate in rates.items() if rate is not None}
    file = given.text_file
    text = file.read_text(encoding="utf-8") if file else austen()
    compare(text, given.steps, **rates)
