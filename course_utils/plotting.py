"""Draw what a lesson made. Every function shows its figure and returns nothing."""

import math

from course_utils import CourseError, music

import matplotlib.pyplot as plt
import numpy as np


def set_style():
    """One look for the figures of all lessons."""
    plt.rc("figure", figsize=(7, 3.5), dpi=100)
    plt.rc("figure.constrained_layout", use=True)
    plt.rc("axes", grid=True)
    plt.rc("axes.spines", top=False, right=False)
    plt.rc("grid", alpha=0.3)
    plt.rc("font", size=10)
    plt.rc("legend", frameon=False)


def show_images(
    images, value_range=(0, 255), titles=None, columns=10, size=0.9, suptitle=None
):
    """Show a batch of pictures as a contact sheet, left to right, top to bottom.

    images: (N, height, width) or (N, height, width, 1 or 3). value_range: the values of
    black and white, e.g. (-1, 1). titles: N short texts. size: inches a picture.
    """
    images = np.asarray(images)
    images = images[..., None] if images.ndim == 3 else images
    if images.ndim != 4 or images.shape[-1] not in (1, 3) or not len(images):
        cure = "give it (N, height, width) or (N, height, width, 1 or 3), N from 1"
        raise CourseError(f"show_images got the shape {images.shape}: {cure}.")
    low, high = value_range
    images = np.clip((images.astype("float32") - low) / (high - low), 0, 1)
    count, height, width, channels = images.shape
    columns, gap = min(columns, count), max(1, height // 16)
    lines = 0 if titles is None else 1 + max(title.count("\n") for title in titles)
    above = math.ceil((0.05 + 0.14 * lines) / size * height) if lines else gap
    top, rows = above if lines else 0, math.ceil(count / columns)
    # One picture of all is drawn several times faster than N axes.
    shape = rows * (height + above) - above + top, columns * (width + gap) - gap
    sheet, inches = np.ones((*shape, channels), "float32"), columns * size
    figure, axis = plt.subplots(figsize=(inches, inches * shape[0] / shape[1]))
    for index, image in enumerate(images):
        row, column = divmod(index, columns)
        y, x = row * (height + above) + top, column * (width + gap)
        sheet[y : y + height, x : x + width] = image
        if lines:
            axis.text(x + width / 2, y, titles[index], ha="center", va="bottom", size=8)
    axis.imshow(sheet, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    axis.axis("off")
    figure.suptitle(suptitle or "")
    plt.show()


def plot_history(
    history, ylabel="loss", baselines=None, scale=1.0, keys=None, xlabel="epoch"
):
    """Plot the curves of `fit`: one line a key of history, over epochs from 1.

    history: {key: values}, such as `model.fit(...).history`. baselines: {label: value},
    dashed lines. scale: factor on every curve (1 / log 2 turns nats into bits).
    """
    figure, axis = plt.subplots()
    for key in keys or history:
        values = np.asarray(history[key], "float64") * scale
        axis.plot(np.arange(1, len(values) + 1), values, marker=".", label=key)
    colours = ("tab:gray", "tab:red", "tab:brown", "black")
    for (label, value), colour in zip((baselines or {}).items(), colours, strict=False):
        axis.axhline(value, linestyle="--", color=colour, linewidth=1, label=label)
    axis.set(xlabel=xlabel, ylabel=ylabel)
    axis.locator_params(axis="x", integer=True)
    figure.legend(loc="outside right upper")
    plt.show()


def play(pitches, holds=None, quarters_per_minute=90, seconds=8, sample_rate=8000):
    """Show a player for the notes of a grid of sixteenths.

    pitches: (T, V) or (T,) MIDI numbers, 0 where a voice rests. holds: the same shape,
    True where a note goes on from the step before; without it, equal pitches in a row
    are one note. The sound of so many seconds (None: all) is stored in the notebook.
    """
    from IPython.display import Audio, display

    sound = music.sound(pitches, holds, quarters_per_minute, sample_rate)
    if seconds is not None and len(sound) > seconds * sample_rate:
        sound = sound[: int(seconds * sample_rate)]
        sound *= np.minimum(np.arange(len(sound), 0, -1) / sample_rate / 0.5, 1)
    sound *= 0.9 / max(np.abs(sound).max(), 1e-9)
    display(Audio(sound, rate=sample_rate, normalize=False))


def show_roll(title, pitches, holds, marks=None):
    """A piano roll: a bar for each note, a colour for each voice, the highest first.

    pitches, holds: (T, V) or (T,), grids of sixteenths as for `play`. marks: (T, V),
    True where a note begins that is to be black.
    """
    colours = ("tab:red", "tab:orange", "tab:green", "tab:blue")
    names = ("soprano", "alto", "tenor", "bass")
    found = music.voices(pitches, holds)
    figure, axis = plt.subplots(figsize=(10, 2.6))
    for number, notes in enumerate(found):
        starts, lengths, heights = np.array(notes, float).reshape(-1, 3).T
        # A gap at the end of a bar shows where the next note begins.
        spans = dict(width=lengths / 4 - 0.06, left=starts / 4, height=0.9)
        label = names[number] if len(found) == 4 else None
        bars = axis.barh(heights, color=colours[number % 4], label=label, **spans)
        for bar, (start, *_) in zip(bars, notes, strict=True):
            if marks is not None and marks[start, number]:
                bar.set_color("black")
    axis.set(title=title, xlabel="time in quarter notes", ylabel="pitch")
    axis.set_xlim(0, len(pitches) / 4)
    heights = [pitch for notes in found for *_, pitch in notes]
    axis.set_ylim(min([47, *heights]) - 2, max([73, *heights]) + 2)
    axis.set_yticks([36, 48, 60, 72, 84], ["C2", "C3", "C4", "C5", "C6"])
    if len(found) == 4:
        figure.legend(loc="outside right upper")
    plt.show()


def blind_test(excerpts):
    """Play excerpts one by one and ask who wrote each; counts the right answers.

    excerpts: [(answer, pitches, holds), ...]. The buttons need a running kernel.
    """
    import ipywidgets
    from IPython.display import display

    names = ["Start", *sorted({answer for answer, *_ in excerpts})]
    buttons = [ipywidgets.Button(description=name) for name in names]
    told, sound, given = ipywidgets.Label(), ipywidgets.Output(), []

    def react(button):
        if button is not buttons[0] and len(given) < len(excerpts):
            given.append(button.description == excerpts[len(given)][0])
        told.value = f"{sum(given)} of {len(given)} right"
        sound.clear_output()
        if len(given) < len(excerpts):
            with sound:
                play(*excerpts[len(given)][1:])

    for button in buttons:
        button.on_click(react)
    display(ipywidgets.HBox([*buttons, told]), sound)
