"""Lesson 05: its bound beside that of the usual recipe, and the pair that it ships."""

from course_utils import metrics

import keras
import lessons
import numpy as np
import pytest
import tensorflow as tf
from keras import layers, ops


@pytest.fixture(scope="module")
def lesson():
    names = dict(keras=keras, layers=layers, ops=ops, np=np)
    names |= dict(num_pixels=784, image_shape=(28, 28, 1))
    images, _ = lessons.fashion("test[:1000]")
    return lessons.definitions("05", test_images=images, images=images, **names)


def usual_recipe(lesson):
    """Two strided convolutions, their transposes and two latent units."""
    options = dict(activation="relu", strides=2, padding="same")
    picture, z = keras.Input((28, 28, 1)), keras.Input((2,))
    x = layers.Conv2D(64, 3, **options)(layers.Conv2D(32, 3, **options)(picture))
    x = layers.Dense(16, activation="relu")(layers.Flatten()(x))
    encoder = keras.Model(picture, [layers.Dense(2)(x), layers.Dense(2)(x)])
    x = layers.Reshape((7, 7, 64))(layers.Dense(7 * 7 * 64, activation="relu")(z))
    for channels in (64, 32):
        x = layers.Conv2DTranspose(channels, 3, **options)(x)
    x = layers.Conv2DTranspose(1, 3, padding="same", activation="tanh")(x)
    return lesson["VAE"](encoder, keras.Model(z, x))


def multiplications(model):
    """How many a picture costs: each weight once for every place that it looks at."""
    total = 0
    for layer in model.layers:
        places = layer.input if "Transpose" in type(layer).__name__ else layer.output
        if hasattr(layer, "kernel"):
            total += np.prod(layer.kernel.shape) * np.prod(places.shape[1:-1])
    return total


def test_better_bound_than_the_usual_recipe_at_a_tenth_of_its_cost(lesson):
    """Same likelihood and optimiser; 75 batches for the usual recipe, 30 for ours."""
    images, _ = lessons.fashion(f"train[:{75 * 256}]")
    bounds, costs = [], []
    for steps in (75, 30):
        keras.utils.set_random_seed(6)
        parts = lesson["build_encoder"](32), lesson["build_decoder"](32)
        model = usual_recipe(lesson) if steps == 75 else lesson["VAE"](*parts)
        model.compile(keras.optimizers.Adam(1e-3, beta_2=0.99))
        model.fit(images[: steps * 256], batch_size=256, verbose=0)
        bounds.append(lesson["log_weights"](model).mean())
        costs.append(steps * sum(map(multiplications, (model.encoder, model.decoder))))
    print(bounds, costs)  # seen with pytest -s
    assert bounds[1] > bounds[0]
    assert costs[1] < 0.1 * costs[0]


@pytest.fixture(scope="module")
def shipped():
    names = ["fashion_vae_encoder", "fashion_vae_decoder", "fashion_classifier"]
    return lessons.shipped(*names)


def test_shipped_decoder_draws_clothes(shipped):
    _, decoder, classifier = shipped
    noise = np.random.default_rng(0).normal(size=(2000, decoder.input_shape[1]))
    drawn = decoder(tf.constant(noise, "float32")).numpy()
    assert drawn.shape == (2000, 28, 28, 1) and np.abs(drawn).max() <= 1
    features, probabilities = metrics.image_features(classifier, drawn)
    real, _ = metrics.image_features(classifier, lessons.fashion("test[:2000]")[0])
    static, _ = metrics.image_features(
        classifier, np.tanh(np.resize(noise, drawn.shape))
    )
    distance = metrics.frechet_distance(real, features)
    assert distance < 0.2 * metrics.frechet_distance(real, static)
    counts = np.bincount(probabilities.argmax(axis=1), minlength=10)
    assert counts.min() >= 60  # of 200 in each class


def test_shipped_encoder_fits_the_decoder(shipped):
    encoder, decoder, _ = shipped
    real, _ = lessons.fashion("test[:500]")
    error = np.mean((decoder(encoder(real)) - real) ** 2)
    assert error < 0.06
    codes = encoder(real).numpy()
    assert np.abs(codes.mean(axis=0)).max() < 0.5 and codes.std() < 1.3
