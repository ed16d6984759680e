"""Solutions of lesson 03."""

import numpy as np


def bits_of(probabilities):
    with np.errstate(divide="ignore"):
        return float(np.mean(-np.log2(probabilities)))


def with_temperature(probabilities, temperature):
    if temperature == 0:
        result = np.zeros(len(probabilities))
        result[np.argmax(probabilities)] = 1.0
        return result
    # Divided by the largest first, so that a high power cannot turn all into 0.
    powers = (probabilities / np.max(probabilities)) ** (1 / temperature)
    return powers / powers.sum()


def top_p(probabilities, p):
    order = np.argsort(-probabilities)
    sums = np.cumsum(probabilities[order])
    kept = order[sums - probabilities[order] < p - 1e-12]
    result = np.zeros(len(probabilities))
    result[kept] = probabilities[kept]
    return result / result.sum()
