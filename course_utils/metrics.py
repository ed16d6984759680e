"""Compare sets of samples; measure a model of text.

What cannot be compared raises CourseError: too few items, different shapes, NaN. Most
values depend on the number of items: compare sets of one size.
"""

import weakref

from course_utils import CourseError
from course_utils.sampling import read_on, zero_states

import keras
import numpy as np
import tensorflow as tf

_compiled = weakref.WeakKeyDictionary()


def nearest_neighbours(queries, references=None, batch_size=1000):
    """Distances (N,) from queries (N, ...) to the nearest references, indices (N,).

    references: (M, ...), None: all other queries. Distances are Euclidean;
    4 * batch_size * M bytes are used at once.
    """
    within = references is None
    sets = dict(queries=queries, references=queries if within else references)
    queries, references = _samples("nearest_neighbours", 1 + within, "float32", **sets)
    # Centred values are smaller, so that float32 keeps more of the difference.
    centre = references.mean(axis=0)
    centred = references - centre
    squared_norms = (centred**2).sum(axis=1)
    distances, indices = [], []
    for start in range(0, len(queries), batch_size):
        batch = queries[start : start + batch_size]
        # |q - r|^2 = |q|^2 - 2 q.r + |r|^2, and |q|^2 is the same for every r.
        scores = (-2 * (batch - centre)) @ centred.T
        scores += squared_norms
        if within:
            np.fill_diagonal(scores[:, start:], np.inf)
        indices.append(scores.argmin(axis=1))
        # Once more from the difference itself: exact, and 0 for copies.
        squares = (batch - references[indices[-1]]) ** 2
        distances.append(np.sqrt(squares.sum(axis=1)))
    return np.concatenate(distances), np.concatenate(indices)


def image_features(classifier, images, batch_size=500):
    """What a classifier sees in pictures: features (N, D), probabilities (N, classes).

    classifier: functional model that ends in probabilities, with a layer `features`,
    such as artifacts.load("fashion_classifier"). images: as it takes them, in [-1, 1].
    """
    (images,) = _samples("image_features", images=images)
    low, high, expected = images.min(), images.max(), tuple(classifier.input_shape[1:])
    if images.shape[1:] != expected:
        raise CourseError(f"Pictures are {images.shape[1:]}: reshape to {expected}.")
    if low < -1.001 or high > 1.001 or low >= 0:
        cure = "scale 0 to 255 by x / 127.5 - 1, and 0 to 1 by 2 * x - 1"
        raise CourseError(f"Pictures are {low:.4g} to {high:.4g}, not -1 to 1: {cure}.")
    if "features" not in [layer.name for layer in classifier.layers]:
        raise CourseError("No layer is called 'features': load fashion_classifier.")
    outputs = [classifier.get_layer("features").output, classifier.output]
    extractor, images = keras.Model(classifier.input, outputs), images.astype("float32")
    batches = [images[i : i + batch_size] for i in range(0, len(images), batch_size)]
    found = [extractor(batch, training=False) for batch in batches]
    return tuple(np.concatenate(parts) for parts in zip(*found, strict=True))


def frechet_distance(real, generated):
    """Fréchet distance between the Gaussians fitted to features (N, D) and (M, D):
    |m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2)) for means m and covariances C, too large
    for small sets (Heusel et al. 2017, https://arxiv.org/abs/1706.08500)."""
    sets = _samples("frechet_distance", 2, "float64", real=real, generated=generated)
    means = [features.mean(axis=0) for features in sets]
    # C = R'R, and tr (C1 C2)^(1/2) is the sum of the singular values of R1 R2'. Without
    # forming C, which squares its small values, twice as many digits of them survive.
    scaled = [(f - m) / np.sqrt(len(f) - 1) for f, m in zip(sets, means, strict=True)]
    roots = [np.linalg.qr(each, mode="r") for each in scaled]
    overlap = np.linalg.svd(roots[0] @ roots[1].T, compute_uv=False).sum()
    spread = (roots[0] ** 2).sum() + (roots[1] ** 2).sum() - 2 * overlap
    return max(0.0, float(((means[0] - means[1]) ** 2).sum() + spread))


