"""metrics: against the definitions, written out the slow way in float64."""

from course_utils import metrics

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers
from sentences import one_sentence

random = np.random.default_rng(0)


def slow_distances(queries, references):
    sets = [items.reshape(len(items), -1) for items in (queries, references)]
    return np.linalg.norm(sets[0][:, None] - sets[1], axis=-1)


@pytest.mark.parametrize("batch_size", [1, 7, 1000])
def test_nearest_neighbours_equal_the_definition(batch_size):
    queries, references = random.normal(size=(20, 3, 5)), random.normal(size=(31, 3, 5))
    for given in references, None:
        table = slow_distances(queries, queries if given is None else given)
        table[table == 0] = np.inf  # without references, not each one itself
        distances, indices = metrics.nearest_neighbours(queries, given, batch_size)
        np.testing.assert_array_equal(indices, table.argmin(1))
        np.testing.assert_allclose(distances, table.min(1), rtol=1e-5)


def test_copies_are_at_distance_zero_and_unsigned_pictures_do_not_wrap_around():
    pictures = random.integers(0, 256, size=(50, 28, 28)).astype("uint8")
    for references in pictures, pictures + 1e5:  # far from the origin
        found = metrics.nearest_neighbours(references[[7, 3]], references)
        assert np.array_equal(found, [[0, 0], [7, 3]])
    black, white = np.zeros((1, 4), "uint8"), np.full((1, 4), 255, "uint8")
    assert metrics.nearest_neighbours(white, black)[0] == 510


def log_softmax(logits):
    return logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))


@pytest.mark.parametrize("num_rows", [1, 3])
def test_bits_per_character_equal_the_definition(num_rows):
    keras.utils.set_random_seed(0)
    ids, state = keras.Input((None,), dtype="int32"), keras.Input((6,))
    gru = layers.GRU(6, return_sequences=True, return_state=True)
    x, new_state = gru(layers.Embedding(5, 4)(ids), initial_state=state)
    model = keras.Model([ids, state], [layers.Dense(5)(x), new_state])
    text = random.integers(0, 5, 3 * 40 + 1).astype("int32")
    size = 120 // num_rows
    parts = [text[start : start + size + 1] for start in range(0, 120, size)]
    bits = []
    for part in parts:
        logits, _ = model([part[None, :-1], np.zeros((1, 6), "float32")])
        log_p = log_softmax(np.array(logits[0], "float64"))
        bits += list(-log_p[np.arange(len(part) - 1), part[1:]] / np.log(2))
    actual = metrics.bits_per_character(model, text, window=20, num_rows=num_rows)
    np.testing.assert_allclose(actual, np.mean(bits), rtol=1e-5)
    for num_ids in (0, 1, 8):
        with one_sentence(f"{num_ids} ids: give it 9 or more"):
            metrics.bits_per_character(model, text[:num_ids], 8)


def lookup(table, by_position=False):
    """Logits (N, T, V): the rows of a table, by the current id or the place."""
    ids = keras.Input((None,), dtype="int32")
    positions = keras.ops.cumsum(keras.ops.ones_like(ids), axis=1) - 1
    logits = layers.Embedding(*table.shape)
    model = keras.Model(ids, logits(positions if by_position else ids))
    logits.set_weights([table])
    return model


@pytest.mark.parametrize("policy", ["float32", "mixed_float16", "mixed_bfloat16"])
def test_bits_of_guessing_at_every_precision(policy):
    keras.config.set_dtype_policy(policy)
    model, state = lookup(np.zeros((16, 16))), keras.Input((2,))
    stateful = keras.Model([model.input, state], [model.output, layers.Dense(2)(state)])
    keras.config.set_dtype_policy("float32")
    ids = random.integers(0, 16, 10_000)  # too many bits for a sum in float16
    assert metrics.bits_per_character(stateful, ids) == pytest.approx(4)
    for num_ids, window in [(9, 8), (50, 7), (10_000, 1000)]:
        assert metrics.bits_per_token(model, ids[:num_ids], window) == pytest.approx(4)


@pytest.mark.parametrize("window", [2, 3, 8, 9])
def test_bits_per_token_count_every_id_but_the_first_once(window):
    table = random.normal(size=(11, 11)) * 3
    model, log_p = lookup(table), log_softmax(table)
    # The first half of the places costs 1 bit an id, the second nothing: what is paid
    # is the first window's first half, so no later id is predicted from so few.
    half, steps = window - window // 2, np.zeros((window, 2))
    steps[half:] = [50, -50]
    by_place = lookup(steps, by_position=True)
    # From one window on, whatever the last step adds; and more than one batch of them.
    for num_ids in [*range(window + 1, 3 * window + 2), 50 * window]:
        ids = random.integers(0, 11, num_ids)
        expected = -log_p[ids[:-1], ids[1:]].mean() / np.log(2)
        for batch_size in [2, 32]:
            actual = metrics.bits_per_token(model, ids, window, batch_size)
            assert actual == pytest.approx(expected, rel=1e-5), num_ids
        bits = metrics.bits_per_token(by_place, np.zeros(num_ids), window)
        assert bits * (num_ids - 1) == pytest.approx(half), num_ids


