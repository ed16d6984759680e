"""Find and read a learner's files, whatever they are.

`text`, `picture` and `music` return the content of a file, given its bytes, and a
remark that begins with "read". A ValueError says why not; libraries raise anything.
"""

import io
import os
import re
import warnings
from pathlib import Path

from course_utils import CourseError

import charset_normalizer
import mido
import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

TEXT_SUFFIXES = (".txt", ".text", ".md", ".markdown", ".rst", ".org", ".tex", "")
MAX_BYTES = 200e6  # of a file
MAX_STEPS = 100_000  # sixteenth notes of a piece: three hours and more
JUNK = ("Thumbs.db", "desktop.ini")  # of Windows
DRUMS = 9  # channel 10 of the MIDI standard, where a "note" is an instrument


def walk(source):
    """Yields (path, why not to read it or None) for all that a folder holds, once.

    Linked folders are read too, unless they lie in the folder anyway.
    """
    seen, errors = {source.resolve()}, []
    for place, folders, files in os.walk(source, True, errors.append, followlinks=True):
        found, folders[:] = {*folders}, []
        for name in sorted([*found, *files], key=natural):
            path = Path(place, name)
            real = Path(os.path.realpath(path))
            if name.startswith((".", "__MACOSX")) or name in JUNK:
                yield path, "hidden"
            elif name not in found:
                yield path, None
            elif real in seen or path.is_symlink() and source.resolve() in real.parents:
                yield path, "a link to a folder that is read anyway"
            else:
                seen.add(real)
                folders.append(name)  # os.walk goes on into these
    for error in errors:
        yield Path(error.filename), error.strerror


def natural(name):
    """Sorts page2 before page10."""
    return re.sub(r"\d+", lambda digits: digits[0].zfill(20), name)


def read(path, problem, kind, image_size=28, channels=1):
    """Content of a file, None where it is skipped, and what to say about it.

    problem: why not to read it, or None; kind, image_size, channels: see own_data.pack.
    """
    try:
        if problem:
            raise ValueError(problem)
        if kind == "texts" and path.suffix.lower() not in TEXT_SUFFIXES:
            raise ValueError(f"no text file ({path.suffix}): save it as UTF-8 .txt")
        if path.exists() and not path.is_file():  # a pipe would never end
            raise ValueError("no ordinary file")
        size = path.stat().st_size
        if not 0 < size <= MAX_BYTES:
            raise ValueError("larger than 200 MB" if size else "empty")
        if kind == "pictures":
            return picture(path.read_bytes(), image_size, channels)
        return (text if kind == "texts" else music)(path.read_bytes())
    except ValueError as error:
        return None, f"skipped: {error}"
    except Exception as error:  # whatever a damaged file may cause
        reason = f"damaged, {str(error) or type(error).__name__}"
        return None, f"skipped: {getattr(error, 'strerror', None) or reason}"


def square(file, size):
    """The middle of a picture file: (size, size, 3) float32, from 0 to 255.

    Raises CourseError, which says why, where the file is no picture.
    """
    file = Path(file)
    pixels, remark = read(file, None, kind="pictures", image_size=size, channels=3)
    if pixels is None:
        reason = remark.removeprefix("skipped: ")
        raise CourseError(f"{file.name[-60:]} is not used: {reason}.")
    return pixels.astype("float32")


def text(data):
    """The text, str, with \\n at the ends of lines."""
    lost = len(data) - len(data.decode("utf-8", "ignore").encode())
    high = np.count_nonzero(np.frombuffer(data, "uint8") > 127)
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encoding = "utf-16"
    elif not lost:
        encoding = "utf-8-sig"
    elif lost < high / 2:
        raise ValueError(f"damaged UTF-8 ({lost} of {len(data)} bytes)")
    elif high < 0.3 * len(data):
        encoding = "cp1252"  # Western: statistics cannot tell such encodings apart
    else:
        guess = charset_normalizer.from_bytes(data).best()
        if guess is None:
            raise ValueError("not a text, or in an unknown encoding: save it as UTF-8")
        encoding = guess.encoding
    try:
        words = re.sub("\r\n?|[\x85\u2028\u2029]", "\n", data.decode(encoding))
    except UnicodeDecodeError:
        raise ValueError(f"not {encoding}, as it seems: save it as UTF-8") from None
    if re.search("[\x00-\x08\x0e-\x19\x1b-\x1f]", words):
        raise ValueError("not a text: it has control characters")
    words = words.strip("\n\x1a")
    if not words.strip():
        raise ValueError("nothing but white space")
    if encoding in ("utf-8-sig", "utf-16"):
        return words, "read as utf-16" if encoding == "utf-16" else "read"
    return words, f"read as {encoding}, guessed: {' '.join(words.split())[:40]}"


