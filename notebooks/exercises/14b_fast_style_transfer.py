"""Exercises of lesson 14b: solutions, then checkers, then wrong answers.

14b.1 in the lesson: `any_size(lambda x: network(x).numpy(), photo)`. 14b.2: with the
weight 10, luma that is off by 0.3 everywhere costs 0.9, as much as the whole loss
before. So expect light and dark to follow the photo, and a higher style loss: the term
leaves the network less to change. 14b.3: the network adds new noise in each call, and
its two strides of 2 move a result as a whole only when the photo moves by four pixels.
For `unseen[0]`, we got a flicker of 11.2 levels of 255; the same view twice (only the
noise differs) gave 8.7, and a flicker without noise 7.7. Neither cause is negligible.
"""

from course_utils.judge import close

import numpy as np


def any_size(network, photo):
    """A function of (1, H, W, 3), H and W divisible by 4; photo (h, w, 3) -> result."""
    height, width = photo.shape[:2]
    below, right = -height % 4, -width % 4
    padded = np.pad(photo, [(0, below), (0, right), (0, 0)], mode="reflect")
    return network(padded[None])[0][:height, :width]


def luma_loss(pictures, photos):
    """Tensors, pictures and photos (N, H, W, 3), 0 to 255 -> (N,)."""
    from keras import ops

    luma = ops.sum((pictures - photos) * np.array([0.299, 0.587, 0.114], "f4"), axis=-1)
    return ops.mean((luma / 255) ** 2, axis=(1, 2))


