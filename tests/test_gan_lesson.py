"""Lesson 04: what its shipped models paint."""

from course_utils import metrics

import lessons
import numpy as np
import pytest


@pytest.fixture(scope="module")
def shipped():
    names = ["gan_generator", "gan_discriminator", "cgan_generator", "classifier"]
    return lessons.shipped(*[f"fashion_{name}" for name in names])


@pytest.fixture(scope="module")
def real():
    return lessons.fashion("test[:2000]")


def drawn(generator, count=2000):
    """Pictures of `count` random vectors."""
    latent = np.random.default_rng(0).normal(size=(count, generator.input_shape[-1]))
    return generator.predict(latent.astype("float32"), batch_size=500, verbose=0)


def test_random_vectors_become_clothes_of_all_classes(shipped, real):
    generator, _, _, classifier = shipped
    pictures = drawn(generator)
    assert pictures.shape == (2000, 28, 28, 1) and np.abs(pictures).max() <= 1
    features, probabilities = metrics.image_features(classifier, pictures)
    of_real, _ = metrics.image_features(classifier, real[0])
    noise = np.random.default_rng(0).uniform(-1, 1, pictures.shape)
    of_noise, _ = metrics.image_features(classifier, noise)
    distance = metrics.frechet_distance(of_real, features)
    assert distance < 0.1 * metrics.frechet_distance(of_real, of_noise)
    counts = np.bincount(probabilities.argmax(axis=1), minlength=10)
    assert counts.min() >= 0.06 * 2000 and counts.max() <= 0.14 * 2000


def test_each_class_comes_when_it_is_asked_for(shipped):
    _, _, generator, classifier = shipped
    latent = np.random.default_rng(1).normal(size=(1000, generator.input_shape[0][1]))
    asked = np.arange(1000) % 10
    pictures = generator.predict([latent.astype("float32"), asked], verbose=0)
    _, probabilities = metrics.image_features(classifier, pictures)
    assert np.mean(probabilities.argmax(axis=1) == asked) >= 0.85
    # Pictures of one class differ nearly as much as they do in the data (about 0.36).
    assert np.mean([pictures[asked == c].std(axis=0).mean() for c in range(10)]) > 0.25


def test_the_discriminator_still_prefers_real_pictures(shipped, real):
    _, discriminator, generator, _ = shipped
    images, labels = real
    latent = np.random.default_rng(2).normal(size=(2000, generator.input_shape[0][1]))
    fakes = generator.predict([latent.astype("float32"), labels], verbose=0)
    own = np.arange(2000), labels
    logits = [discriminator.predict(x, verbose=0)[own] for x in (images, fakes)]
    assert np.mean(logits[0]) > np.mean(logits[1])
