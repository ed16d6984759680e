"""metrics: against the definitions, written out the slow way in float64."""

from course_utils import CourseError
from course_utils.metrics import (
    bits_per_character,
    bits_per_token,
    bootstrap_error,
    distinct_n,
    frechet_distance,
    image_features,
    inception_score,
    kernel_distance,
    longest_copied,
    memorisation_ratio,
    nearest_neighbours,
    precision_recall,
    self_bleu,
)

import keras
import numpy as np
import pytest
import sacrebleu
import tensorflow as tf

random = np.random.default_rng(0)


def slow_distances(queries, references):
    queries = queries.reshape(len(queries), 1, -1).astype("float64")
    references = references.reshape(1, len(references), -1).astype("float64")
    return np.sqrt(((queries - references) ** 2).sum(-1))


@pytest.mark.parametrize("batch_size", [1, 7, 1000])
def test_nearest_neighbours_equal_the_definition(batch_size):
    queries, references = random.normal(size=(20, 3, 5)), random.normal(size=(31, 3, 5))
    distances, indices = nearest_neighbours(queries, references, batch_size)
    table = slow_distances(queries, references)
    np.testing.assert_array_equal(indices, table.argmin(1))
    np.testing.assert_allclose(distances, table.min(1), rtol=1e-5)


@pytest.mark.parametrize("batch_size", [3, 1000])
def test_without_references_each_query_leaves_itself_out(batch_size):
    queries = random.normal(size=(20, 4))
    distances, indices = nearest_neighbours(queries, batch_size=batch_size)
    table = slow_distances(queries, queries)
    np.fill_diagonal(table, np.inf)
    np.testing.assert_array_equal(indices, table.argmin(1))
    np.testing.assert_allclose(distances, table.min(1), rtol=1e-5)


def test_copies_are_at_distance_zero_even_far_from_the_origin():
    references = random.integers(0, 256, size=(50, 28, 28)).astype("uint8")
    for offset in [0, 1e5]:
        distances, indices = nearest_neighbours(
            references[[7, 3]] + offset, references + offset
        )
        assert distances.tolist() == [0, 0]
        assert indices.tolist() == [7, 3]


def test_unsigned_pictures_do_not_wrap_around():
    distances, _ = nearest_neighbours(
        np.full((1, 4), 255, "uint8"), np.zeros((1, 4), "uint8")
    )
    assert distances[0] == 510


@pytest.mark.parametrize(
    "queries, references, word",
    [
        (np.zeros((2, 3)), np.zeros((2, 4)), "same shape"),
        (np.zeros((2, 3)), np.zeros((0, 3)), "no references"),
        (np.zeros((0, 3)), np.zeros((2, 3)), "no queries"),
        (np.zeros((1, 3)), None, "at least two"),
        (np.full((2, 3), np.nan), np.zeros((2, 3)), "NaN"),
        (np.zeros((2, 3)), np.full((2, 3), np.inf), "references"),
    ],
)
def test_mistakes_are_one_sentence(queries, references, word):
    with pytest.raises(CourseError, match=word) as error:
        nearest_neighbours(queries, references)
    assert len(str(error.value)) <= 300


@pytest.fixture(scope="module")
def reader():
    keras.utils.set_random_seed(0)
    ids, state = keras.Input((None,), dtype="int32"), keras.Input((6,))
    x = keras.layers.Embedding(5, 4)(ids)
    gru = keras.layers.GRU(6, return_sequences=True, return_state=True)
    x, new_state = gru(x, initial_state=state)
    return keras.Model([ids, state], [keras.layers.Dense(5)(x), new_state])


@pytest.mark.parametrize("num_rows", [1, 3])
def test_bits_per_character_equal_the_definition(reader, num_rows):
    ids = random.integers(0, 5, 3 * 40 + 1).astype("int32")
    part = (len(ids) - 1) // num_rows
    bits = []
    for row in range(num_rows):
        text = ids[row * part : (row + 1) * part + 1]
        logits, _ = reader([text[None, :-1], np.zeros((1, 6), "float32")])
        logits = np.array(logits[0], "float64")
        log_p = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
        bits += list(-log_p[np.arange(part), text[1:]] / np.log(2))
    actual = bits_per_character(reader, ids, window=20, num_rows=num_rows)
    np.testing.assert_allclose(actual, np.mean(bits), rtol=1e-5)


def test_bits_per_character_of_a_text_shorter_than_a_window(reader):
    with pytest.raises(CourseError, match="at least window \\+ 1 = 65"):
        bits_per_character(reader, np.zeros(64, "int32"))


