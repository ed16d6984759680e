"""Exercises of lesson 04: solutions, then checkers, then wrong answers."""

import warnings

from course_utils.judge import close

import numpy as np


def least_squares_losses(real, fake):
    """Outputs (N, 1) of D for real and for generated pictures -> losses of D and G."""
    d_loss = np.mean((real - 1) ** 2) / 2 + np.mean(fake**2) / 2
    return d_loss, np.mean((fake - 1) ** 2) / 2


def with_label_channels(pictures, labels, num_classes):
    """Pictures (N, H, W, C), classes (N,) -> (N, H, W, C + num_classes)."""
    channels = np.zeros((*pictures.shape[:3], num_classes))
    for channel, label in zip(channels, labels, strict=True):
        channel[:, :, label] = 1
    return np.concatenate([pictures, channels], axis=-1)


def slerp(start, end, num_points):
    """Points (num_points, D) on the arc from start (D,) to end (D,), in equal steps."""
    t = np.linspace(0, 1, num_points)[:, None]
    cosine = start @ end / (np.linalg.norm(start) * np.linalg.norm(end))
    angle = np.arccos(np.clip(cosine, -1, 1))
    if np.sin(angle) < 1e-6:
        return (1 - t) * start + t * end
    return (np.sin((1 - t) * angle) * start + np.sin(t * angle) * end) / np.sin(angle)


def check_1(answer):
    """The losses of a least-squares GAN."""
    ones, zeros = np.ones((4, 1)), np.zeros((4, 1))
    results = answer(ones, zeros)
    pair = isinstance(results, tuple | list) and len(results) == 2
    assert pair and all(np.ndim(loss) == 0 for loss in results), (
        f"it returned {str(results)[:40]!r}. "
        "Hint: return two numbers, d_loss and g_loss: take means over the pictures."
    )
    assert close(results[0], 0.0), (
        f"d_loss is {results[0]:.3g} for a discriminator that says 1 for real and 0 "
        "for generated pictures. Hint: its targets are 1 and 0, so that should cost 0."
    )
    assert close(results[1], 0.5), (
        f"g_loss is {results[1]:.3g} where every generated picture gets 0, not 0.5. "
        "Hint: the generator's target is 1, and the loss is half the squared "
        "difference."
    )
    d_loss, g_loss = answer(zeros, ones)
    assert close(d_loss, 1.0), (
        f"d_loss is {d_loss:.3g} where real pictures get 0 and generated ones 1. "
        "Hint: each of its two parts is 0.5 then; add them, as gan_losses does."
    )
    assert close(g_loss, 0.0), (
        f"g_loss is {g_loss:.3g} where every generated picture gets 1. "
        "Hint: that is the generator's target, so that it should cost 0."
    )
    rng = np.random.default_rng(0)
    real, fake = rng.normal(size=(2, 6, 1))
    expected = least_squares_losses(real, fake)
    assert close(answer(real, fake), expected), (
        "mixed outputs give other losses. Hint: square the differences one by one, "
        "then take the mean; outputs above 1 or below 0 cost something, too."
    )


def check_2(answer):
    """Labels as channels of the picture."""
    rng = np.random.default_rng(0)
    pictures, labels = rng.uniform(-1, 1, (5, 4, 6, 1)), np.array([2, 0, 1, 2, 2])
    before = pictures.copy()
    result = np.asarray(answer(pictures, labels, 3))
    assert result.shape == (5, 4, 6, 4), (
        f"grey pictures (5, 4, 6, 1) and 3 classes give the shape {result.shape}, not "
        "(5, 4, 6, 4). Hint: np.concatenate along the last axis."
    )
    assert close(pictures, before), (
        "it changes the pictures that it is given. Hint: make a new array."
    )
    assert close(result[..., :1], pictures), (
        "the first channel is no longer the picture. "
        "Hint: the picture comes first, then the channels of the classes."
    )
    planes = result[..., 1:]
    assert close(planes, np.broadcast_to(planes[:, :1, :1], planes.shape)), (
        "the new channels differ from place to place. "
        "Hint: each channel has one value at all heights and widths."
    )
    assert close(planes[:, 0, 0], np.eye(3)[labels]), (
        f"a picture of class 2 has {planes[0, 0, 0].tolist()!s:.50} in its new "
        "channels, not 0, 0, 1. Hint: 1 in the channel of the class, 0 elsewhere."
    )
    colour = answer(rng.uniform(-1, 1, (2, 4, 4, 3)), np.array([0, 1]), 10)
    assert np.shape(colour) == (2, 4, 4, 13), (
        f"colour pictures (2, 4, 4, 3) and 10 classes give the shape "
        f"{np.shape(colour)}. Hint: count the channels of the pictures that come in, "
        "and use num_classes, not the largest label."
    )


