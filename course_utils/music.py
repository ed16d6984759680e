"""Notes on a grid of sixteenths: typed or read from MIDI, written as MIDI and sound.

A grid is pitches (T, V), MIDI numbers (60 is middle C, 0 a rest), and holds (T, V),
True where a note or a rest goes on from the step before.
"""

import io
import itertools
import math
import re
import wave
from pathlib import Path

from course_utils import CourseError, artifacts, reading

import mido
import numpy as np

LETTERS = {"c": 0, "d": 2, "e": 4, "f": 5, "g": 7, "a": 9, "b": 11}
LONGEST = 64  # bars of 16 sixteenths, of a melody
RANGES = (60, 81), (53, 74), (48, 69), (40, 64)  # of the voices: C4-A5, F3-D5, …
DISSONANT = (1, 2, 6, 10, 11)  # semitones: seconds, the tritone, sevenths
FORM = 'write "c4 d4 f#4:0.5 bb4:2 r:1": letter, octave, length in quarters'


def voices(pitches, holds=None):
    """The notes of each voice, [(start, length, pitch), ...], times in steps.

    Without holds, equal pitches in a row are one note. Rests are left out.
    """
    pitches = np.asarray(pitches)
    known = pitches.size and np.all((pitches >= 0) & (pitches <= 127))
    if pitches.ndim not in (1, 2) or not known:
        cure = "give MIDI numbers from 0 to 127, (steps, voices), at least one step"
        raise CourseError(f"The notes have the shape {pitches.shape}: {cure}.")
    if holds is not None and np.shape(holds) != pitches.shape:
        shapes = f"pitches {pitches.shape} and holds {np.shape(holds)}"
        raise CourseError(f"The shapes are {shapes}: take both from the same example.")
    pitches = pitches.reshape(len(pitches), -1).astype(int)
    begins = np.ones(pitches.shape, bool)
    begins[1:] = pitches[1:] != pitches[:-1]
    if holds is not None:
        begins |= ~np.reshape(holds, pitches.shape).astype(bool)
    found = []
    for pitch, begin in zip(pitches.T, begins.T, strict=True):
        starts = np.flatnonzero(begin)
        lengths = np.diff(starts, append=len(pitch))
        notes = zip(starts, lengths, pitch[starts], strict=True)
        found.append([note for note in notes if note[2] > 0])
    return found


def sound(pitches, holds=None, quarters_per_minute=90, sample_rate=8000):
    """The notes as samples from -1 to 1: sines and their first four overtones."""
    notes = sum(voices(pitches, holds), [])
    step, release = 15 / quarters_per_minute, 0.2  # seconds of a step, of fading away
    samples = np.zeros(math.ceil((len(pitches) * step + release) * sample_rate) + 1)
    for start, length, pitch in notes:
        time = np.arange(int((length * step + release) * sample_rate)) / sample_rate
        frequencies = 440 * 2 ** ((pitch - 69) / 12) * np.arange(1, 6)
        tone = np.zeros(len(time))
        for harmonic, frequency in enumerate(frequencies, start=1):
            if frequency < sample_rate / 2:
                tone += np.sin(2 * np.pi * frequency * time) / harmonic**1.5
        fade = np.minimum(time / 0.02, 1) * np.minimum((time[-1] - time) / release, 1)
        first = round(start * step * sample_rate)
        samples[first : first + len(time)] += tone * fade * np.exp(-0.4 * time)
    return samples * 0.9 / max(np.abs(samples).max(), 1e-9)