def by_id(table):
    """Logits (N, T, V) that depend on the current id only: rows of a table (V, V)."""
    ids = keras.Input((None,), dtype="int32")
    logits = keras.layers.Embedding(*table.shape)
    model = keras.Model(ids, logits(ids))
    logits.set_weights([table])
    return model


def by_position(table):
    """Logits (N, T, V) that depend on the place in the window only, rows of a table."""
    ids = keras.Input((None,), dtype="int32")
    logits = keras.layers.Embedding(*table.shape)
    positions = keras.ops.cumsum(keras.ops.ones_like(ids), axis=1) - 1
    model = keras.Model(ids, logits(positions))
    logits.set_weights([table])
    return model


@pytest.mark.parametrize("num_ids, window", [(9, 8), (50, 7)])
def test_bits_per_token_of_guessing(num_ids, window):
    ids = random.integers(0, 16, num_ids)
    assert bits_per_token(by_id(np.zeros((16, 16))), ids, window) == pytest.approx(4)


@pytest.mark.parametrize("window", [2, 3, 8, 9])
def test_bits_per_token_count_every_id_but_the_first_once(window):
    table = random.normal(size=(11, 11)) * 3
    log_p = table - np.log(np.exp(table).sum(axis=1, keepdims=True))
    model = by_id(table)
    # From one window on, whatever the last step adds; and more than one batch of them.
    for num_ids in [*range(window + 1, 3 * window + 2), 50 * window]:
        ids = random.integers(0, 11, num_ids)
        expected = -log_p[ids[:-1], ids[1:]].mean() / np.log(2)
        for batch_size in [2, 32]:
            actual = bits_per_token(model, ids, window, batch_size)
            assert actual == pytest.approx(expected, rel=1e-5), num_ids


@pytest.mark.parametrize("window", [2, 3, 8, 9])
def test_bits_per_token_predict_from_more_than_half_a_window(window):
    # The first half of the places costs 1 bit an id, the second nothing: what is paid
    # is the first window's first half, so no later id is predicted from so few.
    half = window - window // 2
    table = np.zeros((window, 2))
    table[half:] = [50, -50]
    model = by_position(table)
    for num_ids in [*range(window + 1, 3 * window + 2), 50 * window]:
        bits = bits_per_token(model, np.zeros(num_ids), window)
        assert bits * (num_ids - 1) == pytest.approx(half), num_ids


def test_bits_per_token_see_what_training_changed():
    model, ids = by_id(np.zeros((4, 4))), np.tile(np.arange(4), 20)
    assert bits_per_token(model, ids, 8) == pytest.approx(2)
    model.set_weights([100 * np.eye(4)[[1, 2, 3, 0]]])
    assert bits_per_token(model, ids, 8) == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("num_ids, window", [(0, 8), (1, 8), (8, 8), (9, 1), (9, 0)])
def test_bits_per_token_refuse_a_text_or_a_window_too_short(num_ids, window):
    with pytest.raises(CourseError, match=f"{num_ids} ids and a window of") as error:
        bits_per_token(by_id(np.zeros((4, 4))), np.zeros(num_ids, "int32"), window)
    assert len(str(error.value)) <= 300


@pytest.fixture(scope="module")
def classifier():
    keras.utils.set_random_seed(0)
    images = keras.Input((4, 4, 1))
    x = keras.layers.Dropout(0.5)(keras.layers.Flatten()(images))
    x = keras.layers.Activation("relu")(keras.layers.Dense(6, name="features")(x))
    return keras.Model(images, keras.layers.Dense(3, activation="softmax")(x))


@pytest.mark.parametrize("batch_size", [1, 7, 500])
def test_image_features_are_what_the_layers_give(classifier, batch_size):
    images = random.uniform(-1, 1, size=(20, 4, 4, 1)).astype("float32")
    features, probabilities = image_features(classifier, images, batch_size)
    kernel, bias, *_ = classifier.get_weights()
    expected = images.reshape(20, -1) @ kernel + bias
    np.testing.assert_allclose(features, expected, rtol=1e-5, atol=1e-6)
    expected = classifier.predict(images, verbose=0)
    np.testing.assert_allclose(probabilities, expected, rtol=1e-5)
    assert isinstance(features, np.ndarray) and features.dtype == "float32"


