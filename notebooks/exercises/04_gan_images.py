"""Exercises of lesson 04: solutions, then checkers, then wrong answers."""

import warnings

from course_utils.judge import close

import numpy as np


def losses_of(real, fake):
    """Logits (N,) of real and generated pictures -> losses of D and of G."""
    discriminator_loss = np.mean(np.logaddexp(0, -real) + np.logaddexp(0, fake))
    return discriminator_loss, np.mean(np.logaddexp(0, -fake))


def sphere_path(start, end, num_points):
    """Points (num_points, D) on the arc from start (D,) to end (D,)."""
    lengths = np.linalg.norm(start) * np.linalg.norm(end)
    angle = np.arccos(start @ end / lengths)
    t = np.linspace(0, 1, num_points)[:, None]
    return (np.sin((1 - t) * angle) * start + np.sin(t * angle) * end) / np.sin(angle)


def coverage(real, generated, num_neighbours):
    """Share of real points (N, D) with a generated one (M, D) within their radius."""
    among = np.linalg.norm(real[:, None] - real, axis=-1)
    radii = np.sort(among, axis=1)[:, num_neighbours]  # 0 is the point itself
    across = np.linalg.norm(real[:, None] - generated, axis=-1)
    return np.mean(across.min(axis=1) <= radii)


def check_1(answer):
    """The two losses from logits."""
    zeros = answer(np.zeros(4), np.zeros(4))
    assert close(zeros, [2 * np.log(2), np.log(2)]), (
        "logits of 0 do not give 2 log 2 for the discriminator and log 2 for the "
        "generator. "
        "Hint: return two means over the pictures; the first adds up real and fake."
    )
    real, fake = np.array([2.0, 0.5]), np.array([-1.0, 3.0])
    results, expected = answer(real, fake), losses_of(real, fake)
    assert close(results[0], expected[0]), (
        "the discriminator's loss is wrong for mixed logits. "
        "Hint: it is small when real logits are high and fake ones low."
    )
    assert close(results[1], expected[1]), (
        "the generator's loss is wrong for mixed logits. "
        "Hint: it is small when fake logits are high: -log sigmoid(fake)."
    )
    with warnings.catch_warnings(action="error"):
        far = answer(np.array([-1000.0]), np.array([1000.0]))
    assert close(far, [2000.0, 0.0]), (
        "logits of -1000 and 1000 overflow. "
        "Hint: log(1 + exp(a)) is np.logaddexp(0, a), which does not overflow."
    )


def check_2(answer):
    """A path over the sphere."""
    start, end = np.array([3.0, 0.0, 0.0]), np.array([0.0, 3.0, 0.0])
    path = answer(start, end, 5)
    assert np.shape(path) == (5, 3), (
        "the path from a (3,) to another in 5 points has not the shape (5, 3). "
        "Hint: one row for each point, both ends included."
    )
    assert close(path[0], start) and close(path[-1], end), (
        "the path does not begin at start and end at end. "
        "Hint: the weights are 1 and 0 at the start, 0 and 1 at the end."
    )
    assert close(np.linalg.norm(path, axis=1), np.full(5, 3.0)), (
        "the path between two vectors of length 3 leaves the sphere of radius 3. "
        "Hint: divide sin((1 - t) * angle) and sin(t * angle) by sin(angle)."
    )
    end = np.array([1.5, 1.5 * np.sqrt(3), 0.0])  # 60 degrees from start
    path = answer(start, end, 4)
    lengths = np.linalg.norm(path, axis=1)
    cosines = np.sum(path[1:] * path[:-1], axis=1) / 9
    assert close(lengths, [3] * 4) and close(cosines, [np.cos(np.pi / 9)] * 3), (
        "60 degrees in three steps are not 20 degrees each. Hint: the angle comes from "
        "the cosine: start @ end over the product of the lengths."
    )


def check_3(answer):
    """Coverage by hand."""
    real = np.array([[0.0], [1.0], [2.0], [10.0], [11.0]])
    assert close(answer(real, real, 1), 1.0), (
        "a copy of the real points does not cover all of them. "
        "Hint: each real point has itself, at distance 0, among the generated ones."
    )
    assert close(answer(real, np.array([[1.5]]), 1), 0.4), (
        "one generated point at 1.5 does not cover just the points 1 and 2. "
        "Hint: the radius of a real point is the distance to its nearest other real "
        "point: leave the point itself out."
    )
    assert close(answer(real, np.array([[1.5]] * 50), 1), 0.4), (
        "fifty copies of one generated point cover more than one does. "
        "Hint: count the real points that have a generated one nearby, not the pairs."
    )
    assert close(answer(real, np.array([[1.5]]), 2), 0.6), (
        "with two neighbours the point at 1.5 does not cover 0, 1 and 2. "
        "Hint: the radius is the distance to the k-th nearest other real point."
    )
    points = np.random.default_rng(0).normal(size=(60, 3))
    real, generated = points[:40], points[40:] + 0.5
    assert close(answer(real, generated, 3), coverage(real, generated, 3)), (
        "points in three dimensions give another share. "
        "Hint: distances are Euclidean, over the last axis."
    )


WRONG = {  # replacements in a solution, or another body for it
    "losses_of__overflows": [("logaddexp(0, -real)", "log(1 + np.exp(-real))")],
    "losses_of__saturating": [
        ("np.mean(np.logaddexp(0, -fake", "-np.mean(np.logaddexp(0, fake")
    ],
    "losses_of__signs_swapped": [("-real", "real"), ("0, fake", "0, -fake")],
    "losses_of__sum_instead_of_mean": [("loss = np.mean", "loss = np.sum")],
    "sphere_path__straight": [
        ("(np.sin((1 - t) * angle)", "((1 - t)"),
        ("np.sin(t * angle)", "t"),
        (" / np.sin(angle)", ""),
    ],
    "sphere_path__right_angle_only": [
        ("np.arccos(start @ end / lengths)", "np.pi / 2")
    ],
    "sphere_path__end_left_out": [("1, num_points", "1, num_points, endpoint=False")],
    "sphere_path__lengths_forgotten": [
        ("start @ end / lengths", "np.clip(start @ end, -1, 1)")
    ],
    "coverage__counts_itself": [("[:, num_neighbours]", "[:, num_neighbours - 1]")],
    "coverage__precision": [
        ("across.min(axis=1) <= radii", "(across.T <= radii).any(axis=1)")
    ],
    "coverage__density": [
        ("across.min(axis=1) <= radii", "(across.T <= radii).sum(axis=0)")
    ],
    "coverage__always_the_nearest": [("[:, num_neighbours]", "[:, 1]")],
}