def test_bits_per_token_see_what_training_changed_and_refuse_too_few():
    model, ids = lookup(np.zeros((4, 4))), np.tile(np.arange(4), 20)
    assert metrics.bits_per_token(model, ids, 8) == pytest.approx(2)
    model.set_weights([100 * np.eye(4)[[1, 2, 3, 0]]])
    assert metrics.bits_per_token(model, ids, 8) == pytest.approx(0, abs=1e-6)
    for num_ids, window in [(0, 8), (1, 8), (8, 8), (9, 1), (9, 0)]:
        with one_sentence(f"{num_ids} ids, the window {window}:"):
            metrics.bits_per_token(model, ids[:num_ids], window)


def test_image_features_are_what_the_layers_give():
    images = keras.Input((4, 4, 1))
    flat = layers.Flatten()(images)
    x = layers.Dropout(0.5)(flat)
    x = layers.Activation("relu")(layers.Dense(6, name="features")(x))
    classifier = keras.Model(images, layers.Dense(3, activation="softmax")(x))
    kernel, bias, *_ = classifier.get_weights()
    images = random.uniform(-1, 1, size=(20, 4, 4, 1))
    for batch_size in (1, 7, 500):
        given = images if batch_size == 1 else tf.constant(images, "float32")
        features, probabilities = metrics.image_features(classifier, given, batch_size)
        expected = images.reshape(20, -1) @ kernel + bias
        np.testing.assert_allclose(features, expected, rtol=1e-5, atol=1e-6)
        expected = classifier.predict(images, verbose=0)
        np.testing.assert_allclose(probabilities, expected, rtol=1e-5)
        assert isinstance(features, np.ndarray) and features.dtype == "float32"
    one, ramp = images[:1], np.linspace(0, 1, 16).reshape(1, 4, 4, 1)
    wrong = {"0 to 255, not -1": 255 * ramp, r"2 \* x - 1": ramp, "-3 to": 4 * ramp - 3}
    wrong |= {"at least 1": images[:0], "NaN": one * np.nan, "reshape": images[:, :3]}
    for word, pictures in wrong.items():
        with one_sentence(word):
            metrics.image_features(classifier, pictures)
    with one_sentence("No layer is called 'features'"):
        metrics.image_features(keras.Model(classifier.input, flat), one)


def normal(size, dim, mean=0.0, root=None):
    """Points whose mean and covariance root.T @ root are exact, not only expected."""
    points = random.normal(size=(size, dim))
    points = np.linalg.qr(points - points.mean(axis=0))[0] * np.sqrt(size - 1)
    return points @ (np.eye(dim) if root is None else root) + mean


def test_frechet_distance_of_known_gaussians():
    real, shift = normal(300, 8), random.normal(size=8)
    # Diagonal covariances: the sum of (s1 - s2)^2 over the standard deviations.
    for scales in [np.ones(8), np.full(8, 3.0), np.arange(8.0)]:
        expected = shift @ shift + ((scales - 1) ** 2).sum()
        other = normal(200, 8, shift, np.diag(scales))
        np.testing.assert_allclose(metrics.frechet_distance(real, other), expected)
        np.testing.assert_allclose(metrics.frechet_distance(other, real), expected)
    # And along directions in which they hardly spread at all.
    scales, turn = np.geomspace(1, 1e-6, 8), np.linalg.qr(random.normal(size=(8, 8)))[0]
    thin, other = (normal(size, 8, 0, scales[:, None] * turn) for size in (300, 200))
    actual, expected = metrics.frechet_distance(thin, 3 * other), 4 * (scales**2).sum()
    np.testing.assert_allclose(actual, expected, rtol=1e-11)
    far = real.astype("float32") + 50
    assert metrics.frechet_distance(far, far[::-1]) < 1e-9


@pytest.mark.parametrize("sizes", [(5, 7), (40, 50)])
def test_frechet_distance_of_fewer_and_of_more_items_than_values(sizes):
    real, other = (random.normal(size=(size, 20)) for size in sizes)
    product = np.cov(real, rowvar=False) @ np.cov(other, rowvar=False)
    rank = min(20, sizes[0] - 1)
    root = np.sqrt(np.sort(np.linalg.eigvals(product).real)[-rank:]).sum()
    expected = ((real.mean(0) - other.mean(0)) ** 2).sum() - 2 * root
    expected += real.var(0, ddof=1).sum() + other.var(0, ddof=1).sum()
    np.testing.assert_allclose(metrics.frechet_distance(real, other), expected)


def slow_kernel(a, b):
    return ((a[:, None] * b[None]).sum(-1) / a.shape[1] + 1) ** 3


