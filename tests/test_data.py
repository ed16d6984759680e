"""The data sets are what their cards say, load in silence, and damage is reported."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys

from course_utils import DATA_DIR, datasets

import lessons
import numpy as np
import pytest
import tensorflow_datasets as tfds
from sentences import one_sentence

sys.path.insert(0, str(DATA_DIR / "builders"))
import checksums  # noqa: E402
import folders  # noqa: E402
import jane_austen  # noqa: E402
import sources  # noqa: E402

NAMES = sorted(path.parent.parent.name for path in DATA_DIR.glob("*/*/features.json"))
CARDS = (DATA_DIR / "README.md").read_text(encoding="utf-8")


def test_no_data_set_is_missing_and_checksums_cover_every_file(tmp_path):
    assert {"fashion_mnist", "jane_austen", "bach_chorales", "noto_emoji"} <= set(NAMES)
    datasets.verify(*NAMES)
    for name in NAMES:
        shutil.copytree(DATA_DIR / name, tmp_path / name)
    checksums.write_checksums(tmp_path)
    ours = (DATA_DIR / "SHA256SUMS").read_bytes()
    assert (tmp_path / "SHA256SUMS").read_bytes() == ours
    listed = {line.split("  ")[1] for line in ours.decode().splitlines()}
    assert all(any(path.startswith(f"{n}/") for path in listed) for n in NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_every_card_has_its_sections(name):
    card = CARDS.split(f"\n## {name}\n")[1].split("\n## ")[0]
    for part in ("source", "licence", "How it was made", "before using it"):
        assert part in card, part
    (path,) = DATA_DIR.glob(f"{name}/*/dataset_info.json")
    info = json.loads(path.read_text("utf-8"))
    assert info["citation"] and info["description"]
    for split in info["splits"]:
        size = sum(map(int, split["shardLengths"]))
        assert f"`{split['name']}`" in card and f"{size:,}" in card, split
    for link in re.findall(r"\]\((licences/[^)]+)\)", card):
        assert (DATA_DIR / link).is_file(), link


LOAD_ALL = """
import socket, sys
def refuse(*_):
    raise OSError("a data set asked for the network")
socket.socket.connect = socket.getaddrinfo = refuse

from course_utils import DATA_DIR
import tensorflow_datasets as tfds
for name in sys.argv[1:]:
    data = tfds.load(name, data_dir=DATA_DIR)
    print(name, *[len(list(split.take(2))) for split in data.values()])
