"""Lessons 04 and 04b: losses, penalties, training steps; what their models draw."""

from types import SimpleNamespace

from course_utils import artifacts, callbacks, metrics

import keras
import lessons
import numpy as np
import pytest
import tensorflow as tf
from keras import layers, ops

PARTS = ["gan_losses", "upsample", "downsample", "build_dcgan", "build_conditional"]
PARTS += ["GAN", "adam", "train"]


@pytest.fixture
def lesson(tmp_path, monkeypatch):
    """Names of the lesson, for noisy pictures (16, 16, 1) of three classes."""
    monkeypatch.setenv("COURSE_ARTIFACTS", str(tmp_path))
    rng = np.random.default_rng(0)
    names = dict(keras=keras, layers=layers, ops=ops, tf=tf, callbacks=callbacks)
    names |= dict(metrics=metrics, height=16, width=16, channels=1, num_classes=3)
    names["image_shape"] = 16, 16, 1
    names["images"] = rng.uniform(-1, 1, (40, 16, 16, 1)).astype("float32")
    names["labels"] = np.arange(40) % 3
    names["features_of"] = lambda pictures: (np.reshape(pictures, (-1, 256)), None)
    names["watched_features"] = names["features_of"](names["images"])[0]
    names["cross_entropy"] = keras.losses.BinaryCrossentropy(from_logits=True)
    names["show"] = lambda generator, inputs: None
    return SimpleNamespace(names=lessons.definitions("04", PARTS, **names))


def trained(lesson, **changes):
    """History and weights of a short training of the conditional GAN."""
    names = lesson.names
    names |= dict(batch_size=8, steps_per_epoch=10, num_epochs=3) | changes
    keras.utils.set_random_seed(1)
    gan = names["GAN"](*names["build_conditional"]())
    gan.compile(names["adam"](1e-3), names["adam"](1e-3), names["cross_entropy"])
    inputs = [keras.random.normal((6, names["latent_dim"]), seed=1), ops.arange(6) % 3]
    arrays = names["images"], names["labels"]
    history, seconds = names["train"]("test", gan, arrays, inputs)
    assert seconds > 0
    return history, gan.get_weights()


def test_losses_are_those_of_the_paper(lesson):
    rng = np.random.default_rng(0)
    real, fake = rng.normal(size=(2, 5, 1)).astype("float32")
    losses = lesson.names["gan_losses"](lesson.names["cross_entropy"], real, fake)
    p_real, p_fake = 1 / (1 + np.exp(-real)), 1 / (1 + np.exp(-fake))
    d_loss = -np.mean(np.log(p_real)) - np.mean(np.log(1 - p_fake))
    assert np.allclose(losses, [d_loss, -np.mean(np.log(p_fake))], atol=1e-5)


def values(network):
    return [ops.convert_to_numpy(v) for v in network.trainable_variables]


@pytest.mark.parametrize("build", ["build_dcgan", "build_conditional"])
def test_each_player_learns_from_its_own_loss_alone(lesson, build):
    names = lesson.names
    keras.utils.set_random_seed(1)
    gan = names["GAN"](*names[build]())
    data = [ops.array(names["images"][:8]), ops.array(names["labels"][:8])]
    data = data[: len(gan.generator.inputs)]
    networks = {"discriminator": gan.discriminator, "generator": gan.generator}
    for moving in networks:
        rates = [float(name == moving) for name in networks]
        gan.compile(*map(keras.optimizers.SGD, rates), names["cross_entropy"])
        before = {name: values(network) for name, network in networks.items()}
        gan.train_step(data)
        for name, network in networks.items():
            pairs = zip(before[name], values(network), strict=True)
            changed = [not np.array_equal(old, new) for old, new in pairs]
            assert all(changed) if name == moving else not any(changed), name


def test_a_killed_training_goes_on_and_ends_equal(lesson, tmp_path, capsys):
    history, weights = trained(lesson)
    assert {*history} >= {"d_loss", "g_loss", "real_accuracy", "fake_accuracy", "kid"}
    assert all(len(values) == 3 for values in history.values())
    calls = []

    def killed(generator, inputs):
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt

    lesson.names["show"] = killed
    with pytest.raises(KeyboardInterrupt):
        trained(lesson)
    lesson.names["show"] = lambda generator, inputs: None
    history_2, weights_2 = trained(lesson)
    assert "Resuming after epoch 1" in capsys.readouterr().out
    assert history_2 == history
    assert all(map(np.array_equal, weights, weights_2))


@pytest.mark.parametrize("shape", [(16, 64, 3), (20, 20, 1)])
def test_networks_fit_other_pictures(lesson, shape):
    lesson.names |= dict(zip(("height", "width", "channels"), shape, strict=True))
    lesson.names["image_shape"] = shape
    for build in ("build_dcgan", "build_conditional"):
        generator, discriminator = lesson.names[build]()
        assert generator.output_shape == (None, *shape)
        assert discriminator.output_shape == (None, 1)


PARTS_B = ["saturating", "non_saturating", "wasserstein", "GAN", "gradient_lengths"]
PARTS_B += ["r1_penalty", "gradient_penalty", "dense_network"]
PARTS_B += ["build_generator", "build_discriminator"]


@pytest.fixture
def lesson_b():
    """Names of lesson 04b, for pictures (16, 20, 1) of three classes."""
    names = dict(keras=keras, layers=layers, ops=ops, tf=tf, np=np, seed=1)
    names |= dict(height=16, width=20, channels=1, CLASSES=["a", "b", "c"])
    normal = keras.initializers.RandomNormal
    names |= dict(normal=normal(stddev=0.02), spread=normal(stddev=1.0))
    return lessons.definitions("04b", PARTS_B, **names)


