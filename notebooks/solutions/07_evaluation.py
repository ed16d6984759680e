"""Solutions of lesson 07."""

import numpy as np


def score(probabilities):
    mean = probabilities.mean(axis=0)
    ratio = np.where(probabilities > 0, probabilities, 1) / np.where(mean > 0, mean, 1)
    divergences = np.sum(probabilities * np.log(ratio), axis=1)
    return float(np.exp(divergences.mean()))


def distance_of_independent(real, generated):
    means = real.mean(axis=0) - generated.mean(axis=0)
    deviations = real.std(axis=0, ddof=1) - generated.std(axis=0, ddof=1)
    return float(np.sum(means**2) + np.sum(deviations**2))


def precision_and_coverage(distances, radii):
    inside = distances <= radii[:, None]
    return float(inside.any(axis=0).mean()), float(inside.any(axis=1).mean())
