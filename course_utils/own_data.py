"""A folder of texts, pictures or MIDI files becomes a TFDS set of the learner's own."""

import contextlib
import hashlib
import os
import re
import shutil
import tempfile
from collections import Counter
from pathlib import Path

from course_utils import DATA_DIR, CourseError, datasets, reading

import numpy as np
import tensorflow as tf
import tensorflow_datasets as tfds

SPLITS = ("train", "validation", "test")
MARK = "Packed by course_utils.own_data"  # only a set that says so is ever replaced
TOLD = "report.txt"  # what became of each file
COPY = re.compile(r"\(\d+\)|copy|copies|kopie|backup|\bold\b", re.I)


def pack(folder, name, kind, *, image_size=28, channels=1):
    """Write what a folder holds as the data set `name`; the folder stays as it is.

    kind: "texts" (a folder is a book), "pictures" (the middle, image_size x image_size
    pixels of 1 or 3 channels; a folder is a class, a folder in it a group) or "music".
    Prints, returns and writes beside the set what became of each file: {file: "read
    ...", "repeats FILE" or "skipped: ..."}. After a CourseError an older set is as was.
    """
    arrange = {"texts": _texts, "pictures": _pictures, "music": _music}.get(kind)
    if not arrange or channels not in (1, 3) or image_size not in range(16, 65, 4):
        raise CourseError(
            'Choose kind "texts", "pictures" or "music", channels 1 or 3, image_size '
            "a multiple of 4 from 16 to 64."
        )
    source, target = _places(folder, name)
    report, contents = {}, {}
    for path, problem in reading.walk(source):
        file = path.relative_to(source).as_posix()
        file = file.encode("utf-8", "backslashreplace").decode()
        content, report[file] = reading.read(path, problem, kind, image_size, channels)
        if content is not None:
            contents[file] = content
    for file, original in _originals(contents).items():
        if file != original:
            report[file] = f"repeats {original}"
            del contents[file]
    _print(name, kind, report)
    if not contents:
        raise CourseError(f"{source.name[:80]} has no {kind}: choose another folder.")
    features, splits, least = arrange(contents)
    if not all(splits.values()):
        raise CourseError(
            f"{source.name[:80]} is too small for three splits: they need {least}, and "
            f"{len(contents)} different {kind} could be read."
        )
    if kind == "texts":
        whole = all(e["part"] == 1 for examples in splits.values() for e in examples)
        print(
            "Split by book." if whole else "Not split by book: the end of each is kept."
        )
    version = _write(target, features, splits, report)
    print(f"Full report: {target.parent.name}/{name}/{version}/{TOLD}")
    return report


def _places(folder, name):
    """The folder to read and the one to write, checked."""
    source, target = Path(folder).expanduser().absolute(), datasets.OWN_DATA / name
    if not re.fullmatch("my_[a-z0-9_]{1,50}", name):
        raise CourseError(
            f"{name[:60]!r} cannot be the name of a set: begin with my_ and go on with "
            'small letters, digits and underscores, for example "my_texts".'
        )
    if not source.is_dir():
        raise CourseError(
            f"There is no folder {str(folder)[-100:]}: check the path, unpack archives."
        )
    real = source.resolve()
    for own in (target.parent.resolve(), target.resolve()):
        if real == own or real in own.parents or own in real.parents:
            raise CourseError(
                f"{source.name[:60]} and {own.name[:60]}, a folder of packed sets, lie "
                "one in the other: move your files, or set COURSE_DATA to a new folder."
            )
    return source, target


