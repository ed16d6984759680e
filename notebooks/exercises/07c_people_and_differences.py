"""Exercises of lesson 07c: solutions, then checkers, then wrong answers."""

import math

from course_utils.judge import close

import numpy as np


def coin_test(wins, number):
    """Two-sided probability, from 0 to 1, that a fair coin is at least as uneven."""
    distance = abs(wins - number / 2)
    far = [k for k in range(number + 1) if abs(k - number / 2) >= distance]
    return sum(math.comb(number, k) for k in far) / 2**number


def paired_interval(one, other, draws):
    """(low, high) of mean(one - other), from (N,), (N,) and indices (resamples, N)."""
    means = (one - other)[draws].mean(axis=1)
    low, high = np.percentile(means, [2.5, 97.5])
    return low, high


def check_1(answer):
    """The exact two-sided test against a fair coin."""
    assert close(answer(1, 2), 1.0), (
        "1 of 2 is exactly half and half, so every result is at least as far: 1. "
        "Hint: half and half itself counts: 'at least as far' is >=."
    )
    assert not close(answer(5, 5), 1 / 32), (
        "5 of 5 is as far from half and half as 0 of 5, and both must count. "
        "Hint: add up both directions: abs(k - number / 2) >= abs(wins - number / 2)."
    )
    assert close(answer(5, 5), 2 / 32), (
        "5 of 5 must give 2/32: only 0 and 5 heads are as uneven. "
        "Hint: k heads of n have the probability math.comb(n, k) / 2**n."
    )
    assert close(answer(0, 4), 2 / 16) and close(answer(2, 10), answer(8, 10)), (
        "few wins are as uneven as many: 2 of 10 must give what 8 of 10 gives. "
        "Hint: take the absolute distance from number / 2."
    )
    assert close(answer(8, 10), 112 / 1024), (
        "8 of 10 must give 112/1024: 0, 1, 2, 8, 9 and 10 heads. Hint: the result "
        "itself belongs to 'at least as far', and so do all further ones."
    )
    assert close(answer(6, 10), 772 / 1024) and close(answer(5, 10), 1.0), (
        "6 of 10 gives the wrong probability. "
        "Hint: sum over all k from 0 to number, and never count one k twice."
    )
    assert close(answer(600, 1000), coin_test(600, 1000), 1e-9), (
        "600 of 1000 gives the wrong probability. "
        "Hint: math.comb gives exact integers: add these, and divide once at the end."
    )


def check_2(answer):
    """The paired interval."""
    random = np.random.default_rng(0)
    hard = random.normal(2, 1, 30)  # what makes a chapter hard for both
    one, other = hard + random.normal(0.1, 0.02, 30), hard + random.normal(0, 0.02, 30)
    draws = random.integers(0, 30, (400, 30))
    result = answer(one, other, draws)
    assert np.shape(result) == (2,), (
        "the result is not a pair of numbers. Hint: return low, high."
    )
    expected = np.percentile((one - other)[draws].mean(axis=1), [2.5, 97.5])
    assert np.ptp(result) < 10 * np.ptp(expected), (
        "the interval is as wide as if the models had read different chapters. "
        "Hint: take one - other of each chapter first, then draw the differences."
    )
    assert not close([-result[1], -result[0]], expected), (
        "the difference has the wrong sign. Hint: it is one minus other."
    )
    assert close(result, expected), (
        "the interval is wrong. Hint: (one - other)[draws] is (resamples, N): mean "
        "over axis 1, then the 2.5th and the 97.5th percentile."
    )
    assert close(answer(one, one + 0.5, draws), [-0.5, -0.5]), (
        "a model that is 0.5 better on every chapter must give exactly (-0.5, -0.5). "
        "Hint: nothing but the differences, chapter by chapter, may count."
    )


WRONG = {  # replacements in a solution, or another body for it
    "coin_test__one_sided": [("abs(k - number / 2) >= distance", "k >= wins")],
    "coin_test__twice_one_sided": [("abs(k -", "(k -"), ("sum", "2 * sum")],
    "coin_test__only_this_result": "return 2 * math.comb(number, wins) / 2**number",
    "coin_test__further_only": [(">= distance", "> distance")],
    "coin_test__normal_curve": (
        "return math.erfc(abs(wins - number / 2) / math.sqrt(number / 2))"
    ),
    "coin_test__not_absolute": [
        ("abs(k - number / 2) >= distance", "max(k, number - k) >= wins")
    ],
    "paired_interval__unpaired": [
        ("(one - other)[draws]", "(one[draws] - other[draws[::-1]])")
    ],
    "paired_interval__wrong_sign": [("= (one - other)", "= (other - one)")],
    "paired_interval__ninety_percent": [("[2.5, 97.5]", "[5, 95]")],
    "paired_interval__of_single_chapters": [("[draws].mean(axis=1)", "")],
    "paired_interval__mean_over_resamples": [("axis=1", "axis=0")],
}
