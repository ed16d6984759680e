"""Exercises of lesson 14b: solutions, then checkers, then wrong answers.

14b.1 in the lesson: `any_size(lambda x: network(x).numpy(), photo)`. 14b.2 needs a
network whose normalisations have a row of scales and shifts for each style: Dumoulin et
al. train one with 32 styles. 14b.3: for a video, pictures that follow each other should
differ only as the photos do.
"""

from course_utils.judge import close

import numpy as np


def any_size(network, photo):
    """A function of (1, H, W, 3), H and W divisible by 4; photo (h, w, 3) -> result."""
    height, width = photo.shape[:2]
    below, right = -height % 4, -width % 4
    padded = np.pad(photo, [(0, below), (0, right), (0, 0)], mode="reflect")
    return network(padded[None])[0][:height, :width]


def conditional_norm(maps, scales, shifts, mix):
    """Maps (N, H, W, C); scales, shifts (S, C), a row a style; mix (N, S)."""
    mean = maps.mean(axis=(1, 2), keepdims=True)
    deviation = maps.std(axis=(1, 2), keepdims=True)
    normalised = (maps - mean) / (deviation + 1e-5)
    return normalised * (mix @ scales)[:, None, None] + (mix @ shifts)[:, None, None]


def flicker(network, photo):
    """Mean change of the result, in its place, when the camera moves by one pixel."""
    first = network(photo[None, :, :-4])[0]
    second = network(photo[None, :, 1:-3])[0]
    return np.mean(np.abs(first[:, 1:] - second[:, :-1]))


def _painted(x):
    """A stand-in for a network."""
    x = np.asarray(x, float)
    return 255 - x + 0.1 * x.mean(axis=(1, 2), keepdims=True)


def check_1(answer):
    """Photos of any size."""
    rng = np.random.default_rng(0)
    for shape in ((8, 12, 3), (9, 12, 3), (8, 11, 3), (10, 13, 3), (7, 5, 3)):
        photo = rng.uniform(0, 255, shape)
        given, seen = photo.copy(), []

        def network(x, seen=seen):
            seen.append(x)
            return _painted(np.reshape(x, (1, *np.shape(x)[-3:])))

        found = answer(network, photo)
        told = f"for a photo {shape} "
        assert np.array_equal(given, photo), (
            f"{told}the photo has changed. Hint: np.pad makes a new array."
        )
        assert seen, f"{told}the network is not called. Hint: network(padded[None])."
        used = np.shape(seen[-1])
        assert len(used) == 4 and used[::3] == (1, 3), (
            f"{told}the network gets the shape {used}, not (1, H, W, 3). Hint: [None] "
            "adds the first axis."
        )
        assert used[1] % 4 == used[2] % 4 == 0, (
            f"{told}the network gets {used[1]} x {used[2]} pixels, which 4 does not "
            "divide. Hint: -height % 4 rows are missing."
        )
        assert np.shape(found) == shape, (
            f"{told}the result has the shape {np.shape(found)}. Hint: take [0], then "
            "cut off what was added: [:height, :width]."
        )
        used = np.asarray(seen[-1], float)[0]
        assert used.shape[0] >= shape[0] and used.shape[1] >= shape[1], (
            f"{told}the network gets {used.shape[:2]} pixels: a part is lost. Hint: "
            "make it larger, not smaller."
        )
        assert used.shape[0] < shape[0] + 4 and used.shape[1] < shape[1] + 4, (
            f"{told}the network gets {used.shape[:2]} pixels, more than needed. Hint: "
            "-height % 4 is 0 where 4 divides it."
        )
        assert close(used[: shape[0], : shape[1]], photo), (
            f"{told}the photo is not in the upper left of what the network gets. Hint: "
            "pad below and on the right only: [(0, below), (0, right), (0, 0)]."
        )
        added = [(0, used.shape[0] - shape[0]), (0, used.shape[1] - shape[1]), (0, 0)]
        assert close(used, np.pad(photo, added, mode="reflect")), (
            f"{told}what is added does not mirror the photo. Hint: np.pad with "
            'mode="reflect".'
        )
        assert close(found, _painted(used[None])[0][: shape[0], : shape[1]], 1e-4), (
            f"{told}the result is not what the network returned. Hint: cut it, and "
            "change nothing else."
        )


