"""Compare sets of samples, pictures or texts; measure a model of text."""

import re
import weakref

from course_utils import CourseError

import numpy as np


def nearest_neighbours(queries, references=None, batch_size=1000):
    """Distance from each query to its nearest reference, and the reference's index.

    queries: (N, ...), references: (M, ...) of the same shape per item, numbers; every
    item counts as one vector, the distance is the Euclidean one. Without references,
    each query is compared with all the others. batch_size: queries compared at once,
    which takes 4 * batch_size * M bytes. Returns distances (N,) and indices (N,).
    Raises CourseError for shapes that do not match, too few items and NaN.
    """
    within = references is None
    queries = _vectors(queries, "queries")
    references = queries if within else _vectors(references, "references")
    if queries.shape[1] != references.shape[1]:
        raise CourseError(
            f"nearest_neighbours got queries of {queries.shape[1]} values and "
            f"references of {references.shape[1]}: bring them to the same shape."
        )
    if within and len(queries) == 1:
        raise CourseError(
            "nearest_neighbours got one query and nothing to compare it with: give it "
            "references, or at least two queries."
        )
    # Centred values are smaller, so that float32 keeps more of the difference.
    centre = references.mean(axis=0)
    centred = references - centre
    squared_norms = (centred**2).sum(axis=1)
    indices = np.empty(len(queries), "int64")
    for start in range(0, len(queries), batch_size):
        batch = queries[start : start + batch_size] - centre
        # |q - r|^2 = |q|^2 - 2 q.r + |r|^2, and |q|^2 is the same for every r.
        scores = (-2 * batch) @ centred.T
        scores += squared_norms
        if within:
            rows = np.arange(len(batch))
            scores[rows, start + rows] = np.inf
        indices[start : start + batch_size] = scores.argmin(axis=1)
    # Once more from the difference itself: exact, and 0 for copies.
    distances = np.empty(len(queries), "float32")
    for start in range(0, len(queries), batch_size):
        rows = slice(start, start + batch_size)
        difference = queries[rows] - references[indices[rows]]
        distances[rows] = np.sqrt((difference**2).sum(axis=1))
    return distances, indices


def _vectors(items, what):
    items = np.asarray(items)
    if not items.size:
        raise CourseError(
            f"nearest_neighbours got no {what} (shape {items.shape}): look at where "
            "they were selected."
        )
    vectors = items.reshape(len(items), -1).astype("float32")
    if not np.isfinite(vectors).all():
        raise CourseError(
            f"nearest_neighbours got NaN or infinite values in the {what}: look for "
            "a training run that diverged or for missing values."
        )
    return vectors


def image_features(classifier, images, batch_size=500):
    """What a classifier sees in pictures: features (N, D), probabilities (N, classes).

    classifier: functional model that ends in probabilities, with a layer named
    `features`, such as artifacts.load("fashion_classifier"). images: (N, height,
    width, channels) as the classifier takes them, values in [-1, 1]. Raises
    CourseError for another shape or range, NaN, and a classifier without that layer.
    """
    import keras

    (images,) = _samples("image_features", images=images)
    expected = tuple(classifier.input_shape[1:])
    if images.shape[1:] != expected:
        raise CourseError(
            f"image_features got pictures of shape {images.shape[1:]} and a classifier "
            f"of {expected}: reshape them first."
        )
    low, high = images.min(), images.max()
    if low < -1.001 or high > 1.001 or low >= 0:
        raise CourseError(
            f"image_features got values from {low:.4g} to {high:.4g} and needs "
            "pictures in [-1, 1], black being -1: scale 0 to 255 by x / 127.5 - 1, and "
            "0 to 1 by 2 * x - 1."
        )
    if "features" not in [layer.name for layer in classifier.layers]:
        raise CourseError(
            "image_features got a classifier without a layer named 'features': load "
            'one with artifacts.load("fashion_classifier").'
        )
    features = classifier.get_layer("features").output
    extractor = keras.Model(classifier.input, [features, classifier.output])
    outputs = [
        extractor(images[start : start + batch_size].astype("float32"), training=False)
        for start in range(0, len(images), batch_size)
    ]
    features, probabilities = (np.concatenate(o) for o in zip(*outputs, strict=True))
    return features, probabilities


