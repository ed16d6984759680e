"""Exercises of lesson 14: solutions, then checkers, then wrong answers.

In 14.1, no: the losses of the first two layers fall, the others even rise a little.
In 14.2, there are still panes: the picture differs little from `result`.
`result` has the lower style loss, 0.006 against 0.011: it alone was fitted to Gram
matrices.
In 14.3, `style_of` measures the style picture, too: its left half gives the style.
"""

from course_utils.judge import close

import numpy as np


def losses_by_layer(picture, style, model, style_of):
    """Style losses of two pictures (H, W, 3), one for each layer of the model: (L,)."""
    found = []
    for maps, target_maps in zip(model(picture[None]), model(style[None]), strict=True):
        values = np.asarray(style_of(maps))
        target = np.asarray(style_of(target_maps))
        found.append(np.sum((values - target) ** 2) / np.sum(target**2))
    return np.array(found)


def mean_and_deviation(maps):
    """Feature maps (N, H, W, C) -> (N, 2, C), means first."""
    from keras import ops

    mean, variance = ops.moments(maps, axes=[1, 2])
    return ops.stack([mean, ops.sqrt(variance + 1e-5)], axis=1)


def masked_gram(maps, mask):
    """Feature maps (N, H, W, C), mask (H, W) from 0 to 1 -> (N, C, C)."""
    from keras import ops

    products = ops.einsum("hw,nhwc,nhwd->ncd", mask, maps, maps)
    return products / ops.sum(mask)


def _maps(seed, shape):
    return np.random.default_rng(seed).gamma(2.0, 1.0, shape)


def _unchanged(answer, *inputs):
    given = [array.copy() for array in inputs]
    result = answer(*inputs)
    for before, now in zip(given, inputs, strict=True):
        assert np.array_equal(before, now), (
            "an array that your function was given has changed. Hint: make new arrays; "
            "`+=` and assignments to parts change the old."
        )
    return result


def check_1(answer):
    """The style loss of each layer."""
    rng = np.random.default_rng(2)
    picture, style = rng.uniform(50, 200, (2, 6, 8, 3))
    style = style * [1.0, 0.5, 0.2]

    def model(pictures):
        assert np.ndim(pictures) == 4, (
            f"`model` was given an array with {np.ndim(pictures)} axes. Hint: it takes "
            "a batch; picture[None] is a batch of one."
        )
        pictures = np.asarray(pictures, float)
        halves = pictures[:, ::2, ::2]
        return [pictures / 100, halves[..., :2] ** 2 / 1e4, halves[..., 1:] / 50]

    def style_of(maps):
        assert np.ndim(maps) == 4, (
            "`style_of` was not given the feature maps (N, H, W, C) of one layer. "
            "Hint: loop over the list that `model` returns."
        )
        maps = np.asarray(maps, float)
        return np.einsum("nhwc,nhwd->ncd", maps, maps) / (maps.shape[1] * maps.shape[2])

    def losses(one, other, measure=style_of, norm=lambda a, b: (b**2).sum()):
        pairs = zip(model(one[None]), model(other[None]), strict=True)
        pairs = [(measure(a), measure(b)) for a, b in pairs]
        return np.array([((a - b) ** 2).sum() / norm(a, b) for a, b in pairs])

    found = _unchanged(lambda *both: answer(*both, model, style_of), picture, style)
    assert np.shape(found) == (3,), (
        f"for a model of three layers, the result has the shape {np.shape(found)}, not "
        "(3,). Hint: one number for each layer, in an array or a list."
    )
    expected = losses(picture, style)
    assert not close(found, losses(picture, style, lambda maps: maps), 1e-3), (
        "the maps are compared position by position: that is a content loss. Hint: "
        "compare style_of(maps)."
    )
    assert not close(found, losses(style, picture), 1e-3), (
        "the loss is divided by the squares of the picture. Hint: divide by those of "
        "the style, the target."
    )
    sums = losses(picture, style, norm=lambda a, b: 1)
    means = losses(picture, style, norm=lambda a, b: b.size)
    assert not (close(found, sums, 1e-3) or close(found, means, 1e-3)), (
        "the squared differences are not divided by the squares of the target. Hint: "
        "divide by np.sum(target**2)."
    )
    assert not close(found, expected**0.5, 1e-3), (
        "the result is the root of the loss. Hint: leave out the root."
    )
    assert not close(found, np.full(3, expected.mean()), 1e-3), (
        "every layer has the mean of all losses. Hint: append one number a layer."
    )
    assert close(found, expected, 1e-3), (
        "the losses are wrong. Hint: for each layer, the sum of the squared "
        "differences of style_of(maps), divided by that of the squares for the style."
    )

    def sizes(maps):  # another measure of style
        return np.mean(np.asarray(maps, float), axis=(1, 2)) ** 2

    found = np.asarray(answer(picture, style, model, sizes), float)
    assert close(found, losses(picture, style, sizes), 1e-3), (
        "with another `style_of`, the losses are those of the Gram matrices or wrong. "
        "Hint: call style_of(maps), whatever it returns."
    )
    same = np.asarray(answer(style, style, model, style_of), float)
    assert close(same, [0, 0, 0], 1e-6), (
        "a picture has a style loss against itself. Hint: subtract the target."
    )


