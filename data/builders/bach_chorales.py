"""bach_chorales: four-part chorales on a grid of sixteenth notes.

python data/builders/bach_chorales.py [PACKAGE]

PACKAGE is the wheel of music21 10.5.1; music21 itself, which reads the scores in it,
must be installed: pip install music21==10.5.1
"""

import hashlib
import re
import tempfile
from pathlib import Path

from course_utils import CourseError

import numpy as np
import tensorflow_datasets as tfds
from folders import write_dataset
from sources import main, read_package

PACKAGE = "music21"
NAME, VERSION = "bach_chorales", "1.0.0"

VOICES = ("Soprano", "Alto", "Tenor", "Bass")
STEPS_PER_QUARTER = 4
SHARED_INTERVALS = 14  # so many in succession: the same tune
# Their files reserve all rights to derivative electronic formats.
EXCLUDED = ("bwv277.krn", "bwv281.krn", "bwv366.krn")

DESCRIPTION = """
365 four-part chorales by Johann Sebastian Bach on a grid of sixteenth notes. At each
step: the MIDI pitch of soprano, alto, tenor and bass (0 is a rest), whether the note
is held from the step before, and whether a fermata (the end of a line of the hymn)
sounds. Chorales on the same hymn tune form a family; the splits share no family.
"""
CITATION = """
@inproceedings{cuthbert2010music21,
  title = {music21: A Toolkit for Computer-Aided Musicology and Symbolic Music Data},
  author = {Michael Scott Cuthbert and Christopher Ariza},
  booktitle = {Proceedings of the 11th International Society for Music Information
    Retrieval Conference},
  year = {2010},
}
"""
LICENCE = """
The works of Johann Sebastian Bach (1685-1750) are in the public domain. This set holds
their notes as bare numbers, read from score files in the corpus of music21 10.5.1
(BSD-3-Clause, (c) 2006-2026 Michael Scott Asato Cuthbert). Of the score files, which
are not part of this set, music21 says that they "may be under copyright but have been
licensed for use, though there may be restrictions on commercial use"; 332 of the 365
credit PDF scores (c) 2003 or 2004 Margaret Greentree (www.jsbchorales.net), 319 of
these with the words "used by permission".
"""


def natural_order(name):
    """Sort key that puts bwv9.7 before bwv10.7."""
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", name)]


def read_score(path):
    """Read one score file with music21.

    Returns a dict: voices, four lists of notes (start, duration, pitch, continues a
    tie, has a fermata) with times in quarter notes; key; time_signature; pickup. None
    if the score does not have exactly the parts soprano, alto, tenor and bass.
    """
    from music21 import converter

    score = converter.parse(path, forceSource=True, storePickle=False)
    if tuple(part.partName for part in score.parts) != VOICES:
        return None
    soprano = score.parts[0]
    first_measure = soprano.getElementsByClass("Measure").first()
    key = score.analyze("key.aarden")
    return {
        "voices": [read_voice(part.flatten().notes) for part in score.parts],
        "key": f"{key.tonic.name.replace('-', 'b')} {key.mode}",
        "time_signature": soprano.recurse()
        .getElementsByClass("TimeSignature")
        .first()
        .ratioString,
        "pickup": float(first_measure.duration.quarterLength)
        if first_measure.paddingLeft
        else 0.0,
    }


def read_voice(notes):
    """Return music21's notes as tuples, see read_score; grace notes are left out."""
    return [
        (
            float(note.offset),
            float(note.quarterLength),
            note.pitch.midi,
            note.tie is not None and note.tie.type != "start",
            any("Fermata" in mark.classes for mark in note.expressions),
        )
        for note in notes
        if not note.duration.isGrace
    ]


def to_grid(voices):
    """Put the notes of the voices, see read_score, on a grid of sixteenth notes.

    Each step holds the note that sounds at its beginning, so that of two thirty-second
    notes within a step only the first is kept. Returns pitches (T, V) uint8, holds
    (T, V) bool, fermatas (T,) bool.
    """
    end = max(start + duration for notes in voices for start, duration, *_ in notes)
    num_steps = round(end * STEPS_PER_QUARTER)
    pitches = np.zeros((num_steps, len(voices)), "uint8")
    holds = np.zeros((num_steps, len(voices)), bool)
    fermatas = np.zeros(num_steps, bool)
    for voice, notes in enumerate(voices):
        for start, duration, pitch, tied, fermata in notes:
            first = int(np.ceil(start * STEPS_PER_QUARTER))
            stop = int(np.ceil((start + duration) * STEPS_PER_QUARTER))
            if first == stop:
                continue
            tied = tied and first > 0 and pitches[first - 1, voice] == pitch
            pitches[first:stop, voice] = pitch
            holds[first + 1 : stop, voice] = True
            holds[first, voice] = tied
            fermatas[first:stop] |= fermata
    return pitches, holds, fermatas