def kernel_distance(real, generated, batch_size=500):
    """Squared kernel distance between features (N, D), (M, D), and its standard error:
    MMD^2 for the kernel (x.y / D + 1)^3, unbiased, about 0 for sets alike (Binkowski et
    al. 2018, https://arxiv.org/abs/1801.01401)."""
    sets = _samples("kernel_distance", 4, "float64", real=real, generated=generated)
    (real, generated), (n, m) = sets, map(len, sets)
    rows_r, _, pairs_r = _kernel_sums(real, real, batch_size)
    rows_g, _, pairs_g = _kernel_sums(generated, generated, batch_size)
    rows, columns, pairs = _kernel_sums(real, generated, batch_size)
    distance = rows_r.mean() / (n - 1) + rows_g.mean() / (m - 1) - 2 * rows.mean() / m
    # Leaving one item out at a time, the jackknife, counts twice what comes from pairs
    # of items (Efron and Stein 1981): all there is at distance 0. Half of it is least.
    jackknife = 4 / n * np.var(rows_r / (n - 2) - rows / m, ddof=1)
    jackknife += 4 / m * np.var(rows_g / (m - 2) - columns / n, ddof=1)
    of_pairs = 2 * pairs_r / n**2 + 2 * pairs_g / m**2 + 4 * pairs / (n * m)
    variance = max(jackknife - of_pairs, of_pairs / 2, 0.0)
    return float(distance), float(np.sqrt(variance))


def _kernel_sums(a, b, batch_size):
    """The kernel's table: sums of rows and columns, variance that these leave over."""
    n, m, within = len(a), len(b), b is a  # then the diagonal does not count
    rows, columns, squares = np.empty(n), np.zeros(m), 0.0
    for start in range(0, n, batch_size):
        table = a[start : start + batch_size] @ b.T / a.shape[1] + 1
        table *= table * table
        if within:
            np.fill_diagonal(table[:, start:], 0)
        rows[start : start + batch_size] = table.sum(axis=1)
        columns += table.sum(axis=0)
        squares += np.vdot(table, table)
    total = rows.sum()
    if within:
        squares += total**2 / ((n - 1) * (n - 2)) - 2 * (rows**2).sum() / (n - 2)
        return rows, columns, squares / (n * (n - 3))
    squares += total**2 / (n * m) - (rows**2).sum() / m - (columns**2).sum() / n
    return rows, columns, squares / ((n - 1) * (m - 1))


def precision_recall(real, generated, num_neighbours=5, batch_size=500):
    """Fidelity and diversity of features (N, D) and (M, D): a dictionary of floats.

    A ball reaches from each item to its num_neighbours-th neighbour in its set.
    precision: share of generated items in real balls; recall: the reverse (Kynkäänniemi
    et al. 2019, https://arxiv.org/abs/1904.06991). density: real balls around an item,
    over num_neighbours; coverage: share of real balls around generated items (Naeem et
    al. 2020, https://arxiv.org/abs/2002.09797).
    """
    if num_neighbours < 1:
        raise CourseError(f"num_neighbours is {num_neighbours}: give it 1 or more.")
    sets = dict(real=real, generated=generated)
    sets = _samples("precision_recall", num_neighbours + 1, "float64", **sets)
    real, generated = (features - sets[0].mean(axis=0) for features in sets)
    radii = [_radii(f, num_neighbours, batch_size) for f in (real, generated)]
    holds, recalled = [], []
    for start, table in _squared_distances(real, generated, batch_size):
        holds.append(table <= radii[0][start : start + batch_size, None])
        recalled.append((table <= radii[1]).any(axis=1))
    holds = np.concatenate(holds)  # (N, M): is the generated item in the real ball?
    return {
        "precision": float(holds.any(axis=0).mean()),
        "recall": float(np.concatenate(recalled).mean()),
        "density": float(holds.sum() / num_neighbours / len(generated)),
        "coverage": float(holds.any(axis=1).mean()),
    }


def _squared_distances(a, b, batch_size):
    """Yields the start of a slice of a and its squared distances (rows, M) to all b."""
    squared_norms = (b**2).sum(axis=1)
    for start in range(0, len(a), batch_size):
        batch = a[start : start + batch_size]
        table = (-2 * batch) @ b.T
        table += squared_norms
        table += (batch**2).sum(axis=1)[:, None]
        yield start, np.maximum(table, 0, out=table)


