"""Exercises of lesson 04: solutions, then checkers, then wrong answers."""

from course_utils.judge import close

import numpy as np


def least_squares_losses(real, fake):
    """Outputs (N, 1) of D for real and for generated pictures -> losses of D and G."""
    d_loss = np.mean((real - 1) ** 2) / 2 + np.mean(fake**2) / 2
    return d_loss, np.mean((fake - 1) ** 2) / 2


def with_label_channels(pictures, labels, num_classes):
    """Tensors (N, H, W, C) and classes (N,) -> tensor (N, H, W, C + num_classes)."""
    from keras import ops

    one_hot = ops.reshape(ops.one_hot(labels, num_classes), (-1, 1, 1, num_classes))
    channels = ops.ones_like(pictures[..., :1]) * one_hot
    return ops.concatenate([pictures, channels], axis=-1)


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
        "Hint: the generator's target is 1, and the loss is half the mean of the "
        "squared differences."
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
    """Labels as channels of the picture, in tensors and inside a network."""
    import keras

    rng = np.random.default_rng(0)
    pictures = rng.uniform(-1, 1, (6, 4, 6, 1)).astype("float32")
    labels = np.array([2, 0, 1, 2, 2, 0], "int32")
    inputs = [keras.ops.convert_to_tensor(x) for x in (pictures, labels)]
    result = np.asarray(answer(*inputs, 3))
    assert result.shape == (6, 4, 6, 4), (
        f"grey pictures (6, 4, 6, 1) and 3 classes give the shape {result.shape}, not "
        "(6, 4, 6, 4). Hint: ops.concatenate along the last axis."
    )
    assert close(result[..., :1], pictures), (
        "the first channel is no longer the picture. "
        "Hint: the picture comes first, then the channels of the classes."
    )
    planes = result[..., 1:]
    assert close(planes, np.broadcast_to(planes[:, :1, :1], planes.shape)), (
        "the new channels differ from place to place. Hint: reshape the one-hot vectors"
        " to (N, 1, 1, num_classes), and multiply by ones of the pictures' shape."
    )
    assert close(planes[:, 0, 0], np.eye(3)[labels]), (
        f"a picture of class 2 has {planes[0, 0, 0].tolist()!s:.50} in its new "
        "channels, not 0, 0, 1. Hint: 1 in the channel of the class, 0 elsewhere."
    )
    colour = keras.ops.ones((2, 4, 4, 3)), keras.ops.convert_to_tensor([0, 1])
    shape = tuple(np.shape(answer(*colour, 10)))
    assert shape == (2, 4, 4, 13), (
        f"colour pictures (2, 4, 4, 3) and 10 classes give the shape {shape}. Hint: "
        "take one channel of the pictures for the ones, and use num_classes, not the "
        "largest label."
    )
    inputs = [keras.Input((4, 6, 1)), keras.Input((), dtype="int32")]
    try:
        network = keras.Model(inputs, answer(*inputs, 3))
        inside = np.asarray(network([pictures, labels]))
    except BaseException:
        inside = None
    assert inside is not None and close(inside, result), (
        "it works on tensors with numbers, but not inside a network. Hint: use "
        "keras.ops alone, and -1 for the number of pictures in ops.reshape."
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
        ("* one_hot", "* ops.cast(ops.reshape(labels, (-1, 1, 1, 1)), 'float32')"),
        ("pictures[..., :1]", "ops.repeat(pictures[..., :1], num_classes, axis=-1)"),
    ],
    "with_label_channels__one_channel": [
        ("* one_hot", "* ops.cast(ops.reshape(labels, (-1, 1, 1, 1)), 'float32')")
    ],
    "with_label_channels__multiplies_by_the_picture": [("ops.ones_like", "")],
    "with_label_channels__all_channels_of_the_picture": [
        ("pictures[..., :1]", "ops.repeat(pictures, num_classes, axis=-1)")
    ],
    "with_label_channels__counts_the_labels": [
        ("num_classes))", "int(max(labels)) + 1))"),
        ("(labels, num_classes)", "(labels, int(max(labels)) + 1)"),
    ],
    "with_label_channels__no_reshape": [
        (
            "ops.reshape(ops.one_hot(labels, num_classes), (-1, 1, 1, num_classes))",
            "ops.one_hot(labels, num_classes)",
        )
    ],
    "with_label_channels__in_numpy": "channels = np.zeros((*pictures.shape[:3], "
    "num_classes), 'float32')\n    for channel, label in zip(channels, np.array("
    "labels)):\n        channel[:, :, label] = 1\n    return np.concatenate([pictures, "
    "channels], axis=-1)",
    "with_label_channels__fixed_number_of_pictures": [
        ("-1, 1, 1", "len(labels), 1, 1")
    ],
}