def test_image_features_take_float64_and_tensors(classifier):
    images = random.uniform(-1, 1, size=(3, 4, 4, 1))
    one, _ = image_features(classifier, images)
    other, _ = image_features(classifier, tf.constant(images, "float32"))
    np.testing.assert_allclose(one, other, rtol=1e-5)


@pytest.mark.parametrize(
    "images, word",
    [
        (np.zeros((0, 4, 4, 1)), "at least 1"),
        (np.full((2, 4, 4, 1), np.nan), "NaN"),
        (np.full((2, 5, 5, 1), -1.0), "reshape"),
        (np.full((4, 4, 1), -1.0), "reshape"),
        (np.linspace(0, 255, 16).reshape(1, 4, 4, 1), "from 0 to 255"),
        (np.linspace(0, 1, 16).reshape(1, 4, 4, 1), "2 \\* x - 1"),
        (np.linspace(-3, 1, 16).reshape(1, 4, 4, 1), "from -3 to 1"),
    ],
)
def test_image_features_refuse_what_is_no_picture(classifier, images, word):
    with pytest.raises(CourseError, match=word) as error:
        image_features(classifier, images)
    assert len(str(error.value)) <= 300


def test_image_features_need_a_layer_of_that_name():
    images = keras.Input((4, 4, 1))
    model = keras.Model(images, keras.layers.Flatten()(images))
    with pytest.raises(CourseError, match="without a layer named 'features'"):
        image_features(model, np.full((2, 4, 4, 1), -1.0))


def normal(size, dim, mean=0.0, root=None):
    """Points whose mean and covariance root.T @ root are exact, not only expected."""
    points = random.normal(size=(size, dim))
    points -= points.mean(axis=0)
    points = np.linalg.qr(points)[0] * np.sqrt(size - 1)
    return points @ (np.eye(dim) if root is None else root) + mean


def test_frechet_distance_of_known_gaussians():
    real = normal(300, 8)
    shift = random.normal(size=8)
    moved, wider = normal(200, 8, shift), normal(200, 8, root=3 * np.eye(8))
    np.testing.assert_allclose(frechet_distance(real, moved), shift @ shift)
    np.testing.assert_allclose(frechet_distance(real, wider), 8 * (3 - 1) ** 2)
    # Diagonal covariances: the sum of (s1 - s2)^2 over the standard deviations.
    stretched = normal(200, 8, root=np.diag(np.arange(8.0)))
    expected = ((np.arange(8) - 1) ** 2).sum()
    np.testing.assert_allclose(frechet_distance(real, stretched), expected)


@pytest.mark.parametrize("condition", [1, 1e3, 1e6])
def test_frechet_distance_equals_another_square_root(condition):
    scales = np.geomspace(1, condition**-0.5, 32)
    mix = random.normal(size=(32, 32)) * scales
    real, other = random.normal(size=(2, 500, 32)) @ mix
    other = 1.2 * other + scales
    covariances = [np.cov(features, rowvar=False) for features in (real, other)]
    root = np.trace(tf.linalg.sqrtm(covariances[0] @ covariances[1]))
    expected = ((real.mean(0) - other.mean(0)) ** 2).sum() - 2 * root
    expected += sum(np.trace(covariance) for covariance in covariances)
    np.testing.assert_allclose(frechet_distance(real, other), expected, rtol=1e-7)
    # The same through the eigenvalues of the product.
    root = np.sqrt(np.linalg.eigvals(covariances[0] @ covariances[1]).real).sum()
    np.testing.assert_allclose(root, np.trace(tf.linalg.sqrtm(np.dot(*covariances))))


def test_frechet_distance_is_0_for_a_set_and_itself_and_symmetric():
    one, other = random.normal(size=(2, 100, 20)).astype("float32") + 50
    assert frechet_distance(one, one) < 1e-9
    assert frechet_distance(one, one[::-1]) < 1e-9
    np.testing.assert_allclose(
        frechet_distance(one, other), frechet_distance(other, one)
    )


def test_frechet_distance_of_fewer_items_than_values():
    few, others = random.normal(size=(5, 20)), random.normal(size=(7, 20))
    product = np.cov(few, rowvar=False) @ np.cov(others, rowvar=False)
    root = np.sqrt(np.sort(np.linalg.eigvals(product).real)[-4:]).sum()
    expected = ((few.mean(0) - others.mean(0)) ** 2).sum() - 2 * root
    expected += few.var(0, ddof=1).sum() + others.var(0, ddof=1).sum()
    np.testing.assert_allclose(frechet_distance(few, others), expected)