def check_3(answer):
    """A path along the arc."""
    start, end = np.array([3.0, 0.0, 0.0]), np.array([0.0, 3.0, 0.0])
    path = answer(start, end, 5)
    assert np.shape(path) == (5, 3), (
        f"the path between two vectors (3,) in 5 points has the shape {np.shape(path)},"
        " not (5, 3). Hint: one row for each point, both ends included."
    )
    assert close(path[0], start) and close(path[-1], end), (
        "the path does not begin at start and end at end. "
        "Hint: the weights are 1 and 0 at the start, 0 and 1 at the end."
    )
    assert close(np.linalg.norm(path, axis=1), np.full(5, 3.0)), (
        "the path between two vectors of length 3 leaves the sphere of radius 3. "
        "Hint: the weights are sines, both divided by the sine of the whole angle."
    )
    end = np.array([1.5, 1.5 * np.sqrt(3), 0.0])  # 60 degrees from start
    path = answer(start, end, 4)
    cosines = np.sum(path[1:] * path[:-1], axis=1) / 9
    lengths = np.linalg.norm(path, axis=1)
    assert close(lengths, [3] * 4) and close(cosines, [np.cos(np.pi / 9)] * 3), (
        "60 degrees in three steps are not 20 degrees each. Hint: the cosine of the "
        "angle is start @ end over the product of the two lengths."
    )
    with warnings.catch_warnings(action="error"):
        same = answer(start, start, 4)
        longer = answer(np.full(64, 0.1), np.full(64, 0.3), 3)
    assert close(same, [start] * 4), (
        "the path from a vector to itself does not stay there. "
        "Hint: the sine of the angle is 0, so take the straight line instead."
    )
    assert close(longer, np.outer([0.1, 0.2, 0.3], np.ones(64))), (
        "the path to a vector of three times the length in the same direction is not "
        "a straight line. Hint: rounding can bring the cosine above 1: np.clip it, and "
        "compare the sine with a small number."
    )


WRONG = {  # replacements in a solution, or another body for it
    "least_squares_losses__no_half": [
        (
            "np.mean((real - 1) ** 2) / 2 + np.mean(fake**2) / 2",
            "np.mean((real - 1) ** 2) + np.mean(fake**2)",
        ),
        ("np.mean((fake - 1) ** 2) / 2", "np.mean((fake - 1) ** 2)"),
    ],
    "least_squares_losses__targets_swapped": [
        ("(real - 1)", "real"),
        ("fake**2", "(fake - 1) ** 2"),
    ],
    "least_squares_losses__generator_aims_at_zero": [
        ("(fake - 1) ** 2", "fake ** 2"),
    ],
    "least_squares_losses__mean_of_the_two_parts": [
        ("/ 2 + np.mean(fake**2) / 2", "/ 4 + np.mean(fake**2) / 4"),
    ],
    "least_squares_losses__squares_the_mean": [
        ("np.mean((real - 1) ** 2)", "np.mean(real - 1) ** 2"),
    ],
    "least_squares_losses__absolute_difference": "return (np.mean(abs(real - 1)) / 2 + "
    "np.mean(abs(fake)) / 2, np.mean(abs(fake - 1)) / 2)",
    "least_squares_losses__no_mean": [
        ("np.mean((fake - 1) ** 2)", "((fake - 1) ** 2)")
    ],
    "with_label_channels__first_instead_of_last": [
        ("[pictures, channels]", "[channels, pictures]")
    ],
    "with_label_channels__writes_the_number": [
        ("channel[:, :, label] = 1", "channel[:] = label")
    ],
    "with_label_channels__one_channel": "return np.concatenate([pictures, np.ones("
    "pictures.shape) * np.reshape(labels, (-1, 1, 1, 1))], axis=-1)",
    "with_label_channels__a_corner_only": [
        ("channel[:, :, label] = 1", "channel[0, 0, label] = 1")
    ],
    "with_label_channels__counts_the_labels": [("num_classes))", "max(labels) + 1))")],
    "with_label_channels__same_for_all": [
        ("channel[:, :, label]", "channels[..., label]")
    ],
    "with_label_channels__paints_the_picture": "pictures[..., 0] = 0\n    return "
    "np.concatenate([pictures, np.ones((*pictures.shape[:3], 1)) * np.eye(num_classes)"
    "[labels][:, None, None]], axis=-1)",
    "slerp__straight": "t = np.linspace(0, 1, num_points)[:, None]\n    return "
    "(1 - t) * start + t * end",
    "slerp__right_angle_only": [("np.arccos(np.clip(cosine, -1, 1))", "np.pi / 2")],
    "slerp__end_left_out": [("1, num_points", "1, num_points, endpoint=False")],
    "slerp__lengths_forgotten": [
        (" / (np.linalg.norm(start) * np.linalg.norm(end))", "")
    ],
    "slerp__divides_by_zero": [("np.sin(angle) < 1e-6", "False")],
    "slerp__stays_at_the_start": [
        ("return (1 - t) * start + t * end", "return 0 * t + start")
    ],
    "slerp__normalises": "t = np.linspace(0, 1, num_points)[:, None]\n    path = "
    "(1 - t) * start + t * end\n    return path * np.linalg.norm(start) / "
    "np.linalg.norm(path, axis=1, keepdims=True)",
}