def test_kernel_distance_equals_the_definition():
    sets = random.normal(size=(12, 3)), random.normal(size=(9, 3)) + 1
    expected = -2 * slow_kernel(*sets).mean()
    for features in sets:
        table, n = slow_kernel(features, features), len(features)
        expected += (table.sum() - np.trace(table)) / (n * (n - 1))
    results = [metrics.kernel_distance(*sets, size) for size in (1, 7, 500)]
    np.testing.assert_allclose(results, [(expected, results[0][1])] * 3)


@pytest.mark.parametrize("mean, shift", [(0, 0), (0, 0.05), (0, 0.5), (1, 0)])
def test_kernel_distance_is_unbiased_and_knows_its_error(mean, shift):
    draws, dim, square = np.random.default_rng(1), 16, 16 * shift**2
    sets = [draws.normal(mean, size=(400, size, dim)) for size in (60, 80)]
    pairs = zip(sets[0], sets[1] + shift, strict=True)
    results = [metrics.kernel_distance(*pair) for pair in pairs]
    distances, errors = np.transpose(results)
    # Between N(0, I) and N(s, I): from the moments 1 to 3 of x.y, with square = s.s.
    expected = 3 * square / dim + 3 * square**2 / dim**2
    expected += (square**3 + 6 * square**2 + (3 * dim + 6) * square) / dim**3
    assert abs(distances.mean() - expected) < 3 * distances.std() / np.sqrt(400)
    inside = [(abs(distances - expected) < k * errors).mean() for k in (1, 2)]
    assert 0.62 < inside[0] < 0.76  # 0.68 and 0.95 if the errors were normal
    assert 0.9 < inside[1] < 0.98
    assert 0.9 < np.sqrt((errors**2).mean()) / distances.std() < 1.15


@pytest.mark.parametrize("batch_size", [1, 7, 500])
@pytest.mark.parametrize("k", [1, 5])
def test_precision_recall_equal_the_definition(k, batch_size):
    sets = random.normal(size=(40, 3)), random.normal(size=(30, 3)) + 0.5
    across = slow_distances(*sets)
    # Column 0 is the item itself.
    reach = [np.sort(slow_distances(f, f), axis=1)[:, k, None] for f in sets]
    inside = across <= reach[0]
    means = inside.any(axis=0).mean(), (across <= reach[1].T).any(axis=1).mean()
    expected = [*means, inside.sum() / k / 30, inside.any(axis=1).mean()]
    actual = metrics.precision_recall(*sets, k, batch_size)
    assert list(actual) == ["precision", "recall", "density", "coverage"]
    assert list(actual.values()) == pytest.approx(expected)


def test_precision_recall_of_sets_that_are_known():
    real = random.normal(size=(400, 4))
    same = metrics.precision_recall(real, real)
    assert same["precision"] == same["recall"] == same["coverage"] == 1
    assert set(metrics.precision_recall(real, real + 100).values()) == {0}
    # One mode of two: all samples are good, half of the real items are missed.
    one = metrics.precision_recall(np.concatenate([real, real + 100]), real)
    assert one["precision"] == 1 and one["recall"] == one["coverage"] == 0.5
    # For equal distributions the mean of coverage is known (Naeem et al. 2020, eq. 8).
    fresh = metrics.precision_recall(real, random.normal(size=(400, 4)))
    miss = np.prod([(400 - 1 - i) / (400 + 400 - 1 - i) for i in range(5)])
    assert fresh["coverage"] == pytest.approx(1 - miss, abs=0.03)
    assert fresh["density"] == pytest.approx(1, abs=0.15)


def test_sets_stay_as_they_are_and_mistakes_are_one_sentence():
    x, y = random.normal(size=(2, 20, 3)).astype("float32")
    before, full = (x.copy(), y.copy()), lambda value: np.full((20, 3), value)
    functions = [metrics.nearest_neighbours, metrics.frechet_distance]
    functions += [metrics.kernel_distance, metrics.precision_recall]
    wrong = {"items of one shape": y[:, :2], "at least": y[:0], "row an item": y[:, 0]}
    wrong |= {"NaN": full(np.nan), "with NaN": full(np.inf), "no numbers": full("a")}
    for function, least in zip(functions, [1, 2, 4, 6], strict=True):
        function(x, y)
        for word, value in (wrong | {f"at least {least}": y[: least - 1]}).items():
            for pair in [(x, value), (value, x)]:
                with one_sentence(word):
                    function(*pair)
    np.testing.assert_array_equal(before, (x, y))


MISTAKES = {
    "num_neighbours is 0": lambda x: metrics.precision_recall(x, x, 0),
    "queries .*at least 2": lambda x: metrics.nearest_neighbours(x[:1]),
}


def test_other_mistakes_are_one_sentence():
    for word, call in MISTAKES.items():
        with one_sentence(word):
            call(random.normal(size=(20, 3)))