def _radii(features, num_neighbours, batch_size):
    """Squared distance (N,) from each item to its num_neighbours-th neighbour."""
    tables = _squared_distances(features, features, batch_size)
    kth = num_neighbours  # in every row, the item itself comes first
    return np.concatenate([np.partition(table, kth)[:, kth] for _, table in tables])


def _samples(function, least=1, vectors=None, **sets):
    """The sets as arrays (N, ...); with a type in `vectors`, (N, D) of that type."""
    arrays = list(map(np.asarray, sets.values()))
    for name, items in zip(sets, arrays, strict=True):
        if items.ndim < 2 or len(items) < least or not items.size:
            cure = f"give it one row an item, (N, ...), and at least {least}"
            raise CourseError(f"{function} got {name} of shape {items.shape}: {cure}.")
        if items.dtype.kind not in "fiub" or not np.isfinite(items).all():
            cure = "look for missing values or a training run that diverged"
            raise CourseError(f"{function} got {name} with NaN or no numbers: {cure}.")
    if len({items.shape[1:] for items in arrays}) > 1:
        shapes = ", ".join(str(items.shape) for items in arrays)
        raise CourseError(f"{function} needs items of one shape, not {shapes}.")
    return [a.reshape(len(a), -1).astype(vectors) if vectors else a for a in arrays]


def bits_per_character(model, ids, window=64, num_rows=32):
    """Mean of -log2 p(id | the ids before it) over a text of character ids (T,). The
    model maps [ids (N, T), state, ...] to [logits (N, T, V), state, ...]. num_rows
    parts are read side by side, window by window, but for the rest of each part."""
    num_rows = min(num_rows, (len(ids) - 1) // window)
    if num_rows < 1:
        raise CourseError(f"The text has {len(ids)} ids: give it {window + 1} or more.")
    part = (len(ids) - 1) // num_rows
    rows = np.arange(num_rows)[:, None] * part + np.arange(window + 1)
    states, nats, num_windows = zero_states(model, num_rows), 0.0, part // window
    for start in range(0, num_windows * window, window):
        more, states = _nats(model, ids[rows + start], np.ones((1, 1)), states)
        nats += more
    return nats / (num_rows * num_windows * window) / np.log(2)


def bits_per_token(model, ids, window, batch_size=32):
    """Mean of -log2 p(id | the ids before it) over token ids (T,), all but the first.
    The model maps ids (N, window) to logits (N, window, V). Windows overlap by half, so
    that each id is predicted from window / 2 ids or more, but for the first ones."""
    ids = np.asarray(ids, "int32")
    last = len(ids) - 1 - window
    if last < 0 or window < 2:
        cure = "give it a window of 2 or more, and more ids than that"
        raise CourseError(f"The text has {len(ids)} ids, the window {window}: {cure}.")
    starts, nats = np.append(np.arange(0, last, window // 2), last), 0.0
    new = np.diff(starts, prepend=-window)  # ids that no window before has predicted
    for first in range(0, len(starts), batch_size):
        rows = slice(first, first + batch_size)
        chunks = ids[starts[rows, None] + np.arange(window + 1)]
        counted = np.arange(window) >= window - new[rows, None]  # (N, window)
        nats += _nats(model, chunks, counted)[0]
    return nats / (len(ids) - 1) / np.log(2)


def _nats(model, ids, counted, states=()):
    """Sum of -log p over the counted (N, T) of ids (N, T + 1), and the new states."""
    if model not in _compiled:
        model_reference = weakref.ref(model)  # _compiled must not keep the model alive

        @tf.function(reduce_retracing=True)
        def read(ids, counted, states):
            logits, states = read_on(model_reference(), ids[:, :-1], states)
            nats = tf.nn.sparse_softmax_cross_entropy_with_logits(ids[:, 1:], logits)
            return tf.reduce_sum(nats * counted), states

        _compiled[model] = read
    nats, states = _compiled[model](ids, counted.astype("float32"), states)
    return float(nats), states
