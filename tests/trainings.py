"""Small trainings for test_callbacks, also to run and kill in another process."""

import contextlib
import hashlib
import io
import json
import os
import signal
from pathlib import Path

from course_utils import callbacks

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

EPOCHS, STEPS, BATCH, SIZE = 5, 6, 8, 48
RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(SIZE, 4)).astype("float32")
Y = X.sum(axis=1, keepdims=True)
IDS = RANDOM.integers(0, 10, (SIZE, 9))


def by_epoch(first, x, y):
    """Data from epoch `first` on, in an order that depends on the epoch."""

    rows = tf.data.Dataset.range(first, 1000).flat_map(
        lambda epoch: tf.data.Dataset.range(SIZE).shuffle(SIZE, seed=epoch).batch(BATCH)
    )
    return rows.map(lambda i: (tf.gather(x, i), tf.gather(y, i)))


def skipped(first, x, y):
    """The same, by leaving out the beginning of one stream."""
    data = tf.data.Dataset.from_tensor_slices((x, y)).repeat()
    return data.shuffle(SIZE, seed=4).batch(BATCH).skip(first * STEPS).prefetch(2)


def dense(*more, optimizer="adam", build=True):
    start = [keras.Input((4,))] if build else []
    model = keras.Sequential([*start, layers.Dense(8, "relu"), *more, layers.Dense(1)])
    model.compile(optimizer, "mse")
    return model


def plain():
    return dense(layers.Dropout(0.3), layers.BatchNormalization()), by_epoch, X, Y


def text():
    ids = keras.Input((8,), dtype="int32")
    x = layers.Dropout(0.3)(layers.Embedding(10, 8)(ids))
    x += layers.MultiHeadAttention(2, 4, dropout=0.2)(x, x, use_causal_mask=True)
    x = layers.GRU(6, return_sequences=True)(x)
    model = keras.Model(ids, layers.Dense(10)(x))
    rate = keras.optimizers.schedules.CosineDecay(0.0, 25, warmup_target=0.02)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    # Without jit_compile it begins sooner.
    model.compile(keras.optimizers.Muon(rate, ns_steps=2), loss, jit_compile=False)
    return model, skipped, IDS[:, :-1], IDS[:, 1:]


class GAN(keras.Model):
    """Two networks, two optimizers, noise, and a slow copy of the generator."""

    def __init__(self, generator, judge):
        super().__init__()
        self.generator, self.judge = generator, judge
        self.average = keras.models.clone_model(generator)
        self.noise = keras.random.SeedGenerator(4)
        self.optimizers = keras.optimizers.Adam(0.01), keras.optimizers.RMSprop(0.01)
        self.optimizers[0].build(generator.trainable_variables)
        self.optimizers[1].build(judge.trainable_variables)

    def train_step(self, data):
        latent = keras.random.normal((BATCH, 4), seed=self.noise)
        with tf.GradientTape(persistent=True) as tape:
            both = ops.concatenate([data[1], self.generator(latent, training=True)])
            real, fake = ops.split(self.judge(both, training=True), 2)
            losses = ops.softplus(-fake), ops.softplus(-real) + ops.softplus(fake)
        for number, network in enumerate([self.generator, self.judge]):
            variables = network.trainable_variables
            gradients = tape.gradient(losses[number], variables)
            self.optimizers[number].apply(gradients, variables)
        for slow, fast in zip(
            self.average.weights, self.generator.weights, strict=True
        ):
            slow.assign(0.9 * slow + 0.1 * fast)
        return {"loss": ops.mean(losses[1])}


def gan():
    judge = [keras.Input((1,)), layers.Dropout(0.3), layers.Dense(1)]
    model = GAN(dense(layers.BatchNormalization()), keras.Sequential(judge))
    model.compile(jit_compile=False, steps_per_execution=2)
    return model, skipped, X, Y, model.optimizers


class VAE(keras.Model):
    def __init__(self, encoder, decoder):
        super().__init__()
        self.encoder, self.decoder = encoder, decoder
        self.noise = keras.random.SeedGenerator(5)

    def call(self, x):
        code = self.encoder(x)
        return self.decoder(
            code + keras.random.normal(ops.shape(code), seed=self.noise)
        )


def vae():
    model = VAE(dense(), keras.Sequential([keras.Input((1,)), layers.Dense(4)]))
    optimizer = keras.optimizers.AdamW(0.01, use_ema=True, ema_momentum=0.9)
    model.compile(optimizer, "mae")
    return model, by_epoch, X, X


class At(keras.callbacks.Callback):
    """Calls `action` in the midst of an epoch, counted from where `fit` begins."""

    def __init__(self, epoch, action):
        super().__init__()
        self.epoch, self.action = epoch, action

    def on_train_batch_end(self, batch, logs=None):
        self.epoch -= int(batch == 3)
        if self.epoch < 0:
            self.action()


def train(setup, *more, name="run", config=None, epochs=EPOCHS):
    """The history and a digest of all variables, and what was printed."""
    keras.utils.set_random_seed(1)
    model, data, x, y, *optimizers = setup()
    with contextlib.redirect_stdout(io.StringIO()) as said:
        resume = callbacks.Resume(name, model, *optimizers, config=config)
        steps = dict(steps_per_epoch=STEPS, epochs=epochs, initial_epoch=resume.epoch)
        watch = [callbacks.StopOnNaN(3, *optimizers), *more, resume]
        data = data(resume.epoch, x, y)
        model.fit(data, **steps, callbacks=watch, shuffle=False, verbose=0)
    assert len(resume.seconds) == resume.epoch and resume.seconds[0] > 0
    values = [keras.ops.convert_to_numpy(v.value).tobytes() for v in resume.variables]
    digest = hashlib.sha256(b"".join(values)).hexdigest()
    return [resume.history, digest], said.getvalue()


def kill():
    os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))


def train_elsewhere(folder, path, setup, epoch=None, epochs=EPOCHS):
    """Process: trains a set-up and writes what came out, or is killed in an epoch."""
    os.environ["COURSE_ARTIFACTS"] = str(folder)
    more = (
        [At(epoch, kill)] if epoch else [At(0, Path(path).with_suffix(".began").touch)]
    )
    Path(path).write_text(json.dumps(train(globals()[setup], *more, epochs=epochs)))
