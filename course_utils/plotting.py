"""Draw what a lesson made. Every function shows its figure and returns nothing."""

import math

from course_utils import CourseError, music

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import Ellipse


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


def blind_test(pieces, seed=0):
    """Play excerpts one by one and ask who wrote each; counts the right answers.

    pieces: {answer: [(pitches, holds), ...]}: of each answer, the first five that last
    eight seconds, shuffled by the seed. The buttons need a running kernel.
    """
    import ipywidgets
    from IPython.display import display

    excerpts = []
    for answer, known in pieces.items():
        long = [piece for piece in known if len(piece[0]) >= 48]  # sixteenths
        excerpts += [(answer, *piece) for piece in long[:5]]
    np.random.default_rng(seed).shuffle(excerpts)
    names = ["Start", *sorted(pieces)]
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


def show_score(title, pitches, holds, position=0, bars=4):
    """Sheet music for four voices: soprano and alto above, tenor and bass below.

    pitches, holds: (T, 4), grids of sixteenths as for `play`. position: of the first
    step in its bar of 4/4, from 0 to 15. bars: how many on each line. The letters G and
    F stand for the treble and the bass clef, rests are left blank, and the key
    signature is the one that fits most notes.
    """
    notes = music.voices(pitches, holds)
    key = _key(np.array([pitch for voice in notes for *_, pitch in voice]))
    all_bars = math.ceil((len(pitches) + position) / 16)
    lines = math.ceil(all_bars / bars)
    figure, axes = plt.subplots(lines, 1, figsize=(10, 1.8 * lines), squeeze=False)
    figure.suptitle(title)
    for line, axis in enumerate(axes[:, 0]):
        left = all_bars - bars * line
        _draw_staves(axis, key, bars, min(bars, left), line == 0, left <= bars)
        accidentals = {}  # of each bar, line or space
        for start, number, length, pitch in sorted(
            (start + position - 16 * bars * line, number, length, pitch)
            for number, voice in enumerate(notes)
            for start, length, pitch in voice
        ):
            height, sharps = _spelled(pitch, key)
            for at, size, last in _split(start, length):
                if 0 <= at < 16 * bars:
                    _draw_note(axis, at, size, height, number, tie=not last)
            signed = accidentals.get((start // 16, height), _usual(height, key))
            if 0 <= start < 16 * bars and sharps != signed:
                accidentals[start // 16, height] = sharps
                sign = {-2: "♭♭", -1: "♭", 0: "♮", 1: "♯", 2: "x"}[sharps]
                axis.text(
                    start + 0.2,
                    height - _DOWN[number],
                    sign,
                    va="center",
                    ha="right",
                    size=8,
                )
    plt.show()


def _key(pitches):
    """How many sharps (flats below 0) leave the fewest notes with an accidental."""
    heard = np.bincount(pitches % 12, minlength=12)
    fits = {
        k: sum(heard[7 * f % 12] for f in range(k - 1, k + 6)) for k in range(-6, 7)
    }
    return max(fits, key=lambda k: (fits[k], -abs(k)))


def _spelled(pitch, key):
    """The height on the staff, counted from C0 (7 to an octave), and the sharps."""
    # By fifths: F is -1, C 0, G 1, D 2, …; seven fifths more are one sharp more.
    fifth = next(f for f in range(key - 3, key + 9) if 7 * f % 12 == pitch % 12)
    sharps = (fifth + 1) // 7
    return 4 * fifth % 7 + 7 * ((pitch - sharps) // 12 - 1), sharps


def _usual(height, key):
    """The sharps that a key signature gives to a height on the staff."""
    fifth = next(f for f in range(key - 1, key + 6) if 4 * f % 7 == height % 7)
    return (fifth + 1) // 7


def _split(start, length):
    """A note as parts [(start, length, is it the last?), ...] that can be written:
    none crosses a bar line, and each has a notehead of its own."""
    parts, end = [], start + length
    while start < end:
        room = min(end - start, 16 - start % 16)
        size = next(size for size in (16, 12, 8, 6, 4, 3, 2, 1) if size <= room)
        parts.append((start, size, start + size == end))
        start += size
    return parts


_DOWN = (0, 0, 8, 8)  # the lower staff is drawn so much lower


def _draw_staves(axis, key, bars, filled, first, last):
    """Lines for so many `filled` bars; the first staves have the time signature, the
    last ones the final bar line."""
    axis.set(xlim=(-10, 16 * bars + 0.6), ylim=(2, 48), xticks=[], yticks=[])
    axis.grid(False)
    axis.spines[:].set_visible(False)
    # The lowest lines are E4, 30 steps of the scale above C0, and G2, 18 above.
    for lowest, clef, line in ((30, "G", 32), (18 - _DOWN[2], "F", 24 - _DOWN[2])):
        axis.hlines(range(lowest, lowest + 9, 2), -10, 16 * filled, color="0.6", lw=0.6)
        axis.text(-9.5, line, clef, va="center", size=11, weight="bold", style="italic")
        sharps, flats = (38, 35, 39, 36, 33, 37, 34), (34, 37, 33, 36, 32, 35, 31)
        down = 0 if clef == "G" else 14 + _DOWN[2]
        for i, height in enumerate((sharps if key > 0 else flats)[: abs(key)]):
            sign = "♯" if key > 0 else "♭"
            axis.text(i - 7.5, height - down, sign, va="center", size=8)
        for height in (lowest + 2, lowest + 6) if first else ():
            axis.text(-1, height, "4", va="center", ha="center", size=9, weight="bold")
    ends = range(0, 16 * filled + 1, 16)
    axis.vlines(ends, 18 - _DOWN[2], 38, color="0.6", lw=0.6)
    if last:
        axis.vlines(16 * filled + 0.4, 18 - _DOWN[2], 38, color="black", lw=2)


def _draw_note(axis, at, size, height, number, tie):
    ledgers = range(40, height + 1, 2) if number < 2 else range(28, height + 1, 2)
    lowest, up = (28 if number < 2 else 16), number % 2 == 0
    ledgers = [*ledgers, *range(lowest, height - 1, -2)]
    height -= _DOWN[number]
    ledgers = [line - _DOWN[number] for line in ledgers]
    x, ink = at + 0.8, "black" if size < 8 else "white"
    head = Ellipse((x, height), 0.9, 1.8, facecolor=ink, edgecolor="black", zorder=3)
    axis.add_patch(head)
    edge, tip = (x + 0.42, height + 6) if up else (x - 0.42, height - 6)
    if size < 16:
        axis.vlines(edge, min(height, tip), max(height, tip), color="black", lw=0.8)
    for flag in range({1: 2, 2: 1, 3: 1}.get(size, 0)):
        y, slope = (tip - 1.5 * flag, -1.5) if up else (tip + 1.5 * flag, 1.5)
        axis.plot([edge, edge + 0.8], [y, y + slope], color="black", lw=1.2)
    if size in (3, 6, 12):
        axis.plot(x + 0.9, height + 0.6, ".", color="black", ms=2)
    if tie:
        along = np.linspace(0, 1, 9)
        bow = height + (1.6 if up else -1.6) * (1 + np.sin(np.pi * along) / 2)
        axis.plot(x + along * size, bow, color="black", lw=0.7)
    axis.hlines(ledgers, x - 0.8, x + 0.8, color="0.6", lw=0.6)