"""


def test_a_fresh_process_loads_in_silence_without_a_network(tmp_path):
    home = {"HOME": str(tmp_path), "USERPROFILE": str(tmp_path)}
    options = dict(capture_output=True, text=True, cwd=tmp_path, env=os.environ | home)
    before = sorted(DATA_DIR.rglob("*"))
    done = subprocess.run([sys.executable, "-c", LOAD_ALL, *NAMES], **options)
    assert sorted(DATA_DIR.rglob("*")) == before
    assert done.stderr == "" and done.returncode == 0
    lines = [line.split() for line in done.stdout.splitlines()]
    assert [line[0] for line in lines] == NAMES  # and not a word more
    assert {count for line in lines for count in line[1:]} == {"2"}
    assert not list(tmp_path.rglob("tensorflow_datasets"))  # its usual download folder


# --- damage --------------------------------------------------------------------------


@pytest.fixture
def copy(tmp_path, monkeypatch):
    """A copy of jane_austen that may be damaged; its train file."""
    shutil.copytree(DATA_DIR / "jane_austen", tmp_path / "jane_austen")
    checksums.write_checksums(tmp_path)
    monkeypatch.setattr(datasets, "DATA_DIR", tmp_path)
    monkeypatch.setattr(datasets, "OWN_DATA", tmp_path / "own")
    return next(tmp_path.glob("jane_austen/*/*-train.tfrecord*"))


DAMAGES = {
    "missing": lambda path: path.unlink(),
    "cut short": lambda path: path.write_bytes(path.read_bytes()[:-1]),
    "short or": lambda path: path.write_bytes(b""),
    "was changed": lambda path: path.write_bytes(path.read_bytes() + b"\n"),
    "changed": lambda path: path.write_bytes(path.read_bytes().swapcase()),
    "cannot be read": lambda path: (path.unlink(), path.mkdir()),
}


@pytest.mark.parametrize("word", DAMAGES)
def test_a_damaged_file_is_named_with_its_cure(copy, word):
    datasets.verify()
    DAMAGES[word](copy)
    for names in [["jane_austen"], []]:
        cure = "run `git checkout -- data/jane_austen` in the course folder"
        with one_sentence(f"^data/jane_austen/1.0.0/{copy.name} .*{word}.*: {cure}"):
            datasets.verify(*names)


def test_every_file_of_a_data_set_is_checked(copy):
    for path in sorted(copy.parent.iterdir()):
        content = path.read_bytes()
        path.unlink()
        with one_sentence(f"{path.name} is missing"):
            datasets.verify("jane_austen")
        path.write_bytes(content)
    datasets.verify("jane_austen")
    shutil.rmtree(copy.parent)
    with one_sentence("is missing"):
        datasets.verify()
    for name in ("jane_eyre", "x" * 1000):
        with one_sentence(f"no data set '{name[:60]}': choose from jane_austen"):
            datasets.verify(name)


def test_the_list_of_hashes_itself_is_missing_or_damaged(copy, tmp_path):
    sums = tmp_path / "SHA256SUMS"
    content = sums.read_bytes()
    sums.write_bytes(content[:-20])  # the last path is cut: no file has this name
    *_, last = content[:-20].decode().split("  ")
    wrong = {f"^data/{last} is missing": content[:-20], "is missing": content[:90]}
    wrong |= {"SUMS is damaged": content[:20], "S is damaged": b"\xff\x00 rubbish"}
    for word, damaged in wrong.items():
        sums.write_bytes(damaged)
        with one_sentence(word):
            datasets.verify("jane_austen")
    sums.unlink()
    with one_sentence("data/SHA256SUMS is missing"):
        datasets.verify("jane_austen")


# --- jane_austen ---------------------------------------------------------------------


@pytest.fixture(scope="module")
def austen():
    """{split: list of (novel, chapter, text)}."""
    keys, splits = ("novel", "chapter", "text"), lessons.examples("jane_austen")
    return {s: [[e[key] for key in keys] for e in splits[s]] for s in splits}


def test_austen_sizes_are_those_of_the_card(austen):
    for chapters in austen.values():
        texts = [text for *_, text in chapters]
        words = sum(len(re.findall(r"[A-Za-z']+", text)) for text in texts)
        size = len(texts), sum(map(len, texts)), words, len(set().union(*texts))
        assert " | ".join(f"{number:,}" for number in size) in CARDS


# Title, chapters, the first words, the last ones.
NOVELS = """Sense and Sensibility|50|The family of Dashwood had|between their husbands.
Pride and Prejudice|61|It is a truth universally ack|had been the means of uniting them.
Mansfield Park|48|About thirty years ago Miss Maria|of Mansfield Park had long been.
Emma|55|Emma Woodhouse, handsome, clever, and rich|the perfect happiness of the union.
Northanger Abbey|31|No one who had ever seen Catherine M|or reward filial disobedience.
Persuasion|24|Sir Walter Elliot, of Kellynch Hall,|than in its national importance."""


def test_austen_is_complete_in_order_and_split_as_promised(austen):
    novels = [line.split("|") for line in NOVELS.splitlines()]
    order, chapters = [title for title, *_ in novels], {}
    for split in austen.values():
        keys = [(order.index(novel), number) for novel, number, _ in split]
        assert keys == sorted(keys)
        chapters |= {(novel, number): text for novel, number, text in split}
    assert len(chapters) == sum(map(len, austen.values())) == 269
    assert "in want of a wife.\n" in chapters["Pride and Prejudice", 1]
    for novel, count, first, last in novels:
        texts = [chapters.pop((novel, i)) for i in range(1, int(count) + 1)]
        assert texts[0].startswith(first) and texts[-1].endswith(last)
        assert all(text[-1] in ".\"'!?)" for text in texts)
    assert not chapters
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


# --- fashion_mnist -------------------------------------------------------------------


def test_fashion_mnist_is_the_genuine_set():
    options = dict(data_dir=DATA_DIR, batch_size=-1)
    raw = options | dict(decoders={"image": tfds.decode.SkipDecoding()})
    data, info = tfds.load("fashion_mnist", with_info=True, **raw)
    assert info.features["label"].names[:2] == ["T-shirt/top", "Trouser"]
    for split, count in (("train", 6000), ("test", 1000)):
        assert np.bincount(data[split]["label"]).tolist() == [count] * 10
    data = tfds.load("fashion_mnist", split="train[:5000]", **options)
    images, labels = data["image"].numpy(), data["label"].numpy()
    assert images.shape == (5000, 28, 28, 1) and images.dtype == np.uint8
    # The mean and deviation of the whole set that everyone normalises with.
    assert abs(images.mean() / 255 - 0.2860) < 0.005
    assert abs(images.std() / 255 - 0.3530) < 0.005
    first = hashlib.sha256(images[:10].tobytes()).hexdigest()
    assert first == "fc01338e76ee4607d87e080101fae89bb6d8d0876cfa44400cfd44aa7dfd071f"
    assert labels[:10].tolist() == [2, 1, 8, 4, 1, 9, 2, 2, 0, 2]


# --- builders ------------------------------------------------------------------------

NOVEL = """A NOVEL\n\nby Nobody\n\nCHAPTER I\n\n
It was a _very_ quiet  town--
quiet as a
mouse.\n\n    * * * * *\n\n"Yes," said she.\n
[End of volume one of this edition.
 Printed by Somebody]\n\nVOLUME II\n\nCHAPTER II\n
