"""Solutions of lesson 05."""

import numpy as np


def kl_between(mean_1, log_variance_1, mean_2, log_variance_2):
    squares = np.exp(log_variance_1) + (mean_1 - mean_2) ** 2
    ratio = squares / np.exp(log_variance_2)
    return 0.5 * (log_variance_2 - log_variance_1 + ratio - 1).sum(axis=-1)


def active_units(mean, threshold=0.01):
    return int(np.sum(mean.var(axis=0) > threshold))


def free_bits(kl, floor):
    return float(np.maximum(kl.mean(axis=0), floor).sum())
