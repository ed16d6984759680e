"""Exercises of lesson 07: solutions, then checkers, then wrong answers."""

import warnings

from course_utils.judge import close

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


def check_1(answer):
    """The Inception Score."""
    random = np.random.default_rng(0)
    some = random.dirichlet(np.ones(4), size=30)
    before = some.copy()
    assert close(answer(np.full((6, 5), 0.2)), 1.0), (
        "a classifier that never decides must score 1. Hint: every row equals the mean "
        "of the rows, so each divergence is 0 and exp(0) = 1."
    )
    assert close(answer(some), score(some)), (
        "the score of 30 pictures is wrong. "
        "Hint: per picture sum p * log(p / mean of p over the pictures) over the "
        "classes, then take the mean over the pictures, then exp."
    )
    sure = np.repeat(np.eye(4), [5, 5, 5, 5], axis=0)
    with warnings.catch_warnings(action="error"):
        value, missing = answer(sure), answer(sure[:10])
    assert np.all(np.isfinite(value)), (
        "probabilities of 0 give NaN, infinity or a warning. Hint: 0 * log(0) counts "
        "as 0: put a 1 in place of each 0 inside the logarithm."
    )
    assert close(value, 4.0, 1e-4) and close(missing, 2.0, 1e-4), (
        "four classes, each surely recognised and equally frequent, must score 4, and "
        "two of the four must score 2. Hint: only classes that occur count; check "
        "which axis each sum and mean runs over."
    )
    assert close(value, 4.0) and close(missing, 2.0), (
        "the score of sure pictures is a little off. "
        "Hint: treat 0 exactly instead of adding a small number to every probability."
    )
    assert close(some, before, 0), (
        "your function changes its input. Hint: work on a copy."
    )


def check_2(answer):
    """The Fréchet distance of features that are independent."""
    random = np.random.default_rng(0)
    real, generated = random.normal(size=(40, 3)), random.normal(size=(30, 3))
    assert close(answer(real, real[::-1]), 0.0), (
        "a set and itself in another order are not at distance 0. Hint: only means and "
        "standard deviations over axis 0 may count, not single rows."
    )
    assert close(answer(real, real + [3, 0, 4]), 25.0), (
        "moving a set by (3, 0, 4) must give 3^2 + 4^2 = 25. Hint: sum the squared "
        "differences of the means, without a square root at the end."
    )
    spread = np.sum((2 * real.std(axis=0, ddof=1)) ** 2)
    centred = real - real.mean(axis=0)
    assert close(answer(centred, 3 * centred), spread), (
        "a set that is three times as wide gives the wrong distance. "
        "Hint: s1^2 + s2^2 - 2 s1 s2 is (s1 - s2)^2: take standard deviations s "
        "(ddof=1), not the variances."
    )
    wide = generated * [1, 5, 0.1]
    assert close(answer(real, wide), distance_of_independent(real, wide)), (
        "two sets of different sizes give the wrong distance. Hint: every feature has "
        "its own mean and deviation: np.std(..., axis=0, ddof=1)."
    )


def check_3(answer):
    """Precision and coverage from a table of distances."""
    # Three real pictures, two generated ones, both near the first real picture.
    distances = np.array([[0.5, 0.9], [4.0, 3.0], [5.0, 6.0]])
    result = answer(distances, np.array([1.0, 2.0, 2.0]))
    assert np.shape(result) == (2,), (
        "the result is not a pair of numbers. Hint: return precision, coverage."
    )
    assert not close(result, [1 / 3, 1.0]), (
        "precision and coverage are swapped. "
        "Hint: precision is a share of the generated pictures, which are the columns."
    )
    assert close(result, [1.0, 1 / 3]), (
        "two good samples near one of three real pictures must give precision 1 and "
        "coverage 1/3. "
        "Hint: precision: columns with any distance in reach; coverage: such rows."
    )
    assert close(answer(distances, np.array([0.6, 2.0, 2.0])), [0.5, 1 / 3]), (
        "a radius of 0.6 around the first picture must leave out the second sample. "
        "Hint: row i belongs to radii[i]: compare with radii[:, None]."
    )
    assert close(answer(distances, np.array([0.5, 3.0, 1.0])), [1.0, 2 / 3]), (
        "a sample whose distance equals the radius must count as inside. "
        "Hint: compare with <=."
    )
    square = np.array([[1.0, 9.0, 9.0], [1.0, 9.0, 9.0], [2.0, 9.0, 9.0]])
    assert close(answer(square, np.array([1.0, 1.0, 2.0])), [1 / 3, 1.0]), (
        "one sample inside three balls, two samples in none: precision must be 1/3 and "
        "coverage 1. "
        "Hint: a sample counts once, in however many balls it lies: any, not sum."
    )


WRONG = {  # replacements in a solution, or another body for it
    "score__zero_times_infinity": [
        ("np.where(probabilities > 0, probabilities, 1)", "probabilities")
    ],
    "score__small_number_added": [
        ("np.where(probabilities > 0, probabilities, 1)", "(probabilities + 1e-6)"),
        ("np.where(mean > 0, mean, 1)", "(mean + 1e-6)"),
    ],
    "score__no_exponential": [("np.exp", "")],
    "score__exponential_of_each_picture": [
        ("divergences.mean())", "divergences).mean()")
    ],
    "score__mean_over_classes": [("mean(axis=0)", "mean(axis=1, keepdims=True)")],
    "distance_of_independent__root": [("float(", "np.sqrt(")],
    "distance_of_independent__variances": [
        ("real.std", "real.var"),
        ("generated.std", "generated.var"),
    ],
    "distance_of_independent__means_only": [(" + np.sum(deviations**2)", "")],
    "distance_of_independent__one_deviation_for_all": [
        ("real.std(axis=0, ddof=1)", "real.std()"),
        ("generated.std(axis=0, ddof=1)", "generated.std()"),
    ],
    "precision_and_coverage__swapped": [
        ("distances <= radii[:, None]", "(distances <= radii[:, None]).T")
    ],
    "precision_and_coverage__strictly_less": [("<=", "<")],
    "precision_and_coverage__counts_balls": [("any(axis=0)", "sum(axis=0)")],
    "precision_and_coverage__one_radius_for_all": [("radii[:, None]", "radii.mean()")],
    "precision_and_coverage__share_of_table": [
        (".any(axis=0)", ""),
        (".any(axis=1)", ""),
    ],
    "precision_and_coverage__precision_only": [
        (", float(inside.any(axis=1).mean())", "")
    ],
}


def distance_of_independent__row_by_row(real, generated):
    size = min(len(real), len(generated))
    return np.mean(np.sum((real[:size] - generated[:size]) ** 2, axis=1))
