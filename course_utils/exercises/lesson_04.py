"""Checkers of lesson 04: the losses of the game, a path on a sphere, coverage."""

import warnings

from course_utils.exercises import close, expect

import numpy as np


def check_1(answer):
    """The two losses from logits."""
    zeros = answer(np.zeros(4), np.zeros(4))
    expect(
        close(zeros, [2 * np.log(2), np.log(2)]),
        "logits of 0 do not give 2 log 2 for the discriminator and log 2 for the "
        "generator",
        "return two means over the pictures; the first adds up real and fake",
    )
    real, fake = np.array([2.0, 0.5]), np.array([-1.0, 3.0])
    expected = [
        np.mean(np.logaddexp(0, -real) + np.logaddexp(0, fake)),
        np.mean(np.logaddexp(0, -fake)),
    ]
    results = answer(real, fake)
    expect(
        close(results[0], expected[0]),
        "the discriminator's loss is wrong for mixed logits",
        "it is small when real logits are high and fake ones low",
    )
    expect(
        close(results[1], expected[1]),
        "the generator's loss is wrong for mixed logits",
        "it is small when fake logits are high: -log sigmoid(fake)",
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            far = answer(np.array([-1000.0]), np.array([1000.0]))
        except (RuntimeWarning, OverflowError, FloatingPointError, ValueError):
            far = None
    expect(
        far is not None and close(far, [2000.0, 0.0]),
        "logits of -1000 and 1000 overflow",
        "log(1 + exp(a)) is np.logaddexp(0, a), which does not overflow",
    )


def check_2(answer):
    """A path over the sphere."""
    start, end = np.array([3.0, 0.0, 0.0]), np.array([0.0, 3.0, 0.0])
    path = answer(start, end, 5)
    expect(
        np.shape(path) == (5, 3),
        "the path from a (3,) to another in 5 points has not the shape (5, 3)",
        "one row for each point, both ends included",
    )
    expect(
        close(path[0], start) and close(path[-1], end),
        "the path does not begin at start and end at end",
        "the weights are 1 and 0 at the start, 0 and 1 at the end",
    )
    expect(
        close(np.linalg.norm(path, axis=1), np.full(5, 3.0)),
        "the path between two vectors of length 3 leaves the sphere of radius 3",
        "divide sin((1 - t) * angle) and sin(t * angle) by sin(angle)",
    )
    end = np.array([1.5, 1.5 * np.sqrt(3), 0.0])  # 60 degrees from start
    path = answer(start, end, 4)
    cosines = np.sum(path[1:] * path[:-1], axis=1) / 9
    expect(
        close(np.linalg.norm(path, axis=1), np.full(4, 3.0))
        and close(cosines, np.full(3, np.cos(np.pi / 9))),
        "60 degrees in three steps are not 20 degrees each",
        "the angle comes from the cosine: start @ end over the product of the lengths",
    )


def check_3(answer):
    """Coverage by hand."""
    real = np.array([[0.0], [1.0], [2.0], [10.0], [11.0]])
    expect(
        close(answer(real, real, 1), 1.0),
        "a copy of the real points does not cover all of them",
        "each real point has itself, at distance 0, among the generated ones",
    )
    expect(
        close(answer(real, np.array([[1.5]]), 1), 0.4),
        "one generated point at 1.5 does not cover just the points 1 and 2",
        "the radius of a real point is the distance to its nearest other real point: "
        "leave the point itself out",
    )
    expect(
        close(answer(real, np.array([[1.5]] * 50), 1), 0.4),
        "fifty copies of one generated point cover more than one does",
        "count the real points that have a generated one nearby, not the pairs",
    )
    expect(
        close(answer(real, np.array([[1.5]]), 2), 0.6),
        "with two neighbours the point at 1.5 does not cover 0, 1 and 2",
        "the radius is the distance to the k-th nearest other real point",
    )
    points = np.random.default_rng(0).normal(size=(60, 3))
    real, generated = points[:40], points[40:] + 0.5
    table = np.linalg.norm(real[:, None] - real, axis=-1)
    radii = np.sort(table, axis=1)[:, 3]
    near = np.linalg.norm(real[:, None] - generated, axis=-1).min(axis=1)
    expect(
        close(answer(real, generated, 3), np.mean(near <= radii)),
        "points in three dimensions give another share",
        "distances are Euclidean, over the last axis",
    )