def test_losses_of_04b_are_those_of_the_papers(lesson_b):
    rng = np.random.default_rng(0)
    real, fake = rng.normal(size=(2, 5, 1)).astype("float32")
    p_real, p_fake = 1 / (1 + np.exp(-real)), 1 / (1 + np.exp(-fake))
    d_loss = -np.mean(np.log(p_real)) - np.mean(np.log(1 - p_fake))
    expected = {"saturating": [d_loss, np.mean(np.log(1 - p_fake))]}
    expected["non_saturating"] = [d_loss, -np.mean(np.log(p_fake))]
    expected["wasserstein"] = [np.mean(fake) - np.mean(real), -np.mean(fake)]
    for name, losses in expected.items():
        assert np.allclose(lesson_b[name](real, fake), losses, atol=1e-5), name


def test_penalties_agree_with_the_closed_form(lesson_b):
    rng = np.random.default_rng(0)
    real, fake = tf.constant(rng.normal(size=(2, 7, 2)), "float32")

    def linear(inputs, training):
        return ops.matmul(inputs[0], ops.array([[3.0], [4.0]]))  # of slope 5

    def square(inputs, training):
        return ops.sum(inputs[0] ** 2, axis=-1, keepdims=True)  # of slope 2 |x|

    assert np.isclose(lesson_b["r1_penalty"](linear, [], real, fake), 12.5)
    assert np.isclose(lesson_b["gradient_penalty"](linear, [], real, fake), 16.0)
    mean = np.mean(np.sum(4 * np.square(real), axis=-1)) / 2
    assert np.isclose(lesson_b["r1_penalty"](square, [], real, fake), mean)
    mean = np.mean((2 * np.linalg.norm(real, axis=-1) - 1) ** 2)
    assert np.isclose(lesson_b["gradient_penalty"](square, [], real, real), mean)


@pytest.mark.parametrize("decay", [0.0, 0.9])
@pytest.mark.parametrize("kind", ["appended", "multiplied"])
def test_a_step_of_04b_moves_each_player_and_the_average(lesson_b, kind, decay):
    head = "channel" if kind == "appended" else "projection"
    keras.utils.set_random_seed(1)
    lesson_b |= dict(g_label=kind, d_label=head)
    networks = lesson_b["build_generator"](), lesson_b["build_discriminator"]()
    assert networks[0].output_shape == (None, 16, 20, 1)
    gan = lesson_b["GAN"](*networks, lesson_b["r1_penalty"], decay)
    gan.compile(*map(keras.optimizers.SGD, (0.1, 0.1)), lesson_b["non_saturating"])
    before = [values(network) for network in (*networks, gan.average)]
    rng = np.random.default_rng(0)
    pictures = ops.array(rng.uniform(-1, 1, (8, 16, 20, 1)), "float32")
    losses = gan.train_step([pictures, ops.arange(8) % 3])
    assert np.isfinite([float(loss) for loss in losses.values()]).all()
    after = [values(network) for network in (*networks, gan.average)]
    for old, new in zip(before[:2], after[:2], strict=True):
        assert not any(map(np.array_equal, old, new))
    for old, new, average in zip(before[2], after[0], after[2], strict=True):
        assert np.allclose(average, decay * old + (1 - decay) * new, atol=1e-6)


@pytest.fixture(scope="module")
def classifier():
    return lessons.shipped("fashion_classifier")[0]


@pytest.fixture(scope="module")
def real():
    return lessons.fashion("test[:2000]")


def drawn(generator, *labels, count=2000):
    """Pictures of `count` random vectors."""
    shape = generator.inputs[0].shape[-1]
    latent = np.random.default_rng(0).normal(size=(count, shape)).astype("float32")
    inputs = [latent, *labels] if len(generator.inputs) > 1 else latent
    return generator.predict(inputs, batch_size=500, verbose=0)


def test_random_vectors_become_clothes_of_all_classes(classifier, real):
    pictures = drawn(*lessons.shipped("fashion_dcgan_generator"))
    assert pictures.shape == (2000, 28, 28, 1) and np.abs(pictures).max() <= 1
    features, probabilities = metrics.image_features(classifier, pictures)
    of_real, _ = metrics.image_features(classifier, real[0])
    noise = np.random.default_rng(0).uniform(-1, 1, pictures.shape)
    of_noise, _ = metrics.image_features(classifier, noise)
    distance = metrics.frechet_distance(of_real, features)
    assert distance < 0.25 * metrics.frechet_distance(of_real, of_noise)
    shares = np.bincount(probabilities.argmax(axis=1), minlength=10) / 2000
    assert shares.min() >= 0.04 and shares.max() <= 0.18


@pytest.mark.parametrize(
    ("name", "least"),
    [
        ("dcgan_conditional", 0.7),
        ("gan_conditional_ema", 0.8),
    ],
)
def test_each_class_comes_when_it_is_asked_for(name, least, classifier):
    asked = np.arange(1000) % 10
    pictures = drawn(*lessons.shipped(f"fashion_{name}"), asked, count=1000)
    _, probabilities = metrics.image_features(classifier, pictures)
    assert np.mean(probabilities.argmax(axis=1) == asked) >= least
    # Pictures of one class differ nearly as much as they do in the data (about 0.36).
    assert np.mean([pictures[asked == c].std(axis=0).mean() for c in range(10)]) > 0.25


def test_cards_say_how_good_the_models_are():
    with lessons.shipped_only():
        names = {
            "dcgan_generator": 15,
            "dcgan_conditional": 15,
            "gan_conditional_ema": 2,
        }
        for name, most in names.items():
            card = artifacts.card(f"fashion_{name}")
            assert card["lesson"][:2] == "04" and len(card["vocabulary"]) == 10
            assert 0 < card["metrics"]["frechet_distance"] < most
