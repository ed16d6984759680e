"""Exercises of lesson 06: solutions, then checkers, then wrong answers."""

from course_utils.judge import close

import numpy as np


def suggest_rate(rates, losses):
    losses = np.where(np.isfinite(losses), losses, np.inf)
    return float(rates[np.argmin(losses)] / 10)


def survivors(values, factor=3):
    order = np.argsort(values, kind="stable")  # NaN comes last
    return order[: max(1, len(values) // factor)]


def paired_interval(defaults, tuned, t):
    change = np.asarray(tuned) - np.asarray(defaults)
    half = t * np.std(change, ddof=1) / np.sqrt(len(change))
    return float(np.mean(change)), float(half)


def check_1(answer):
    """A learning rate from a range test."""
    rates = np.array([1e-4, 1e-3, 1e-2, 1e-1, 1.0])
    losses = np.array([4.0, 3.5, 2.0, 3.0, 9.0])
    before = losses.copy()
    assert close(answer(rates, losses), 1e-3, 1e-9), (
        "the lowest loss was at 0.01, and you do not suggest 0.001. Hint: find the "
        "place of the lowest loss with np.argmin, and divide its rate by 10."
    )
    for bad in (np.nan, np.inf, -np.inf):
        exploded = np.array([4.0, 2.0, 3.0, bad, bad])
        assert close(answer(rates, exploded), 1e-4, 1e-9), (
            f"losses of {bad} at the end change the answer. "
            "Hint: only finite losses count: np.isfinite tells which ones are."
        )
    assert close(answer(rates, np.array([1.0, 2.0, 3.0, 4.0, 5.0])), 1e-5, 1e-9), (
        "a loss that only rises does not give a tenth of the first rate. "
        "Hint: the lowest loss may be the first one."
    )
    assert close(losses, before, 0), (
        "your function changes losses. Hint: work on a copy."
    )


def check_2(answer):
    """Successive halving."""
    values = np.array([0.5, 0.1, 0.4, 0.3, 0.2, 0.6])
    assert close(answer(values), [1, 4]), (
        "of [0.5, 0.1, 0.4, 0.3, 0.2, 0.6], not the positions 1 and 4 go on. "
        "Hint: np.argsort gives the positions from the lowest value to the highest; 6 "
        "// 3 of them go on."
    )
    assert close(answer(values, 2), [1, 4, 3]), (
        "factor=2 does not keep half of six, the best first. "
        "Hint: divide the number of trials by factor."
    )
    assert close(answer(values[:5]), [1]), (
        "of five trials with factor 3, not exactly the best one goes on. "
        "Hint: 5 / 3 is rounded down, to 1."
    )
    assert close(answer(np.array([0.2, 0.1])), [1]), (
        "of two trials with factor 3, none or both go on. "
        "Hint: at least one goes on: max(1, ...)."
    )
    ties = np.array([1.0] * 20 + [0.5] + [1.0] * 19)
    assert close(answer(ties, 8), [20, 0, 1, 2, 3]), (
        "of equal values, the earlier ones are not preferred. "
        'Hint: np.argsort(..., kind="stable") keeps equal values in order.'
    )
    assert close(answer(np.array([np.nan, 3.0, np.nan, 1.0]), 2), [3, 1]), (
        "a trial with NaN goes on before one with a number. "
        "Hint: NaN must come last, as it does in np.argsort."
    )


def check_3(answer):
    """A paired interval."""
    defaults, tuned = np.array([3.0, 4.0, 5.0, 6.0]), np.array([2.0, 4.0, 4.0, 4.0])
    result = answer(defaults, tuned, 3.18)
    assert isinstance(result, (tuple, list, np.ndarray)) and len(result) == 2, (
        "the answer is not a pair. Hint: return the mean difference and the half width."
    )
    mean, half = result
    assert close(mean, -1.0), (
        "the mean difference of [3, 4, 5, 6] and [2, 4, 4, 4] is not -1. "
        "Hint: take tuned - defaults for each seed, then the mean; lower is better, so "
        "an improvement is negative."
    )
    expected = 3.18 * np.sqrt(2 / 3) / 2
    assert not close(half, 3.18 * np.sqrt(0.5) / 2), (
        "the standard deviation divides by n. "
        "Hint: with few seeds that is too small: ddof=1 divides by n - 1."
    )
    assert not close(half, expected * 2), (
        "the interval of the mean does not get narrower with more seeds. "
        "Hint: divide by the square root of the number of seeds."
    )
    assert close(half, expected), (
        "the half width is wrong. Hint: it is t * s / sqrt(n), with s the standard "
        "deviation of the differences, not of either setting's scores."
    )
    _, same = answer(defaults, defaults + 0.5, 3.18)
    assert close(same, 0.0), (
        "equal differences do not give a half width of 0. "
        "Hint: only the differences count, not how much the scores vary between seeds."
    )


WRONG = {  # replacements in a solution, or another body for it
    "suggest_rate__lowest_itself": [(" / 10", "")],
    "suggest_rate__nan_wins": "return rates[np.argmin(losses)] / 10",
    "suggest_rate__infinity_wins": "return rates[np.nanargmin(losses)] / 10",
    "suggest_rate__changes_its_input": [("losses = np", "losses[:] = 2 * np")],
    "survivors__values": [("np.argsort", "np.sort")],
    "survivors__highest": [("argsort(values", "argsort(-values")],
    "survivors__none_left": [
        ("max(1, len(values) // factor)", "len(values) // factor")
    ],
    "survivors__rounded_up": [("len(values) // factor", "-(-len(values) // factor)")],
    "survivors__later_first": [
        ('argsort(values, kind="stable")', "lexsort([-np.arange(len(values)), values])")
    ],
    "paired_interval__divides_by_n": [(", ddof=1", "")],
    "paired_interval__sign": [("float(np.mean", "-float(np.mean")],
    "paired_interval__not_of_the_mean": [(" / np.sqrt(len(change))", "")],
    "paired_interval__unpaired": [
        ("np.std(change, ddof=1)", "(tuned.var(ddof=1) + defaults.var(ddof=1)) ** 0.5")
    ],
}