def frechet_distance(real, generated):
    """Fréchet distance between the Gaussians fitted to two sets of features, >= 0.

    real: (N, D), generated: (M, D). With means m and covariances C of the two sets,
    |m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2)) (Heusel et al. 2017,
    https://arxiv.org/abs/1706.08500). Small sets give too large a value, so compare
    sets of one size. Raises CourseError for NaN, different D, fewer than 2 items.
    """
    sets = _features("frechet_distance", 2, real=real, generated=generated)
    means = [features.mean(axis=0, dtype="float64") for features in sets]
    # C = R'R, and tr (C1 C2)^(1/2) is the sum of the singular values of R1 R2'. Without
    # forming C, which squares its small values, twice as many digits of them survive.
    roots = [
        np.linalg.qr((features - mean) / np.sqrt(len(features) - 1), mode="r")
        for features, mean in zip(sets, means, strict=True)
    ]
    overlap = np.linalg.svd(roots[0] @ roots[1].T, compute_uv=False).sum()
    spread = (roots[0] ** 2).sum() + (roots[1] ** 2).sum() - 2 * overlap
    return max(0.0, float(((means[0] - means[1]) ** 2).sum() + spread))


def kernel_distance(real, generated, batch_size=500):
    """Squared kernel distance between two sets of features, and its standard error.

    real: (N, D), generated: (M, D). MMD^2 with the kernel (x.y / D + 1)^3 (Binkowski
    et al. 2018, https://arxiv.org/abs/1801.01401), unbiased: around 0, also below, for
    two sets from one distribution, however small. batch_size: rows of the kernel at
    once. Raises CourseError for NaN, different D, fewer than 4 items.
    """
    real, generated = _features("kernel_distance", 4, real=real, generated=generated)
    n, m = len(real), len(generated)
    rows_r, _, pairs_r = _kernel_sums(real, None, batch_size)
    rows_g, _, pairs_g = _kernel_sums(generated, None, batch_size)
    rows, columns, pairs = _kernel_sums(real, generated, batch_size)
    distance = rows_r.mean() / (n - 1) + rows_g.mean() / (m - 1) - 2 * rows.mean() / m
    # Leave one item out at a time: the jackknife. It counts twice what comes from
    # pairs of items (Efron and Stein 1981), which is all there is at distance 0. Half
    # of that part is the least to expect where noise makes the difference small.
    jackknife = 4 / n * np.var(rows_r / (n - 2) - rows / m, ddof=1)
    jackknife += 4 / m * np.var(rows_g / (m - 2) - columns / n, ddof=1)
    of_pairs = 2 * pairs_r / n**2 + 2 * pairs_g / m**2 + 4 * pairs / (n * m)
    variance = max(jackknife - of_pairs, of_pairs / 2, 0.0)
    return float(distance), float(np.sqrt(variance))


def _kernel_sums(a, b, batch_size):
    """Row sums and column sums of the kernel's table, and the variance of what rows
    and columns leave unexplained. Without b, a with itself but for the diagonal."""
    within = b is None
    a = a.astype("float64")
    b = a if within else b.astype("float64")
    n, m = len(a), len(b)
    rows, columns, squares = np.empty(n), np.zeros(m), 0.0
    for start in range(0, n, batch_size):
        table = a[start : start + batch_size] @ b.T
        table /= a.shape[1]
        table += 1
        table *= table * table
        if within:
            table[np.arange(len(table)), start + np.arange(len(table))] = 0
        rows[start : start + len(table)] = table.sum(axis=1)
        columns += table.sum(axis=0)
        squares += np.vdot(table, table)
    total = rows.sum()
    if within:
        squares += total**2 / ((n - 1) * (n - 2)) - 2 * (rows**2).sum() / (n - 2)
        return rows, columns, squares / (n * (n - 3))
    squares += total**2 / (n * m) - (rows**2).sum() / m - (columns**2).sum() / n
    return rows, columns, squares / ((n - 1) * (m - 1))