def slow_kernel(a, b):
    return ((a[:, None] * b[None]).sum(-1) / a.shape[1] + 1) ** 3


@pytest.mark.parametrize("batch_size", [1, 7, 500])
def test_kernel_distance_equals_the_definition(batch_size):
    real, generated = random.normal(size=(30, 5)), random.normal(size=(20, 5)) + 0.3
    within = [slow_kernel(features, features) for features in (real, generated)]
    expected = -2 * slow_kernel(real, generated).mean()
    for table in within:
        n = len(table)
        expected += (table.sum() - np.trace(table)) / (n * (n - 1))
    distance, error = kernel_distance(real, generated, batch_size)
    np.testing.assert_allclose(distance, expected)
    np.testing.assert_allclose(error, kernel_distance(real, generated)[1])


def test_kernel_distance_error_equals_leaving_out_each_item():
    real, generated = random.normal(size=(12, 3)), random.normal(size=(9, 3)) + 1
    variance = 0.0
    for number, features in enumerate([real, generated]):
        sets = [real, generated]
        values = []
        for item in range(len(features)):
            sets[number] = np.delete(features, item, axis=0)
            values.append(kernel_distance(*sets)[0])
        variance += (len(features) - 1) * np.var(values)
    # What pairs contribute, centred in both directions; unbiased if both are distinct.
    pairs = slow_kernel(real, generated)
    pairs -= pairs.mean(axis=0)
    pairs -= pairs.mean(axis=1, keepdims=True)
    of_pairs = 4 * (pairs**2).sum() / (11 * 8) / (12 * 9)
    for features in [real, generated]:
        n, table = len(features), slow_kernel(features, features)
        np.fill_diagonal(table, 0)  # U-centring (Szekely and Rizzo 2014)
        rows = table.sum(axis=0) / (n - 2)
        table += table.sum() / ((n - 1) * (n - 2)) - rows - rows[:, None]
        np.fill_diagonal(table, 0)
        of_pairs += 2 * (table**2).sum() / (n * (n - 3)) / n**2
    expected = np.sqrt(max(variance - of_pairs, of_pairs / 2))
    np.testing.assert_allclose(kernel_distance(real, generated)[1], expected)


@pytest.mark.parametrize("shift", [0.0, 0.05, 0.5])
def test_kernel_distance_is_unbiased_and_knows_its_error(shift):
    draws = np.random.default_rng(1)
    results = [
        kernel_distance(
            draws.normal(size=(60, 16)), draws.normal(size=(80, 16)) + shift
        )
        for _ in range(400)
    ]
    distances, errors = np.transpose(results)
    expected = gaussian_kernel_distance(np.full(16, shift))
    mean_error = distances.std() / np.sqrt(len(distances))
    assert abs(distances.mean() - expected) < 3 * mean_error
    inside = [(abs(distances - expected) < k * errors).mean() for k in (1, 2)]
    assert 0.62 < inside[0] < 0.76  # 0.68 and 0.95 if the errors were normal
    assert 0.9 < inside[1] < 0.98
    assert 0.9 < np.sqrt((errors**2).mean()) / distances.std() < 1.15


def gaussian_kernel_distance(shift):
    """MMD^2 between N(0, I) and N(shift, I), with E (x.y / D + 1)^3 in closed form."""

    def mean_kernel(a, b):  # x ~ N(a, I), y ~ N(b, I): moments 1 to 3 of x.y
        dim, product, squares = len(a), a @ b, a @ a + b @ b
        second = dim + squares + product**2
        # For x given, x.y is normal with mean x.b and variance |x|^2.
        third = product**3 + 3 * product * (b @ b)
        third += 3 * (product * (dim + a @ a) + 2 * product)
        return 1 + 3 * product / dim + 3 * second / dim**2 + third / dim**3

    zero = np.zeros(len(shift))
    same = mean_kernel(zero, zero) + mean_kernel(shift, shift)
    return same - 2 * mean_kernel(zero, shift)


def test_inception_score_closed_forms():
    classes = np.eye(10)
    assert inception_score(np.repeat(classes, 7, axis=0)) == pytest.approx(10)
    assert inception_score(np.repeat(classes[:4], 7, axis=0)) == pytest.approx(4)
    assert inception_score(np.full((20, 10), 0.1)) == pytest.approx(1)
    assert inception_score(np.repeat(classes[:1], 5, axis=0)) == pytest.approx(1)


