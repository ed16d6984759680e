"""Draw what a lesson made. Every function shows its figure and returns nothing."""

import math

from course_utils import CourseError

import matplotlib.pyplot as plt
import numpy as np


def set_style():
    """One look for the figures of all lessons."""
    plt.rcParams.update(
        {
            "figure.figsize": (7, 3.5),
            "figure.dpi": 100,
            "figure.constrained_layout.use": True,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.grid": True,
            "grid.alpha": 0.3,
            "font.size": 10,
            "legend.frameon": False,
        }
    )


def show_images(
    images, value_range=(0, 255), titles=None, columns=10, size=0.9, suptitle=None
):
    """Show a batch of pictures as a contact sheet, left to right, top to bottom.

    images: (N, height, width), (N, height, width, 1) or (N, height, width, 3).
    value_range: the values that stand for black and white, e.g. (0, 255), (-1, 1).
    titles: N short texts, or None. size: inches a picture. Raises CourseError when
    there is nothing to show or when the shape is not that of a batch of pictures.
    """
    images = np.asarray(images)
    if images.ndim == 3:
        images = images[..., None]
    if images.ndim != 4 or images.shape[-1] not in (1, 3) or not len(images):
        raise CourseError(
            f"show_images got an array of shape {images.shape}; give it a batch of "
            "pictures (N, height, width) or (N, height, width, 1 or 3), N at least 1."
        )
    low, high = value_range
    images = np.clip((images.astype("float32") - low) / (high - low), 0, 1)
    columns = min(columns, len(images))
    rows = math.ceil(len(images) / columns)
    if titles is None:
        _show_sheet(images, rows, columns, size, suptitle)
        return
    figure, axes = plt.subplots(
        rows, columns, figsize=(columns * size, rows * (size + 0.25)), squeeze=False
    )
    for axis in axes.flat:
        axis.axis("off")
    for axis, image, title in zip(axes.flat, images, titles, strict=False):
        axis.imshow(image.squeeze(), cmap="gray", vmin=0, vmax=1)
        axis.set_title(title, fontsize=8)
    if suptitle:
        figure.suptitle(suptitle)
    plt.show()


def _show_sheet(images, rows, columns, size, suptitle):
    # One picture of all is drawn several times faster than N axes.
    count, height, width, channels = images.shape
    gap = max(1, height // 16)
    sheet = np.ones(
        (rows * (height + gap) - gap, columns * (width + gap) - gap, channels),
        "float32",
    )
    for index, image in enumerate(images):
        top, left = (
            (index // columns) * (height + gap),
            (index % columns) * (width + gap),
        )
        sheet[top : top + height, left : left + width] = image
    aspect = sheet.shape[0] / sheet.shape[1]
    figure = plt.figure(figsize=(columns * size, columns * size * aspect))
    plt.imshow(sheet.squeeze(), cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    plt.axis("off")
    if suptitle:
        figure.suptitle(suptitle)
    plt.show()


def plot_history(history, ylabel="loss", baselines=None, scale=1.0, keys=None):
    """Plot the curves of `fit`: one line a key of history, over epochs from 1.

    history: dictionary of equally long lists, such as `model.fit(...).history`.
    baselines: {label: value} drawn as dashed lines. scale: factor on every curve
    (1 / log 2 turns nats into bits). keys: which curves, default all.
    """
    _, axis = plt.subplots()
    for key in keys or history:
        values = np.asarray(history[key], "float64") * scale
        axis.plot(np.arange(1, len(values) + 1), values, marker=".", label=key)
    colours = ("tab:gray", "tab:red", "tab:brown", "black")
    for (label, value), colour in zip((baselines or {}).items(), colours, strict=False):
        axis.axhline(value, linestyle="--", color=colour, linewidth=1, label=label)
    axis.set(xlabel="epoch", ylabel=ylabel)
    axis.legend()
    plt.show()