def inception_score(probabilities):
    """exp of the mean of KL(p(class | picture) || p(class)): from 1 to num_classes.

    probabilities: (N, num_classes), each row sums to 1. Highest when every picture is
    clearly of one class and all classes come equally often (Salimans et al. 2016,
    https://arxiv.org/abs/1606.03498). Raises CourseError for anything else, and NaN.
    """
    (given,) = _samples("inception_score", probabilities=probabilities)
    given = given.astype("float64")
    if given.ndim != 2 or given.min() < 0 or np.abs(given.sum(1) - 1).max() > 1e-3:
        raise CourseError(
            f"inception_score got an array of shape {given.shape} that is not made of "
            "probabilities: give it (N, num_classes), each row from 0 to 1 with sum 1, "
            "as a softmax makes them."
        )
    ratio = np.divide(
        given, given.mean(axis=0), out=np.ones_like(given), where=given > 0
    )
    return float(np.exp((given * np.log(ratio)).sum(axis=1).mean()))


def precision_recall(real, generated, num_neighbours=5, batch_size=500):
    """Fidelity and diversity of generated features, apart: a dictionary of floats.

    real: (N, D), generated: (M, D). Around each item of a set lies a ball that reaches
    to its num_neighbours-th neighbour in that set. precision: share of generated items
    in a ball of a real one; recall: the reverse (Kynkäänniemi et al. 2019,
    https://arxiv.org/abs/1904.06991). density: in how many real balls a generated item
    lies, over num_neighbours; coverage: share of real balls that hold a generated item
    (Naeem et al. 2020, https://arxiv.org/abs/2002.09797). Raises CourseError for NaN,
    different D, and no more than num_neighbours items.
    """
    if num_neighbours < 1:
        raise CourseError(
            f"precision_recall got num_neighbours={num_neighbours}: give it 1 or more."
        )
    real, generated = _features(
        "precision_recall", num_neighbours + 1, real=real, generated=generated
    )
    centre = real.mean(axis=0, dtype="float64")  # small values lose fewer digits
    real, generated = real - centre, generated - centre
    real_radii = _radii(real, num_neighbours, batch_size)
    generated_radii = _radii(generated, num_neighbours, batch_size)
    precise = np.zeros(len(generated), bool)
    recalled, covered, density = 0, 0, 0
    for rows, table in _squared_distances(real, generated, batch_size):
        inside = table <= real_radii[rows, None]
        precise |= inside.any(axis=0)
        density += inside.sum()
        covered += inside.any(axis=1).sum()
        recalled += (table <= generated_radii).any(axis=1).sum()
    return {
        "precision": float(precise.mean()),
        "recall": float(recalled / len(real)),
        "density": float(density / num_neighbours / len(generated)),
        "coverage": float(covered / len(real)),
    }


def _squared_distances(a, b, batch_size):
    """Slices of rows, and the squared distances (rows, M) from them to all of b."""
    squared_norms = (b**2).sum(axis=1)
    for start in range(0, len(a), batch_size):
        batch = a[start : start + batch_size]
        table = (-2 * batch) @ b.T
        table += squared_norms
        table += (batch**2).sum(axis=1)[:, None]
        yield slice(start, start + len(batch)), np.maximum(table, 0, out=table)


def _radii(features, num_neighbours, batch_size):
    """Squared distance from each item to its num_neighbours-th neighbour."""
    radii = np.empty(len(features))
    for rows, table in _squared_distances(features, features, batch_size):
        table[np.arange(len(table)), rows.start + np.arange(len(table))] = np.inf
        table.partition(num_neighbours - 1, axis=1)
        radii[rows] = table[:, num_neighbours - 1]
    return radii


def memorisation_ratio(generated, train, held_out):
    """How close samples are to training items, against unseen ones: a float >= 0.

    All (N, ...) of one shape an item, pixels or features. The median distance from
    generated to its nearest of train, over that from held_out to its nearest of train:
    about 1 for samples as new as real ones, near 0 for copies. Raises CourseError for
    NaN, different shapes, and held_out items that are in train themselves.
    """
    generated, train, held_out = _samples(
        "memorisation_ratio", generated=generated, train=train, held_out=held_out
    )
    expected = np.median(nearest_neighbours(held_out, train)[0])
    if expected == 0:
        raise CourseError(
            "memorisation_ratio got held_out items most of which are in train: hold "
            "out items that the model has never seen."
        )
    return float(np.median(nearest_neighbours(generated, train)[0]) / expected)


