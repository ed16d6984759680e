"""Checkers of lesson 05: KL between normals, active units, free bits."""

from course_utils.exercises import close, expect

import numpy as np


def check_1(answer):
    """KL between normal distributions with independent units."""
    rng = np.random.default_rng(5)
    mean_1, log_variance_1, mean_2, log_variance_2 = rng.normal(size=(4, 3, 2))
    copies = [x.copy() for x in (mean_1, log_variance_1, mean_2, log_variance_2)]
    zeros = np.zeros((3, 2))
    same = answer(mean_1, log_variance_1, mean_1, log_variance_1)
    expect(
        np.shape(same) == (3,),
        "the result is not one number for each row",
        "sum over the units: axis=-1 (or 1), not over everything",
    )
    expect(
        close(same, np.zeros(3)),
        "the KL of a distribution to itself is not 0",
        "with equal means and variances the bracket is 0 + (s^2 + 0) / s^2 - 1",
    )
    standard = 0.5 * (mean_1**2 + np.exp(log_variance_1) - 1 - log_variance_1).sum(1)
    expect(
        close(answer(mean_1, log_variance_1, zeros, zeros), standard),
        "against a standard normal it differs from the KL term of the lesson",
        "log variances of 0 are variances of 1; mind the signs of the two logs, the "
        "1/2, and that s^2 is exp(log_variance)",
    )
    close_by = answer(zeros, zeros, mean_1, log_variance_1)
    other_way = 0.5 * ((1 + mean_1**2) / np.exp(log_variance_1) - 1 + log_variance_1)
    expect(
        close(close_by, other_way.sum(1)),
        "from a standard normal to another distribution the value is wrong",
        "divide s_1^2 and the squared distance of the means both by s_2^2",
    )
    given = (mean_1, log_variance_1, mean_2, log_variance_2)
    answer(*given)
    expect(
        all(map(np.array_equal, given, copies)),
        "your function changes its input",
        "work on copies",
    )


def check_2(answer):
    """Units whose mean varies over the pictures."""
    rng = np.random.default_rng(5)
    spread = rng.normal(size=(500, 4)) * [1.0, 0.5, 0.05, 0.0]
    expect(
        close(answer(spread), 2),
        "of units with standard deviations 1, 0.5, 0.05 and 0 it does not count 2",
        "take the variance, not its root, over the pictures (axis 0), and compare it",
    )
    expect(
        close(answer(spread + 3.0), 2),
        "a unit that answers 3 to every picture counts as active",
        "the variance counts, not the size of the mean: the mean square is no variance",
    )
    expect(
        close(answer(spread, threshold=0.5), 1),
        "with threshold 0.5 it does not count 1",
        "compare with the argument `threshold`, and compare the variance, not the "
        "standard deviation",
    )
    expect(
        close(answer(np.ones((10, 3))), 0),
        "three units that never change are not 0 active units",
        "a variance of 0 is not above the threshold",
    )


def check_3(answer):
    """The KL term with free bits."""
    kl = np.array([[0.0, 2.0, 0.3], [0.2, 4.0, 0.3]])  # means 0.1, 3, 0.3
    before = kl.copy()
    expect(
        close(answer(kl, 0.0), 3.4),
        "with floor 0 it is not the plain KL term, 3.4 for means 0.1, 3 and 0.3",
        "the mean over the batch (axis 0), then the sum over the units",
    )
    expect(
        close(answer(kl, 0.5), 4.0),
        "means 0.1, 3 and 0.3 with floor 0.5 do not give 0.5 + 3 + 0.5",
        "np.maximum of the mean and the floor, unit by unit, then the sum",
    )
    expect(
        close(answer(np.array([[0.0, 1.0], [1.0, 0.0]]), 0.5), 1.0),
        "units that cost 0 and 1 nat in turns, 0.5 on average, are charged more",
        "average over the batch first, then compare with the floor",
    )
    expect(close(kl, before, 0), "your function changes its input", "work on a copy")
