"""Lesson 11b: the loss and the sampler of latent diffusion, and the shipped models."""

from types import SimpleNamespace

from course_utils import artifacts, metrics

import keras
import lessons
import numpy as np
import pytest
from keras import layers, ops

PARTS = ["FlowMatching", "block", "build_denoiser", "follow", "sample"]
SHAPE = 2, 3, 4


@pytest.fixture
def lesson():
    names = dict(keras=keras, layers=layers, ops=ops, np=np, latent_shape=SHAPE)
    names = lessons.definitions("11b", PARTS, **names, NO_CLASS=10)
    names.update(decode=lambda latents: latents, units=16)
    return SimpleNamespace(names=names, **names)


class Denoiser:
    """Computes the velocity by a function of x_t, t (N, 1, 1, 1) and label (N,)."""

    def __init__(self, velocity):
        self.velocity = velocity

    def predict_on_batch(self, inputs):
        x_t, t, label = inputs
        return self.velocity(x_t, t[:, None, None], label)


def test_a_new_denoiser_predicts_zero_and_ignores_nothing_once_trained(lesson):
    keras.utils.set_random_seed(0)
    denoiser, rng = lesson.build_denoiser(), np.random.default_rng(0)
    x_t, t = rng.normal(size=(2, *SHAPE)).astype("float32"), np.float32([[0.2], [0.9]])
    label = np.array([3, 10])
    assert not np.any(denoiser([x_t, t, label]))
    for weight in denoiser.trainable_variables:
        weight.assign(rng.normal(scale=0.3, size=weight.shape))
    found = np.array(denoiser([x_t, t, label]))
    assert found.shape == (2, *SHAPE)
    for other in ([-x_t, t, label], [x_t, 1 - t, label], [x_t, t, label - 1]):
        assert np.abs(denoiser(other) - found).max() > 1e-3


def test_loss_is_the_squared_error_of_the_velocity(lesson):
    keras.utils.set_random_seed(0)
    flow = lesson.FlowMatching(lesson.build_denoiser())  # predicts 0
    x = np.full((20_000, *SHAPE), 3, "float32")
    loss = flow.compute_loss(x, np.zeros(20_000, "int32"), x)
    assert float(loss) == pytest.approx(1 + 3**2, rel=0.01)  # variance and mean of it


def test_training_draws_times_between_data_and_noise_and_drops_labels(lesson):
    seen = []

    def denoiser(inputs, training):
        seen.extend(map(np.array, inputs))
        return 0 * inputs[0]

    keras.utils.set_random_seed(0)
    flow = lesson.FlowMatching(lesson.build_denoiser())
    flow.denoiser = denoiser
    x = np.full((20_000, *SHAPE), 3, "float32")
    flow.compute_loss(x, np.full(20_000, 4, "int32"), x)
    x_t, t, label = seen
    assert (
        0 < t.min() < 0.05
        and 0.95 < t.max() < 1
        and t.mean() == pytest.approx(0.5, abs=0.01)
    )
    assert set(label) == {4, 10} and np.mean(label == 10) == pytest.approx(
        0.1, abs=0.01
    )
    noise = (x_t - 3 * (1 - t[:, :, None, None])) / t[:, :, None, None]
    assert noise.mean() == pytest.approx(0, abs=0.02)
    assert noise.std() == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize("num_steps", [1, 3, 25])
def test_sampling_reaches_the_only_example(lesson, num_steps):
    lesson.names["denoiser"] = Denoiser(lambda x_t, t, label: (x_t - 5) / t)
    drawn = lesson.sample(np.arange(4), num_steps, guidance=1)
    np.testing.assert_allclose(drawn, np.full((4, *SHAPE), 5), rtol=1e-6)


@pytest.mark.parametrize("guidance", [0.0, 1.0, 3.0])
def test_guidance_goes_beyond_the_class(lesson, guidance):
    def velocity(x_t, t, label):
        return np.zeros_like(x_t) + np.where(label == 10, 1, 4)[:, None, None, None]

    lesson.names["denoiser"] = Denoiser(velocity)
    moved = lesson.sample(np.arange(3), 7, guidance=guidance)
    lesson.names["denoiser"] = Denoiser(lambda x_t, t, label: 0 * x_t)
    moved = moved - lesson.sample(np.arange(3), 7, guidance=guidance)
    np.testing.assert_allclose(
        moved, np.full(moved.shape, -1 - 3 * guidance), rtol=1e-5
    )


def test_shipped_models_draw_the_clothes_asked_for():
    names = ["fashion_diffusion_encoder", "fashion_diffusion_decoder"]
    names += ["fashion_diffusion", "fashion_classifier"]
    encoder, decoder, denoiser, classifier = lessons.shipped(*names)
    real, _ = lessons.fashion("test[:2000]")
    latents = encoder.predict(real, verbose=0)
    assert latents.std(axis=(0, 1, 2)) == pytest.approx(np.ones(4), abs=0.1)
    assert np.mean((decoder.predict(latents, verbose=0) - real) ** 2) < 0.03
    names = dict(np=np, latent_shape=(7, 7, 4), NO_CLASS=10, denoiser=denoiser)
    names["decode"] = lambda latents: decoder.predict(latents, verbose=0)
    sample = lessons.definitions("11b", ["follow", "sample"], **names)["sample"]
    asked = np.arange(500) % 10
    features, probabilities = metrics.image_features(classifier, sample(asked, 8))
    assert np.mean(probabilities.argmax(axis=1) == asked) > 0.8
    reference, _ = metrics.image_features(classifier, real)
    assert metrics.frechet_distance(reference, features) < 9
    with lessons.shipped_only():
        assert artifacts.card("fashion_diffusion")["metrics"]["frechet_distance"] < 2.8
