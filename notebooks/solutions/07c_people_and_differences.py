"""Solutions of lesson 07c."""

import math

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