def save(name, pitches, holds=None, quarters_per_minute=90):
    """Write artifacts/NAME.mid and artifacts/NAME.wav, and print where they are."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}", str(name)):
        raise CourseError("Not saved: a name has 1 to 40 letters, digits, underscores.")
    midi = to_midi(pitches, holds, quarters_per_minute)
    samples = sound(pitches, holds, quarters_per_minute, sample_rate=22050)
    for suffix, data in {"mid": midi, "wav": _to_wav(samples, 22050)}.items():
        path = artifacts.root() / f"{name}.{suffix}"
        artifacts.write_atomic(path, data)
        print(f"{path.name} in the folder {path.parent.name}")


def to_midi(pitches, holds=None, quarters_per_minute=90):
    """The bytes of a MIDI file, a track for each voice."""
    file = mido.MidiFile(ticks_per_beat=480)
    for number, notes in enumerate(voices(pitches, holds)):
        track, now, channel = file.add_track(), 0, number + (number >= reading.DRUMS)
        if not number:
            tempo = mido.bpm2tempo(quarters_per_minute)
            track.append(mido.MetaMessage("set_tempo", tempo=tempo))
        for start, length, pitch in notes:
            options = dict(note=int(pitch), channel=channel % 16)
            wait, now = 120 * int(start) - now, 120 * int(start + length)
            track.append(mido.Message("note_on", time=wait, **options))
            track.append(mido.Message("note_off", time=120 * int(length), **options))
    data = io.BytesIO()
    file.save(file=data)
    return data.getvalue()


def _to_wav(samples, sample_rate):
    data = io.BytesIO()
    with wave.open(data, "wb") as file:
        file.setparams((1, 2, sample_rate, 0, "NONE", None))
        file.writeframes((samples * 32767).astype("<i2").tobytes())
    return data.getvalue()


def parse_notes(text):
    """Typed notes such as "c4 d4 f#4:0.5 bb4:2 r:1" as pitches (T,) and holds (T,).

    A note has a letter, # or b, an octave (c4 is middle C) and, unless it is a quarter,
    a colon and its length in quarters; r is a rest.
    """
    pitches, holds = [], []
    for word in text.lower().replace(",", " ").split():
        match = re.fullmatch(r"(?:([a-g])(#|b)?([0-8])|r)(?::(\d+(?:\.\d+)?))?", word)
        if not match:
            raise CourseError(f"{word[:20]!r} is no note: {FORM}.")
        letter, accidental, octave, length = match.groups()
        steps = 4 * float(length or 1)
        if steps != int(steps) or not 0 < steps <= 16 * LONGEST:
            cure = "give its length in quarters, 0.25 or a multiple of that"
            raise CourseError(f"{word[:20]!r} is too long or off the grid: {cure}.")
        pitch = 0
        if letter:
            pitch = 12 * (int(octave) + 1) + LETTERS[letter]
            pitch += {"#": 1, "b": -1, None: 0}[accidental]
        pitches += [pitch] * int(steps)
        holds += [False] + [True] * (int(steps) - 1)
    return _melody(np.array(pitches, int), np.array(holds, bool), "What you typed")


def read_midi(path):
    """The voices of a MIDI file as pitches and holds (T, 4). Raises CourseError for a
    file without music."""
    try:
        content, _ = reading.music(Path(path).read_bytes())
    except ValueError as error:
        raise CourseError(f"{Path(path).name}: {error}; choose a MIDI file.") from None
    return content["pitches"].astype(int), content["holds"]


def read_melody(path):
    """The highest voice of a MIDI file as pitches (T,) and holds (T,)."""
    path = Path(path).expanduser()
    problem = None if path.exists() else "there is no such file"
    content, told = reading.read(path, problem, "music")
    if content is None:
        reason = told.removeprefix("skipped: ")
        raise CourseError(f"{path.name[-60:]}: {reason[:150]}; choose a MIDI file.")
    heard = (content["pitches"] > 0).any(axis=0)
    voice = int(heard.argmax())  # the first that is not silent
    return _melody(content["pitches"][:, voice].astype(int), content["holds"][:, voice])


def _melody(pitches, holds, what="The melody"):
    """The melody, if it has a note and is not too long."""
    if not pitches.any():
        raise CourseError(f"{what} has no notes: {FORM}.")
    if len(pitches) > 16 * LONGEST:
        bars = len(pitches) // 16
        raise CourseError(f"{what} has {bars} bars: give at most {LONGEST}.")
    holds = holds.copy()
    holds[1:] |= (pitches[1:] == 0) & (pitches[:-1] == 0)
    return pitches, holds


def pitches_of(codes, end=2):
    """Codes, pitches plus 128 where they go on -> pitches, 0 for rests and `end`."""
    return np.where(codes % 128 > end, codes % 128, 0)


def from_codes(codes, end=2):
    """Codes (T, V) -> pitches and holds, see `pitches_of`, up to the first row in which
    the first voice has the code `end`; at least one row stays."""
    ends = [*np.flatnonzero(codes[:, 0] % 128 == end), len(codes)]
    codes = codes[: max(1, ends[0])]
    return pitches_of(codes, end), codes > 127


def from_tokens(tokens):
    """Tokens (T, V), a pitch that begins, 1 where the voice holds, 0 where it rests ->
    the pitches that sound, and holds. A hold in the first row is a rest."""
    holds = tokens == 1
    pitches = np.where(holds, 0, tokens)
    for t in range(1, len(tokens)):
        pitches[t] = np.where(holds[t], pitches[t - 1], pitches[t])
    return pitches, holds


def in_parallel(high, low, new_high, new_low):
    """True where two voices, the upper first, move in parallel fifths, octaves or
    unisons: both the same way, with the same interval of 7 or 0 semitones, up to
    octaves, before and after. The shapes broadcast; 0 is a rest."""
    interval = (high - low) % 12
    same = (interval == (new_high - new_low) % 12) & np.isin(interval, (0, 7))
    together = (new_high - high) * (new_low - low) > 0
    return same & together & (high > 0) & (low > 0) & (new_high > 0) & (new_low > 0)


def parallel_cells(pitches):
    """True for each note (T, V) at which a voice arrives in parallel with another."""
    pitches = np.asarray(pitches).astype(int)
    found = np.zeros(pitches.shape, bool)
    for pair in _pairs(pitches):
        found[1:, pair] |= _arrivals(pitches, pair)[:, None]
    return found


def parallels(pitches):
    """How often two voices of pitches (T, V) move in parallel, see `in_parallel`."""
    pitches = np.asarray(pitches).astype(int)
    return int(sum(_arrivals(pitches, pair).sum() for pair in _pairs(pitches)))


def _arrivals(pitches, pair):
    before, after = pitches[:-1, pair].T, pitches[1:, pair].T
    return in_parallel(*before, *after)  # (T - 1,)


def _pairs(pitches):
    """The numbers of each two voices, the upper first, as lists."""
    return [*map(list, itertools.combinations(range(pitches.shape[1]), 2))]


def makes_parallel(before, now, voice):
    """Chords before (N, 4), the new pitches of the voices above `voice` in now (N, ...)
    -> True for each pitch of `voice` that would make a parallel, (N, 128)."""
    above = before[:, :voice, None], now[:, :voice, None]  # (N, voice, 1)
    own = before[:, voice, None, None]  # (N, 1, 1)
    return in_parallel(above[0], own, above[1], np.arange(128)).any(axis=1)


def out_of_range(pitches):
    """Steps at which a voice leaves its range, see RANGES."""
    low, high = np.transpose(RANGES)
    out = (pitches > 0) & ((pitches < low) | (pitches > high))
    return int(np.any(out, axis=1).sum())


def crossings(pitches):
    """Steps at which a voice is above the next higher one."""
    above, below = pitches[:, :-1], pitches[:, 1:]
    return int(np.any((above > 0) & (below > above), axis=1).sum())


def dissonances(pitches):
    """Steps with a second, seventh or tritone, up to octaves, between two voices."""
    pitches = np.asarray(pitches).astype(int)
    found = np.zeros(len(pitches), bool)
    for pair in _pairs(pitches):
        high, low = pitches[:, pair].T
        found |= (high > 0) & (low > 0) & np.isin((high - low) % 12, DISSONANT)
    return int(found.sum())


def dissonant_on_beat(pitches):
    """True for each cell of pitches (T, V), at every fourth step, that has a second,
    seventh or tritone, up to octaves, with another voice."""
    pitches = np.asarray(pitches).astype(int)
    found = np.zeros(pitches.shape, bool)
    for pair in _pairs(pitches):
        high, low = pitches[::4, pair].T
        clash = (high > 0) & (low > 0) & np.isin((high - low) % 12, DISSONANT)
        found[::4, pair] |= clash[:, None]
    return found


FAULTS = {
    "parallels": parallels,
    "out of range": out_of_range,
    "crossings": crossings,
    "dissonances": dissonances,
}


def rates(pieces):
    """Faults per 100 steps of all pieces, pitches (T, 4) each: {name: rate}."""
    steps = sum(map(len, pieces)) / 100
    return {name: sum(map(count, pieces)) / steps for name, count in FAULTS.items()}


def confidence_interval(pieces, count=parallels):
    """95 % confidence interval (low, high) of the faults per 100 steps of pieces, all
    pitches (T, 4): bootstrap over pieces, which may differ in length. NaN for one."""
    import scipy.stats

    if len(pieces) < 2:
        return math.nan, math.nan

    def rate(faults, steps, axis):
        return 100 * faults.sum(axis) / steps.sum(axis)

    numbers = [count(pitches) for pitches in pieces], [*map(len, pieces)]
    options = dict(n_resamples=1000, method="percentile", rng=0, paired=True)
    interval = scipy.stats.bootstrap(numbers, rate, **options).confidence_interval
    return float(interval.low), float(interval.high)


def show_faults(sets):
    """Print how many notes and faults 100 steps have, for each set of music.

    sets: {name: [(pitches, holds), ...]}, both (T, 4).
    """
    heads = "notes   parallels (95 % CI)   out of range  crossing  dissonant"
    print(f"{'per 100 steps':17} {heads}")
    for name, pieces in sets.items():
        all_pitches = [pitches for pitches, _ in pieces]
        steps = sum(map(len, all_pitches)) / 100
        notes = sum(np.sum((pitches > 0) & ~holds) for pitches, holds in pieces)
        rate = rates(all_pitches)
        low, high = confidence_interval(all_pitches)
        print(
            f"{name:17} {notes / steps:5.0f}"
            f"{rate['parallels']:7.2f} ({low:.2f} to {high:.2f})"
            f"{rate['out of range']:13.1f}"
            f"{rate['crossings']:10.1f}"
            f"{rate['dissonances']:11.1f}"
        )


def show_ends(sets):
    """Print the percentage of the pieces of each set that begin and end over the same
    bass note, up to octaves, and that of those that do so on consonant chords.

    sets: {name: [(pitches, holds), ...]}, both (T, 4). chance: the first bass note of a
    piece and the last one of another, or the same, piece, for all such pairs.
    """
    print(f"{'':17} pieces   same bass   by chance   consonant")
    for name, pieces in sets.items():
        first = np.array([pitches[0, 3] % 12 for pitches, _ in pieces])
        last = np.array([pitches[-1, 3] % 12 for pitches, _ in pieces])
        same, chance = np.mean(first == last), np.mean(first[:, None] == last)
        calm = np.mean([not dissonances(pitches[[0, -1]]) for pitches, _ in pieces])
        numbers = f"{same:12.0%}{chance:12.0%}{calm:12.0%}"
        print(f"{name:17} {len(pieces):6}{numbers}")


def show_means(table):
    """Print {name: rows}, where a row is {column: number}: for each name the mean of
    its rows and, if there are several, the lowest and the highest."""
    columns = [*next(iter(table.values()))[0]]
    print(f"{'per 100':20}", *[f"{column:20}" for column in columns], sep="")
    for name, rows in table.items():
        cells = []
        for column in columns:
            values = [row[column] for row in rows]
            spread = f" ({min(values):.1f} to {max(values):.1f})" * (len(rows) > 1)
            cells.append(f"{np.mean(values):.1f}{spread}")
        print(f"{name:20}", *[f"{cell:20}" for cell in cells], sep="")


def shuffled(pitches, holds, rng):
    """The notes of each voice in a random order and in the same rhythm, as pitches and
    holds (T, 4)."""
    pitches = pitches.copy()
    for voice in range(pitches.shape[1]):
        held = holds[:, voice]
        order = rng.permutation(pitches[~held, voice])
        pitches[:, voice] = order[np.cumsum(~held) - 1]
    return pitches, holds


def passages(pieces, length):
    """Yields the windows of `length` steps of the pieces, (pitches, holds) each, as
    bytes that are equal for equal pitches in any key. A window in which no voice moves,
    such as a long last chord, is left out."""
    for pitches, _ in pieces:
        pitches = np.asarray(pitches).astype("int16")
        for start in range(len(pitches) - length + 1):
            window = pitches[start : start + length]
            if np.all(window == window[0]):
                continue
            lowest = np.min(window, where=window > 0, initial=128)
            yield np.where(window > 0, window - lowest + 1, 0).tobytes()


def copied(pieces, originals, length):
    """The percentage of passages of `length` steps that the originals have, too."""
    known = {*passages(originals, length)}
    return 100 * np.mean([p in known for p in passages(pieces, length)] or [False])


def fit_range(pitches, holds):
    """A melody moved into the range of a soprano, by octaves where these do; prints by
    how much. Raises CourseError for a melody that spans more."""
    low, high = RANGES[0]  # of the soprano
    sounding = pitches[pitches > 0]
    span = int(sounding.max() - sounding.min())
    if span > high - low:
        raise CourseError(
            f"The melody spans {span} semitones, and a soprano sings {high - low}: "
            "move the highest or lowest notes by an octave."
        )
    fits = range(low - int(sounding.min()), high - int(sounding.max()) + 1)
    shift = min(fits, key=lambda semitones: (semitones % 12 > 0, abs(semitones)))
    if shift:
        print(f"Moved by {shift} semitones into the range of a soprano.")
    return np.where(pitches > 0, pitches + shift, 0), holds
