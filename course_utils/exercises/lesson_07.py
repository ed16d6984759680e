"""Checkers of lesson 07: Inception Score, Fréchet distance, precision and coverage."""

import warnings

from course_utils.exercises import close, expect, pair

import numpy as np


def check_1(answer):
    """The Inception Score."""
    random = np.random.default_rng(0)
    some = random.dirichlet(np.ones(4), size=30)
    before = some.copy()
    expect(
        close(answer(np.full((6, 5), 0.2)), 1.0),
        "a classifier that never decides must score 1",
        "every row equals the mean of the rows, so each divergence is 0 and exp(0) = 1",
    )
    expect(
        close(answer(some), _score(some)),
        "the score of 30 pictures is wrong",
        "per picture sum p * log(p / mean of p over the pictures) over the classes, "
        "then take the mean over the pictures, then exp",
    )
    sure = np.repeat(np.eye(4), [5, 5, 5, 5], axis=0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            value, missing = answer(sure), answer(sure[:10])
        except (RuntimeWarning, ValueError, ZeroDivisionError):
            value = missing = None
    expect(
        value is not None and np.all(np.isfinite(value)),
        "probabilities of 0 give NaN, infinity or a warning",
        "0 * log(0) counts as 0: put a 1 in place of each 0 inside the logarithm",
    )
    expect(
        close(value, 4.0, 1e-4) and close(missing, 2.0, 1e-4),
        "four classes, each surely recognised and equally frequent, must score 4, and "
        "two of the four must score 2",
        "only classes that occur count; check which axis each sum and mean runs over",
    )
    expect(
        close(value, 4.0) and close(missing, 2.0),
        "the score of sure pictures is a little off",
        "treat 0 exactly instead of adding a small number to every probability",
    )
    expect(close(some, before, 0), "your function changes its input", "work on a copy")


def _score(probabilities):
    logs = np.log(probabilities / probabilities.mean(axis=0))
    return np.exp(np.sum(probabilities * logs, axis=1).mean())


def check_2(answer):
    """The Fréchet distance of features that are independent."""
    random = np.random.default_rng(0)
    real, generated = random.normal(size=(40, 3)), random.normal(size=(30, 3))
    expect(
        close(answer(real, real[::-1]), 0.0),
        "a set and itself in another order are not at distance 0",
        "only means and standard deviations over axis 0 may count, not single rows",
    )
    expect(
        close(answer(real, real + [3, 0, 4]), 25.0),
        "moving a set by (3, 0, 4) must give 3^2 + 4^2 = 25",
        "sum the squared differences of the means, without a square root at the end",
    )
    spread = np.sum((2 * real.std(axis=0, ddof=1)) ** 2)
    centred = real - real.mean(axis=0)
    expect(
        close(answer(centred, 3 * centred), spread),
        "a set that is three times as wide gives the wrong distance",
        "s1^2 + s2^2 - 2 s1 s2 is (s1 - s2)^2: take standard deviations s (ddof=1), "
        "not the variances",
    )
    wide = generated * [1, 5, 0.1]
    expected = np.sum((real.mean(0) - wide.mean(0)) ** 2)
    expected += np.sum((real.std(0, ddof=1) - wide.std(0, ddof=1)) ** 2)
    expect(
        close(answer(real, wide), expected),
        "two sets of different sizes give the wrong distance",
        "every feature has its own mean and deviation: np.std(..., axis=0, ddof=1)",
    )


def check_3(answer):
    """Precision and coverage from a table of distances."""
    # Three real pictures, two generated ones, both near the first real picture.
    distances = np.array([[0.5, 0.9], [4.0, 3.0], [5.0, 6.0]])
    result = pair(answer(distances, np.array([1.0, 2.0, 2.0])))
    expect(
        result is not None,
        "the result is not a pair of numbers",
        "return precision, coverage",
    )
    expect(
        not close(result, [1 / 3, 1.0]),
        "precision and coverage are swapped",
        "precision is a share of the generated pictures, which are the columns",
    )
    expect(
        close(result, [1.0, 1 / 3]),
        "two good samples near one of three real pictures must give precision 1 and "
        "coverage 1/3",
        "precision: columns with any distance in reach; coverage: such rows",
    )
    result = pair(answer(distances, np.array([0.6, 2.0, 2.0])))
    expect(
        close(result, [0.5, 1 / 3]),
        "a radius of 0.6 around the first picture must leave out the second sample",
        "row i belongs to radii[i]: compare with radii[:, None]",
    )
    result = pair(answer(distances, np.array([0.5, 3.0, 1.0])))
    expect(
        close(result, [1.0, 2 / 3]),
        "a sample whose distance equals the radius must count as inside",
        "compare with <=",
    )
    square = np.array([[1.0, 9.0, 9.0], [1.0, 9.0, 9.0], [2.0, 9.0, 9.0]])
    expect(
        close(pair(answer(square, np.array([1.0, 1.0, 2.0]))), [1 / 3, 1.0]),
        "one sample inside three balls, two samples in none: precision must be 1/3 and "
        "coverage 1",
        "a sample counts once, in however many balls it lies: any, not sum",
    )