def check_2(answer):
    """Mean and standard deviation of each channel, as a measure of style."""
    import tensorflow as tf

    maps = np.stack([_maps(3, (6, 5, 4)), 3 * _maps(4, (6, 5, 4)) + 1])
    maps = tf.constant(maps.astype("float32"))
    with tf.GradientTape() as tape:
        tape.watch(maps)
        found = answer(maps)
        whole = tf.reduce_sum(tf.cast(found, "float32")) if _is_tensor(found) else None
    mean, deviation = np.mean(maps, axis=(1, 2)), np.std(maps, axis=(1, 2))
    assert np.shape(found) == (2, 2, 4), (
        f"for maps (2, 6, 5, 4) the result has the shape {np.shape(found)}, not "
        "(2, 2, 4). Hint: both over axes 1 and 2, then ops.stack along axis 1."
    )
    given, expected = np.asarray(found, float), np.stack([mean, deviation], axis=1)
    assert not close(given, expected[:, ::-1], 1e-3), (
        "the deviations come first. Hint: means first, then deviations."
    )
    assert not close(given, np.stack([mean, deviation**2], axis=1), 1e-3), (
        "a variance stands where a standard deviation should. Hint: take the root."
    )
    assert close(given[:, 0], mean, 1e-3), (
        "the first row is not the mean of each channel over all positions. Hint: "
        "ops.mean over axes 1 and 2, for each picture by itself."
    )
    assert close(given[:, 1], deviation, 1e-3), (
        "the second row is not the standard deviation of each channel. Hint: the root "
        "of the variance over axes 1 and 2; add 1e-5 to the variance, not to the root."
    )
    flow = None if whole is None else tape.gradient(whole, maps)
    assert flow is not None and not close(flow, np.full((2, 6, 5, 4), 1 / 30), 1e-4), (
        "no gradient flows back to the maps. Hint: `from keras import ops`, and "
        "ops.mean for np.mean."
    )
    flat = tf.ones((1, 3, 3, 2))
    with tf.GradientTape() as tape:
        tape.watch(flat)
        found = answer(flat)
        whole = tf.reduce_sum(found)
    assert np.isfinite(tape.gradient(whole, flat)).all(), (
        "where a channel is the same everywhere, the gradient is NaN. Hint: add 1e-5 "
        "to the variance before you take the root."
    )
    assert close(np.asarray(found)[:, 1], np.full((1, 2), 1e-5**0.5), 1e-4), (
        "where a channel is the same everywhere, the deviation is not the root of "
        "1e-5. Hint: add 1e-5 to the variance."
    )


def _is_tensor(result):
    import tensorflow as tf

    return isinstance(result, tf.Tensor)


def check_3(answer):
    """Gram matrices of a part of a picture."""
    import tensorflow as tf

    maps = np.stack([_maps(0, (4, 6, 3)), 2 * _maps(1, (4, 6, 3))]).astype("float32")
    ones = np.ones((4, 6), "float32")

    def expected(weights):
        products = np.einsum("hw,nhwc,nhwd->ncd", weights, maps, maps)
        return products / weights.sum()

    with tf.GradientTape() as tape:
        given = tf.constant(maps)
        tape.watch(given)
        found = answer(given, ones.copy())
        whole = tf.reduce_sum(found) if _is_tensor(found) else None
    assert np.shape(found) == (2, 3, 3), (
        f"for maps (2, 4, 6, 3) the result has the shape {np.shape(found)}, not "
        "(2, 3, 3). Hint: sum over both axes of positions, as in the einsum of `gram`."
    )
    assert not close(found, expected(ones) * 24), (
        "with a mask of ones, the result is the sum over the positions. Hint: divide "
        "by the sum of the mask."
    )
    assert close(found, expected(ones), 1e-4), (
        "with a mask of ones, the result is not that of `gram`. Hint: sum mask x maps "
        "x maps over the positions of each picture, then divide by the sum of the mask."
    )
    slope = 2 * maps.sum(axis=-1, keepdims=True) / 24 + 0 * maps
    flow = None if whole is None else tape.gradient(whole, given)
    assert flow is not None and close(flow, slope, 1e-4), (
        "no gradient flows back to the maps. Hint: `from keras import ops`, and "
        "ops.einsum for np.einsum."
    )
    left = ones.copy()
    left[:, 2:] = 0
    found = _unchanged(lambda mask: answer(tf.constant(maps), mask), left)
    assert not close(found, expected(left) / 3, 1e-4), (
        "with a third of the positions in the mask, all numbers are a third of what "
        "they should be. Hint: divide by the sum of the mask, not by H x W."
    )
    assert not close(found, expected(ones), 1e-4), (
        "the mask has no effect. Hint: multiply the products at each position by it."
    )
    assert close(found, expected(left), 1e-4), (
        "with a mask of zeros and ones, the result is not the Gram matrix of the "
        "positions inside. Hint: einsum takes three arrays: 'hw,nhwc,nhwd->ncd'."
    )
    soft = np.random.default_rng(1).random((4, 6), "float32")
    found = _unchanged(lambda mask: answer(tf.constant(maps), mask), soft)
    squared = expected(soft**2) * (soft**2).sum()
    assert not any(close(found, squared / n, 1e-4) for n in (soft.sum(), 24)), (
        "a mask of 0.5 counts 0.25. Hint: multiply only one of the two maps by it."
    )
    assert not close(found, expected(soft**2), 1e-4), (
        "the weights of the positions are the squares of the mask. Hint: multiply only "
        "one of the two maps by it."
    )
    assert close(found, expected(soft), 1e-4), (
        "with a mask between 0 and 1, the result is wrong. Hint: do not round the mask "
        "or compare it; it is the weight of each position."
    )


