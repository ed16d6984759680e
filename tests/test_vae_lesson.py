"""Lessons 05 and 05b: layers, losses, densities, and the models that they ship."""

from types import SimpleNamespace

from course_utils import artifacts, callbacks, metrics

import keras
import lessons
import numpy as np
import pytest
import tensorflow as tf
from keras import layers, ops

PARTS = ["Sampling", "VAE", "ConditionalVAE", "kl_of_units", "hole_share"]
PARTS += ["build_encoder", "build_decoder", "train"]


@pytest.fixture(scope="module")
def lesson():
    """Parts of the lesson, for 24 pictures of 8 x 8 pixels and 6 steps an epoch."""
    names = dict(keras=keras, layers=layers, ops=ops, np=np, tf=tf, metrics=metrics)
    names |= dict(height=8, width=8, channels=1, num_pixels=64, callbacks=callbacks)
    names = lessons.definitions("05", PARTS, **names)
    images = np.tanh(np.random.default_rng(0).normal(size=(24, 8, 8, 1)))
    images = images.astype("float32")
    names.update(images=images, batch_size=4, steps_per_epoch=6)
    return SimpleNamespace(names=names, **names)


def conditional(lesson, num_classes):
    keras.utils.set_random_seed(1)
    lesson.names.update(num_classes=num_classes, latent_dim=3)
    encoder = lesson.build_encoder(3, 1 + num_classes)
    return lesson.ConditionalVAE(encoder, lesson.build_decoder(3 + num_classes))


def test_sampling_draws_from_the_distribution(lesson):
    mean = np.tile(np.float32([3, -1]), (20_000, 1))
    log_variance = np.tile(np.log(np.float32([4, 0.25])), (20_000, 1))
    layer = lesson.Sampling(seed=1)
    z, other = np.array(layer([mean, log_variance])), layer([mean, log_variance])
    assert z.mean(axis=0) == pytest.approx([3, -1], abs=0.05)
    assert z.std(axis=0) == pytest.approx([2, 0.5], rel=0.03)
    assert np.abs(z - other).min(axis=0).max() > 0 and np.corrcoef(z.T)[0, 1] < 0.05


def test_kl_is_the_mean_of_log_ratios(lesson):
    mean, variance = 0.7, 0.3
    z = np.random.default_rng(0).normal(mean, variance**0.5, 400_000)
    log_q = -0.5 * ((z - mean) ** 2 / variance + np.log(variance))
    kl = float(lesson.kl_of_units(mean, np.float32(np.log(variance))))
    assert kl == pytest.approx(np.mean(log_q + 0.5 * z**2), abs=0.01)
    assert float(lesson.kl_of_units(0.0, 0.0)) == 0


@pytest.mark.parametrize("beta", [0.0, 1.0, 4.0])
def test_loss_is_minus_the_elbo(lesson, beta):
    vae = lesson.VAE(lesson.build_encoder(3), lesson.build_decoder(3), beta)
    rng = np.random.default_rng(1)
    target, decoded = rng.uniform(-1, 1, (2, 5, 8, 8, 1)).astype("float32")
    mean, log_variance = rng.normal(size=(2, 5, 3)).astype("float32")
    loss = vae.compute_loss(None, target, (decoded, mean, log_variance))
    variance = np.mean((target - decoded) ** 2)
    log_density = -((target - decoded) ** 2) / (2 * variance)
    log_density -= 0.5 * np.log(2 * np.pi * variance)
    kl = 0.5 * (mean**2 + np.exp(log_variance) - 1 - log_variance)
    expected = beta * kl.sum() / 5 - log_density.sum() / 5
    assert float(loss) == pytest.approx(expected, rel=1e-5)
    assert float(vae.kl.result()) == pytest.approx(kl.sum() / 5, rel=1e-5)


def test_sigma_of_the_loss_is_the_best_one(lesson):
    vae = lesson.VAE(lesson.build_encoder(3), lesson.build_decoder(3), 0.0)
    target = np.full((1, 8, 8, 1), 0.3, "float32")
    zeros = np.zeros((1, 3), "float32")
    loss = float(vae.compute_loss(None, target, (0 * target, zeros, zeros)))
    sigmas = np.linspace(0.1, 0.9, 81)
    others = 32 * (0.3**2 / sigmas**2 + np.log(2 * np.pi * sigmas**2))
    assert sigmas[others.argmin()] == pytest.approx(0.3)
    assert loss == pytest.approx(others.min(), rel=1e-4)


def test_both_networks_of_the_conditional_vae_see_the_label(lesson):
    keras.utils.set_random_seed(1)
    model = conditional(lesson, num_classes=4)
    pictures = np.repeat(lesson.images[:1], 4, axis=0)
    labels = np.eye(4, dtype="float32")
    decoded, mean, _ = map(np.array, model((pictures, labels)))
    assert decoded.shape == (4, 8, 8, 1) and mean.shape == (4, 3)
    assert np.ptp(mean, axis=0).min() > 0
    assert np.ptp(np.array(model.decode(np.zeros_like(mean), labels)), axis=0).max() > 0