def check_2(answer):
    """Conditional instance normalisation."""
    rng = np.random.default_rng(1)
    maps = rng.gamma(2.0, 1.0, (3, 4, 5, 2)) * [1, 4]
    scales, shifts = rng.uniform(1, 3, (4, 2)), rng.uniform(-2, 2, (4, 2))
    mean = maps.mean(axis=(1, 2), keepdims=True)
    normal = (maps - mean) / maps.std(axis=(1, 2), keepdims=True)

    def expected(mix):
        return normal * (mix @ scales)[:, None, None] + (mix @ shifts)[:, None, None]

    one = np.eye(4)[[2, 0, 3]]
    found = answer(maps.copy(), scales, shifts, one)
    assert np.shape(found) == maps.shape, (
        f"for maps {maps.shape} the result has the shape {np.shape(found)}. Hint: "
        "mix @ scales is (N, C); [:, None, None] makes it fit (N, H, W, C)."
    )
    found = np.asarray(found, float)
    assert not close(found, normal, 1e-3), (
        "scales and shifts have no effect. Hint: multiply by mix @ scales, add "
        "mix @ shifts."
    )
    batch = (maps - maps.mean(axis=(0, 1, 2))) / maps.std(axis=(0, 1, 2))
    batch = batch * (one @ scales)[:, None, None] + (one @ shifts)[:, None, None]
    assert not close(found, batch, 1e-3), (
        "the normalisation is over all pictures together. Hint: axis=(1, 2), with "
        "keepdims=True."
    )
    layer = (maps - maps.mean(axis=(1, 2, 3), keepdims=True)) / maps.std(
        axis=(1, 2, 3), keepdims=True
    )
    layer = layer * (one @ scales)[:, None, None] + (one @ shifts)[:, None, None]
    assert not close(found, layer, 1e-3), (
        "the normalisation is over the channels, too. Hint: axis=(1, 2)."
    )
    assert not close(
        found - expected(one), -(one @ shifts)[:, None, None] + 0 * maps, 1e-3
    ), "the shifts are missing. Hint: add mix @ shifts."
    assert close(found, expected(one), 1e-3), (
        "with one style for each picture, the result is wrong. Hint: normalise each "
        "channel of each picture; divide by the standard deviation; then scale, then "
        "shift."
    )
    half = np.array([[0.5, 0.5, 0, 0], [0, 0, 1, 0], [0.25, 0.25, 0.25, 0.25]])
    assert close(answer(maps.copy(), scales, shifts, half), expected(half), 1e-3), (
        "with a mixture of styles, the result is wrong. Hint: mix @ scales is the "
        "weighted mean of the rows; do not pick one by argmax."
    )
    flat = np.full((1, 2, 2, 2), 7.0)
    assert close(answer(flat, scales, shifts, one[:1]), shifts[2] + 0 * flat, 1e-3), (
        "a channel that is the same everywhere does not become its shift. Hint: add "
        "1e-5 to the standard deviation, so that nothing is divided by 0."
    )


def check_3(answer):
    """Flicker of a network when the camera moves."""
    photo = np.random.default_rng(2).uniform(0, 255, (8, 16, 3))

    shapes = []

    def shape_seen(x):
        shapes.append(np.shape(x))
        return np.asarray(x, float)

    def fixed(x):  # a dirty lens: it stays where it is
        return shape_seen(x) + np.arange(np.shape(x)[-2])[:, None] ** 2

    def moving(x):  # each pixel by itself: no flicker
        return 255 - shape_seen(x)

    found = answer(moving, photo)
    assert {*shapes} == {(1, 8, 12, 3)}, (
        f"for a photo (8, 16, 3), the network gets {(shapes or ['nothing'])[-1]}, not "
        "(1, 8, 12, 3). Hint: photo[None, :, :-4] is the first view, as a batch of one."
    )
    assert np.ndim(found) == 0, (
        f"the result has the shape {np.shape(found)}, not one number. Hint: take the "
        "mean."
    )
    assert abs(found) < 1e-6, (
        f"a network that treats each pixel by itself has the flicker {found:.4g}, not "
        "0. Hint: column 1 of the first result shows what column 0 of the second does: "
        "compare first[:, 1:] and second[:, :-1]."
    )
    columns = np.arange(12.0) ** 2
    expected = np.mean(columns[1:] - columns[:-1])
    found = answer(fixed, photo)
    assert abs(found + expected) > 1e-6 and found >= 0, (
        "the flicker is negative. Hint: take absolute values first, then the mean."
    )
    assert abs(found - np.mean((columns[1:] - columns[:-1]) ** 2)) > 1e-6, (
        "differences are squared. Hint: take np.abs of them."
    )
    assert abs(found) > 1e-6, (
        "a dirty lens causes no flicker. Hint: call the network twice, on the two "
        "views of the photo."
    )
    assert abs(found - expected) < 1e-6, (
        f"for a dirty lens the flicker is {found:.4g}, not {expected:.4g}. Hint: "
        "compare the columns that both results show, and take the mean of all."
    )

    def wave(x):
        return shape_seen(x) + 9 * np.sin(2 * np.arange(np.shape(x)[-2]))[:, None]

    steps = np.abs(np.diff(9 * np.sin(2 * np.arange(12.0))))
    assert abs(answer(wave, photo) - steps.mean()) < 1e-6, (
        "changes up and down cancel. Hint: take absolute values before the mean."
    )


