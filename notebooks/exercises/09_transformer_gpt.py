"""Exercises of lesson 09: solutions, then checkers, then wrong answers."""

from course_utils.judge import close

import numpy as np


def window_attention(q, k, v, window):
    """q, k (T, d), v (T, e), window >= 1 -> context vectors (T, e)."""
    distance = np.arange(len(q))[:, None] - np.arange(len(k))
    seen = (distance >= 0) & (distance < window)
    scores = np.where(seen, q @ k.T / np.sqrt(q.shape[1]), -np.inf)
    weights = np.exp(scores - scores.max(axis=1, keepdims=True))
    return weights / weights.sum(axis=1, keepdims=True) @ v


def split_heads(queries, num_heads):
    """(N, T, num_heads * head_dim) -> (N, num_heads, T, head_dim)"""
    rows, length, width = queries.shape
    heads = queries.reshape(rows, length, num_heads, width // num_heads)
    return heads.transpose(0, 2, 1, 3)


def _attend(scores, v, seen):
    weights = np.exp(scores - scores.max()) * seen
    return weights / weights.sum(axis=1, keepdims=True) @ v


def check_1(answer):
    """One head of causal attention that looks back a limited way."""
    rng = np.random.default_rng(0)
    q, k, v = rng.normal(size=(6, 4)), rng.normal(size=(6, 4)), rng.normal(size=(6, 3))
    result = np.asarray(answer(q, k, v, 3))
    assert result.shape == (6, 3), (
        f"for 6 positions and values of length 3 the result has the shape "
        f"{result.shape}, not (6, 3). Hint: the attention weights (T, T) times v."
    )
    assert result.dtype.kind == "f" and np.isfinite(result).all(), (
        "the result has NaN or no numbers. Hint: set hidden scores to -np.inf before "
        "the softmax; each row keeps at least its own position."
    )
    assert close(answer(q, k, np.ones((6, 3)), 3), np.ones((6, 3))), (
        "the weights of a position do not sum to 1. Hint: hide scores first; then "
        "divide each row of np.exp(scores) by its sum (axis=1, keepdims=True)."
    )
    scores, distance = q @ k.T / 2, np.arange(6)[:, None] - np.arange(6)
    seen = (distance >= 0) & (distance < 3)
    assert not close(result, _attend(scores * seen, v, 1)), (
        "hidden positions still have a weight. "
        "Hint: a score of 0 has the weight exp(0) = 1; hide with -np.inf."
    )
    late = v.copy()
    late[4:] += 1
    assert close(answer(q, k, late, 3)[:4], result[:4]), (
        "a change of later values changes earlier context vectors. "
        "Hint: position i may not see position j > i."
    )
    causal = _attend(scores, v, distance >= 0)
    assert close(answer(q, k, v, 6), causal), (
        "with a window as long as the text it is not plain causal attention. "
        "Hint: divide the scores by np.sqrt(d), and let each position see itself."
    )
    assert not close(result, causal), (
        "with window 3 a position still sees all before it. "
        "Hint: hide those that are `window` or more positions back, too."
    )
    assert not close(result, _attend(scores, v, (distance >= 0) & (distance <= 3))), (
        "with window 3 a position sees four. "
        "Hint: itself counts: i - j is 0, 1 or 2, so i - j < window."
    )
    assert close(answer(q, k, v, 1), v), (
        "with window 1 the result is not v itself. "
        "Hint: each position then sees itself alone, with weight 1."
    )
    for window in (2, 3, 5):
        seen = (distance >= 0) & (distance < window)
        assert close(answer(q, k, v, window), _attend(scores, v, seen)), (
            f"with window {window} a position does not see exactly itself and "
            f"{window - 1} before it. Hint: 0 <= i - j < window."
        )
    with np.errstate(all="ignore"):
        large = answer(1e4 * q, k, v, 3)
    assert np.isfinite(large).all(), (
        "large scores give NaN. Hint: subtract the largest score of each row before "
        "np.exp; the softmax stays the same."
    )


def check_2(answer):
    """From columns to heads."""
    x = np.arange(3 * 5 * 8).reshape(3, 5, 8)
    result = answer(x, 2)
    assert not isinstance(result, list | tuple), (
        "it returns a list, not one array. Hint: np.stack(..., axis=1), or reshape and "
        "transpose without a loop."
    )
    assert np.shape(result) == (3, 2, 5, 4), (
        f"(3, 5, 8) in 2 heads becomes {np.shape(result)}, not (3, 2, 5, 4). Hint: "
        "reshape the last axis into (num_heads, head_dim), then transpose the axes "
        "into the order of the docstring."
    )
    assert close(result[0, 0, 0], [0, 1, 2, 3]), (
        "the first head of the first token is not columns 0 to 3. "
        "Hint: reshape to (..., num_heads, head_dim): neighbouring columns stay "
        "together."
    )
    assert close(result[0, 0, 1], [8, 9, 10, 11]), (
        "the first head mixes tokens up. Hint: a reshape cannot swap axes: "
        "reshape to (N, T, num_heads, head_dim), then transpose the middle two."
    )
    assert close(result[1][1], x[1, :, 4:]), (
        "the second head of the second row is not its columns 4 to 7. "
        "Hint: the rows of the batch stay the first axis."
    )
    square = np.arange(4 * 4 * 8).reshape(4, 4, 8)
    expected = square.reshape(4, 4, 4, 2).transpose(0, 2, 1, 3)
    assert close(answer(square, 4), expected), (
        "four rows of four tokens in four heads are wrong. "
        "Hint: take all sizes from queries.shape and num_heads, no constants."
    )


WRONG = {  # replacements in a solution, or another body for it
    "window_attention__sees_the_future": [("(distance >= 0) & ", "")],
    "window_attention__future_within_the_window": [
        ("(distance >= 0) & (distance < window)", "abs(distance) < window")
    ],
    "window_attention__one_too_many": [("distance < window", "distance <= window")],
    "window_attention__not_itself": [
        (
            "(distance >= 0) & (distance < window)",
            "(distance > 0) & (distance < window)",
        )
    ],
    "window_attention__turned_round": [
        (
            "np.arange(len(q))[:, None] - np.arange(len(k))",
            "np.arange(len(k)) - np.arange(len(q))[:, None]",
        )
    ],
    "window_attention__whole_past": [(" & (distance < window)", "")],
    "window_attention__not_scaled": [(" / np.sqrt(q.shape[1])", "")],
    "window_attention__scaled_by_d": [("np.sqrt(q.shape[1])", "q.shape[1]")],
    "window_attention__zeros_for_hidden_scores": [("-np.inf", "0.0")],
    "window_attention__overflows": [
        ("scores - scores.max(axis=1, keepdims=True)", "scores")
    ],
    "window_attention__softmax_of_columns": [
        (
            "weights / weights.sum(axis=1, keepdims=True)",
            "weights / weights.sum(axis=0)",
        )
    ],
    "window_attention__not_normalised": [(" / weights.sum(axis=1, keepdims=True)", "")],
    "window_attention__returns_weights": [(" @ v", "")],
    "window_attention__mask_after_softmax": [
        ("np.where(seen, q @ k.T / np.sqrt(q.shape[1]), -np.inf)", "q @ k.T / 2"),
        ("return weights / weights", "return seen * weights / weights"),
    ],
    "split_heads__no_transpose": [("heads.transpose(0, 2, 1, 3)", "heads")],
    "split_heads__reshape_alone": "rows, length, width = queries.shape\n"
    "    return queries.reshape(rows, num_heads, length, width // num_heads)",
    "split_heads__heads_interleaved": [
        ("num_heads, width // num_heads)", "width // num_heads, num_heads)"),
        ("transpose(0, 2, 1, 3)", "transpose(0, 3, 1, 2)"),
    ],
    "split_heads__heads_first": [("(0, 2, 1, 3)", "(2, 0, 1, 3)")],
    "split_heads__last_axes_swapped": [("(0, 2, 1, 3)", "(0, 2, 3, 1)")],
    "split_heads__np_split": "return np.split(queries, num_heads, axis=-1)",
    "split_heads__array_split_of_the_tokens": [
        ("(0, 2, 1, 3)", "(0, 1, 2, 3)"),
    ],
}
