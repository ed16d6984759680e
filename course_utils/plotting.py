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


def show_grid(values, rows, columns, title):
    """Show numbers (R, C) as a table, the darker the larger; NaN stands for an error.

    rows, columns: R and C names. Made for numbers of many magnitudes, such as 1e-7.
    """
    values = np.asarray(values, dtype="float64")
    figure, axis = plt.subplots(figsize=(9, 0.8 + 0.4 * len(rows)))
    axis.imshow(np.log10(values + 1e-9), cmap="Greens", vmin=-9, vmax=-3, aspect="auto")
    axis.set_xticks(range(len(columns)), columns)
    axis.set_yticks(range(len(rows)), rows)
    for (row, column), value in np.ndenumerate(values):
        words = "error" if np.isnan(value) else f"{value:.0e}" if value else "0"
        axis.text(column, row, words, ha="center", va="center")
    axis.set_title(title)
    axis.grid(False)
    plt.show()


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
        axis.imshow(image, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
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
    plt.imshow(sheet, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    plt.axis("off")
    if suptitle:
        figure.suptitle(suptitle)
    plt.show()


def plot_history(
    history, ylabel="loss", baselines=None, scale=1.0, keys=None, xlabel="epoch"
):
    """Plot the curves of `fit`: one line a key of history, over epochs from 1.

    history: dictionary of equally long lists, such as `model.fit(...).history`.
    baselines: {label: value} drawn as dashed lines. scale: factor on every curve
    (1 / log 2 turns nats into bits). keys: which curves, default all. xlabel: what is
    counted from 1 if not epochs.
    """
    _, axis = plt.subplots()
    for key in keys or history:
        values = np.asarray(history[key], "float64") * scale
        axis.plot(np.arange(1, len(values) + 1), values, marker=".", label=key)
    colours = ("tab:gray", "tab:red", "tab:brown", "black")
    for (label, value), colour in zip((baselines or {}).items(), colours, strict=False):
        axis.axhline(value, linestyle="--", color=colour, linewidth=1, label=label)
    axis.set(xlabel=xlabel, ylabel=ylabel)
    axis.legend()
    plt.show()


def plot_bars(groups, ylabel, errors=None, log=False):
    """Plot {series: {label: value}} as bars, one group a label, values written on top.

    errors: half lengths of error bars, in the same form. log: logarithmic axis.
    """
    labels = list(next(iter(groups.values())))
    figure, axis = plt.subplots(figsize=(min(9, 2 + 1.4 * len(labels)), 3.2))
    places, width = np.arange(len(labels)), 0.8 / len(groups)
    for number, (series, values) in enumerate(groups.items()):
        bars = axis.bar(
            places + (number - (len(groups) - 1) / 2) * width,
            list(values.values()),
            width,
            label=series,
            yerr=list(errors[series].values()) if errors else None,
            capsize=4,
        )
        axis.bar_label(bars, fmt=_bar_text, fontsize=8, padding=2)
    axis.set_xticks(places, labels)
    axis.set_ylabel(ylabel)
    axis.set_yscale("log" if log else "linear")
    axis.margins(y=0.12)
    axis.grid(visible=False, axis="x")
    if len(groups) > 1:
        figure.legend(loc="outside upper center", ncols=len(groups))
    plt.show()


def _bar_text(value):
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def piano_roll(pitches, holds=None, title=None, steps_per_quarter=4):
    """Draw notes as bars: time to the right, pitch upwards, one colour a voice.

    pitches: (T, V) or (T,) MIDI numbers, 0 where a voice rests; the columns of four
    voices are soprano, alto, tenor, bass. holds: the same shape, True where a note goes
    on from the step before; without it, equal pitches in a row are one note.
    """
    pitches, holds = _check_grid("piano_roll", pitches, holds)
    num_steps, num_voices = pitches.shape
    names = ["soprano", "alto", "tenor", "bass"] if num_voices == 4 else None
    _, axis = plt.subplots(figsize=(9, 3.2))
    for voice in range(num_voices):
        notes = [note[1:] for note in _notes(pitches, holds) if note[0] == voice]
        starts, lengths, heights = np.reshape(notes, (-1, 3)).T
        axis.barh(
            heights,
            (lengths - 0.25) / steps_per_quarter,  # the gap shows where a note ends
            left=starts / steps_per_quarter,
            height=0.8,
            color=f"C{voice}",
            label=names[voice] if names else f"voice {voice + 1}",
        )
    axis.set(xlabel="quarter notes", ylabel="pitch (MIDI number)", title=title)
    axis.set_xlim(0, num_steps / steps_per_quarter)
    axis.set_axisbelow(True)
    if num_voices > 1:
        axis.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    plt.show()


def play(pitches, holds=None, quarters_per_minute=90, seconds=8, sample_rate=8000):
    """Show a player for the notes of a grid; see `piano_roll` for the arguments.

    seconds: where to stop, None for the whole piece. The sound is stored in the
    notebook, 21 kB a second at 8000 samples per second.
    """
    from IPython.display import Audio, display

    pitches, holds = _check_grid("play", pitches, holds)
    step = 15 / quarters_per_minute  # seconds in a sixteenth note
    release = 0.2  # seconds in which a note fades away
    sound = np.zeros(math.ceil((len(pitches) * step + release) * sample_rate) + 1)
    for _, start, length, pitch in _notes(pitches, holds):
        time = np.arange(int((length * step + release) * sample_rate)) / sample_rate
        frequency = 440 * 2 ** ((pitch - 69) / 12)
        wave = sum(
            np.sin(2 * np.pi * harmonic * frequency * time) / harmonic**1.5
            for harmonic in range(1, 6)
            if harmonic * frequency < sample_rate / 2
        )
        attack = np.minimum(time / 0.02, 1)
        fade = np.minimum((time[-1] - time) / release, 1)
        first = round(start * step * sample_rate)
        sound[first : first + len(time)] += wave * attack * fade * np.exp(-0.4 * time)
    if seconds is not None and len(sound) > seconds * sample_rate:
        sound = sound[: int(seconds * sample_rate)]
        tail = np.arange(len(sound), 0, -1) / sample_rate
        sound *= np.minimum(tail / 0.5, 1)
    sound *= 0.9 / max(np.abs(sound).max(), 1e-9)
    display(Audio(sound, rate=sample_rate, normalize=False))


def _check_grid(function, pitches, holds):
    """The grid as (T, V) arrays; holds from equal neighbours when None."""
    pitches = np.asarray(pitches)
    holds = None if holds is None else np.asarray(holds, bool)
    shape = pitches.shape
    valid = pitches.ndim in (1, 2) and pitches.size
    if not valid or not np.all((pitches >= 0) & (pitches <= 127)):
        raise CourseError(
            f"{function} got an array of shape {shape}; give it a grid (steps, voices) "
            "of MIDI numbers from 0 to 127, with at least one step."
        )
    if holds is not None and holds.shape != shape:
        raise CourseError(
            f"{function} got pitches of shape {shape} and holds of shape "
            f"{holds.shape}: take both from the same example and the same steps."
        )
    pitches = pitches.reshape(len(pitches), -1).astype(int)
    if holds is None:
        holds = np.zeros(pitches.shape, bool)
        holds[1:] = pitches[1:] == pitches[:-1]
    return pitches, holds.reshape(pitches.shape)


def _notes(pitches, holds):
    """All notes of a grid as (voice, start, length, pitch), in steps."""
    notes = []
    for voice in range(pitches.shape[1]):
        column, held = pitches[:, voice], holds[:, voice]
        # A note begins where nothing is held, or where the held pitch is another one.
        changed = np.r_[True, (column[1:] != column[:-1]) | ~held[1:]]
        starts = np.flatnonzero(changed)
        lengths = np.diff(np.r_[starts, len(column)])
        notes += [
            (voice, start, length, column[start])
            for start, length in zip(starts, lengths, strict=True)
            if column[start] > 0
        ]
    return notes