def test_inception_score_equals_the_divergence_of_keras():
    p = random.dirichlet(np.ones(5), size=50)
    mean = np.broadcast_to(p.mean(axis=0), p.shape)
    expected = np.exp(np.mean(keras.losses.kl_divergence(p, mean)))
    assert inception_score(p) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(
    "probabilities, word",
    [
        (np.zeros((0, 10)), "at least 1"),
        (np.full(10, 0.1), "one row an item"),
        (random.normal(size=(5, 10)), "not made of probabilities"),
        (np.full((5, 10), 0.2), "sum 1"),
        (np.full((5, 10), np.nan), "NaN"),
        (np.full((5, 2, 2), 0.5), "num_classes"),
    ],
)
def test_inception_score_refuses_what_is_no_probability(probabilities, word):
    with pytest.raises(CourseError, match=word) as error:
        inception_score(probabilities)
    assert len(str(error.value)) <= 300


@pytest.mark.parametrize("batch_size", [1, 7, 500])
@pytest.mark.parametrize("num_neighbours", [1, 5])
def test_precision_recall_equal_the_definition(num_neighbours, batch_size):
    real, generated = random.normal(size=(40, 3)), random.normal(size=(30, 3)) + 0.5
    across = slow_distances(real, generated)
    reach = [
        np.sort(slow_distances(features, features), axis=1)[:, num_neighbours, None]
        for features in (real, generated)  # column 0 is the item itself
    ]
    inside = across <= reach[0]
    expected = {
        "precision": inside.any(axis=0).mean(),
        "recall": (across <= reach[1].T).any(axis=1).mean(),
        "density": inside.sum() / num_neighbours / 30,
        "coverage": inside.any(axis=1).mean(),
    }
    actual = precision_recall(real, generated, num_neighbours, batch_size)
    assert actual == pytest.approx(expected)


def test_precision_recall_of_sets_that_are_known():
    real = random.normal(size=(400, 4))
    same = precision_recall(real, real)
    assert same["precision"] == same["recall"] == same["coverage"] == 1
    far = precision_recall(real, real + 100)
    assert set(far.values()) == {0}
    # One mode of two: all samples are good, half of the real items are missed.
    two = np.concatenate([real, real + 100])
    one = precision_recall(two, real)
    assert one["precision"] == 1 and one["recall"] == one["coverage"] == 0.5
    # For equal distributions the mean of coverage is known (Naeem et al. 2020, eq. 8).
    fresh = precision_recall(real, random.normal(size=(400, 4)))
    k, n, m = 5, 400, 400
    miss = np.prod([(n - 1 - i) / (n + m - 1 - i) for i in range(k)])
    assert fresh["coverage"] == pytest.approx(1 - miss, abs=0.03)
    assert fresh["density"] == pytest.approx(1, abs=0.15)


def test_memorisation_ratio_of_copies_and_of_new_items():
    train, held_out, fresh = random.normal(size=(3, 300, 4, 2))
    assert memorisation_ratio(train[:50], train, held_out) == 0
    assert memorisation_ratio(held_out[::-1], train, held_out) == 1
    assert memorisation_ratio(fresh, train, held_out) == pytest.approx(1, abs=0.15)
    near = train[:50] + 0.001 * random.normal(size=(50, 4, 2))
    assert memorisation_ratio(near, train, held_out) < 0.01
    expected = np.median(slow_distances(fresh, train).min(1))
    expected /= np.median(slow_distances(held_out, train).min(1))
    actual = memorisation_ratio(fresh, train, held_out)
    assert actual == pytest.approx(expected, rel=1e-5)
    with pytest.raises(CourseError, match="held_out items most of which are in train"):
        memorisation_ratio(fresh, train, train[:10])


def test_bootstrap_error_of_a_mean_is_the_known_one():
    real, generated = np.zeros((2, 1)), random.normal(size=(500, 1))
    error = bootstrap_error(lambda r, g: g.mean() - r.mean(), real, generated, 400)
    assert error == pytest.approx(generated.std() / np.sqrt(500), rel=0.15)
    again = bootstrap_error(lambda r, g: g.mean() - r.mean(), real, generated, 400)
    assert again == error
    assert bootstrap_error(frechet_distance, generated, np.ones((9, 1))) < 1e-12