def bootstrap_error(metric, real, generated, num_resamples=10, seed=0):
    """Standard error of metric(real, generated), a float, by the bootstrap.

    The generated items are drawn again with replacement, num_resamples times (Efron
    1979); more resamples make the error itself more certain. Raises CourseError when
    the metric gives no number, and for NaN, different shapes and too few items.
    """
    real, generated = _samples("bootstrap_error", 2, real=real, generated=generated)
    if num_resamples < 2:
        raise CourseError(
            f"bootstrap_error got num_resamples={num_resamples}: give it 2 or more."
        )
    random = np.random.default_rng(seed)
    values = [
        metric(real, generated[random.integers(0, len(generated), len(generated))])
        for _ in range(num_resamples)
    ]
    if np.ndim(values[0]) or not isinstance(values[0], int | float | np.number):
        raise CourseError(
            f"bootstrap_error got a metric that returns a {type(values[0]).__name__} "
            "and needs a number: pick one, as in lambda r, g: "
            'precision_recall(r, g)["recall"].'
        )
    return float(np.std(values, ddof=1))


def _samples(function, least=1, **sets):
    """The sets as arrays, one item a row; raises CourseError if they cannot be used."""
    arrays = []
    for name, items in sets.items():
        items = np.asarray(items)
        if items.ndim < 2 or len(items) < least or not items.size:
            raise CourseError(
                f"{function} got {name} of shape {items.shape}: give it one row an "
                f"item, (N, ...), and at least {least}."
            )
        if items.dtype.kind not in "fiub" or not np.isfinite(items).all():
            raise CourseError(
                f"{function} got NaN, infinite values or no numbers in {name}: look "
                "for a training run that diverged or for missing values."
            )
        arrays.append(items)
    shapes = {name: items.shape[1:] for name, items in zip(sets, arrays, strict=True)}
    if len(set(shapes.values())) > 1:
        found = ", ".join(f"{name} (N, {str(s)[1:-1]})" for name, s in shapes.items())
        raise CourseError(
            f"{function} got items of different shapes, {found}: compute all of them "
            "in the same way."
        )
    return arrays


def _features(function, least, **sets):
    """The same, each item as one vector: (N, D)."""
    return [
        items.reshape(len(items), -1) for items in _samples(function, least, **sets)
    ]