def test_the_label_is_concatenated_to_both_inputs(lesson):
    model = conditional(lesson, num_classes=2)
    labels = np.eye(2, dtype="float32")
    maps = np.zeros((2, 8, 8, 2), "float32")
    maps[0, ..., 0] = maps[1, ..., 1] = 1
    joined = np.concatenate([lesson.images[:2], maps], axis=-1)
    _, mean, _ = map(np.array, model((lesson.images[:2], labels)))
    np.testing.assert_allclose(mean, model.encoder(joined)[0], rtol=1e-5)
    z = np.float32([[1, 2, 3], [4, 5, 6]])
    table = np.float32([[1, 2, 3, 1, 0], [4, 5, 6, 0, 1]])
    np.testing.assert_allclose(model.decode(z, labels), model.decoder(table), atol=1e-6)


def test_holes_are_points_far_from_codes(lesson):
    rng = np.random.default_rng(1)
    codes, same = rng.normal(size=(2, 4000, 2))
    assert lesson.hole_share(same, codes) == pytest.approx(0.01, abs=0.007)
    assert lesson.hole_share(same + 20, codes) == 1


class Kill(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 1:
            raise KeyboardInterrupt


@pytest.mark.parametrize("with_labels", [False, True])
def test_a_killed_training_continues_equal(lesson, with_labels):
    def train(name, progress):
        keras.utils.set_random_seed(1)
        model = lesson.VAE(lesson.build_encoder(3), lesson.build_decoder(3))
        if with_labels:
            model = conditional(lesson, num_classes=2)
        labels = np.eye(2, dtype="float32")[np.arange(24) % 2]
        inputs = (lesson.images, labels) if with_labels else lesson.images
        told = SimpleNamespace(Progress=progress, Resume=callbacks.Resume)
        lesson.names["callbacks"] = told
        history, _ = lesson.train(name, model, inputs, 3)
        return history, model.get_weights()

    quiet = keras.callbacks.Callback
    expected, weights = train("whole", quiet)
    with pytest.raises(KeyboardInterrupt):
        train("killed", Kill)
    history, resumed = train("killed", quiet)
    assert history == expected and len(history["kl"]) == 3
    for one, other in zip(weights, resumed, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.fixture(scope="module")
def judge():
    (classifier,) = lessons.shipped("fashion_classifier")
    real, _ = metrics.image_features(classifier, lessons.fashion("test[:2000]")[0])
    return classifier, real


def test_shipped_decoder_draws_clothes(judge):
    classifier, real = judge
    (decoder,) = lessons.shipped("fashion_conv_vae_decoder")
    noise = np.random.default_rng(0).normal(size=(2000, decoder.input_shape[1]))
    drawn = decoder(tf.constant(noise, "float32")).numpy()
    assert drawn.shape == (2000, 28, 28, 1) and np.abs(drawn).max() <= 1
    features, probabilities = metrics.image_features(classifier, drawn)
    static, _ = metrics.image_features(
        classifier, np.tanh(np.resize(noise, drawn.shape))
    )
    distance = metrics.frechet_distance(real, features)
    assert distance < 0.4 * metrics.frechet_distance(real, static)
    counts = np.bincount(probabilities.argmax(axis=1), minlength=10)
    assert counts.min() >= 60  # of 200 in each class


def test_shipped_convolutional_encoder_has_no_sampling():
    names = ["fashion_conv_vae_encoder", "fashion_conv_vae_decoder"]
    encoder, decoder = lessons.shipped(*names)
    real, _ = lessons.fashion("test[:500]")
    mean, log_variance = encoder(real)
    assert np.mean((decoder(mean) - real) ** 2) < 0.06
    np.testing.assert_array_equal(mean, encoder(real)[0])
    spread = np.exp(log_variance).mean(axis=0) + np.var(mean, axis=0)
    assert 0.4 < spread.min() and spread.max() < 2.5  # near the prior's 1
    with lessons.shipped_only():
        assert artifacts.card(names[1])["metrics"]["frechet_distance"] < 22


LIKELIHOOD = ["log_normal", "draw", "log_ratios", "bounds", "forward", "inverse"]
LIKELIHOOD += ["build_flow", "coupling_network", "log_fitted"]
LIKELIHOOD += ["ppca_encode", "ppca_decode", "ppca_log_density"]


@pytest.fixture(scope="module")
def likelihood():
    """Parts of lesson 05b, and a PPCA of 8 numbers with 3 directions."""
    rng = np.random.default_rng(2)
    directions, _ = np.linalg.qr(rng.normal(size=(8, 3)))
    names = dict(keras=keras, layers=layers, ops=ops, np=np, rng=rng)
    names |= dict(mean_picture=rng.normal(size=8), directions=directions)
    names |= dict(ppca_noise=0.2, variances=np.array([0.5, 1.0, 3.0]))
    names["scales"] = np.sqrt(names["variances"] - 0.2)
    names = lessons.definitions("05b", LIKELIHOOD, **names)
    return SimpleNamespace(names=names, **names)


@pytest.fixture(scope="module")
def flow(likelihood):
    """A flow of five numbers with random weights, so that it is far from linear."""
    keras.utils.set_random_seed(3)
    density, sampler = likelihood.build_flow(5)
    rng = np.random.default_rng(3)
    for weight in density.trainable_variables:
        weight.assign(rng.normal(scale=0.08, size=weight.shape))
    return density, sampler


def test_density_of_the_flow_is_that_of_its_draws(flow):
    density, sampler = flow
    u = np.random.default_rng(4).normal(size=(1, 5))
    # log p(z) = log p(u) - log |det dz/du|, the determinant from finite differences.
    step = 2e-3
    ends = u + np.concatenate([step * np.eye(5), -step * np.eye(5)])
    z = np.array(sampler(ends.astype("float32")), "float64")
    jacobian = (z[:5] - z[5:]) / (2 * step)
    log_u = -0.5 * np.sum(u**2 + np.log(2 * np.pi))
    expected = log_u - np.linalg.slogdet(jacobian)[1]
    found = density(sampler(u.astype("float32")))
    assert float(found[0]) == pytest.approx(expected, abs=0.02)


def test_flow_and_its_inverse_share_every_weight(flow):
    density, sampler = flow
    variables = [{id(v) for v in model.trainable_variables} for model in flow]
    assert variables[0] == variables[1] and len(variables[0]) == 8 * 8
    draws = sampler(np.random.default_rng(5).normal(size=(20_000, 5)))
    # For draws from a density, 1 / p averages to the volume; log p to minus entropy.
    entropy = -float(ops.mean(density(draws)))
    rough = 0.5 * np.linalg.slogdet(2 * np.pi * np.e * np.cov(np.array(draws).T))[1]
    assert entropy < rough  # a normal distribution has the largest entropy


def test_flow_moves_every_number(flow):
    u = np.random.default_rng(6).normal(size=(1, 5)).astype("float32")
    z = np.array(flow[1](u))
    assert np.abs(z[:, :, None] - u[:, None, :]).min() > 1e-4


def test_fitted_normal_is_the_normal_distribution(likelihood):
    rng = np.random.default_rng(8)
    root = np.linalg.cholesky(np.cov(rng.normal(size=(3, 9))))
    likelihood.names.update(root=root, centre=rng.normal(size=3))
    z = rng.normal(size=(2, 4, 3))
    centred = z - likelihood.names["centre"]
    squares = np.sum(centred @ np.linalg.inv(root @ root.T) * centred, axis=-1)
    determinant = np.linalg.slogdet(2 * np.pi * root @ root.T)[1]
    np.testing.assert_allclose(likelihood.log_fitted(z), -0.5 * (squares + determinant))


def test_ppca_likelihood_is_that_of_a_normal_distribution(likelihood):
    x = likelihood.mean_picture + np.random.default_rng(6).normal(size=(4, 8))
    scaled = likelihood.directions * likelihood.scales
    covariance = scaled @ scaled.T + 0.2 * np.eye(8)
    centred = x - likelihood.mean_picture
    squares = np.sum(centred @ np.linalg.inv(covariance) * centred, axis=1)
    expected = -0.5 * (squares + np.linalg.slogdet(2 * np.pi * covariance)[1])
    np.testing.assert_allclose(likelihood.ppca_log_density(x), expected)


def test_importance_sampling_finds_the_likelihood_of_ppca(likelihood):
    x = likelihood.mean_picture + np.random.default_rng(7).normal(size=(30, 8))
    mean, variance = likelihood.ppca_encode(x)
    exact = likelihood.ppca_log_density(x)
    decode, noise = likelihood.ppca_decode, 0.2
    z, ratios = likelihood.log_ratios(x, (mean, variance), decode, noise, 2)
    weights = ratios + likelihood.log_normal(z)
    np.testing.assert_allclose(weights, [exact, exact])  # with the exact posterior
    z, ratios = likelihood.log_ratios(x, (mean, 2 * variance), decode, noise, 2000)
    curve = likelihood.bounds(ratios + likelihood.log_normal(z)) - exact.mean()
    assert curve[0] < -0.1 and curve[-1] == pytest.approx(0, abs=0.02)
    assert curve[0] < curve[9] < 0.05


def test_shipped_flow_draws_better_clothes_than_the_decoder_alone(judge):
    classifier, real = judge
    names = ["fashion_conv_vae_decoder", "fashion_vae_flow_decoder"]
    noise = np.random.default_rng(0).normal(size=(2000, 16)).astype("float32")
    distances = []
    for decoder in lessons.shipped(*names):
        features, _ = metrics.image_features(classifier, decoder(noise).numpy())
        distances.append(metrics.frechet_distance(real, features))
    assert distances[1] < 0.8 * distances[0]