def picture(data, size, channels):
    """The middle of a picture, upright, on white: uint8 (size, size, channels)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            image = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
        except UnidentifiedImageError:
            told = "Pillow cannot read it: export HEIC, SVG or PDF as JPEG or PNG"
            raise ValueError(told) from None
        except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
            raise ValueError(f"too large: {error}") from None
    if image.mode[0] in "IF":  # 16 or 32 bits
        values = np.asarray(image, "float64")
        white = 1 if values.max() <= 1 else 255 if values.max() <= 255 else 65535
        image = Image.fromarray((values / white * 255).clip(0, 255).astype("uint8"))
    image = image.convert("RGBA")
    image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    image = ImageOps.fit(image.convert("RGB" if channels == 3 else "L"), (size, size))
    return np.asarray(image).reshape(size, size, channels), "read"


def music(data):
    """The notes on a grid of sixteenths, as a dict: pitches (T, 4) uint8, 0 for a rest;
    holds (T, 4) bool, True where a note goes on; time_signature such as "4/4"."""
    data, remark = data[max(data.find(b"MThd", 0, 1000), 0) :], "read"
    if not data.startswith(b"MThd"):
        raise ValueError("no MIDI file")
    try:
        midi = mido.MidiFile(file=io.BytesIO(data), clip=True)
    except mido.KeySignatureError as error:  # no note needs it: make it a text event
        data, remark = data.replace(b"\xff\x59\2", b"\xff\1\2"), f"read, {error}"
        midi = mido.MidiFile(file=io.BytesIO(data), clip=True)
    except EOFError:
        raise ValueError("cut short") from None
    if midi.type not in (0, 1):
        raise ValueError(f"MIDI of type {midi.type}: its tracks have no common time")
    if midi.ticks_per_beat < 1:
        raise ValueError("its time division is 0 or in seconds: notes have no length")
    notes = _notes(midi)
    # 127 is what `clip` makes of a damaged pitch.
    tonal = [note for note in notes if note[1] != DRUMS and 0 < note[2] < 127]
    if not tonal:
        raise ValueError("only drums" if notes else "no notes")
    pitches, holds, lost = _grid(tonal)
    if lost:
        remark += f", {lost} of {len(tonal)} notes left out (more than four at once)"
    meters = [m for track in midi.tracks for m in track if m.type == "time_signature"]
    meter = "".join(f"{m.numerator}/{m.denominator}" for m in meters[:1])
    return {"pitches": pitches, "holds": holds, "time_signature": meter}, remark


def _notes(midi):
    """Track, channel, pitch, first and last sixteenth of each note."""
    notes = []
    for number, track in enumerate(midi.tracks):
        now, began = 0, {}
        for message in track:
            now += message.time
            step = int(4 * now / midi.ticks_per_beat + 0.5)
            if message.type in ("note_on", "note_off"):
                note = number, message.channel, message.note
                if note in began:
                    notes.append((*note, began.pop(note), step))
                if message.type == "note_on" and message.velocity > 0:
                    began[note] = step
        notes += [(*note, start, step) for note, start in began.items()]
    return [(*note, start, max(start + 1, end)) for *note, start, end in notes]


def _grid(notes):
    """Pitches and holds (T, 4), and how many notes found no free voice.

    The tracks and channels are the voices, the highest first. Where there are more than
    four, or one plays several notes at once, a note takes a voice that is free.
    """
    heights = {}
    for *part, pitch, _, _ in notes:
        heights.setdefault(tuple(part), []).append(pitch)
    parts = sorted(heights, key=lambda part: -np.mean(heights[part]))
    silence = min(note[3] for note in notes) // 16 * 16  # whole bars before the first
    length = -(-(max(note[4] for note in notes) - silence) // 4) * 4
    if length > MAX_STEPS:
        raise ValueError(f"longer than {MAX_STEPS:,} sixteenth notes")
    pitches, holds = np.zeros((length, 4), "uint8"), np.zeros((length, 4), bool)
    busy, lost = [silence] * 4, 0
    for *part, pitch, start, end in sorted(notes, key=lambda note: (note[3], -note[2])):
        free = [voice for voice in range(4) if busy[voice] <= start]
        wish = parts.index(tuple(part))
        if free:
            voice = wish if wish in free else free[0]
            busy[voice] = end
            pitches[start - silence : end - silence, voice] = pitch
            holds[start - silence + 1 : end - silence, voice] = True
        lost += not free
    return pitches, holds, lost
