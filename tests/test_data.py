"""The data sets are what their cards say, load quietly, and damage is reported."""

import gzip
import hashlib
import io
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import tarfile
import zlib

from course_utils import DATA_DIR, CourseError, artifacts

import numpy as np
import pytest
import tensorflow_datasets as tfds

sys.path.insert(0, str(DATA_DIR / "builders"))
import checksums  # noqa: E402
import fashion_mnist  # noqa: E402
import folders  # noqa: E402
import jane_austen  # noqa: E402
import sources  # noqa: E402

NAMES = sorted(path.parent.parent.name for path in DATA_DIR.glob("*/*/features.json"))


# --- every data set ------------------------------------------------------------------


def test_no_data_set_is_missing():
    assert {"fashion_mnist", "jane_austen"} <= set(NAMES)
    artifacts.verify_data(*NAMES)


def test_checksums_cover_every_file_and_no_other(tmp_path):
    copy = tmp_path / "data"
    for name in NAMES:
        shutil.copytree(DATA_DIR / name, copy / name)
    checksums.write_checksums(copy)
    ours = (DATA_DIR / "SHA256SUMS").read_bytes()
    assert (copy / "SHA256SUMS").read_bytes() == ours
    listed = {line.split("  ")[1] for line in ours.decode().splitlines()}
    assert all(any(path.startswith(f"{n}/") for path in listed) for n in NAMES)


def test_every_card_has_its_sections():
    text = (DATA_DIR / "README.md").read_text(encoding="utf-8")
    for name in NAMES:
        card = text.split(f"\n## {name}\n")[1].split("\n## ")[0]
        for part in ("source", "licence", "How it was made", "before using it"):
            assert part in card, (name, part)
        info = json.loads(
            next(DATA_DIR.glob(f"{name}/*/dataset_info.json")).read_text("utf-8")
        )
        assert info["citation"] and info["description"]
        for split in info["splits"]:
            size = sum(map(int, split["shardLengths"]))
            assert f"`{split['name']}`" in card and f"{size:,}" in card, (name, split)
    for link in re.findall(r"\]\((licences/[^)]+)\)", text):
        assert (DATA_DIR / link).is_file(), link


LOAD_ALL = """
import socket, sys, time
def refuse(*_):
    raise OSError("a data set asked for the network")
socket.socket.connect = socket.getaddrinfo = refuse

from course_utils import DATA_DIR
import tensorflow as tf
import tensorflow_datasets as tfds
for name in sys.argv[1:]:
    start = time.process_time()
    data = tfds.load(name, data_dir=DATA_DIR)
    seconds = time.process_time() - start
    for split in data.values():
        list(split.take(2))
    print(name, *sorted(data), seconds)
"""


def test_a_fresh_process_loads_fast_and_in_silence(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", LOAD_ALL, *NAMES],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "HOME": str(tmp_path), "USERPROFILE": str(tmp_path)},
    )
    assert done.stderr == "" and done.returncode == 0
    lines = [line.split() for line in done.stdout.splitlines()]
    assert [line[0] for line in lines] == NAMES  # and not a word more
    assert all(float(line[-1]) < 2 for line in lines), lines
    assert not list(tmp_path.rglob("tensorflow_datasets"))  # its usual download folder


def test_reading_writes_nothing(tmp_path):
    copy = tmp_path / "jane_austen"
    shutil.copytree(DATA_DIR / "jane_austen", copy)
    folders_and_files = [copy, *copy.rglob("*")]
    for path in folders_and_files:
        path.chmod(0o555 if path.is_dir() else 0o444)
    try:
        data = tfds.load("jane_austen", data_dir=tmp_path, split="validation")
        assert len(list(data)) == 17
        assert [copy, *copy.rglob("*")] == folders_and_files
    finally:
        for path in folders_and_files:
            path.chmod(0o755)


# --- damage --------------------------------------------------------------------------


@pytest.fixture
def copy(tmp_path, monkeypatch):
    """A copy of jane_austen that may be damaged; its train file."""
    shutil.copytree(DATA_DIR / "jane_austen", tmp_path / "jane_austen")
    checksums.write_checksums(tmp_path)
    monkeypatch.setattr(artifacts, "DATA_DIR", tmp_path)
    return next(tmp_path.glob("jane_austen/*/*-train.tfrecord*"))


def complaint(*names):
    with pytest.raises(CourseError) as caught:
        artifacts.verify_data(*names)
    message = str(caught.value)
    assert len(message) <= 300 and "\n" not in message and message.endswith(".")
    return message