def _print(name, kind, report):
    """The counts, and of each kind of remark the first three."""
    lines, forms = {}, Counter()
    for file, said in report.items():
        word, form = re.match(r"(\w+)(?: as ([\w-]+(?:, guessed)?))?", said).groups()
        lines.setdefault(word, []).append(f"  {file}: {said}")
        forms[(form or "utf-8").replace(",", "")] += word == "read"
    read = ", ".join(f"{n} {form}" for form, n in forms.items() if n)
    told = {"read": f" ({read})"} if kind == "texts" else {}
    counts = [f"{len(lines[w])} {w}{told.get(w, '')}" for w in sorted(lines)]
    print(f"{name}: {', '.join(counts)}")
    for _, found in sorted(lines.items(), reverse=True):
        found = [a for a in found if not a.endswith((": read", ": read as utf-16"))]
        more = ["  ..."] * (len(found) > 3)
        print(*found[:3], *more, sep="\n", end="\n" * bool(found))


def _originals(contents):
    """{file: the file that it repeats, or itself}. An original lies in a folder that
    has more than copies, higher up, and is not named like a copy."""
    digests = {file: _digest(content) for file, content in contents.items()}
    place, places, first = {f: os.path.dirname(f) or f for f in contents}, {}, {}
    for file, digest in digests.items():
        places.setdefault(digest, set()).add(place[file])
    own = set().union(*(found for found in places.values() if len(found) == 1))

    def rank(file):
        named = bool(COPY.search(file))
        return place[file] not in own, file.count("/"), named, reading.natural(file)

    for file in sorted(contents, key=rank):
        first.setdefault(digests[file], file)
    return {file: first[digest] for file, digest in digests.items()}


def _digest(content):
    """Equal where texts have the same words, pictures the same pixels, or notes."""
    if isinstance(content, dict):
        content = np.stack([content["pitches"], content["holds"]])
    text = isinstance(content, str)
    data = " ".join(content.split()).encode() if text else content.tobytes()
    return hashlib.sha256(data).hexdigest()


def _deal(sizes, keep=()):
    """{group: split} of {group: size}. The first groups that make up a tenth of the
    whole go to test, the next to validation; the rest and `keep` go to train."""
    splits, share = dict.fromkeys(sizes, "train"), sum(sizes.values()) / 10
    for split in ("test", "validation"):
        room = max(share, min(sizes.values()))
        for group, size in sizes.items():
            if splits[group] == "train" and group not in keep and size <= room:
                splits[group] = split
                room -= size
    return splits


def _texts(files):
    """Features, examples by split and what these need, from {file: text}.

    The files of a sub-folder are one document. Of ten or more, whole ones go to test
    and validation if each split then has 5 % of the text, else the last tenths of each.
    """
    documents, splits = {}, {split: [] for split in SPLITS}
    for file, text in files.items():
        documents.setdefault(os.path.dirname(file) or file, []).append(text)
    documents = {name: "\n\n".join(texts) for name, texts in documents.items()}
    documents = dict(sorted(documents.items(), key=lambda item: _digest(item[1])))
    sizes = {name: len(text) for name, text in documents.items()}
    dealt, total = _deal(sizes), sum(sizes.values())
    least = min(sum(sizes[n] for n in sizes if dealt[n] == s) for s in SPLITS)
    for name, text in documents.items():
        a, b = _cut(text, 0.8), _cut(text, 0.9)
        parts = {"train": text[:a], "validation": text[a:b], "test": text[b:]}
        if len(documents) >= 10 and least > total / 20:
            parts = {dealt[name]: text}
        for number, (split, part) in enumerate(parts.items(), 1):
            part = part.strip("\n")
            splits[split].append({"document": name, "part": number, "text": part})
    if total < 2_000:
        splits["test"].clear()
    features = {"document": tfds.features.Text(), "part": np.int32}
    return features | {"text": tfds.features.Text()}, splits, "2,000 characters"


