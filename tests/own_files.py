"""Good, odd and bad files such as learners have: texts, pictures, MIDI.

Each function returns 37 files, {name: (bytes, what own_data.pack has to say of it)},
and what is in the good ones. "..." at the end stands for any words.
"""

import io

import mido
import numpy as np
from PIL import Image

SCRIPTS = {  # whose files have more bytes above 127 than a Western text
    "cp1251": "Все счастливые семьи похожи друг на друга, каждая несчастливая семья",
    "koi8_r": "Всё смешалось в доме Облонских, жена узнала, что муж был в связи",
    "cp932": "吾輩は猫である。名前はまだ無い。どこで生れたかとんと見当がつかぬ。",
    "gb18030": "话说天下大势，分久必合，合久必分。周末七国分争，并入于秦。",
    "cp949": "모든 국민은 법 앞에 평등하다. 누구든지 성별 종교 또는 사회적 신분에",
    "cp1253": "Η Αθήνα είναι η πρωτεύουσα της Ελλάδας και η μεγαλύτερη πόλη της",
}
BAD_TEXTS = {
    "empty.txt": (b"", "empty"),
    "white.txt": (b" \r\n\t\n", "nothing but white space"),
    "image.png": (b"\x89PNG", "no text file (.png): save it as UTF-8 .txt"),
    "book.PDF": (b"%PDF", "no text file (.PDF): save it as UTF-8 .txt"),
    "zero.txt": (b"ab\0cd", "not a text: it has control characters"),
    "red.txt": (b"\x1b[31mred\x1b[0m", "not a text: it has control characters"),
    "cut.txt": (b"\xc3\xa9" * 9 + b"\xc3", "damaged UTF-8 (1 of 19 bytes)"),
    "noise.txt": (bytes(range(128, 256)) * 9, "not a text, or in an unknown enc..."),
}
PROSE = "{}. Déjà vu, naïve: the café.\n\nA second paragraph.\nIts second line."


def skipped(bad):
    return {name: (data, f"skipped: {why}") for name, (data, why) in bad.items()}


