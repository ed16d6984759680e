"""noto_emoji: pictures of emoji with their names and attributes.

python data/builders/noto_emoji.py [PACKAGE]

PACKAGE is the Debian package fonts-noto-color-emoji. The wheel of emoji 2.16.0, which
has the names, is looked for in data/downloads/ or downloaded there. Reading the font
needs fontTools, which Matplotlib brings.
"""

import hashlib
import io
import json
import re
import struct
import zlib

from course_utils import DATA_DIR

import numpy as np
import tensorflow_datasets as tfds
from folders import write_dataset
from sources import find_package, main, read_package

PACKAGE = "fonts-noto-color-emoji"
NAME, VERSION = "noto_emoji", "1.0.0"

SIZE = 32
FULLY_QUALIFIED = 2  # the status that the package emoji gives to complete sequences
VARIATION_SELECTOR = "\ufe0f"  # "show as a picture": no part of the font's sequences
TONES = {
    "\U0001f3fb": "light",
    "\U0001f3fc": "medium-light",
    "\U0001f3fd": "medium",
    "\U0001f3fe": "medium-dark",
    "\U0001f3ff": "dark",
}
SKIN_TONES = ("yellow", *TONES.values())
GENDERS = ("woman", "man", "person")
PROFESSIONS = (
    "artist",
    "astronaut",
    "construction worker",
    "cook",
    "detective",
    "factory worker",
    "farmer",
    "firefighter",
    "guard",
    "health worker",
    "judge",
    "mechanic",
    "office worker",
    "pilot",
    "police officer",
    "scientist",
    "singer",
    "student",
    "teacher",
    "technologist",
)
HAIR = ("red hair", "curly hair", "white hair", "blond hair", "bald", "beard")

DESCRIPTION = """
Emoji of the font Noto Color Emoji as 32x32 pictures on white, with their names and,
where they show people, attributes: base (the name without skin tones), skin_tone,
gender, profession, hair; a text is empty where the attribute does not apply. The split
holdout has combinations of profession, gender and skin tone of which every pair, but
never all three together, occurs in train.
"""
CITATION = """
@misc{noto_emoji,
  title = {Noto Emoji},
  author = {{Google Inc.}},
  year = {2023},
  note = {Font version 2.042},
  url = {https://github.com/googlefonts/noto-emoji},
}
"""
NOTICE = """
Pictures: derived from the font Noto Color Emoji 2.042 (put on white and scaled down)
and under its licence, the SIL Open Font License 1.1, whose notices and text follow.
Names: from the package emoji 2.16.0 (BSD-3-Clause, (c) 2014-2026 Taehoon Kim and Kevin
Wurster), which has them from Unicode's data files (Unicode License V3, (c) Unicode,
Inc.); both texts are in data/licences/.
"""


def ligatures(lookups):
    """Return {(glyph, glyph, ...): glyph that replaces them} of a font's lookups."""
    replaced = {}
    for lookup in lookups:
        for table in lookup.SubTable:
            table = getattr(table, "ExtSubTable", table)
            if table.LookupType == 4:
                for first, entries in table.ligatures.items():
                    for entry in entries:
                        replaced[(first, *entry.Component)] = entry.LigGlyph
    return replaced


def find_glyph(emoji, characters, replaced):
    """Return the name of the glyph that shows an emoji, or None.

    characters: {code point: glyph}; replaced: see ligatures.
    """
    for sequence in (emoji, emoji.replace(VARIATION_SELECTOR, "")):
        glyphs = tuple(characters.get(ord(character)) for character in sequence)
        glyph = glyphs[0] if len(glyphs) == 1 else replaced.get(glyphs)
        if glyph:
            return glyph
    return None


def read_pictures(font_file, names):
    """Return {emoji: (SIZE, SIZE, 3) uint8} of the emoji that the font has."""
    from fontTools.ttLib import TTFont

    font = TTFont(io.BytesIO(font_file))
    characters = font.getBestCmap()
    replaced = ligatures(font["GSUB"].table.LookupList.Lookup)
    bitmaps = font["CBDT"].strikeData[0]
    pictures = {}
    for emoji in names:
        bitmap = bitmaps.get(find_glyph(emoji, characters, replaced))
        if bitmap is not None:
            pictures[emoji] = shrink(bitmap.imageData)
    return pictures


