"""The data sets of the course and the learner's own: checked, found and read."""

import hashlib
import os
import re
from pathlib import Path

from course_utils import DATA_DIR, ROOT, CourseError

import numpy as np

OWN_DATA = Path(os.environ.get("COURSE_DATA") or ROOT / "own_data")
OWN_DATA = OWN_DATA.expanduser().absolute()


def data_dir(name):
    """The folder where a data set is, for `tfds.load(name, data_dir=...)`."""
    return DATA_DIR if (DATA_DIR / name).is_dir() else OWN_DATA


def verify(*names):
    """Check every file of the named data sets against `data/SHA256SUMS`.

    Without names, all data sets of the course are checked. A set of the learner's own
    only has to be there. Raises CourseError for the first file that is missing or
    differs from the one the course ships, and for unknown names.
    """
    expected = _expected()
    for name in names or expected:
        if name in expected:
            for path, digest in expected[name].items():
                _verify_file(path, digest)
        elif not (OWN_DATA / str(name)).is_dir():
            own = [path.name for path in sorted(OWN_DATA.glob("[!.]*/"))]
            raise CourseError(
                f"There is no data set {str(name)[:60]!r}: choose from "
                f"{', '.join([*expected, *own])[:150]}, or make one of your own files "
                "in lesson 01b."
            )


def _expected():
    """{data set: {path in data/: SHA-256}} as the course ships them."""
    sums = DATA_DIR / "SHA256SUMS"
    lines = sums.read_text("utf-8", "replace").splitlines() if sums.is_file() else []
    entries = [re.fullmatch("([0-9a-f]{64})  (([^/]+)/.+)", line) for line in lines]
    if not entries or None in entries:
        raise CourseError(
            f"data/SHA256SUMS is {'damaged' if entries else 'missing'}: run `git "
            "checkout -- data/SHA256SUMS` in the course folder, or download the course "
            "again."
        )
    expected = {}
    for entry in entries:
        digest, path, folder = entry.groups()
        expected.setdefault(folder, {})[path] = digest
    return expected


def _verify_file(path, digest):
    problem = "is cut short or was changed"
    try:
        with open(DATA_DIR / path, "rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() == digest:
                return
    except FileNotFoundError:
        problem = "is missing"
    except OSError as error:
        problem = f"cannot be read ({error.strerror})"
    raise CourseError(
        f"data/{path} {problem}: run `git checkout -- data/{path.split('/')[0]}` "
        "in the course folder, or download the course again."
    )


def load_text(name, split, minimum=1):
    """The texts of a split as one str, in order, an empty line between two of them.

    name: "jane_austen" or a set of the learner's own texts. Raises CourseError where
    the split has fewer characters than `minimum`.
    """
    examples = _load(name, split, "text")
    order = ("novel", "chapter") if "novel" in examples else ("document", "part")
    rows = zip(*(examples[key] for key in (*order, "text")), strict=True)
    text = "\n\n".join(text.decode() for *_, text in sorted(rows))
    if len(text) < minimum:
        raise _too_small(name, split, len(text), minimum, "characters")
    return text


def load_paragraphs(name, split, num_words):
    """Novels (N,) str, chapters (N,) and texts (N,) str of all paragraphs of a split
    that have num_words words or more; of a set of the learner's own, document and part.
    """
    examples = _load(name, split, "text")
    keys = ("novel", "chapter") if "novel" in examples else ("document", "part")
    rows = [
        (novel.decode(), chapter, paragraph)
        for novel, chapter, text in zip(
            *(examples[k] for k in (*keys, "text")), strict=True
        )
        for paragraph in text.decode().split("\n")
        if len(paragraph.split()) >= num_words
    ]
    if not rows:
        raise _too_small(name, split, 0, 1, f"paragraphs of {num_words} words")
    return [np.array(column) for column in zip(*rows, strict=True)]


def load_images(name, split, minimum=1):
    """Pictures (N, H, W, C) float32 in [-1, 1] and labels (N,) int64 of a split.

    name: "fashion_mnist" or a set of the learner's own pictures. Raises CourseError
    where the split has fewer pictures than `minimum`.
    """
    examples = _load(name, split, "image")
    if len(examples["image"]) < minimum:
        count = len(examples["image"])
        raise _too_small(name, split, count, minimum, "pictures")
    return examples["image"].astype("float32") / 127.5 - 1, examples["label"]


def load_captions(name, split, minimum=1):
    """Pictures (N, H, W, C) float32 in [-1, 1] and their captions, str (N, 3).

    name: "noto_emoji", of which people with one skin tone are kept (the parts of a
    caption: gender, what the person is or does, skin tone; each may be empty), or a set
    of the learner's own pictures (the middle part: the words of the file's name).
    Raises CourseError where the split has fewer pictures than `minimum`.
    """
    examples = _load(name, split, "image")
    if "base" in examples:
        keys = ("gender", "base", "skin_tone")
        rows = zip(*(np.char.decode(list(examples[key])) for key in keys), strict=True)
        captions = [_caption(*row) for row in rows]
    else:
        names = [file.decode().rpartition(".")[0].lower() for file in examples["file"]]
        captions = [("", " ".join(re.findall(r"[^\W\d_]+", n)), "") for n in names]
    keep = [index for index, caption in enumerate(captions) if caption]
    if len(keep) < minimum:
        raise _too_small(name, split, len(keep), minimum, "pictures")
    images = examples["image"][keep].astype("float32") / 127.5 - 1
    return images, np.array([captions[index] for index in keep])


def _caption(gender, base, tone):
    """The three parts, or None for emoji without a skin tone or with two."""
    if not tone or " and " in tone:
        return None
    words = [word for word in base.split() if word != gender]
    return gender, " ".join(words), f"{tone} skin tone"


def _load(name, split, kind):
    """All examples of a split as arrays, by feature."""
    import tensorflow_datasets as tfds

    builder = tfds.builder(name, data_dir=data_dir(name))
    if kind not in builder.info.features:
        raise CourseError(
            f"{name} has no {kind}s, but {', '.join(builder.info.features)}: choose a "
            f"data set of {kind}s."
        )
    data = builder.as_dataset(split=split, batch_size=-1)
    return {key: np.asarray(value) for key, value in data.items()}


def _too_small(name, split, count, minimum, what):
    return CourseError(
        f"{name} has {count:,} {what} for {split}, and this lesson needs at least "
        f"{minimum:,}: add more of your own files in lesson 01b."
    )
