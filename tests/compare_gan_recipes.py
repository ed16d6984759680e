"""Lesson 04's GAN beside the recipe of TensorFlow's DCGAN tutorial, at the same cost.

    python tests/compare_gan_recipes.py 6400

trains the lesson's on Fashion-MNIST for so many steps on one thread, the tutorial's
for the same CPU-seconds, and prints the Fréchet distances of 10,000 pictures from the
test pictures, and their ratio. 6,400 steps take about 300 CPU-seconds.
"""

import sys
import time

from course_utils import metrics

import keras
import lessons
import numpy as np
import tensorflow as tf
from keras import layers, ops

USED = ["paint", "build_generator", "build_discriminator", "game_losses", "GAN", "draw"]


def lesson():
    names = dict(keras=keras, layers=layers, ops=ops, tf=tf, np=np)
    return lessons.definitions("04", USED, **names)


def tutorial_generator():
    """Dense 7 x 7 x 256, transposed convolutions 128, 64, 1; latent (N, 100)."""
    x = latent = keras.Input((100,))
    x = layers.Dense(7 * 7 * 256, use_bias=False)(x)
    x = layers.LeakyReLU()(layers.BatchNormalization()(x))
    x = layers.Reshape((7, 7, 256))(x)
    for filters, strides in [(128, 1), (64, 2)]:
        options = dict(padding="same", use_bias=False)
        x = layers.Conv2DTranspose(filters, 5, strides, **options)(x)
        x = layers.LeakyReLU()(layers.BatchNormalization()(x))
    options = dict(padding="same", use_bias=False, activation="tanh")
    return keras.Model(latent, layers.Conv2DTranspose(1, 5, 2, **options)(x))


def tutorial_discriminator():
    x = picture = keras.Input((28, 28, 1))
    for filters in (64, 128):
        x = layers.LeakyReLU()(layers.Conv2D(filters, 5, 2, padding="same")(x))
        x = layers.Dropout(0.3)(x)
    return keras.Model(picture, layers.Dense(1)(layers.Flatten()(x)))


def train(names, parts, images, labels, num_steps, seconds=float("inf")):
    """For num_steps steps or so many CPU-seconds; the GAN and its CPU-seconds."""
    keras.utils.set_random_seed(4)
    rate = names["learning_rate"]
    gan = names["GAN"](*parts, num_steps, (rate, rate), False)
    gan.compile(jit_compile=False, steps_per_execution=10)
    data = tf.data.Dataset.from_tensor_slices((images, labels)).repeat()
    data = data.shuffle(60_000, seed=4).batch(names["batch_size"])
    began = time.process_time()

    def stop(batch, logs):
        gan.stop_training = time.process_time() - began > seconds

    watch = [keras.callbacks.LambdaCallback(on_train_batch_end=stop)]
    options = dict(steps_per_epoch=num_steps, shuffle=False, verbose=0)
    gan.fit(data, callbacks=watch, **options)
    return gan, time.process_time() - began


def compare(num_steps):
    """The lesson's Fréchet distance after num_steps, over the tutorial's."""
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    ours = lesson()
    images, labels = lessons.fashion("train")
    (classifier,) = lessons.shipped("fashion_classifier")
    real, _ = metrics.image_features(classifier, lessons.fashion("test")[0])

    def distance(names, gan):
        rng = np.random.default_rng(4)
        latent = rng.normal(size=(10_000, names["latent_dim"])).astype("float32")
        pictures = names["draw"](gan.average, latent, np.arange(10_000) % 10)
        features, _ = metrics.image_features(classifier, pictures)
        return metrics.frechet_distance(real, features)

    parts = ours["build_generator"](10), ours["build_discriminator"](10)
    gan, seconds = train(ours, parts, images, labels, num_steps)
    our_distance = distance(ours, gan)
    print(f"lesson: {our_distance:.2f} after {seconds:.0f} CPU-seconds", flush=True)
    # The tutorial: plain Adam, the last weights instead of averaged ones, no classes.
    theirs = lesson()
    theirs |= dict(latent_dim=100, batch_size=256, learning_rate=1e-4)
    theirs |= dict(beta_1=0.9, beta_2=0.999, average_decay=0.0)
    parts = tutorial_generator(), tutorial_discriminator()
    endless = 10**9  # so that the rate does not fall
    gan, seconds = train(theirs, parts, images, 0 * labels, endless, seconds)
    their_distance = distance(theirs, gan)
    print(f"tutorial: {their_distance:.2f} after {seconds:.0f} CPU-seconds", flush=True)
    return our_distance / their_distance


if __name__ == "__main__":
    num_steps = int(sys.argv[1]) if len(sys.argv) > 1 else 6400
    print(f"ratio: {compare(num_steps):.3f}")
