"""Plausible wrong answers to the exercises of lesson 07."""

import numpy as np


def score__zero_times_infinity(probabilities):
    ratio = probabilities / probabilities.mean(axis=0)
    return np.exp(np.sum(probabilities * np.log(ratio), axis=1).mean())


def score__small_number_added(probabilities):
    ratio = (probabilities + 1e-6) / (probabilities.mean(axis=0) + 1e-6)
    return np.exp(np.sum(probabilities * np.log(ratio), axis=1).mean())


def score__no_exponential(probabilities):
    ratio = probabilities / probabilities.mean(axis=0)
    return np.sum(probabilities * np.log(ratio), axis=1).mean()


def score__exponential_of_each_picture(probabilities):
    ratio = np.maximum(probabilities, 1e-300) / probabilities.mean(axis=0)
    return np.exp(np.sum(probabilities * np.log(ratio), axis=1)).mean()


def score__mean_over_classes(probabilities):
    mean = probabilities.mean(axis=1, keepdims=True)
    ratio = np.maximum(probabilities, 1e-300) / mean
    return np.exp(np.sum(probabilities * np.log(ratio), axis=1).mean())


def distance_of_independent__root(real, generated):
    means = real.mean(axis=0) - generated.mean(axis=0)
    deviations = real.std(axis=0, ddof=1) - generated.std(axis=0, ddof=1)
    return np.sqrt(np.sum(means**2) + np.sum(deviations**2))


def distance_of_independent__variances(real, generated):
    means = real.mean(axis=0) - generated.mean(axis=0)
    variances = real.var(axis=0, ddof=1) - generated.var(axis=0, ddof=1)
    return np.sum(means**2) + np.sum(variances**2)


def distance_of_independent__means_only(real, generated):
    return np.sum((real.mean(axis=0) - generated.mean(axis=0)) ** 2)


def distance_of_independent__one_deviation_for_all(real, generated):
    means = real.mean(axis=0) - generated.mean(axis=0)
    return np.sum(means**2) + real.shape[1] * (real.std() - generated.std()) ** 2


def distance_of_independent__row_by_row(real, generated):
    size = min(len(real), len(generated))
    return np.mean(np.sum((real[:size] - generated[:size]) ** 2, axis=1))


def precision_and_coverage__swapped(distances, radii):
    inside = distances <= radii[:, None]
    return inside.any(axis=1).mean(), inside.any(axis=0).mean()


def precision_and_coverage__strictly_less(distances, radii):
    inside = distances < radii[:, None]
    return inside.any(axis=0).mean(), inside.any(axis=1).mean()


def precision_and_coverage__counts_balls(distances, radii):
    inside = distances <= radii[:, None]
    return inside.sum(axis=0).mean(), inside.any(axis=1).mean()


def precision_and_coverage__one_radius_for_all(distances, radii):
    inside = distances <= radii.mean()
    return inside.any(axis=0).mean(), inside.any(axis=1).mean()


def precision_and_coverage__share_of_table(distances, radii):
    inside = distances <= radii[:, None]
    return inside.mean(), inside.mean()


def precision_and_coverage__precision_only(distances, radii):
    return (distances <= radii[:, None]).any(axis=0).mean()