def flip_a_bit(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def replace_by_folder(path):
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize(
    ("damage", "word"),
    [
        (lambda path: path.unlink(), "is missing"),
        (lambda path: path.write_bytes(path.read_bytes()[:-1]), "cut short"),
        (lambda path: path.write_bytes(b""), "cut short"),
        (lambda path: path.write_bytes(path.read_bytes() + b"\n"), "changed"),
        (flip_a_bit, "changed"),
        (replace_by_folder, "cannot be read"),
    ],
    ids=["missing", "cut", "empty", "longer", "flipped bit", "folder"],
)
def test_a_damaged_file_is_named_with_its_cure(copy, damage, word):
    artifacts.verify_data()
    damage(copy)
    message = complaint("jane_austen")
    assert f"data/jane_austen/1.0.0/{copy.name}" in message
    assert word in message
    assert "`git checkout -- data/jane_austen`" in message
    assert complaint() == message


def test_every_file_of_a_data_set_is_checked(copy):
    for path in sorted(copy.parent.iterdir()):
        content = path.read_bytes()
        path.unlink()
        assert path.name in complaint("jane_austen")
        path.write_bytes(content)
    artifacts.verify_data("jane_austen")


def test_a_missing_folder_and_an_unknown_name(copy, tmp_path):
    assert "choose from jane_austen" in complaint("jane_eyre")
    assert "choose from" in complaint("x" * 1000)
    shutil.rmtree(tmp_path / "jane_austen")
    assert "is missing" in complaint("jane_austen")


def test_the_list_of_hashes_itself_is_missing_or_damaged(copy, tmp_path):
    sums = tmp_path / "SHA256SUMS"
    content = sums.read_bytes()
    sums.write_bytes(content[:-20])  # the last path is cut: this file does not exist
    assert "SHA256SUMS" in complaint("jane_austen") or "missing" in complaint()
    sums.write_bytes(content[:90])
    complaint("jane_austen")
    sums.write_bytes(b"\xff\x00 rubbish")
    assert "data/SHA256SUMS is damaged" in complaint("jane_austen")
    sums.unlink()
    assert "data/SHA256SUMS is missing" in complaint("jane_austen")


# --- jane_austen ---------------------------------------------------------------------


@pytest.fixture(scope="module")
def austen():
    """{split: list of (novel, chapter, text)}."""
    return {
        name: [
            (x["novel"].decode(), int(x["chapter"]), x["text"].decode())
            for x in split.as_numpy_iterator()
        ]
        for name, split in tfds.load("jane_austen", data_dir=DATA_DIR).items()
    }


def test_austen_sizes(austen):
    sizes = {
        split: (
            len(chapters),
            sum(len(text) for *_, text in chapters),
            sum(len(re.findall(r"[A-Za-z']+", text)) for *_, text in chapters),
            len(set().union(*(text for *_, text in chapters))),
        )
        for split, chapters in austen.items()
    }
    assert sizes == {
        "train": (197, 2_871_830, 521_011, 75),
        "validation": (17, 233_694, 42_281, 66),
        "test": (55, 893_419, 161_112, 75),
    }
    card = (DATA_DIR / "README.md").read_text(encoding="utf-8")
    for row in sizes.values():
        assert " | ".join(f"{number:,}" for number in row) in card


def test_austen_chapters_are_complete_in_order_and_split_as_promised(austen):
    counts = {
        "Sense and Sensibility": 50,
        "Pride and Prejudice": 61,
        "Mansfield Park": 48,
        "Emma": 55,
        "Northanger Abbey": 31,
        "Persuasion": 24,
    }
    places = [(novel, number) for c in austen.values() for novel, number, _ in c]
    assert sorted(places) == sorted(
        (novel, i) for novel, count in counts.items() for i in range(1, count + 1)
    )
    order = list(counts)
    for chapters in austen.values():
        keys = [(order.index(novel), number) for novel, number, _ in chapters]
        assert keys == sorted(keys)
    assert {novel for novel, *_ in austen["test"]} == {order[4], order[5]}
    assert all(number % 12 == 0 for _, number, _ in austen["validation"])
    assert all(number % 12 for _, number, _ in austen["train"])


def test_austen_holds_her_words_only(austen):
    texts = [text for chapters in austen.values() for *_, text in chapters]
    for text in texts:
        assert text.isascii() or set(text) - set(map(chr, range(128))) == {"£"}
        assert not re.search(r"[\[\]*_<>{}\ufffd\t\r]|  |\n\n|^\s|\s$| \n|\n ", text)
        assert not re.search(r"gutenberg|\bsignet|this edition|end of vol", text, re.I)
        assert not re.search(r"^(chapter|volume|finis|the end)\b", text, re.I | re.M)
    assert len(set(texts)) == 269


def test_austen_begins_and_ends_as_the_books_do(austen):
    novels = {}
    for chapters in austen.values():
        for novel, number, text in chapters:
            novels.setdefault(novel, {})[number] = text
    first = {
        "Sense and Sensibility": "The family of Dashwood had long been settled in",
        "Pride and Prejudice": "It is a truth universally acknowledged, that a single"
        " man in possession of a good fortune, must be in want of a wife.\n",
        "Mansfield Park": "About thirty years ago Miss Maria Ward, of Huntingdon,",
        "Emma": "Emma Woodhouse, handsome, clever, and rich, with a comfortable home",
        "Northanger Abbey": "No one who had ever seen Catherine Morland in her infancy",
        "Persuasion": "Sir Walter Elliot, of Kellynch Hall, in Somersetshire, was a",
    }
    last = {
        "Sense and Sensibility": "producing coolness between their husbands.",
        "Pride and Prejudice": "had been the means of uniting them.",
        "Mansfield Park": "patronage of Mansfield Park had long been.",
        "Emma": "fully answered in the perfect happiness of the union.",
        "Northanger Abbey": "parental tyranny, or reward filial disobedience.",
        "Persuasion": "domestic virtues than in its national importance.",
    }
    for novel, chapters in novels.items():
        assert chapters[1].startswith(first[novel])
        assert chapters[max(chapters)].endswith(last[novel])
        assert all(text[-1] in ".\"'!?)" for text in chapters.values())


# --- fashion_mnist -------------------------------------------------------------------


def test_fashion_mnist_is_the_genuine_set():
    raw, info = tfds.load(
        "fashion_mnist",
        data_dir=DATA_DIR,
        decoders={"image": tfds.decode.SkipDecoding()},
        with_info=True,
    )
    for split, count in (("train", 6000), ("test", 1000)):
        labels = raw[split].map(lambda x: x["label"]).batch(60_000).get_single_element()
        assert np.bincount(labels).tolist() == [count] * 10
    assert info.features["label"].names[:2] == ["T-shirt/top", "Trouser"]

    images, labels = tfds.load(
        "fashion_mnist",
        data_dir=DATA_DIR,
        split="train[:5000]",
        as_supervised=True,
        batch_size=-1,
    )
    images = np.asarray(images)
    assert images.shape == (5000, 28, 28, 1) and images.dtype == np.uint8
    # The mean and deviation of the whole set that everyone normalises with.
    assert abs(images.mean() / 255 - 0.2860) < 0.005
    assert abs(images.std() / 255 - 0.3530) < 0.005
    first = hashlib.sha256(images[:10].tobytes()).hexdigest()
    assert first == "fc01338e76ee4607d87e080101fae89bb6d8d0876cfa44400cfd44aa7dfd071f"
    assert labels[:10].numpy().tolist() == [2, 1, 8, 4, 1, 9, 2, 2, 0, 2]


def test_restored_header_is_what_gzip_writes():
    """Python's own gzip writes name and time where restore_header puts them."""
    bare = gzip.compress(b"pixels" * 100, mtime=0)
    buffer = io.BytesIO()
    with gzip.GzipFile("t10k", "wb", fileobj=buffer, mtime=1504176627) as file:
        file.write(b"pixels" * 100)
    restored = fashion_mnist.restore_header(bare, "t10k", 1504176627)
    header = 10 + len("t10k") + 1
    assert restored[:8] == buffer.getvalue()[:8]
    assert restored[10:header] == buffer.getvalue()[10:header] == b"t10k\0"
    assert restored[header:] == bare[10:]
    assert gzip.decompress(restored) == b"pixels" * 100


# --- builders ------------------------------------------------------------------------

NOVEL = """A NOVEL

by Nobody

CHAPTER I


It was a _very_ quiet  town--
quiet as a
mouse.

    * * * * *

"Yes," said she.

[End of volume one of this edition.
 Printed by Somebody]

VOLUME II

CHAPTER II

The end of it came*
soon.

(End of volume one.)

FINIS
""".splitlines()


def test_chapters_are_cleaned():
    assert jane_austen.chapters(NOVEL) == [
        'It was a very quiet town--quiet as a mouse.\n"Yes," said she.',
        "The end of it came soon.",
    ]


def r_string(text):
    content = text.encode("utf-8")
    return struct.pack(">ii", 9 | 1 << 15, len(content)) + content


def r_strings(texts):
    head = struct.pack(">ii", 16, len(texts))
    return head + b"".join(map(r_string, texts))


def r_object(body):
    return b"X\n" + struct.pack(">iiii", 3, 0, 0, 5) + b"UTF-8" + body


def r_list(values):
    """A list with names: kind 19, its values, then the pairlist of attributes."""
    names = struct.pack(">ii", 2 | 1024, 1) + r_string("names") + r_strings([*values])
    body = struct.pack(">ii", 19 | 512, len(values)) + b"".join(values.values())
    return body + names + struct.pack(">i", 254)


def test_r_objects_are_read():
    lines = ["It was a dark", "and stormy £ night"]
    data = r_object(r_strings(lines))
    chunk = struct.pack(">i", len(data)) + zlib.compress(data)
    place = struct.pack(">iiii", 13, 2, 7, len(chunk))
    index = r_object(r_list({"variables": r_list({"emma": place})}))
    chunks = b"padding" + chunk
    assert jane_austen.read_novels(zlib.compress(index), chunks) == {"emma": lines}
    assert jane_austen.read_novels(gzip.compress(index), chunks) == {"emma": lines}


def deb(folder, files):
    """Write a Debian package by hand: an ar archive around a tar archive."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:xz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(f"./{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    parts = {"debian-binary": b"2.0", "data.tar.xz": buffer.getvalue()}
    content = b"!<arch>\n"
    for name, part in parts.items():
        head = f"{name:<16}{0:<12}{0:<6}{0:<6}{100644:<8}{len(part):<10}`\n"
        content += head.encode("ascii")
        content += part + b"\n" * (len(part) % 2)
    path = folder / "toy_1.0_all.deb"
    path.write_bytes(content)
    return path


def test_packages_are_checked_and_read(tmp_path, monkeypatch):
    files = {"usr/share/a.txt": b"A", "usr/share/b.txt": b"B", "usr/other": b"C"}
    path = deb(tmp_path, files)
    assert sources.read_package(path, "usr/share/") == {"a.txt": b"A", "b.txt": b"B"}

    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    entry = ("apt", "1.0", path.name, digest)
    monkeypatch.setitem(sources.SOURCES, "toy", entry)
    assert sources.find_package("toy", path) == path
    with pytest.raises(CourseError, match="give its path"):
        sources.find_package("toy", tmp_path / "absent.deb")
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(CourseError, match="SHA-256"):
        sources.find_package("toy", path)
    path.write_bytes(b"!<arch>\n")
    with pytest.raises(CourseError, match="not a Debian package"):
        sources.read_package(path, "usr/")


def test_the_same_examples_give_the_same_bytes(tmp_path):
    chapters = {name: NOVEL for name in jane_austen.TITLES}
    splits = jane_austen.make_splits(chapters)
    splits["validation"] = splits["train"][:1]  # two chapters are too few for one
    contents = []
    for folder in (tmp_path / "one", tmp_path / "two", tmp_path / "two"):
        jane_austen.write(splits, folder)
        written = folder / "jane_austen" / "1.0.0"
        contents.append({p.name: p.read_bytes() for p in written.iterdir()})
        assert [path.name for path in folder.iterdir()] == ["jane_austen"]
    assert contents[0] == contents[1] == contents[2]
    # Left alone, the order of the features differs from process to process.
    records = contents[0]["jane_austen-train.tfrecord-00000-of-00001"]
    at = [records.index(name) for name in (b"chapter", b"novel", b"text")]
    assert at == sorted(at)
    texts = [
        (x["novel"].decode(), int(x["chapter"]))
        for x in tfds.load(
            "jane_austen", data_dir=tmp_path / "one", split="test"
        ).as_numpy_iterator()
    ]
    assert texts == [
        (novel, number) for novel in jane_austen.TEST_TITLES for number in (1, 2)
    ]


def test_a_failed_build_keeps_the_old_data_set(tmp_path):
    def write(examples):
        folders.write_dataset(
            tmp_path,
            "toy",
            "1.0.0",
            {"train": examples},
            features=tfds.features.FeaturesDict({"text": tfds.features.Text()}),
            description="A toy.",
        )

    def broken():
        yield {"text": "new"}
        raise OSError("no space left on device")

    write([{"text": "old"}])
    with pytest.raises(OSError, match="no space"):
        write(broken())
    assert [path.name for path in tmp_path.iterdir()] == ["toy"]
    data = tfds.load("toy", data_dir=tmp_path, split="train")
    assert [x["text"] for x in data.as_numpy_iterator()] == [b"old"]
