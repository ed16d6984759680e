"""Checkers of lesson 06: range test, successive halving, paired interval."""

from course_utils.exercises import close, expect

import numpy as np


def check_1(answer):
    """A learning rate from a range test."""
    rates = np.array([1e-4, 1e-3, 1e-2, 1e-1, 1.0])
    losses = np.array([4.0, 3.5, 2.0, 3.0, 9.0])
    before = losses.copy()
    expect(
        close(answer(rates, losses), 1e-3, 1e-9),
        "the lowest loss was at 0.01, and you do not suggest 0.001",
        "find the place of the lowest loss with np.argmin, and divide its rate by 10",
    )
    for bad in (np.nan, np.inf, -np.inf):
        exploded = np.array([4.0, 2.0, 3.0, bad, bad])
        expect(
            close(answer(rates, exploded), 1e-4, 1e-9),
            f"losses of {bad} at the end change the answer",
            "only finite losses count: np.isfinite tells which ones are",
        )
    expect(
        close(answer(rates, np.array([1.0, 2.0, 3.0, 4.0, 5.0])), 1e-5, 1e-9),
        "a loss that only rises does not give a tenth of the first rate",
        "the lowest loss may be the first one",
    )
    expect(close(losses, before, 0), "your function changes losses", "work on a copy")


def check_2(answer):
    """Successive halving."""
    values = np.array([0.5, 0.1, 0.4, 0.3, 0.2, 0.6])
    expect(
        close(answer(values), [1, 4]),
        "of [0.5, 0.1, 0.4, 0.3, 0.2, 0.6], not the positions 1 and 4 go on",
        "np.argsort gives the positions from the lowest value to the highest; "
        "6 // 3 of them go on",
    )
    expect(
        close(answer(values, 2), [1, 4, 3]),
        "factor=2 does not keep half of six, the best first",
        "divide the number of trials by factor",
    )
    expect(
        close(answer(values[:5]), [1]),
        "of five trials with factor 3, not exactly the best one goes on",
        "5 / 3 is rounded down, to 1",
    )
    expect(
        close(answer(np.array([0.2, 0.1])), [1]),
        "of two trials with factor 3, none or both go on",
        "at least one goes on: max(1, ...)",
    )
    ties = np.array([1.0] * 20 + [0.5] + [1.0] * 19)
    expect(
        close(answer(ties, 8), [20, 0, 1, 2, 3]),
        "of equal values, the earlier ones are not preferred",
        'np.argsort(..., kind="stable") keeps equal values in order',
    )
    expect(
        close(answer(np.array([np.nan, 3.0, np.nan, 1.0]), 2), [3, 1]),
        "a trial with NaN goes on before one with a number",
        "NaN must come last, as it does in np.argsort",
    )


def check_3(answer):
    """A paired interval."""
    defaults, tuned = np.array([3.0, 4.0, 5.0, 6.0]), np.array([2.0, 4.0, 4.0, 4.0])
    result = answer(defaults, tuned, 3.18)
    expect(
        isinstance(result, (tuple, list, np.ndarray)) and len(result) == 2,
        "the answer is not a pair",
        "return the mean difference and the half width",
    )
    mean, half = result
    expect(
        close(mean, -1.0),
        "the mean difference of [3, 4, 5, 6] and [2, 4, 4, 4] is not -1",
        "take tuned - defaults for each seed, then the mean; lower is better, so an "
        "improvement is negative",
    )
    expected = 3.18 * np.sqrt(2 / 3) / 2
    expect(
        not close(half, 3.18 * np.sqrt(0.5) / 2),
        "the standard deviation divides by n",
        "with few seeds that is too small: ddof=1 divides by n - 1",
    )
    expect(
        not close(half, expected * 2),
        "the interval of the mean does not get narrower with more seeds",
        "divide by the square root of the number of seeds",
    )
    expect(
        close(half, expected),
        "the half width is wrong",
        "it is t * s / sqrt(n), with s the standard deviation of the differences, "
        "not of either setting's scores",
    )
    _, same = answer(defaults, defaults + 0.5, 3.18)
    expect(
        close(same, 0.0),
        "equal differences do not give a half width of 0",
        "only the differences count, not how much the scores vary between seeds",
    )
