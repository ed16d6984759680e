"""Plausible wrong answers to the exercises of lesson 07c."""

import math

import numpy as np


def coin_test__one_sided(wins, number):
    return sum(math.comb(number, k) for k in range(wins, number + 1)) / 2**number


def coin_test__twice_one_sided(wins, number):
    wins = max(wins, number - wins)
    return 2 * sum(math.comb(number, k) for k in range(wins, number + 1)) / 2**number


def coin_test__only_this_result(wins, number):
    return 2 * math.comb(number, wins) / 2**number


def coin_test__further_only(wins, number):
    distance = abs(wins - number / 2)
    far = [k for k in range(number + 1) if abs(k - number / 2) > distance]
    return sum(math.comb(number, k) for k in far) / 2**number


def coin_test__normal_curve(wins, number):
    z = abs(wins - number / 2) / math.sqrt(number / 4)
    return math.erfc(z / math.sqrt(2))


def coin_test__not_absolute(wins, number):
    far = [k for k in range(number + 1) if k - number / 2 >= wins - number / 2]
    far += [number - k for k in far]
    return sum(math.comb(number, k) for k in set(far)) / 2**number


def paired_interval__unpaired(one, other, draws):
    means = one[draws].mean(axis=1) - other[draws[::-1]].mean(axis=1)
    low, high = np.percentile(means, [2.5, 97.5])
    return low, high


def paired_interval__wrong_sign(one, other, draws):
    means = (other - one)[draws].mean(axis=1)
    low, high = np.percentile(means, [2.5, 97.5])
    return low, high


def paired_interval__ninety_percent(one, other, draws):
    means = (one - other)[draws].mean(axis=1)
    low, high = np.percentile(means, [5, 95])
    return low, high


def paired_interval__of_single_chapters(one, other, draws):
    low, high = np.percentile(one - other, [2.5, 97.5])
    return low, high


def paired_interval__mean_over_resamples(one, other, draws):
    means = (one - other)[draws].mean(axis=0)
    low, high = np.percentile(means, [2.5, 97.5])
    return low, high
