"""jane_austen: the six novels, one example a chapter, cleaned of all that is not hers.

python data/builders/jane_austen.py [PACKAGE]
"""

import bz2
import gzip
import lzma
import re
import struct
import zlib

import numpy as np
import tensorflow_datasets as tfds
from folders import write_dataset
from sources import main, read_package

PACKAGE = "r-cran-janeaustenr"
NAME, VERSION = "jane_austen", "1.0.0"

# In order of publication. The last two came out after her death.
TITLES = {
    "sensesensibility": "Sense and Sensibility",
    "prideprejudice": "Pride and Prejudice",
    "mansfieldpark": "Mansfield Park",
    "emma": "Emma",
    "northangerabbey": "Northanger Abbey",
    "persuasion": "Persuasion",
}
TEST_TITLES = ("Northanger Abbey", "Persuasion")

DESCRIPTION = """
Jane Austen's six completed novels, one example a chapter, one paragraph a line. Train
and validation are chapters of the four novels published in her lifetime (validation:
every twelfth chapter); test is the two published after her death, so that neither
their plots nor their characters are seen in training.
"""
CITATION = """
@Manual{silge2022janeaustenr,
  title = {janeaustenr: Jane Austen's Complete Novels},
  author = {Julia Silge},
  year = {2022},
  note = {R package version 1.0.0, texts from Project Gutenberg},
}
"""
LICENCE = """
The novels (1811-1818) are in the public domain. The package they were taken from,
janeaustenr, is under the MIT licence, (c) 2016-2017 Julia Silge.
"""


class RReader:
    """Reader of R's serialisation format (XDR): strings, numbers and lists only.

    Format: R Internals, section "Serialization Formats".
    """

    def __init__(self, content):
        self.content, self.position, self.symbols = content, 2, []  # after b"X\n"
        version, _, _ = self.integers(3)
        if version == 3:
            self.take(self.integer())  # name of the native encoding

    def take(self, size):
        self.position += size
        return self.content[self.position - size : self.position]

    def integers(self, count):
        return struct.unpack(f">{count}i", self.take(4 * count))

    def integer(self):
        return self.integers(1)[0]

    def read(self):
        """Return the next object as str, tuple, list or dict."""
        flags = self.integer()
        kind, has_attributes, has_tag = flags & 255, flags & 512, flags & 1024
        if kind in (241, 242, 253, 254):  # environments and NULL
            return None
        if kind == 255:  # a symbol seen before
            return self.symbols[(flags >> 8) - 1]
        if kind == 1:  # a new symbol
            self.symbols.append(self.read())
            return self.symbols[-1]
        if kind == 9:  # one string
            return self.take(self.integer()).decode("utf-8")
        if kind == 2:  # pairlist: attributes, tag, value, rest
            if has_attributes:
                self.read()
            tag = self.read() if has_tag else None
            value = self.read()
            return {tag: value, **(self.read() or {})}
        if kind in (10, 13):  # logical, integer
            values = self.integers(self.integer())
        elif kind in (16, 19):  # strings, list
            values = [self.read() for _ in range(self.integer())]
        else:
            raise ValueError(f"R type {kind} is not expected here")
        attributes = self.read() if has_attributes else {}
        names = attributes.get("names")
        return dict(zip(names, values, strict=True)) if names else values


def decompress(chunk):
    """Undo R's compression: 4 bytes of length, then a tag or a zlib stream."""
    tag, body = chunk[4:5], chunk[5:]
    if tag == b"2":
        return bz2.decompress(body)
    if tag == b"Z":
        filters = [{"id": lzma.FILTER_LZMA2, "dict_size": 1 << 26}]
        return lzma.decompress(body, format=lzma.FORMAT_RAW, filters=filters)
    return zlib.decompress(chunk[4:])


def read_novels(index, chunks):
    """Return {novel: list of lines} from the bytes of Rdata.rdx and Rdata.rdb."""
    unzip = gzip.decompress if index[:2] == b"\x1f\x8b" else zlib.decompress
    places = RReader(unzip(index)).read()["variables"]
    return {
        name: RReader(decompress(chunks[start : start + size])).read()
        for name, (start, size) in places.items()
    }


def chapters(lines):
    """Split a novel into the texts of its chapters, front matter left out."""
    text = "\n".join(lines)
    text = re.sub(r"^\s*volume [ivx]+$", "", text, flags=re.I | re.M)
    parts = re.split(r"^chapter (?:\d+|[ivxl]+)$", text, flags=re.I | re.M)
    return [clean(part) for part in parts[1:]]


def clean(text):
    """Keep the author's words: one paragraph a line, single spaces, no mark-up."""
    # Northanger Abbey ends with a footnote and a modern "Note on the text".
    text = re.split(r"^\*Vide a letter", text, flags=re.M)[0]
    text = text.replace("_", "")  # italics
    paragraphs = [
        " ".join(re.sub(r"--\n *", "--", paragraph).split())
        for paragraph in re.split(r"\n\s*\n", text)
    ]
    # Printers' notes in brackets, lines of stars, the words at the end of a book.
    extra = re.compile(r"\[.*\]|\(end of .*\)|[* ]*|finis|the end", flags=re.I)
    return "\n".join(p.replace("*", "") for p in paragraphs if not extra.fullmatch(p))


def make_splits(novels):
    """Return {split: list of examples} from {novel: list of lines}."""
    splits = {"train": [], "validation": [], "test": []}
    for key, title in TITLES.items():
        for number, text in enumerate(chapters(novels[key]), start=1):
            if title in TEST_TITLES:
                split = "test"
            else:
                split = "train" if number % 12 else "validation"
            splits[split].append({"novel": title, "chapter": number, "text": text})
    return splits


def write(splits, data_dir):
    """Write the splits as a TFDS folder."""
    write_dataset(
        data_dir,
        NAME,
        VERSION,
        splits,
        features=tfds.features.FeaturesDict(
            {
                "novel": tfds.features.Text(),
                "chapter": tfds.features.Scalar(dtype=np.int32),
                "text": tfds.features.Text(),
            }
        ),
        description=DESCRIPTION,
        license=LICENCE.strip(),
        citation=CITATION,
        homepage="https://github.com/juliasilge/janeaustenr",
    )


def build(package, data_dir):
    """Make data/jane_austen from the Debian package r-cran-janeaustenr."""
    folder = "usr/lib/R/site-library/janeaustenr/data/"
    files = read_package(package, folder)
    splits = make_splits(read_novels(files["Rdata.rdx"], files["Rdata.rdb"]))
    write(splits, data_dir)
    for split, examples in splits.items():
        size = sum(len(example["text"]) for example in examples)
        print(f"{split}: {len(examples)} chapters, {size:,} characters")


if __name__ == "__main__":
    main(build, PACKAGE)