WRONG = {  # replacements in a solution, or another body for it
    "losses_by_layer__no_batch": [("picture[None]", "picture")],
    "losses_by_layer__content": [
        ("style_of(maps)", "maps"),
        ("style_of(target_maps)", "target_maps"),
    ],
    "losses_by_layer__divides_by_the_picture": [
        ("np.sum(target**2)", "np.sum(values**2)")
    ],
    "losses_by_layer__does_not_divide": [(" / np.sum(target**2)", "")],
    "losses_by_layer__mean_square": [
        (
            "np.sum((values - target) ** 2) / np.sum(target**2)",
            "np.mean((values - target) ** 2)",
        )
    ],
    "losses_by_layer__root": [("np.array(found)", "np.sqrt(found)")],
    "losses_by_layer__sum": [("np.array(found)", "np.sum(found)")],
    "losses_by_layer__last_layer": [("np.array(found)", "found[-1:]")],
    "losses_by_layer__two_layers": [("np.array(found)", "np.array(found)[:2]")],
    "losses_by_layer__mean_of_all": [("np.array(found)", "np.full(3, np.mean(found))")],
    "losses_by_layer__absolute": [
        (
            "np.sum((values - target) ** 2) / np.sum(target**2)",
            "np.sum(abs(values - target)) / np.sum(abs(target))",
        )
    ],
    "losses_by_layer__all_layers_at_once": (
        "target = style_of(model(style[None]))\n"
        "    return np.sum((style_of(model(picture[None])) - target) ** 2)"
    ),
    "mean_and_deviation__no_epsilon": [(" + 1e-5", "")],
    "mean_and_deviation__large_epsilon": [("1e-5", "1e-3")],
    "mean_and_deviation__epsilon_outside": [
        ("ops.sqrt(variance + 1e-5)", "ops.sqrt(variance) + 1e-5")
    ],
    "mean_and_deviation__variance": [("ops.sqrt(variance + 1e-5)", "variance")],
    "mean_and_deviation__deviations_first": [
        ("[mean, ops.sqrt(variance + 1e-5)]", "[ops.sqrt(variance + 1e-5), mean]")
    ],
    "mean_and_deviation__over_the_channels": [("axes=[1, 2]", "axes=[3]")],
    "mean_and_deviation__over_the_pictures": [("axes=[1, 2]", "axes=[0, 1, 2]")],
    "mean_and_deviation__side_by_side": [
        ("ops.stack(", "ops.concatenate("),
    ],
    "mean_and_deviation__numpy": (
        "array = np.asarray(maps)\n"
        "    mean, variance = array.mean((1, 2)), array.var((1, 2))\n"
        "    return np.stack([mean, np.sqrt(variance + 1e-5)], axis=1)"
    ),
    "masked_gram__over_all_positions": [("ops.sum(mask)", "mask.size")],
    "masked_gram__sum": [(" / ops.sum(mask)", "")],
    "masked_gram__no_mask": [
        ('"hw,nhwc,nhwd->ncd", mask, maps', '"nhwc,nhwd->ncd", maps'),
        ("ops.sum(mask)", "mask.size"),
    ],
    "masked_gram__mask_twice": [("mask, maps", "mask**2, maps")],
    "masked_gram__mask_twice_and_below": [
        ("mask, maps", "mask**2, maps"),
        ("ops.sum(mask)", "ops.sum(mask**2)"),
    ],
    "masked_gram__hard": [
        ("products =", "mask = (mask > 0.5).astype('float32')\n    products ="),
    ],
    "masked_gram__rows_only": [("->ncd", "->nhcd")],
    "masked_gram__all_pictures": [("->ncd", "->cd")],
    "masked_gram__numpy": (
        'products = np.einsum("hw,nhwc,nhwd->ncd", mask, maps, maps)\n'
        "    return products / np.sum(mask)"
    ),
    "masked_gram__changes_its_input": (
        "from keras import ops\n"
        "    total = mask.sum()\n"
        "    np.sqrt(mask, out=mask)\n"
        "    maps = maps * mask[..., None]\n"
        '    return ops.einsum("nhwc,nhwd->ncd", maps, maps) / total'
    ),
}
