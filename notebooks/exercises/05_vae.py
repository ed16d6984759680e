"""Exercises of lesson 05: solutions, then checkers, then wrong answers."""

from course_utils.judge import close

import numpy as np


def kl_between(mean_1, log_variance_1, mean_2, log_variance_2):
    squares = np.exp(log_variance_1) + (mean_1 - mean_2) ** 2
    ratio = squares / np.exp(log_variance_2)
    return 0.5 * (log_variance_2 - log_variance_1 + ratio - 1).sum(axis=-1)


def active_units(mean, threshold=0.01):
    return int(np.sum(mean.var(axis=0) > threshold))


def free_bits(kl, floor):
    return float(np.maximum(kl.mean(axis=0), floor).sum())


def check_1(answer):
    """KL between normal distributions with independent units."""
    given = np.random.default_rng(5).normal(size=(4, 3, 2))
    before, zeros = given.copy(), np.zeros((3, 2))
    mean_1, log_variance_1, mean_2, log_variance_2 = given
    same = answer(mean_1, log_variance_1, mean_1, log_variance_1)
    assert np.shape(same) == (3,), (
        "the result is not one number for each row. "
        "Hint: sum over the units: axis=-1 (or 1), not over everything."
    )
    assert close(same, np.zeros(3)), (
        "the KL of a distribution to itself is not 0. "
        "Hint: with equal means and variances the bracket is 0 + (s^2 + 0) / s^2 - 1."
    )
    standard = 0.5 * (mean_1**2 + np.exp(log_variance_1) - 1 - log_variance_1).sum(1)
    assert close(answer(mean_1, log_variance_1, zeros, zeros), standard), (
        "against a standard normal it differs from the KL term of the lesson. "
        "Hint: log variances of 0 are variances of 1; mind the signs of the two logs, "
        "the 1/2, and that s^2 is exp(log_variance)."
    )
    close_by = answer(zeros, zeros, mean_1, log_variance_1)
    other_way = 0.5 * ((1 + mean_1**2) / np.exp(log_variance_1) - 1 + log_variance_1)
    assert close(close_by, other_way.sum(1)), (
        "from a standard normal to another distribution the value is wrong. "
        "Hint: divide s_1^2 and the squared distance of the means both by s_2^2."
    )
    answer(mean_1, log_variance_1, mean_2, log_variance_2)
    assert close(given, before, 0), (
        "your function changes its input. Hint: work on copies."
    )


def check_2(answer):
    """Units whose mean varies over the pictures."""
    rng = np.random.default_rng(5)
    spread = rng.normal(size=(500, 4)) * [1.0, 0.5, 0.05, 0.0]
    assert close(answer(spread), 2), (
        "of units with standard deviations 1, 0.5, 0.05 and 0 it does not count 2. "
        "Hint: take the variance, not its root, over the pictures (axis 0), and "
        "compare it."
    )
    assert close(answer(spread + 3.0), 2), (
        "a unit that answers 3 to every picture counts as active. Hint: the variance "
        "counts, not the size of the mean: the mean square is no variance."
    )
    assert close(answer(spread, threshold=0.5), 1), (
        "with threshold 0.5 it does not count 1. Hint: compare with the argument "
        "`threshold`, and compare the variance, not the standard deviation."
    )
    assert close(answer(np.ones((10, 3))), 0), (
        "three units that never change are not 0 active units. "
        "Hint: a variance of 0 is not above the threshold."
    )


def check_3(answer):
    """The KL term with free bits."""
    kl = np.array([[0.0, 2.0, 0.3], [0.2, 4.0, 0.3]])  # means 0.1, 3, 0.3
    before = kl.copy()
    assert close(answer(kl, 0.0), 3.4), (
        "with floor 0 it is not the plain KL term, 3.4 for means 0.1, 3 and 0.3. "
        "Hint: the mean over the batch (axis 0), then the sum over the units."
    )
    assert close(answer(kl, 0.5), 4.0), (
        "means 0.1, 3 and 0.3 with floor 0.5 do not give 0.5 + 3 + 0.5. "
        "Hint: np.maximum of the mean and the floor, unit by unit, then the sum."
    )
    assert close(answer(np.array([[0.0, 1.0], [1.0, 0.0]]), 0.5), 1.0), (
        "units that cost 0 and 1 nat in turns, 0.5 on average, are charged more. "
        "Hint: average over the batch first, then compare with the floor."
    )
    assert close(kl, before, 0), (
        "your function changes its input. Hint: work on a copy."
    )


WRONG = {  # replacements in a solution, or another body for it
    "kl_between__one_number": [("sum(axis=-1)", "sum()")],
    "kl_between__logs_swapped": [
        ("log_variance_2 - log_variance_1 +", "log_variance_1 - log_variance_2 +")
    ],
    "kl_between__no_half": [("0.5 * ", "")],
    "kl_between__no_brackets": [
        ("np.exp(log_variance_1)", "np.exp(log_variance_1 - log_variance_2)"),
        ("squares / np.exp(log_variance_2)", "squares"),
    ],
    "active_units__mean_square": [("mean.var(", "(mean**2).mean(")],
    "active_units__standard_deviation": [(".var(", ".std(")],
    "active_units__over_units": [("axis=0", "axis=1")],
    "active_units__fixed_threshold": [("> threshold", "> 0.01")],
    "active_units__list": [("int(np.sum", "(")],
    "free_bits__each_picture": [(".mean(axis=0), floor)", ", floor).mean(axis=0)")],
    "free_bits__whole_sum": [("(axis=0), floor).sum()", "(axis=0).sum(), floor)")],
    "free_bits__subtracts": [("(axis=0), floor)", "(axis=0) - floor, 0)")],
    "free_bits__mean_over_units": [(".sum()", ".mean()")],
}
