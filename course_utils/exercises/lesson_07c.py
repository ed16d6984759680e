"""Checkers of lesson 07c: a coin test, a paired interval."""

import math

from course_utils.exercises import close, expect, pair

import numpy as np


def check_1(answer):
    """The exact two-sided test against a fair coin."""
    expect(
        close(answer(1, 2), 1.0),
        "1 of 2 is exactly half and half, so every result is at least as far: 1",
        "half and half itself counts: 'at least as far' is >=",
    )
    expect(
        not close(answer(5, 5), 1 / 32),
        "5 of 5 is as far from half and half as 0 of 5, and both must count",
        "add up both directions: abs(k - number / 2) >= abs(wins - number / 2)",
    )
    expect(
        close(answer(5, 5), 2 / 32),
        "5 of 5 must give 2/32: only 0 and 5 heads are as uneven",
        "k heads of n have the probability math.comb(n, k) / 2**n",
    )
    expect(
        close(answer(0, 4), 2 / 16) and close(answer(2, 10), answer(8, 10)),
        "few wins are as uneven as many: 2 of 10 must give what 8 of 10 gives",
        "take the absolute distance from number / 2",
    )
    expect(
        close(answer(8, 10), 112 / 1024),
        "8 of 10 must give 112/1024: 0, 1, 2, 8, 9 and 10 heads",
        "the result itself belongs to 'at least as far', and so do all further ones",
    )
    expect(
        close(answer(6, 10), _coin_test(6, 10)) and close(answer(5, 10), 1.0),
        "6 of 10 gives the wrong probability",
        "sum over all k from 0 to number, and never count one k twice",
    )
    expect(
        close(answer(600, 1000), _coin_test(600, 1000), 1e-6 / 1e3),
        "600 of 1000 gives the wrong probability",
        "math.comb gives exact integers: add these, and divide once at the end",
    )


def _coin_test(wins, number):
    far = [
        k for k in range(number + 1) if abs(2 * k - number) >= abs(2 * wins - number)
    ]
    return sum(math.comb(number, k) for k in far) / 2**number


def check_2(answer):
    """The paired interval."""
    random = np.random.default_rng(0)
    hard = random.normal(2, 1, 30)  # what makes a chapter hard for both
    one, other = hard + random.normal(0.1, 0.02, 30), hard + random.normal(0, 0.02, 30)
    draws = random.integers(0, 30, (400, 30))
    result = pair(answer(one, other, draws))
    expect(
        result is not None,
        "the result is not a pair of numbers",
        "return low, high",
    )
    expected = np.percentile((one - other)[draws].mean(axis=1), [2.5, 97.5])
    expect(
        np.ptp(result) < 10 * np.ptp(expected),
        "the interval is as wide as if the models had read different chapters",
        "take one - other of each chapter first, then draw the differences",
    )
    expect(
        not close(-result[::-1], expected),
        "the difference has the wrong sign",
        "it is one minus other",
    )
    expect(
        close(result, expected),
        "the interval is wrong",
        "(one - other)[draws] is (resamples, N): mean over axis 1, then the 2.5th and "
        "the 97.5th percentile",
    )
    expect(
        close(answer(one, one + 0.5, draws), [-0.5, -0.5]),
        "a model that is 0.5 better on every chapter must give exactly (-0.5, -0.5)",
        "nothing but the differences, chapter by chapter, may count",
    )