def flicker(network, photo):
    """A function of (1, H, W, 3); photo (h, w, 3) -> mean change from view to view."""
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
        used = np.asarray(seen[-1], float)[0]
        assert used.shape[0] >= shape[0] and used.shape[1] >= shape[1], (
            f"{told}the network gets {used.shape[:2]} pixels: a part is lost. Hint: "
            "make it larger, not smaller."
        )
        assert np.shape(found) == shape, (
            f"{told}the result has the shape {np.shape(found)}. Hint: take [0], then "
            "cut off what was added: [:height, :width]."
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
    """A term of the loss that keeps the luma."""
    import tensorflow as tf

    rng, weights = np.random.default_rng(1), np.array([0.299, 0.587, 0.114])
    pictures, photos = rng.uniform(0, 255, (2, 3, 4, 5, 3)).astype("float32")
    given = [pictures.copy(), photos.copy()]
    with tf.GradientTape() as tape:
        variable = tf.constant(given[0])
        tape.watch(variable)
        found = answer(variable, tf.constant(given[1]))
        tensor = isinstance(found, tf.Tensor)
        whole = tf.reduce_sum(found) if tensor else None
    luma = (pictures - photos) @ weights / 255
    expected = (luma**2).mean(axis=(1, 2))
    assert np.shape(found) == (3,), (
        f"for three pictures the result has the shape {np.shape(found)}, not (3,). "
        "Hint: the mean over axes 1 and 2 of (N, H, W) leaves a number for each."
    )
    found = np.asarray(found, float)
    assert not close(found, expected * 255**2, 1e-3), (
        "the luma is not divided by 255. Hint: divide it before you take the square."
    )
    assert not close(found, expected * 255, 1e-3), (
        "the squares are divided by 255, not the luma. Hint: (luma / 255) ** 2."
    )
    assert not close(found, np.abs(luma).mean((1, 2)), 1e-3), (
        "differences are absolute, not squared. Hint: (luma / 255) ** 2."
    )
    assert not close(found, np.sqrt(expected), 1e-3), (
        "the result is the root of the mean square. Hint: return the mean square."
    )
    assert not close(found, luma.mean((1, 2)) ** 2, 1e-3), (
        "the means of the pictures are compared, not their pixels. Hint: first the "
        "square, then the mean over the positions."
    )
    plain = (((pictures - photos).mean(-1) / 255) ** 2).mean((1, 2))
    assert not close(found, plain, 1e-3), (
        "luma is the plain mean of the channels. Hint: weigh red, green and blue by "
        "0.299, 0.587 and 0.114."
    )
    each = (((pictures - photos) / 255) ** 2 @ weights).mean((1, 2))
    assert not close(found, each, 1e-3), (
        "the channels are compared one by one. Hint: add them up to the luma first, "
        "then take the square."
    )
    assert close(found, expected, 1e-4), (
        "the result is not the mean squared difference of the luma. Hint: luma of "
        "pictures minus luma of photos, / 255, ** 2, then the mean over axes 1 and 2."
    )
    flow = tape.gradient(whole, variable) if tensor else None
    assert flow is not None, (
        "no gradient flows back to the pictures. Hint: `from keras import ops`, and "
        "ops.mean for np.mean."
    )
    slope = 2 * luma[..., None] * weights / 255 / 20
    assert close(np.asarray(flow) * 1e4, slope * 1e4, 1e-3), (
        "the gradient is not that of the luma difference. Hint: the weights are "
        "exactly 0.299, 0.587 and 0.114, and nothing is rounded or cut off."
    )


def check_3(answer):
    """Flicker of a network when the camera moves."""
    photo = np.random.default_rng(2).uniform(0, 255, (8, 16, 3))

    shapes, views = [], []

    def shape_seen(x):
        shapes.append(np.shape(x))
        views.extend(np.asarray(x, float))
        return np.asarray(x, float)

    def fixed(x):  # a dirty lens: it stays where it is
        return shape_seen(x) + np.arange(np.shape(x)[-2])[:, None] ** 2

    def moving(x):  # each pixel by itself: no flicker
        return 255 - shape_seen(x)

    found = answer(moving, photo)
    assert shapes and {*shapes} <= {(1, 8, 12, 3), (2, 8, 12, 3)}, (
        f"for a photo (8, 16, 3), the network gets {(shapes or ['nothing'])[-1]}, not "
        "(1, 8, 12, 3). Hint: photo[None, :, :-4] is the first view, as a batch of one."
    )
    wanted = [photo[:, :-4], photo[:, 1:-3]]
    assert all(any(close(view, one) for view in views) for one in wanted), (
        "the network does not get both views. Hint: photo[:, :-4] and photo[:, 1:-3]."
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

    steps = np.diff(9 * np.sin(2 * np.arange(12.0)))
    found = answer(wave, photo)
    assert abs(found - abs(steps.mean())) > 1e-6, (
        "changes up and down cancel. Hint: take absolute values before the mean."
    )
    steps = np.abs(steps)
    assert abs(found - steps.mean()) < 1e-6, (
        f"for a lens with a wave, the flicker is {found:.4g}, not {steps.mean():.4g}. "
        "Hint: the mean of np.abs over all 11 columns that both results show."
    )

    def corner(x):  # flickers in the last row, in the last channel
        wave = np.zeros((*np.shape(x)[1:3], 3))
        wave[-1, :, -1] = 9 * np.sin(2 * np.arange(np.shape(x)[-2]))
        return shape_seen(x) + wave

    assert abs(answer(corner, photo) - steps.mean() / 24) < 1e-6, (
        "not all pixels count. Hint: the mean over all 8 rows, the 11 columns that "
        "both results show, and 3 channels."
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
    "luma_loss__all_pictures": [(", axis=(1, 2))", ")")],
    "luma_loss__each_position": [("ops.mean((luma / 255) ** 2, axis=(1, 2))", "luma")],
    "luma_loss__not_scaled": [("(luma / 255)", "luma")],
    "luma_loss__scaled_after": [("(luma / 255) ** 2", "luma**2 / 255")],
    "luma_loss__absolute": [("(luma / 255) ** 2", "ops.abs(luma / 255)")],
    "luma_loss__root": [
        (
            "ops.mean((luma / 255) ** 2, axis=(1, 2))",
            "ops.sqrt(ops.mean((luma / 255) ** 2, axis=(1, 2)))",
        )
    ],
    "luma_loss__of_the_means": [
        (
            "ops.mean((luma / 255) ** 2, axis=(1, 2))",
            "ops.mean(luma / 255, axis=(1, 2)) ** 2",
        )
    ],
    "luma_loss__plain_mean": [("[0.299, 0.587, 0.114]", "[1 / 3, 1 / 3, 1 / 3]")],
    "luma_loss__each_channel": (
        "from keras import ops\n"
        '    weights = np.array([0.299, 0.587, 0.114], "f4")\n'
        "    squares = ops.mean(((pictures - photos) / 255) ** 2, axis=(1, 2))\n"
        "    return ops.sum(squares * weights, axis=-1)"
    ),
    "luma_loss__sum": [("ops.mean((luma", "ops.sum((luma")],
    "luma_loss__numpy": (
        "difference = np.asarray(pictures) - np.asarray(photos)\n"
        "    luma = difference @ np.array([0.299, 0.587, 0.114])\n"
        "    return np.mean((luma / 255) ** 2, axis=(1, 2))"
    ),
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
    "flicker__one_channel": [
        ("first[:, 1:]", "first[:, 1:, 0]"),
        ("second[:, :-1]", "second[:, :-1, 0]"),
    ],
    "flicker__top_row": [
        ("first[:, 1:]", "first[:1, 1:]"),
        ("second[:, :-1]", "second[:1, :-1]"),
    ],
    "flicker__not_the_last_row": [
        ("first[:, 1:]", "first[:-1, 1:]"),
        ("second[:, :-1]", "second[:-1, :-1]"),
    ],
    "luma_loss__rounded_weights": [("0.299, 0.587, 0.114", "0.3, 0.59, 0.11")],
    "flicker__rows": [
        ("photo[None, :, :-4]", "photo[None, :-4]"),
        ("photo[None, :, 1:-3]", "photo[None, 1:-3]"),
    ],
}
