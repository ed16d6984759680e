"""Lesson 05: the encoder and the decoder that it ships."""

from course_utils import metrics

import lessons
import numpy as np
import pytest
import tensorflow as tf


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