def melody_shingles(pitches, holds):
    """Return all runs of SHARED_INTERVALS successive intervals of the soprano, once
    from note to note, once from quarter to quarter (which ornaments do not change)."""
    soprano = pitches[:, 0].astype(int)
    every_note = soprano[(soprano > 0) & ~holds[:, 0]]
    every_quarter = soprano[::STEPS_PER_QUARTER]
    every_quarter = every_quarter[every_quarter > 0]
    shingles = set()
    for kind, melody in (("notes", every_note), ("quarters", every_quarter)):
        intervals = np.diff(melody).tolist()
        for start in range(len(intervals) - SHARED_INTERVALS + 1):
            run = intervals[start : start + SHARED_INTERVALS]
            if any(run):
                shingles.add((kind, *run))
    return shingles


def find_families(features):
    """Group the items that share a feature, directly or through other items.

    features: one set an item. Returns the family of each item, numbered from 0 in the
    order of their first members. This is the union-find algorithm.
    """
    parents = list(range(len(features)))

    def root(item):
        while parents[item] != item:
            parents[item] = parents[parents[item]]
            item = parents[item]
        return item

    owners = {}
    for item, item_features in enumerate(features):
        for feature in item_features:
            first, second = root(owners.setdefault(feature, item)), root(item)
            parents[max(first, second)] = min(first, second)
    numbers = {}
    return [
        numbers.setdefault(root(item), len(numbers)) for item in range(len(parents))
    ]


def same_title(title):
    """Return the title without the differences in spelling between lists."""
    return re.sub(r"[^a-zäöüß]", "", title.lower())


def assign_splits(names, families, num_validation=37, num_test=55, largest=6):
    """Return the split of each item, whole families at a time.

    Families of more than `largest` members are for training; the others go, in an
    order that looks random and never changes, first to test, then to validation.
    """
    members = {}
    for name, family in zip(names, families, strict=True):
        members.setdefault(family, []).append(name)
    split_of = {}
    test = validation = 0
    for family in sorted(
        members, key=lambda f: hashlib.sha256(members[f][0].encode()).digest()
    ):
        size = len(members[family])
        if size <= largest and test < num_test:
            split_of[family], test = "test", test + size
        elif size <= largest and validation < num_validation:
            split_of[family], validation = "validation", validation + size
        else:
            split_of[family] = "train"
    return [split_of[family] for family in families]


def read_titles():
    """Return {number in the catalogue of Bach's works: title}, from music21's lists."""
    from music21.corpus import chorales

    titles = {}
    for entry in (
        *chorales.ChoraleListRKBWV().byRiemenschneider.values(),
        *chorales.ChoraleList().byBWV.values(),
    ):
        titles.setdefault(f"bwv{entry['bwv']}", entry["title"].replace("'", "’"))
    # Where the corpus and its lists number the parts of a work differently.
    for name, listed in (
        ("bwv18.5-lz", "bwv18.5-l"),
        ("bwv248.23-s", "bwv248.23-2"),
        ("bwv248.42-s", "bwv248.42-4"),
    ):
        titles.setdefault(name, titles[listed])
    return titles


def make_splits(scores, titles):
    """Return {split: list of examples} from {name: what read_score returns}."""
    names = sorted(scores, key=natural_order)
    examples, features = [], []
    for name in names:
        pitches, holds, fermatas = to_grid(scores[name].pop("voices"))
        title = titles.get(name, "")
        example = {"name": name, "title": title, **scores[name]}
        examples.append(
            example | {"pitches": pitches, "holds": holds, "fermatas": fermatas}
        )
        shingles = melody_shingles(pitches, holds)
        features.append(shingles | {same_title(title)} if title else shingles)
    families = find_families(features)
    splits = {"train": [], "validation": [], "test": []}
    for example, family, split in zip(
        examples, families, assign_splits(names, families), strict=True
    ):
        splits[split].append(example | {"family": family})
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
                "name": tfds.features.Text(),
                "title": tfds.features.Text(),
                "pitches": tfds.features.Tensor(shape=(None, 4), dtype=np.uint8),
                "holds": tfds.features.Tensor(shape=(None, 4), dtype=np.bool_),
                "fermatas": tfds.features.Tensor(shape=(None,), dtype=np.bool_),
                "key": tfds.features.Text(),
                "time_signature": tfds.features.Text(),
                "pickup": tfds.features.Scalar(dtype=np.float32),
                "family": tfds.features.Scalar(dtype=np.int64),
            }
        ),
        description=DESCRIPTION,
        license=LICENCE.strip(),
        citation=CITATION,
        homepage="https://www.music21.org",
    )


def build(package, data_dir):
    """Make data/bach_chorales from the wheel of music21 (about 2 minutes)."""
    try:
        import music21
    except ImportError:
        music21 = None
    version = Path(package).name.split("-")[1]
    if music21 is None or music21.__version__ != version:
        raise CourseError(
            f"music21 {version} must be installed to read the scores: "
            f"pip install music21=={version}"
        )
    scores = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, content in read_package(package, "music21/corpus/bach/bwv").items():
            if name in EXCLUDED:
                continue
            path = Path(folder, name)
            path.write_bytes(content)
            score = read_score(path)
            if score:
                scores[path.stem] = score
    splits = make_splits(scores, read_titles())
    write(splits, data_dir)
    for split, examples in splits.items():
        steps = sum(len(example["pitches"]) for example in examples)
        families = len({example["family"] for example in examples})
        print(
            f"{split}: {len(examples)} chorales, {families} families, {steps:,} steps"
        )


if __name__ == "__main__":
    main(build, PACKAGE)
