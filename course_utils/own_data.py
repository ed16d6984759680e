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
LEAST = {
    "texts": "2,000 characters in all and some for each split",
    "pictures": "a group of files for each class and two more",
    "music": "three different tunes",
}
COPY = re.compile(r"\(\d+\)|copy|copies|kopie|backup|\bold\b", re.I)


def pack(folder, name, kind, *, by="folder", image_size=28, channels=1):
    """Write what a folder holds as the data set `name`; the folder stays as it is.

    kind: "texts", "pictures" (the middle, image_size x image_size pixels of 1 or 3
    channels; a folder is a class) or "music" (where the group is the tune).
    by: the groups, which stay whole in train, validation or test: the files of a
    "folder" (with pictures, of a folder in that of a class); each "file"; or the files
    for which a function of the name, such as "a/b.txt", returns the same. If it returns
    nothing but "train", "validation" and "test", it chooses the split.
    Texts have no whole groups where train would get less than half of the characters,
    or another split less than a twentieth: then the last tenth of each group, its files
    joined, is for test, and the tenth before it for validation.
    Prints, returns and writes beside the set what came of each file: {file: "read ...",
    "repeats FILE" or "skipped: ..."}. After a CourseError an older set is as was.
    """
    sizes_fit = channels in (1, 3) and image_size in range(16, 65, 4)
    known = kind in LEAST and (by in ("folder", "file") or callable(by))
    if not known or not sizes_fit:
        raise CourseError(
            'Choose kind "texts", "pictures" or "music", by "folder", "file" or a '
            "function, channels 1 or 3, image_size a multiple of 4 from 16 to 64."
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
    _print(name, report)
    if not contents:
        raise CourseError(f"{source.name[:80]} has no {kind}: choose another folder.")
    groups, dealt, how = _plan(contents, kind, by)
    examples = {"texts": _texts, "pictures": _pictures, "music": _music}[kind]
    features, splits = examples(contents, groups, dealt)
    if not all(splits.values()):
        raise CourseError(
            f"{source.name[:80]} is too small for three splits: they need "
            f"{LEAST[kind]}, and {len(contents)} different {kind} could be read."
        )
    print(how)
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


def _print(name, report):
    """The counts, and of each kind of remark the first three."""
    lines = {}
    for file, said in report.items():
        what = re.match("skipped|repeats|read as [^:]*|read", said)[0]
        lines.setdefault(what, []).append(f"  {file}: {said}")
    counts = [f"{len(found)} {what}" for what, found in sorted(lines.items())]
    print(f"{name}: {'; '.join(counts)}")
    for _, found in sorted(lines.items(), reverse=True):
        found = [a for a in found if not a.endswith((": read", ": read as utf-16"))]
        for line in found[:3] + ["  ..."] * (len(found) > 3):
            print(line)


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
        left = [g for g in sizes if splits[g] == "train" and g not in keep]
        room = max([share, *sorted(sizes[group] for group in left)[:1]])
        for group in left:
            if sizes[group] <= room:
                splits[group] = split
                room -= sizes[group]
    return splits


def _group(file, content, kind, by):
    """Name of what a file stays with in a split: its own name where it is alone."""
    folder = os.path.dirname(file)
    if kind == "music":  # a tune in all its keys
        pitches = content["pitches"].astype(int)
        relative = np.where(pitches, pitches - pitches[pitches > 0].min() + 1, 0)
        return _digest(content | {"pitches": relative})
    if callable(by):
        return str(by(file))
    if by == "file":
        return file
    return folder or file if kind == "texts" else "/".join(file.split("/")[:2])


def _label(file):
    return file.split("/")[0] if "/" in file else "none"


def _plan(contents, kind, by):
    """{file: group}, {group: split} (empty for the last tenths), and how in words."""
    files = sorted(contents, key=lambda file: _digest(contents[file]))  # not by names
    groups = {file: _group(file, contents[file], kind, by) for file in files}
    sizes, keep = Counter(), {}
    for file, group in groups.items():
        sizes[group] += len(contents[file]) if kind == "texts" else 1
        if kind == "pictures":  # train has each class
            keep[_label(file)] = group
    if callable(by) and kind != "music" and {*sizes} <= {*SPLITS}:
        counts = ", ".join(f"{[*groups.values()].count(s)} for {s}" for s in SPLITS)
        how = f"Split as the function says, in files: {counts}."
        if len(sizes) < len(SPLITS):
            raise CourseError(f"{how} None may be empty: change the function.")
        return {file: file for file in files}, groups, how
    dealt, whole = _deal(sizes, keep.values()), sum(sizes.values())
    share = {s: sum(sizes[g] for g in sizes if dealt[g] == s) / whole for s in SPLITS}
    by = "tune" if kind == "music" else "function" if callable(by) else by
    if kind == "texts" and (share["train"] < 0.5 or min(share.values()) < 0.05):
        how = f"Split by end: by {by}, groups ({len(sizes)}) are too few or too unequal"
        how += " to stay whole. The last tenth of each is for test, the tenth before it"
        return groups, {}, f"{how} for validation."
    loose = by == "folder" and sum(file == group for file, group in groups.items())
    alone = f" ({loose} loose files count as a group each)" if loose else ""
    counts, unit = Counter(dealt.values()), "characters" if kind == "texts" else "files"
    parts = ", ".join(f"{counts[s]} for {s} ({share[s]:.0%} of {unit})" for s in SPLITS)
    return groups, dealt, f"Split by {by} into {len(dealt)} groups{alone}: {parts}."


def _texts(files, groups, dealt):
    """Features, and examples by split. The files of a group are one document."""
    documents = {group: [] for group in groups.values()}
    for file, text in files.items():
        documents[groups[file]].append(text)
    documents = {name: "\n\n".join(texts) for name, texts in documents.items()}
    splits = {split: [] for split in SPLITS}
    for name, text in documents.items():
        a, b = _cut(text, 0.8), _cut(text, 0.9)
        parts = {"train": text[:a], "validation": text[a:b], "test": text[b:]}
        parts = {dealt[name]: text} if dealt else parts
        for number, (split, part) in enumerate(parts.items(), 1):
            part = part.strip("\n")
            splits[split].append({"document": name, "part": number, "text": part})
    if sum(map(len, documents.values())) < 2_000:
        splits["test"].clear()
    features = {"document": tfds.features.Text(), "part": np.int32}
    return features | {"text": tfds.features.Text()}, splits


def _cut(text, share):
    """Where a paragraph, line, sentence or word ends, soon after a share of a text."""
    start = int(share * len(text))
    for end in ("\n\n", "\n", ". ", " "):
        place = text.find(end, start, start + len(text) // 20)
        if place >= 0:
            return place + len(end)
    return start


def _pictures(files, groups, dealt):
    splits = {split: [] for split in SPLITS}
    for file, group in groups.items():
        example = {"file": file, "image": files[file], "label": _label(file)}
        splits[dealt[group]].append(example)
    image = tfds.features.Image(shape=files[file].shape)
    label = tfds.features.ClassLabel(names=sorted({*map(_label, files)}))
    return {"file": tfds.features.Text(), "image": image, "label": label}, splits


def _music(files, groups, dealt):
    """Features as in bach_chorales, empty where MIDI does not tell."""
    splits = {split: [] for split in SPLITS}
    for file, group in groups.items():
        example = {"name": file, "title": Path(file).stem, "key": "", "pickup": 0.0}
        example |= {"fermatas": np.zeros(len(files[file]["holds"]), bool)}
        example |= {"family": [*dealt].index(group)} | files[file]
        splits[dealt[group]].append(example)
    features = tfds.builder("bach_chorales", data_dir=DATA_DIR).info.features
    return features, splits


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
