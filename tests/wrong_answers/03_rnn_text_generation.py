"""Plausible wrong answers to the exercises of lesson 03."""

import numpy as np


def bits_of__natural_logarithm(probabilities):
    return -np.mean(np.log(probabilities))


def bits_of__logarithm_of_the_mean(probabilities):
    return -np.log2(np.mean(probabilities))


def bits_of__sum(probabilities):
    return -np.sum(np.log2(probabilities))


def bits_of__small_number_added(probabilities):
    return -np.mean(np.log2(probabilities + 1e-9))


def bits_of__warns(probabilities):
    return float(np.mean(-np.log2(probabilities)))


def with_temperature__not_normalised(probabilities, temperature):
    return probabilities ** (1 / max(temperature, 1e-3))


def with_temperature__multiplies(probabilities, temperature):
    powers = probabilities**temperature
    return powers / powers.sum()


def with_temperature__divides_by_zero(probabilities, temperature):
    powers = probabilities ** (1 / temperature)
    return powers / powers.sum()


def with_temperature__underflows(probabilities, temperature):
    if temperature == 0:
        return (probabilities == probabilities.max()).astype(float)
    powers = probabilities ** (1 / temperature)
    return powers / powers.sum()


def top_p__stops_one_early(probabilities, p):
    order = np.argsort(-probabilities)
    kept = order[np.cumsum(probabilities[order]) <= p]
    result = np.zeros(len(probabilities))
    result[kept] = probabilities[kept]
    return result / result.sum()


def top_p__not_normalised(probabilities, p):
    order = np.argsort(-probabilities)
    before = np.cumsum(probabilities[order]) - probabilities[order]
    result = np.zeros(len(probabilities))
    kept = order[before < p]
    result[kept] = probabilities[kept]
    return result


def top_p__threshold(probabilities, p):
    result = np.where(probabilities >= p * probabilities.max(), probabilities, 0)
    return result / result.sum()


def top_p__changes_its_input(probabilities, p):
    order = np.argsort(-probabilities)
    before = np.cumsum(probabilities[order]) - probabilities[order]
    probabilities[order[before >= p - 1e-12]] = 0
    probabilities /= probabilities.sum()
    return probabilities
