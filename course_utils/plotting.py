"""Draw what a lesson made. Every function shows its figure and returns nothing."""

import math

from course_utils import CourseError

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

    notes = sum(_notes(pitches, holds), [])
    step, release = 15 / quarters_per_minute, 0.2  # seconds of a step, of fading away
    sound = np.zeros(math.ceil((len(pitches) * step + release) * sample_rate) + 1)
    for start, length, pitch in notes:
        time = np.arange(int((length * step + release) * sample_rate)) / sample_rate
        frequencies = 440 * 2 ** ((pitch - 69) / 12) * np.arange(1, 6)
        wave = np.zeros(len(time))
        for harmonic, frequency in enumerate(frequencies, start=1):
            if frequency < sample_rate / 2:
                wave += np.sin(2 * np.pi * frequency * time) / harmonic**1.5
        fade = np.minimum(time / 0.02, 1) * np.minimum((time[-1] - time) / release, 1)
        first = round(start * step * sample_rate)
        sound[first : first + len(time)] += wave * fade * np.exp(-0.4 * time)
    if seconds is not None and len(sound) > seconds * sample_rate:
        sound = sound[: int(seconds * sample_rate)]
        sound *= np.minimum(np.arange(len(sound), 0, -1) / sample_rate / 0.5, 1)
    sound *= 0.9 / max(np.abs(sound).max(), 1e-9)
    display(Audio(sound, rate=sample_rate, normalize=False))


def _notes(pitches, holds):
    """For each voice, its notes as [(start, length, pitch), ...], in steps."""
    pitches = np.asarray(pitches)
    known = pitches.size and np.all((pitches >= 0) & (pitches <= 127))
    if pitches.ndim not in (1, 2) or not known:
        cure = "give it MIDI numbers from 0 to 127, (steps, voices), at least one step"
        raise CourseError(f"play got the shape {pitches.shape}: {cure}.")
    if holds is not None and np.shape(holds) != pitches.shape:
        shapes = f"pitches {pitches.shape} and holds {np.shape(holds)}"
        raise CourseError(f"play got {shapes}: take both from the same example.")
    pitches = pitches.reshape(len(pitches), -1).astype(int)
    begins = np.ones(pitches.shape, bool)
    begins[1:] = pitches[1:] != pitches[:-1]
    if holds is not None:
        begins |= ~np.reshape(holds, pitches.shape).astype(bool)
    voices = []
    for pitch, begin in zip(pitches.T, begins.T, strict=True):
        starts = np.flatnonzero(begin)
        lengths = np.diff(starts, append=len(pitch))
        notes = zip(starts, lengths, pitch[starts], strict=True)
        voices.append([note for note in notes if note[2] > 0])
    return voices