@pytest.mark.parametrize(
    "function", [frechet_distance, kernel_distance, precision_recall]
)
@pytest.mark.parametrize(
    "real, generated, word",
    [
        (np.zeros((20, 3)), np.zeros((20, 4)), "different shapes"),
        (np.zeros((20, 3)), np.zeros((0, 3)), "generated of shape"),
        (np.zeros((0, 3)), np.zeros((20, 3)), "real of shape"),
        (np.zeros((20, 3)), np.zeros((1, 3)), "at least"),
        (np.zeros(20), np.zeros(20), "one row an item"),
        (np.zeros((20, 3)), np.full((20, 3), np.nan), "NaN"),
        (np.full((20, 3), np.inf), np.zeros((20, 3)), "infinite values"),
        (np.full((20, 3), "a"), np.zeros((20, 3)), "no numbers in real"),
    ],
)
def test_metrics_of_features_refuse_mistakes(function, real, generated, word):
    with pytest.raises(CourseError, match=word) as error:
        function(real, generated)
    assert str(error.value).startswith(function.__name__)
    assert len(str(error.value)) <= 300


@pytest.mark.parametrize(
    "call, word",
    [
        (lambda x: precision_recall(x, x, 0), "num_neighbours=0"),
        (lambda x: precision_recall(x, x, 20), "at least 21"),
        (lambda x: memorisation_ratio(x, x[:, :2], x), "different shapes"),
        (lambda x: memorisation_ratio(x, x[:0], x), "train of shape"),
        (lambda x: memorisation_ratio(x * np.nan, x, x), "generated"),
        (lambda x: bootstrap_error(precision_recall, x, x), "returns a dict"),
        (lambda x: bootstrap_error(kernel_distance, x, x), "returns a tuple"),
        (lambda x: bootstrap_error(frechet_distance, x, x, 1), "num_resamples=1"),
        (lambda x: bootstrap_error(frechet_distance, x, x[:, :2]), "different shapes"),
    ],
)
def test_other_mistakes_are_one_sentence(call, word):
    with pytest.raises(CourseError, match=word) as error:
        call(random.normal(size=(20, 3)))
    assert len(str(error.value)) <= 300


def test_metrics_do_not_change_their_input():
    real, generated = random.normal(size=(2, 20, 3))
    before = real.copy(), generated.copy()
    for metric in [frechet_distance, kernel_distance, precision_recall]:
        metric(real, generated)
    np.testing.assert_array_equal(before, (real, generated))


def test_distinct_n_counts_by_hand():
    texts = ["The cat, the cat.", "the Dog"]
    assert distinct_n(texts, 1) == 3 / 6
    assert distinct_n(texts, 2) == 3 / 4  # the cat, cat the, the dog; none across texts
    assert distinct_n(texts, 3) == 2 / 2
    assert distinct_n(["one"] * 9, 1) == 1 / 9


def test_self_bleu_is_the_mean_of_sacrebleu():
    words = random.choice(["a", "b", "c", "d"], size=(5, 12))
    texts = [" ".join(row) for row in words]
    bleu = sacrebleu.BLEU(effective_order=True)
    expected = np.mean(
        [
            bleu.sentence_score(text, [t for j, t in enumerate(texts) if j != i]).score
            for i, text in enumerate(texts)
        ]
    )
    assert self_bleu(texts) == expected
    assert self_bleu(["It was a fine day.", "It was a fine day."]) == pytest.approx(100)
    assert self_bleu(["one two three four", "five six seven eight"]) == 0


def slow_longest_copied(text, source):
    runs = [text[i:j] for i in range(len(text)) for j in range(i + 1, len(text) + 1)]
    return max((run for run in runs if run in source), key=len, default="")


def test_longest_copied_equals_every_run_tried():
    for _ in range(200):
        text, source = (
            "".join(random.choice(list("abc"), size=random.integers(0, 20)))
            for _ in range(2)
        )
        assert longest_copied(text, source) == slow_longest_copied(text, source)
    assert longest_copied("xyz", "abc") == "" == longest_copied("", "abc")
    assert longest_copied("say abc", "abc") == "abc"


@pytest.mark.parametrize(
    "call, word",
    [
        (lambda: distinct_n("a text"), "list of texts"),
        (lambda: distinct_n([]), "no texts"),
        (lambda: distinct_n(["one two"], 3), "without a run of 3"),
        (lambda: distinct_n(["one two"], 0), "an n from 1"),
        (lambda: self_bleu(["one"]), "at least two"),
        (lambda: self_bleu([1, 2]), "list of texts"),
    ],
)
def test_texts_that_cannot_be_compared(call, word):
    with pytest.raises(CourseError, match=word) as error:
        call()
    assert len(str(error.value)) <= 300