def texts():
    """Files, and {document: text}: the files in "a b" are one document."""
    forms = [("utf-8", "\n"), ("utf-8", "\r\n"), ("utf-8", "\r"), ("utf-8", "\u2028")]
    forms += [("utf-8-sig", "\r\n"), ("utf-16", "\r\n"), ("cp1252", "\n")]
    good, files = {}, skipped(BAD_TEXTS)
    for number, (encoding, end) in enumerate(3 * forms):
        name = ["{}.txt", "{}.MD", "a b/ä {}"][number // 7].format(number)
        good[name] = "".join(PROSE.format(f"{number} {i}") for i in range(5))
        said = "read" if encoding.startswith("utf-8") else f"read as {encoding}"
        said += ", guessed: " + good[name][:9] + "..." if encoding == "cp1252" else ""
        files[name] = good[name].replace("\n", end).encode(encoding), said
    for encoding, text in SCRIPTS.items():
        good[encoding] = "\n".join([text] * 5)
        files[encoding] = good[encoding].encode(encoding), f"read as {encoding}, g..."
    words = " ".join(good["0.txt"].split())
    files["copy.txt"] = words.encode("utf-16"), "repeats 0.txt"
    files["z.txt"] = (good["6.txt"] + "\n").encode(), "repeats 6.txt"
    good["a b"] = "\n\n".join(good.pop(f"a b/ä {number}") for number in range(14, 21))
    return files, good


def encoded(image, kind="PNG", **options):
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def new_picture(rng, size=(28, 28), mode="RGB"):
    """Smooth, so that formats with losses change it little."""
    coarse = Image.fromarray(rng.integers(40, 216, (3, 3, 3), dtype="uint8"))
    return coarse.resize(size, Image.Resampling.BICUBIC).convert(mode)


def odd_pictures(rng):
    """Yields name, bytes, and what the middle of the picture looks like."""
    for kind in ["PNG", "BMP", "TIFF", "PPM", "TGA", "GIF", "WEBP", "JPEG", "JPEG2000"]:
        image = new_picture(rng)
        yield f"{kind}/a.{kind.lower()}", encoded(image, kind), image
    for mode in ["1", "L", "P", "CMYK", "LA", "RGBA"]:
        image = new_picture(rng, mode=mode)
        yield f"{mode}.tif", encoded(image, "TIFF"), image
    for kind in ["PNG", "TIFF"]:
        grey = np.asarray(new_picture(rng, mode="L"))
        deep = encoded(Image.fromarray(grey * np.uint16(257)), kind)
        yield f"16 bits.{kind}", deep, Image.fromarray(grey)
    grey = np.asarray(new_picture(rng, mode="L"))
    floats = encoded(Image.fromarray(grey / np.float32(255)), "TIFF")
    yield "floats.tif", floats, Image.fromarray(grey)
    image = new_picture(rng)
    yield "lies.jfif", encoded(image, "WEBP", lossless=True), image
    image, exif = new_picture(rng), Image.Exif()
    exif[0x112] = 6
    lying = image.transpose(Image.Transpose.ROTATE_90)
    yield "sideways.png", encoded(lying, exif=exif), image
    image, wide = new_picture(rng), Image.new("RGB", (60, 28))
    wide.paste(image, (16, 0))
    yield "wide", encoded(wide), image
    image = new_picture(rng)
    yield "large.png", encoded(image.resize((280, 280), 0)), image
    frames = [new_picture(rng).quantize(64) for _ in range(2)]
    moving = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    yield "moving.gif", moving, frames[0]
    white = Image.new("RGB", (28, 28), "white")
    none = Image.new("P", (28, 28), 3)
    yield "clear.gif", encoded(none, "GIF", transparency=3), white
    image, clear = new_picture(rng, (28, 14)), Image.new("RGBA", (28, 28), (9, 9, 9, 0))
    clear.paste(image, (0, 14))
    white = white.copy()
    white.paste(image, (0, 14))
    yield "clear.png", encoded(clear), white


def pictures():
    """Files, and {name: array (28, 28, 3)} of the good ones."""
    rng = np.random.default_rng(0)
    odd = list(odd_pictures(rng))
    whole, flat = encoded(new_picture(rng, (60, 60))), Image.new("1", (20_000, 9_000))
    no_picture, cut = (
        "Pillow cannot read it: export HEIC...",
        "damaged, image file is...",
    )
    bad = {
        "empty.png": (b"", "empty"),
        "notes.txt": (b"hello", no_picture),
        "photo.heic": (b"\0\0\0\x18ftypheic", no_picture),
        "drawing.svg": (b"<svg></svg>", no_picture),
        "scan.pdf": (b"%PDF-1.4", no_picture),
        "cut.png": (whole[:-300], cut),
        "cut.jpg": (encoded(odd[0][2], "JPEG")[:-99], cut),
        "cut.tif": (encoded(odd[1][2], "TIFF")[:-99], cut),
        "flip.png": (whole[:99] + b"??" + whole[101:], "damaged, ..."),
        "bomb.png": (encoded(flat), "too large: Image size (180000000 pixels) ..."),
    }
    files = {name: (data, "read") for name, data, _ in odd} | skipped(bad)
    files["PNG/z.tif"] = encoded(odd[0][2], "TIFF"), "repeats PNG/a.png"
    files["BMP/z copy"] = files["BMP/a.bmp"][0], "repeats BMP/a.bmp"
    good = {name: np.asarray(image.convert("RGB"), int) for name, _, image in odd}
    return files, good


def tune(rng, num_voices=4):
    """Voices of (pitch or 0 for a rest, sixteenths) that cross and repeat notes."""
    steps = rng.integers(1, 7, 12).tolist()
    ranges = [60 - 5 * voice + rng.integers(0, 9, 12) for voice in range(num_voices)]
    return [
        [(int(p) * bool(p % 7), s) for p, s in zip(r, steps, strict=True)]
        for r in ranges
    ]


def midi(voices, type=1, division=480, channels=(0, 1, 2, 3), extra=()):
    """The bytes of a MIDI file; `extra`: messages at the beginning of every track."""
    file = mido.MidiFile(type=type, ticks_per_beat=division)
    for voice, channel in zip(voices, channels, strict=False):
        track, rest = file.add_track(), 0
        track += extra
        for pitch, steps in voice:
            length = round(steps * division / 4)
            if pitch:
                on = mido.Message("note_on", note=pitch, channel=channel, time=rest)
                track += [on, on.copy(velocity=0, time=length)]
            rest = 0 if pitch else rest + length
    if type == 0:
        file.tracks[:] = [mido.merge_tracks(file.tracks)]
    data = io.BytesIO()
    file.save(file=data)
    return data.getvalue()


def grid(voices):
    """Pitches (T, 4) of such voices, T in whole quarter notes."""
    columns = [
        [p for p, steps in voice for _ in range(round(steps))] for voice in voices
    ]
    last = max(i for column in columns for i, pitch in enumerate(column) if pitch)
    pitches = np.zeros((last // 4 * 4 + 4, 4), int)
    for voice, column in enumerate(columns[:4]):
        pitches[: len(column), voice] = column[: len(pitches)]
    return pitches


def songs():
    """Files, and {name: pitches (T, 4)} of the good ones."""
    rng = np.random.default_rng(0)
    tunes = [tune(rng) for _ in range(18)]
    files, good = {}, {}

    def add(name, data, voices, said="read"):
        files[name], good[name] = (data, said), grid(voices)

    for name, number, options in [
        ("a.mid", 0, {}),
        ("type 0.MID", 1, {"type": 0}),
        ("one channel.midi", 2, {"channels": (0, 0, 0, 0)}),
        ("coarse", 3, {"division": 4}),
        ("fine.mid", 4, {"division": 9600}),
        ("channels.mid", 5, {"channels": (7, 8, 10, 15)}),
    ]:
        add(name, midi(tunes[number], **options), tunes[number])
    add("alone.mid", midi(tunes[6][:1]), tunes[6][:1])
    add("two.mid", midi(tunes[7][:2]), tunes[7][:2])
    add("riff.rmi", b"RIFF....RMIDdata...." + midi(tunes[8]) + b"more", tunes[8])
    add("late.mid", midi([[(0, 32), *voice] for voice in tunes[9]]), tunes[9])
    up = [[(pitch + 5 * (pitch > 0), s) for pitch, s in voice] for voice in tunes[0]]
    add("up.mid", midi(up), up)
    off = [[(p, s + 0.2 * (-1) ** i) for i, (p, s) in enumerate(v)] for v in tunes[10]]
    add("loose.mid", midi(off), off)
    drums = [(36, 2), (42, 2)] * 9
    both = midi([*tunes[11], drums], channels=(0, 1, 2, 3, 9))
    add("drums too.mid", both, tunes[11])
    extra = [mido.MetaMessage("time_signature", numerator=3), mido.Message("sysex")]
    add("extra.mid", midi(tunes[12], extra=extra), tunes[12])
    data = midi(tunes[13], extra=[mido.MetaMessage("key_signature", key="C")])
    data = data.replace(b"\xff\x59\2\0", b"\xff\x59\2\x0c")
    add("wrong key.mid", data, tunes[13], "read, Could not decode key with 12...")
    voice = tunes[14][0]
    data = midi([[(60, 4), *voice]])
    add("loud.mid", data.replace(b"\x90\x3c\x40", b"\x90\x3c\xc8"), [[(60, 4), *voice]])
    add("wrong pitch.mid", data.replace(b"\x90\x3c", b"\x90\xc8"), [[(0, 4), *voice]])
    data = midi([[(0, 2), (60, 6)]]).replace(b"\x3c\0\0\xff", b"\x3d\0\0\xff")
    add("never off.mid", data, [[(0, 2), (60, 6)]])
    chord = [[(pitch, 4)] for pitch in (72, 67, 64, 60, 48)]
    said = "read, 1 of 5 notes left out (more than four at once)"
    add("chord.mid", midi(chord, channels=[0] * 5), chord, said)
    files["copy.mid"] = midi(tunes[0], type=0, division=96), "repeats a.mid"
    files["sub/copy.mid"] = midi(tunes[1]), "repeats type 0.MID"
    long = [[(60, 1), (0, 10**6), (60, 1)]]
    whole = midi(tunes[16], extra=[mido.MetaMessage("set_tempo")])
    length = "its time division is 0 or in seconds: notes have no length"
    bad = {
        "empty.mid": (b"", "empty"),
        "song.mp3": (b"ID3", "no MIDI file"),
        "song.wav": (b"RIFF....WAVEfmt ", "no MIDI file"),
        "words.txt": (b"la la la", "no MIDI file"),
        "cut.mid": (whole[:-20], "cut short"),
        "header.mid": (whole[:14], "cut short"),
        "zero.mid": (whole[:12] + b"\0\0" + whole[14:], length),
        "film.mid": (whole[:12] + b"\xe7\x28" + whole[14:], length),
        "type 2.mid": (midi(tunes[17], type=2), "MIDI of type 2: its tracks have..."),
        "drums.mid": (midi([drums], channels=[9]), "only drums"),
        "silent.mid": (midi([[]]), "no notes"),
        "tempo.mid": (whole.replace(b"\xff\x51\3", b"\xff\x51\0"), "damaged, ..."),
        "status.mid": (whole[:22] + b"\0\xf4\0\0", "damaged, undefined status..."),
        "meta.mid": (whole[:22] + b"\0\xff", "cut short"),
        "track.mid": (whole.replace(b"MTrk", b"XTrk"), "damaged, no MTrk header..."),
        "long.mid": (midi(long, division=4), "longer than 100,000 sixteenth notes"),
    }
    return files | skipped(bad), good
