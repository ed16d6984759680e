"""Exercises of lesson 09d: solutions, then checkers, then wrong answers."""

from course_utils.judge import close

import numpy as np


def rotate_back(x, base=10_000.0):
    half = x.shape[-1] // 2
    speeds = base ** (-np.arange(half) / half)
    angles = np.arange(len(x))[:, None] * speeds
    cos, sin = np.cos(angles), np.sin(angles)
    first, second = x[:, :half], x[:, half:]
    return np.concatenate([first * cos + second * sin, second * cos - first * sin], 1)


def alibi_bias(num_queries, num_keys, slope):
    queries = np.arange(num_keys - num_queries, num_keys)[:, None]
    distance = queries - np.arange(num_keys)
    return np.where(distance >= 0, -slope * distance, -np.inf)


def check_1(answer):
    """RoPE, undone."""

    def rotated(x, base=10_000.0, sign=1):  # as the lesson's `rotate`; -1 turns back
        half = x.shape[1] // 2
        angles = sign * np.arange(len(x))[:, None] * base ** (-np.arange(half) / half)
        cos, sin = np.cos(angles), np.sin(angles)
        a, b = x[:, :half], x[:, half:]
        return np.concatenate([a * cos - b * sin, a * sin + b * cos], axis=1)

    x = np.random.default_rng(0).normal(size=(5, 8))
    turned = rotated(x)
    result = answer(turned.copy())
    assert np.shape(result) == (5, 8), (
        "the result is not of the shape of x, (T, d). "
        "Hint: end with np.concatenate([first, second], axis=1)."
    )
    assert not close(result, rotated(turned)), (
        "it turns on in the same direction. "
        "Hint: turning back is turning by the negative angle; the sine changes sign."
    )
    assert not close(result, turned), (
        "x comes back as it was given. Hint: compute the angles as `rotate` does, "
        "from the positions 0, 1, 2, ..."
    )
    assert close(result[0], x[0]), (
        "position 0 has changed. Hint: its angle is 0, so both halves stay as they "
        "are: check the first position, the signs and the order of the halves."
    )
    assert close(np.linalg.norm(result, axis=1), np.linalg.norm(x, axis=1)), (
        "the vectors have another length than before. Hint: turning keeps it; "
        "compute both new halves from the old ones."
    )
    pairs = np.arange(8).reshape(4, 2).T.ravel()  # pairs of neighbours side by side
    neighbours = rotated(turned[:, pairs], sign=-1)[:, np.argsort(pairs)]
    assert not close(result, neighbours), (
        "it pairs neighbouring numbers. Hint: number i belongs with number i + d / 2."
    )
    assert close(result, x), (
        "the pairs are not turned back to what they were. "
        "Hint: pair i at position t was turned by t * base ** (-i / (d / 2))."
    )
    assert close(answer(rotated(x, 50.0), 50.0), x), (
        "another base is not used. Hint: use the argument, not 10,000."
    )


def check_2(answer):
    """The bias of one head for the last queries."""
    result = answer(2, 4, 0.5)
    assert np.shape(result) == (2, 4), (
        "the result is not of shape (num_queries, num_keys). "
        "Hint: a column of query positions minus a row of key positions."
    )
    result = np.asarray(result, float)
    right = np.array([[-1.0, -0.5, 0.0, -np.inf], [-1.5, -1.0, -0.5, 0.0]])
    assert not close(
        result, [[0, -np.inf, -np.inf, -np.inf], [-0.5, 0, *[-np.inf] * 2]]
    ), (
        "the queries stand at the first positions. "
        "Hint: the last query stands at the last key, num_keys - 1."
    )
    assert not close(result, right[::-1]), (
        "the queries are in reverse order. Hint: the last row is the last query."
    )
    assert np.isneginf(result).any(), (
        "no key is hidden by minus infinity. Hint: np.where with -np.inf."
    )
    assert np.array_equal(np.isneginf(result), np.isneginf(right)), (
        "the keys that are hidden are not those after the query. "
        "Hint: -np.inf where the key's position is larger than the query's, only there."
    )
    seen = np.isfinite(right)
    assert not close(result[seen], -right[seen]), (
        "far keys get a bonus. Hint: the distance is subtracted from the score."
    )
    assert not close(result[seen], 2 * right[seen]), (
        "the slope is not used. Hint: multiply the distance by `slope`."
    )
    assert close(result, right), (
        "the bias is not minus slope times the distance. "
        "Hint: distance = position of the query - position of the key."
    )
    full = np.where(
        np.tri(3, dtype=bool), -0.25 * np.subtract.outer(range(3), range(3)), -np.inf
    )
    assert close(answer(3, 3, 0.25), full), (
        "as many queries as keys give a wrong bias. Hint: then query 0 stands at key 0."
    )


WRONG = {  # replacements in a solution, or another body for it
    "rotate_back__turns_on": [
        ("first * cos + second * sin", "first * cos - second * sin"),
        ("second * cos - first * sin", "second * cos + first * sin"),
    ],
    "rotate_back__from_1": [("np.arange(len(x))", "(1 + np.arange(len(x)))")],
    "rotate_back__neighbours": (
        "half = x.shape[-1] // 2\n"
        "    angles = np.arange(len(x))[:, None] * base ** (-np.arange(half) / half)\n"
        "    cos, sin = np.cos(angles), np.sin(angles)\n"
        "    a, b = x[:, ::2], x[:, 1::2]\n"
        "    out = np.zeros_like(x)\n"
        "    out[:, ::2], out[:, 1::2] = a * cos + b * sin, b * cos - a * sin\n"
        "    return out"
    ),
    "rotate_back__one_sine": [("second * cos - first * sin", "second * cos")],
    "rotate_back__one_speed": [("base ** (-np.arange(half) / half)", "np.ones(half)")],
    "rotate_back__constant": [("= base **", "= 10_000.0 **")],
    "rotate_back__unchanged": "return x",
    "rotate_back__transposed": [("- first * sin], 1)", "- first * sin], 1).T")],
    "alibi_bias__first_positions": [
        ("np.arange(num_keys - num_queries, num_keys)", "np.arange(num_queries)")
    ],
    "alibi_bias__no_mask": [
        (
            "np.where(distance >= 0, -slope * distance, -np.inf)",
            "-slope * abs(distance)",
        )
    ],
    "alibi_bias__bonus": [("-slope * distance", "slope * distance")],
    "alibi_bias__hides_itself": [("distance >= 0", "distance > 0")],
    "alibi_bias__no_slope": [("-slope * distance", "-distance")],
    "alibi_bias__transposed": [("-np.inf)", "-np.inf).T")],
    "alibi_bias__reversed": [("-np.inf)", "-np.inf)[::-1]")],
    "alibi_bias__large_number": [("-np.inf", "-1e9")],
}
