"""Compare sets of samples; measure a model of text."""

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
