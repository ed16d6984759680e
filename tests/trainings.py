"""Small trainings of many kinds for test_callbacks, also to run and kill elsewhere."""

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
from keras import layers

EPOCHS, SIZE, BATCH = 6, 50, 8


def inputs():
    random = np.random.default_rng(0)
    x = random.normal(size=(SIZE, 4)).astype("float32")
    return x, x.sum(axis=1, keepdims=True)


def arrays(**more):
    x, y = inputs()
    return {"x": x, "y": y, "batch_size": BATCH, **more}


def dense(*more, optimizer="adam", build=True, **compiled):
    start = [keras.Input((4,))] if build else []
    model = keras.Sequential([*start, layers.Dense(8, "relu"), *more, layers.Dense(1)])
    model.compile(optimizer, "mse", **compiled)
    return model


def dataset(**shuffle):
    data = tf.data.Dataset.from_tensor_slices(inputs())
    return data.shuffle(SIZE, **(shuffle or {"seed": 3})).batch(BATCH)


def plain():
    return dense(), arrays(shuffle=False)


def dropout():
    return dense(layers.Dropout(0.3)), arrays()


def shuffled_dataset():
    return dense(layers.GaussianNoise(0.1), layers.BatchNormalization()), {
        "x": dataset().prefetch(2),
        "validation_data": inputs(),
    }


def unseeded_data():  # draws on set_random_seed
    def noise(x, y):
        return x + tf.random.normal(tf.shape(x)), y

    return dense(), {"x": dataset(seed=None).map(noise)}


def endless_data_and_rate_by_epoch():
    def rate(epoch, now):
        return 0.01 if epoch < 2 else now * 0.7

    return dense(optimizer="sgd"), {
        "x": dataset().repeat(),
        "steps_per_epoch": 4,
        "callbacks": [keras.callbacks.LearningRateScheduler(rate)],
    }


def unknown_length_and_built_late():
    data = dataset().filter(lambda x, y: tf.reduce_sum(x) > -100.0)
    return dense(layers.Dropout(0.3), build=False), {"x": data}


def several_steps_at_once():
    return dense(layers.Dropout(0.3), steps_per_execution=3), {"x": dataset()}


def schedule():
    rate = keras.optimizers.schedules.CosineDecay(
        0.0, decay_steps=30, warmup_target=0.02, warmup_steps=7
    )
    adam = keras.optimizers.AdamW(
        rate, weight_decay=0.01, use_ema=True, ema_momentum=0.9
    )
    return dense(optimizer=adam), {"x": dataset()}


def plateau():  # mode="max" makes every epoch a bad one
    reduce = keras.callbacks.ReduceLROnPlateau(
        "loss", factor=0.5, patience=2, mode="max", cooldown=1
    )
    return dense(), {"x": dataset(), "callbacks": [reduce]}


def early_stopping():  # stops after epoch 5 and goes back to epoch 1
    stop = keras.callbacks.EarlyStopping(
        "loss", patience=4, mode="max", restore_best_weights=True
    )
    return dense(), {"x": dataset(), "epochs": 20, "callbacks": [stop]}


def stateful():
    start = keras.Input((5, 2), batch_size=4)
    hidden = layers.LSTM(6, stateful=True)(start)
    model = keras.Model(start, layers.Dense(1)(hidden))
    model.compile("adam", "mse")
    x = np.random.default_rng(0).normal(size=(24, 5, 2)).astype("float32")
    return model, {"x": x, "y": x.sum(axis=(1, 2)), "batch_size": 4, "shuffle": False}


class NoisyAutoencoder(keras.Model):
    """Draws its noise from the global generator of keras.random."""

    def __init__(self, encoder, decoder):
        super().__init__()
        self.encoder, self.decoder = encoder, decoder

    def compute_loss(self, x=None, *_, **__):
        code = self.encoder(x)
        noise = keras.random.normal(keras.ops.shape(code))
        return keras.ops.mean((self.decoder(code + noise) - x) ** 2)

    def call(self, x):
        return self.decoder(self.encoder(x))


