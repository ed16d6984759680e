"""Plausible wrong answers to the exercises of lesson 05."""

import numpy as np


def kl_between__one_number(mean_1, log_variance_1, mean_2, log_variance_2):
    squares = np.exp(log_variance_1) + (mean_1 - mean_2) ** 2
    ratio = squares / np.exp(log_variance_2)
    return 0.5 * (log_variance_2 - log_variance_1 + ratio - 1).sum()


def kl_between__logs_swapped(mean_1, log_variance_1, mean_2, log_variance_2):
    squares = np.exp(log_variance_1) + (mean_1 - mean_2) ** 2
    ratio = squares / np.exp(log_variance_2)
    return 0.5 * (log_variance_1 - log_variance_2 + ratio - 1).sum(axis=-1)


def kl_between__no_half(mean_1, log_variance_1, mean_2, log_variance_2):
    squares = np.exp(log_variance_1) + (mean_1 - mean_2) ** 2
    ratio = squares / np.exp(log_variance_2)
    return (log_variance_2 - log_variance_1 + ratio - 1).sum(axis=-1)


def kl_between__no_brackets(mean_1, log_variance_1, mean_2, log_variance_2):
    ratio = np.exp(log_variance_1 - log_variance_2) + (mean_1 - mean_2) ** 2
    return 0.5 * (log_variance_2 - log_variance_1 + ratio - 1).sum(axis=-1)


def active_units__mean_square(mean, threshold=0.01):
    return int(np.sum((mean**2).mean(axis=0) > threshold))


def active_units__standard_deviation(mean, threshold=0.01):
    return int(np.sum(mean.std(axis=0) > threshold))


def active_units__over_units(mean, threshold=0.01):
    return int(np.sum(mean.var(axis=1) > threshold))


def active_units__fixed_threshold(mean, threshold=0.01):
    return int(np.sum(mean.var(axis=0) > 0.01))


def active_units__list(mean, threshold=0.01):
    return mean.var(axis=0) > threshold


def free_bits__each_picture(kl, floor):
    return float(np.maximum(kl, floor).mean(axis=0).sum())


def free_bits__whole_sum(kl, floor):
    return float(max(kl.mean(axis=0).sum(), floor))


def free_bits__subtracts(kl, floor):
    return float(np.maximum(kl.mean(axis=0) - floor, 0).sum())


def free_bits__mean_over_units(kl, floor):
    return float(np.maximum(kl.mean(axis=0), floor).mean())