def bits_per_character(model, ids, window=64, num_rows=32):
    """Mean of -log2 p(id | the ids before it) over a text of character ids (T,).

    model maps [ids (N, T), state, ...] to [logits (N, T, V), state, ...]. The text is
    read in num_rows parts side by side, window ids at a time, and each part's states
    are carried along; what does not fill a window at the end of a part is left out.
    Raises CourseError when the text is shorter than a window.
    """
    from course_utils.sampling import zero_states

    num_rows = min(num_rows, (len(ids) - 1) // window)
    if num_rows < 1:
        raise CourseError(
            f"bits_per_character got {len(ids)} ids: give it at least window + 1 = "
            f"{window + 1}."
        )
    part = (len(ids) - 1) // num_rows
    rows = np.arange(num_rows)[:, None] * part + np.arange(window + 1)
    if model not in _compiled:
        _compiled[model] = _nats_of(weakref.ref(model))
    states, nats, num_windows = zero_states(model, num_rows), 0.0, part // window
    for start in range(0, num_windows * window, window):
        more, states = _compiled[model](ids[rows + start], states)
        nats += float(more)
    return nats / (num_rows * num_windows * window) / np.log(2)


_compiled = weakref.WeakKeyDictionary()


def _nats_of(model_reference):
    import tensorflow as tf

    @tf.function(reduce_retracing=True)
    def read(chunk, states):  # (num_rows, window + 1)
        logits, *states = model_reference()([chunk[:, :-1], *states])
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(chunk[:, 1:], logits)
        return tf.reduce_sum(losses), states

    return lambda chunk, states: read(tf.constant(chunk), states)


def bits_per_token(model, ids, window, batch_size=32):
    """Mean of -log2 p(id | the ids before it) over token ids (T,), all but the first.

    model maps ids (N, window) to logits (N, window, V). Windows overlap by half and
    only the ids that no earlier window had are counted, so that each is predicted from
    at least window / 2 ids, except at the beginning of the text. Raises CourseError
    when the text is shorter than a window.
    """
    ids = np.asarray(ids, "int32")
    last = len(ids) - 1 - window
    if last < 0 or window < 2:
        raise CourseError(
            f"bits_per_token got {len(ids)} ids and a window of {window}: give it at "
            "least window + 1 ids, and a window of 2 or more."
        )
    starts = np.append(np.arange(0, last, window // 2), last)
    new = np.diff(starts, prepend=-window)  # ids that no window before has predicted
    if model not in _compiled_windows:
        _compiled_windows[model] = _nats_of_windows(weakref.ref(model))
    nats = 0.0
    for first in range(0, len(starts), batch_size):
        rows = slice(first, first + batch_size)
        chunks = ids[starts[rows, None] + np.arange(window + 1)]
        counted = np.arange(window) >= window - new[rows, None]  # (N, window)
        nats += float(_compiled_windows[model](chunks, counted.astype("float32")))
    return nats / (len(ids) - 1) / np.log(2)


_compiled_windows = weakref.WeakKeyDictionary()


def _nats_of_windows(model_reference):
    import tensorflow as tf

    @tf.function(reduce_retracing=True)
    def read(chunks, counted):  # (N, window + 1), (N, window)
        logits = tf.cast(model_reference()(chunks[:, :-1], training=False), "float32")
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(chunks[:, 1:], logits)
        return tf.reduce_sum(losses * counted)

    return lambda *arrays: read(*map(tf.constant, arrays))


def distinct_n(texts, n=2):
    """Share of different ones among all runs of n words in some texts: above 0, to 1.

    texts: a list of texts; a word is a run of letters and digits, and capitals do not
    count (Li et al. 2016, https://arxiv.org/abs/1510.03055). The more text, the lower:
    compare sets of one size. Raises CourseError when no text has n words.
    """
    words = [re.findall(r"\w+", text.lower()) for text in _texts("distinct_n", texts)]
    runs = [tuple(w[i : i + n]) for w in words for i in range(len(w) - n + 1)]
    if n < 1 or not runs:
        raise CourseError(
            f"distinct_n got {len(texts)} texts without a run of {n} words: give it "
            "longer texts, or an n from 1."
        )
    return len(set(runs)) / len(runs)


def self_bleu(texts):
    """How alike some texts are, from 0 to 100: the mean BLEU of each against the rest.

    texts: a list of two or more, of similar length; the more, the higher: compare sets
    of one size (Zhu et al. 2018, https://arxiv.org/abs/1802.01886). The BLEU is
    sacrebleu's `sentence_bleu`. Raises CourseError for fewer texts.
    """
    import sacrebleu

    texts = list(_texts("self_bleu", texts))
    if len(texts) < 2:
        raise CourseError("self_bleu got one text: give it at least two to compare.")
    scores = [
        sacrebleu.sentence_bleu(text, texts[:i] + texts[i + 1 :]).score
        for i, text in enumerate(texts)
    ]
    return float(np.mean(scores))


def longest_copied(text, source):
    """The longest run of characters of a text that occurs in the source: a text.

    The first one where several are equally long; "" where not one character does.
    """
    best, size = "", 0
    for start in range(len(text)):
        # Only a run that is longer than the best one so far is looked for.
        while start + size < len(text) and text[start : start + size + 1] in source:
            best, size = text[start : start + size + 1], size + 1
    return best


def _texts(function, texts):
    if isinstance(texts, str) or not all(isinstance(text, str) for text in texts):
        raise CourseError(
            f"{function} got {type(texts).__name__}: give it a list of texts."
        )
    if not len(texts):
        raise CourseError(f"{function} got no texts: give it at least one.")
    return texts