def subclass():
    a, b = keras.Input((4,)), keras.Input((2,))
    encoder = keras.Model(a, layers.Dense(2)(a))
    model = NoisyAutoencoder(encoder, keras.Model(b, layers.Dense(4)(b)))
    model.compile("adam")
    return model, {"x": dataset().map(lambda x, y: x)}


class TwoOptimizers(keras.Model):
    def __init__(self, one, two):
        super().__init__()
        self.one, self.two = one, two

    def compile(self):
        super().compile()
        self.first = keras.optimizers.Adam(0.01)
        self.second = keras.optimizers.RMSprop(0.01)

    def train_step(self, data):
        x, y = data
        for net, optimizer in [(self.one, self.first), (self.two, self.second)]:
            with tf.GradientTape() as tape:
                loss = tf.reduce_mean(
                    (self.one(x) + self.two(x, training=True) - y) ** 2
                )
            variables = net.trainable_variables
            optimizer.apply(tape.gradient(loss, variables), variables)
        return {"loss": loss}


def two_optimizers():
    model = TwoOptimizers(dense(), dense(layers.Dropout(0.3)))
    model.compile()
    return model, {"x": dataset()}


class Batches(keras.utils.PyDataset):
    """Shuffles itself with NumPy's global generator at the end of each epoch."""

    def __init__(self):
        super().__init__()
        self.order = np.arange(SIZE)

    def __len__(self):
        return SIZE // BATCH

    def __getitem__(self, index):
        rows = self.order[index * BATCH :][:BATCH]
        return inputs()[0][rows], inputs()[1][rows]

    def on_epoch_end(self):
        np.random.shuffle(self.order)  # noqa: NPY002


def python_batches():
    return dense(), {"x": Batches()}


def long():
    return plateau()[0], {**plateau()[1], "epochs": 60}


SETUPS = [
    dropout,
    shuffled_dataset,
    unseeded_data,
    endless_data_and_rate_by_epoch,
    unknown_length_and_built_late,
    several_steps_at_once,
    schedule,
    plateau,
    early_stopping,
    stateful,
    subclass,
    two_optimizers,
    python_batches,
]


class At(keras.callbacks.Callback):
    """Calls `action` after batch `batch` of epoch `epoch`, both counted from 0."""

    def __init__(self, epoch, batch, action):
        super().__init__()
        self.place, self.action = (epoch, batch), action

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        if (self.epoch, batch) == self.place:
            self.action()


class Running(keras.callbacks.Callback):
    """Makes a file once `fit` trains."""

    def __init__(self, path):
        super().__init__()
        self.path = path

    def on_train_batch_end(self, batch, logs=None):
        Path(self.path).touch()


def interrupt():
    raise KeyboardInterrupt


def train(setup, *more, name=None, config=None):
    """What a training gives, its variables as a digest, and what it printed."""
    keras.utils.set_random_seed(1)
    model, fit = setup()
    extra = fit.pop("callbacks", [])
    resume = callbacks.Resume(name or setup.__name__, config)
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        history = model.fit(
            **{"epochs": EPOCHS, "verbose": 0, "shuffle": "y" in fit, **fit},
            callbacks=[callbacks.StopOnNaN(every=3), resume, *extra, *more],
        )
    digest = hashlib.sha256()
    for variable in callbacks.variables(model):
        digest.update(callbacks.numpy_copy(variable).tobytes())
    return {
        "history": history.history,
        "epochs": history.epoch,
        "variables": digest.hexdigest(),
        "random": float(np.random.random()),  # noqa: NPY002
    }, said.getvalue()


def train_all(folder, path, names):
    """Process: train several set-ups, write what came out to a JSON file."""
    os.environ["COURSE_ARTIFACTS"] = str(folder)
    Path(path).write_text(json.dumps({n: train(globals()[n]) for n in names}))


def break_off_all(folder, names):
    """Process: leave several set-ups within epoch 4, and end by kill -9."""
    os.environ["COURSE_ARTIFACTS"] = str(folder)
    for name in names:
        with contextlib.suppress(KeyboardInterrupt):
            train(globals()[name], At(3, 2, interrupt))
    os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))


def train_and_tell(folder, name, path):
    """Process: make a file once training runs; the other side kills when it likes."""
    os.environ["COURSE_ARTIFACTS"] = str(folder)
    train(globals()[name], Running(path))