The end of it came*
soon.\n\n(End of volume one.)\n\nFINIS""".splitlines()


def test_chapters_are_cleaned():
    first = 'It was a very quiet town--quiet as a mouse.\n"Yes," said she.'
    assert jane_austen.chapters(NOVEL) == [first, "The end of it came soon."]


def test_packages_are_checked(tmp_path, monkeypatch):
    path = tmp_path / "toy_1.0_all.deb"
    path.write_bytes(b"!<arch>\n")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    monkeypatch.setitem(sources.SOURCES, "toy", ("apt", "1.0", path.name, digest))
    assert sources.find_package("toy", path) == path
    with one_sentence("not a Debian package"):
        sources.read_package(path, "usr/")
    path.write_bytes(path.read_bytes()[:-1])
    with one_sentence("SHA-256"):
        sources.find_package("toy", path)
    with one_sentence("give its path"):
        sources.find_package("toy", tmp_path / "absent.deb")


def test_the_same_examples_give_the_same_bytes(tmp_path):
    splits = jane_austen.make_splits({name: NOVEL for name in jane_austen.TITLES})
    splits["validation"] = splits["train"][:1]  # two chapters are too few for one
    contents = []
    for data_dir in (tmp_path / "one", tmp_path / "two", tmp_path / "two"):
        jane_austen.write(splits, data_dir)
        (version,) = data_dir.glob("*/*")  # no older version, no half-written one
        contents.append({p.name: p.read_bytes() for p in version.iterdir()})
    assert contents[0] == contents[1] == contents[2] and len(contents[0]) >= 4
    expected = [(novel, i) for novel in jane_austen.TEST_TITLES for i in (1, 2)]
    test = lessons.examples("jane_austen", tmp_path / "one")["test"]
    assert [(e["novel"], e["chapter"]) for e in test] == expected
    # Left alone, the order of the features differs from process to process.
    (path,) = tmp_path.glob("one/*/*/*-train.tfrecord*")
    at = [path.read_bytes().index(name) for name in (b"chapter", b"novel", b"text")]
    assert at == sorted(at)


def test_a_failed_build_keeps_the_old_data_set(tmp_path):
    info = dict(features=tfds.features.FeaturesDict({"text": tfds.features.Text()}))

    def write(examples):
        splits = {"train": examples}
        folders.write_dataset(tmp_path, "toy", "1.0.0", splits, description="A", **info)

    def broken():
        yield {"text": "new"}
        raise OSError("no space left on device")

    write([{"text": "old"}])
    with pytest.raises(OSError, match="no space"):
        write(broken())
    assert [path.name for path in tmp_path.iterdir()] == ["toy"]
    assert lessons.examples("toy", tmp_path) == {"train": [{"text": "old"}]}