WRONG = {  # replacements in a solution, or another body for it
    "any_size__cuts": (
        "h, w = photo.shape[0] // 4 * 4, photo.shape[1] // 4 * 4\n"
        "    return network(photo[None, :h, :w])[0]"
    ),
    "any_size__does_not_cut_back": [("[:height, :width]", "")],
    "any_size__always_pads": [
        ("-height % 4, -width % 4", "4 - height % 4, 4 - width % 4")
    ],
    "any_size__zeros": [('mode="reflect"', 'mode="constant"')],
    "any_size__no_batch": [("padded[None])[0]", "padded)")],
    "any_size__above_and_left": [
        ("[(0, below), (0, right), (0, 0)]", "[(below, 0), (right, 0), (0, 0)]")
    ],
    "any_size__wrong_remainder": [("-height % 4, -width % 4", "height % 4, width % 4")],
    "any_size__keeps_the_batch": [("[0][:height, :width]", "[:, :height, :width]")],
    "any_size__edge": [('mode="reflect"', 'mode="edge"')],
    "conditional_norm__batch": [
        ("maps.mean(axis=(1, 2), keepdims=True)", "maps.mean(axis=(0, 1, 2))"),
        ("maps.std(axis=(1, 2), keepdims=True)", "maps.std(axis=(0, 1, 2))"),
    ],
    "conditional_norm__layer": [
        ("maps.mean(axis=(1, 2), ", "maps.mean(axis=(1, 2, 3), "),
        ("maps.std(axis=(1, 2), ", "maps.std(axis=(1, 2, 3), "),
    ],
    "conditional_norm__no_shift": [(" + (mix @ shifts)[:, None, None]", "")],
    "conditional_norm__only_normalises": (
        "mean = maps.mean(axis=(1, 2), keepdims=True)\n"
        "    return (maps - mean) / maps.std(axis=(1, 2), keepdims=True)"
    ),
    "conditional_norm__no_epsilon": [("(deviation + 1e-5)", "deviation")],
    "conditional_norm__variance": [("maps.std(", "maps.var(")],
    "conditional_norm__argmax": [
        ("(mix @ scales)", "scales[mix.argmax(1)]"),
        ("(mix @ shifts)", "shifts[mix.argmax(1)]"),
    ],
    "conditional_norm__shifts_first": [
        ("normalised * (", "(normalised + (mix @ shifts)[:, None, None]) * ("),
        ("[:, None, None] + (mix @ shifts)[:, None, None]", "[:, None, None]"),
    ],
    "flicker__not_aligned": [
        ("first[:, 1:] - second[:, :-1]", "first - second"),
    ],
    "flicker__the_other_way": [
        ("first[:, 1:] - second[:, :-1]", "first[:, :-1] - second[:, 1:]")
    ],
    "flicker__signed": [("np.mean(np.abs(", "abs(np.mean(")],
    "flicker__squared": [
        (
            "np.mean(np.abs(first[:, 1:] - second[:, :-1]))",
            "np.mean((first[:, 1:] - second[:, :-1]) ** 2)",
        )
    ],
    "flicker__one_call": (
        "result = network(photo[None, :, :-4])[0]\n"
        "    return np.mean(np.abs(result[:, 1:] - result[:, 1:]))"
    ),
    "flicker__wider_views": [(":-4]", ":-1]"), ("1:-3]", "1:]")],
    "flicker__moves_by_four": [
        ("1:-3]", "4:]"),
        ("first[:, 1:] - second[:, :-1]", "first[:, 4:] - second[:, :-4]"),
    ],
    "flicker__no_mean": [("np.mean(np.abs(", "(np.abs(")],
    "flicker__rows": [
        ("photo[None, :, :-4]", "photo[None, :-4]"),
        ("photo[None, :, 1:-3]", "photo[None, 1:-3]"),
    ],
}