def shrink(png):
    """Put a bitmap of 136x128 on white, cut off its empty margins left and right, and
    average blocks of 4x4. Returns (SIZE, SIZE, 3) uint8."""
    from PIL import Image

    picture = Image.open(io.BytesIO(png)).convert("RGBA")
    side = 4 * SIZE
    square = Image.new("RGB", (side, side), "white")
    square.paste(picture, ((side - picture.width) // 2, 0), picture)
    return np.asarray(square.reduce(4))


def encode_png(picture):
    """Return the bytes of a PNG without prediction filters, which for drawings as
    small as these only cost space. picture: (H, W, 3) uint8."""
    height, width, _ = picture.shape
    rows = b"".join(b"\0" + row.tobytes() for row in picture)
    chunks = (
        (b"IHDR", struct.pack(">2I5B", width, height, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(rows, 9)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body))
        + kind
        + body
        + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in chunks
    )


def without_tones(emoji):
    """Return the emoji without skin tones and variation selectors."""
    return "".join(c for c in emoji if c not in TONES and c != VARIATION_SELECTOR)


def attributes(names):
    """Return {emoji: attributes} from {emoji: name}.

    The attributes, all texts: caption, base, skin_tone, gender, profession, hair.
    """
    takes_tone = {
        without_tones(emoji) for emoji in names if any(tone in emoji for tone in TONES)
    }
    bases = {
        emoji: re.sub(r" (?:(?:medium-)?(?:light|dark)|medium) skin tone", "", name)
        for emoji, name in names.items()
    }
    known = set(bases.values())
    result = {}
    for emoji, base in bases.items():
        tones = list(dict.fromkeys(TONES[c] for c in emoji if c in TONES))
        if not tones and without_tones(emoji) in takes_tone:
            tones = ["yellow"]
        gender = gender_of(base, known)
        profession = base.removeprefix(f"{gender} ")
        result[emoji] = {
            "caption": names[emoji],
            "base": base,
            "skin_tone": " and ".join(tones),
            "gender": gender,
            "profession": profession if profession in PROFESSIONS else "",
            "hair": next((hair for hair in HAIR if base.endswith(f" {hair}")), ""),
        }
    return result


def gender_of(base, known):
    """Return "woman", "man" or "person" as the name `base` says, else "".

    A name without any of these words is of a person if `known` names have it for a
    woman too ("woman pilot", so "pilot" is a person). Names of several genders and of
    families have none.
    """
    words = set(base.split())
    if "family" in words:
        return ""
    found = [
        gender
        for gender, forms in (
            ("woman", {"woman", "women", "mermaid"}),
            ("man", {"man", "men", "merman"}),
            ("person", {"person", "people", "merperson"}),
        )
        if words & forms
    ]
    if not found and f"woman {base}" in known:
        found = ["person"]
    return found[0] if len(found) == 1 else ""


def is_held_out(skin_tone, gender, profession):
    """Choose one skin tone of six for each pair of profession and gender, such that
    no pair of attributes loses all its pictures (a Latin square)."""
    if not (profession and gender and skin_tone):
        return False
    shift = PROFESSIONS.index(profession) + 2 * GENDERS.index(gender)
    return SKIN_TONES.index(skin_tone) == shift % len(SKIN_TONES)


def make_splits(names, pictures):
    """Return {split: list of examples}, in an order that looks random, from
    {emoji: name} and {emoji: picture}."""
    splits = {"train": [], "holdout": []}
    described = attributes({emoji: names[emoji] for emoji in pictures})
    for emoji in sorted(
        pictures, key=lambda emoji: hashlib.sha256(emoji.encode()).digest()
    ):
        texts = described[emoji]
        held_out = is_held_out(texts["skin_tone"], texts["gender"], texts["profession"])
        splits["holdout" if held_out else "train"].append(
            {"image": encode_png(pictures[emoji]), "emoji": emoji, **texts}
        )
    return splits


def write(splits, data_dir):
    """Write the splits as a TFDS folder."""
    licence = DATA_DIR / "licences" / "OFL-1.1.txt"
    texts = "caption emoji base skin_tone gender profession hair".split()
    write_dataset(
        data_dir,
        NAME,
        VERSION,
        splits,
        features=tfds.features.FeaturesDict(
            {
                "image": tfds.features.Image(shape=(SIZE, SIZE, 3)),
                **{text: tfds.features.Text() for text in texts},
            }
        ),
        description=DESCRIPTION,
        license=f"{NOTICE.strip()}\n\n{licence.read_text(encoding='utf-8')}",
        citation=CITATION,
        homepage="https://github.com/googlefonts/noto-emoji",
    )


def read_names(package):
    """Return {emoji: name} of all complete emoji from the wheel of emoji."""
    table = read_package(package, "emoji/unicode_codes/emoji.json")["emoji.json"]
    return {
        emoji: entry["en"].strip(":").replace("_", " ")
        for emoji, entry in json.loads(table).items()
        if entry["status"] == FULLY_QUALIFIED
    }


def build(package, data_dir):
    """Make data/noto_emoji from the Debian package fonts-noto-color-emoji."""
    names = read_names(find_package("emoji"))
    font = read_package(package, "usr/share/fonts/truetype/noto/")
    splits = make_splits(names, read_pictures(font["NotoColorEmoji.ttf"], names))
    write(splits, data_dir)
    for split, examples in splits.items():
        print(f"{split}: {len(examples):,} emoji")


if __name__ == "__main__":
    main(build, PACKAGE)