def _cut(text, share):
    """Where a paragraph, line, sentence or word ends, soon after a share of a text."""
    start = int(share * len(text))
    for end in ("\n\n", "\n", ". ", " "):
        place = text.find(end, start, start + len(text) // 20)
        if place >= 0:
            return place + len(end)
    return start


def _pictures(files):
    """As `_texts`, from {file: image}; a folder in the folder of a class is a group."""
    files = dict(sorted(files.items(), key=lambda item: _digest(item[1])))
    splits = {split: [] for split in SPLITS}
    labels = {file: file.split("/")[0] if "/" in file else "none" for file in files}
    groups = {file: "/".join(file.split("/")[:2]) for file in files}
    keep = {labels[file]: groups[file] for file in files}  # train has each class
    dealt = _deal(Counter(groups.values()), [*keep.values()])
    for file, image in files.items():
        splits[dealt[groups[file]]].append({"image": image, "label": labels[file]})
    image = tfds.features.Image(shape=image.shape)
    label = tfds.features.ClassLabel(names=sorted(keep))
    least = f"{len(keep) + 2} loose pictures or folders in a class"
    return {"image": image, "label": label}, splits, least


def _music(files):
    """As `_texts`, from {file: notes}; a tune in several keys is one group. Features as
    in bach_chorales, empty where MIDI does not tell."""
    splits, groups = {split: [] for split in SPLITS}, {}
    for file, piece in files.items():
        pitches = piece["pitches"].astype(int)
        relative = np.where(pitches, pitches - pitches[pitches > 0].min() + 1, 0)
        groups[file] = _digest(piece | {"pitches": relative})
    groups = dict(sorted(groups.items(), key=lambda item: item[1]))
    dealt = _deal(Counter(groups.values()))
    for file, group in groups.items():
        example = {"name": file, "title": Path(file).stem, "key": "", "pickup": 0.0}
        example |= {"fermatas": np.zeros(len(files[file]["holds"]), bool)}
        example |= {"family": [*dealt].index(group)} | files[file]
        splits[dealt[group]].append(example)
    features = tfds.builder("bach_chorales", data_dir=DATA_DIR).info.features
    return features, splits, "three different tunes"


def _write(target, features, splits, report):
    """Write the next version of a set, whole or not at all; returns its number."""
    own, name = target.parent, target.name
    try:
        own.mkdir(parents=True, exist_ok=True)
        for left in own.glob(f".{name}.*"):  # by a pack that was killed
            shutil.rmtree(left, ignore_errors=True)
        older = [path for path in target.glob("*.0.0") if path.name[:-4].isdecimal()]
        version = f"{max((int(path.name[:-4]) for path in older), default=0) + 1}.0.0"
        options = dict(prefix=f".{name}.", dir=own, ignore_cleanup_errors=True)
        with tempfile.TemporaryDirectory(**options) as folder:
            new = Path(folder, version)
            new.mkdir()
            card = tfds.core.DatasetIdentity(name, version, str(new), module_name="")
            about = dict(features=tfds.features.FeaturesDict(features))
            about |= dict(builder=card, description=MARK, disable_shuffling=True)
            info = tfds.core.DatasetInfo(**about)
            writer = tfds.core.SequentialWriter(info, max_examples_per_shard=10_000)
            writer.initialize_splits(SPLITS)
            writer.add_examples(splits)
            writer.close_all()
            lines = "".join(f"{file}: {said}\n" for file, said in report.items())
            Path(new, TOLD).write_text(lines, "utf-8")
            target.mkdir(exist_ok=True)
            new.rename(target / version)  # from now on TFDS reads this one
            with contextlib.suppress(OSError):  # Windows: somebody reads it
                for path in filter(_is_ours, older):
                    path.rename(Path(folder, path.name))
        return version
    except (OSError, tf.errors.OpError) as error:
        raise CourseError(
            f"{name} was not written, an older set is kept ({str(error)[:100]}): make "
            "room, or set COURSE_DATA to another folder."
        ) from error


def _is_ours(version):
    """Whether `_write` made a folder, and nobody put anything into it since."""
    known = {"dataset_info.json", "features.json", "label.labels.txt", TOLD}
    names = {path.name for path in version.iterdir() if ".tfrecord-" not in path.name}
    card = version / "dataset_info.json"
    return names <= known and card.is_file() and MARK in card.read_text("utf-8")
