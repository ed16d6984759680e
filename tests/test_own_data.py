"""Any folder becomes a set: all is read, named or a duplicate, and nothing is lost."""

import os
import subprocess
import sys

from course_utils import ROOT, CourseError, datasets, own_data

import numpy as np
import own_files
import pytest
import tensorflow_datasets as tfds

HIDDEN = [".ipynb_checkpoints/a-checkpoint.txt", "__MACOSX/._b.mid", ".DS_Store"]


@pytest.fixture
def own(tmp_path, monkeypatch):
    """The folder of packed sets."""
    monkeypatch.setattr(datasets, "OWN_DATA", tmp_path / "own")
    return tmp_path / "own"


def written(folder, files):
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def state(folder):
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in files}


def load(name, split="train+validation+test"):
    return list(tfds.as_numpy(tfds.load(name, data_dir=datasets.OWN_DATA, split=split)))


def pack_40(folder, kind, files, **options):
    """Pack 40 files: the right thing is said of each of them, and none is changed."""
    files = files | {name: (b"a", "skipped: hidden") for name in HIDDEN}  # fault 2
    assert len(files) == 40
    written(folder, {name: data for name, (data, _) in files.items()})
    before = state(folder)
    report = own_data.pack(folder, f"my_{kind}", kind, **options)
    assert state(folder) == before
    for name, (_, said) in files.items():
        # A hidden folder is named as a whole.
        words = report.pop(name if name in report else name.split("/")[0])
        assert words == said or said.endswith("...") and words.startswith(said[:-3])
    assert report == {}


def test_texts(tmp_path, own):
    files, good = own_files.texts()
    pack_40(tmp_path / "in", "texts", files)
    for example in load("my_texts"):
        assert example["text"].decode() == good.pop(example["document"].decode())
        assert example["part"] == 1  # whole documents
    assert good == {}


def test_pictures(tmp_path, own):  # fault 7
    files, good = own_files.pictures()
    pack_40(tmp_path / "in", "pictures", files, channels=3)
    found = [example["image"].astype(int) for example in load("my_pictures")]
    assert len(found) == len(good)
    for name, image in good.items():
        off = [abs(other - image).mean() for other in found]
        lossy = name.startswith(("GIF", "WEBP", "JPEG"))
        assert min(off) < (5 if lossy else 0.6), name
        del found[int(np.argmin(off))]
    names = tfds.builder("my_pictures", data_dir=own).info.features["label"].names
    assert set(names) == {name.split("/")[0] for name in good if "/" in name} | {"none"}
    labels = {int(example["label"]) for example in load("my_pictures", "train")}
    assert labels == set(range(len(names)))  # every class
    images, _ = datasets.load_images("my_pictures", "test")
    assert images.shape == (len(good) // 10, 28, 28, 3)


def test_music(tmp_path, own):  # faults 5 and 6
    files, good = own_files.songs()
    pack_40(tmp_path / "in", "music", files)
    families = {}
    for example in load("my_music"):
        name = example["name"].decode()
        np.testing.assert_array_equal(example["pitches"], good.pop(name), name)
        families[name] = example["family"]
        assert example["time_signature"] == (b"3/4" if name == "extra.mid" else b"")
    assert good == {}
    assert families["up.mid"] == families["a.mid"]
    assert len(set(families.values())) == len(families) - 1


def book(number=0, paragraphs=60):
    lines = [f"{number}.{i} " + "and so on, " * (i % 7 + 3) for i in range(paragraphs)]
    return "\n\n".join(lines)


def test_one_book_keeps_its_end_for_the_test(tmp_path, own):
    folder = written(tmp_path / "in", {"a.txt": book().encode()})
    own_data.pack(folder, "my_book", "texts")
    splits = [datasets.load_text("my_book", split) for split in own_data.SPLITS]
    assert "\n\n".join(splits) == book()
    assert [round(len(text) / len(book()), 1) for text in splits] == [0.8, 0.1, 0.1]


def test_splits_depend_on_contents_alone(tmp_path, own):
    tunes = [own_files.tune(np.random.default_rng(n)) for n in range(12)]
    higher = [[[(p + 3 * (p > 0), s) for p, s in v] for v in tune] for tune in tunes]
    files = {f"{n:02}.mid": own_files.midi(t) for n, t in enumerate(tunes + higher)}
    renamed = {f"x/{99 - int(name[:2])}.mid": data for name, data in files.items()}
    dealt = []
    for number, folder in enumerate([files, renamed]):
        own_data.pack(written(tmp_path / str(number), folder), "my_music", "music")
        pieces = [load("my_music", split) for split in own_data.SPLITS]
        families = [{piece["family"] for piece in split} for split in pieces]
        assert (
            list(map(len, families)) == [10, 1, 1] and len(set.union(*families)) == 12
        )
        assert list(map(len, pieces)) == [20, 2, 2]
        dealt.append([{p["pitches"].tobytes() for p in split} for split in pieces])
    assert dealt[0] == dealt[1]


@pytest.mark.parametrize("backup", ["Backup", "backup", "Archive", "z/deep/old"])
def test_a_backup_folder_changes_nothing(backup, tmp_path, own):
    chapters = {f"{b}/{c}.txt": book(9 * b + c, 9) for b in range(12) for c in range(3)}
    files = {name: text.encode() for name, text in chapters.items()}
    copies = {name: data for name, data in files.items() if name.endswith("1.txt")}
    if backup == "Archive":  # not deeper than the originals: each has another name
        copies = {name.replace("/", " "): data for name, data in copies.items()}
    copies = {f"{backup}/{name}": data for name, data in copies.items()}
    found = []
    for number, more in enumerate([{}, copies]):
        folder = written(tmp_path / f"{number}", files | more)
        report = own_data.pack(folder, "my_books", "texts")
        assert {report[name] for name in files} == {"read"}
        found.append([load("my_books", split) for split in own_data.SPLITS])
    assert found[0] == found[1] and len(sum(found[0], [])) == 12


def test_the_original_has_the_plainer_name(tmp_path, own):
    copies = dict.fromkeys(["a (1).png", "a copy.png", "deep/a.png"], "repeats a.png")
    names = [*copies, "a.png", *"123"]
    files = {name: a_picture(int(name) if len(name) == 1 else 0) for name in names}
    report = own_data.pack(written(tmp_path / "in", files), "my_set", "pictures")
    assert report == dict.fromkeys(names, "read") | copies


def letter(file):
    return file.rpartition("/")[2][0]


@pytest.mark.parametrize(
    "by, name, document, counts",
    [
        ("folder", "{}/{}.txt", "{}", [4, 1, 1]),
        (letter, "{}-{}.txt", "{}", [4, 1, 1]),
        (letter, "x/{}_0{} end.txt", "{}", [4, 1, 1]),
        ("file", "{}/{}.txt", "{}/{}.txt", [20, 2, 2]),
        ("folder", "{}{}.txt", "{}{}.txt", [20, 2, 2]),  # loose files
    ],
)
def test_texts_are_split_as_told(by, name, document, counts, tmp_path, own, capsys):
    texts = [(letter, n) for letter in "abcdef" for n in range(4)]
    files = {name.format(*t): book(i, 9).encode() for i, t in enumerate(texts)}
    own_data.pack(written(tmp_path / "in", files), "my_set", "texts", by=by)
    told = f"\nSplit by {by if isinstance(by, str) else 'function'} into"
    assert told in capsys.readouterr().out
    found = [load("my_set", split) for split in own_data.SPLITS]
    assert list(map(len, found)) == counts
    names = {example["document"].decode() for split in found for example in split}
    assert names == {document.format(*text) for text in texts}


@pytest.mark.parametrize("kind, by", [("texts", "folder"), ("texts", letter)])
@pytest.mark.parametrize("folders, long", [(3, 1), (12, 300)])
def test_texts_in_unfit_groups_are_cut(kind, by, folders, long, tmp_path, own, capsys):
    lengths = {
        (f, n): 9 * (long if f == 0 else 1) for f in range(folders) for n in "ab"
    }
    names = {(f, n): f"{chr(97 + f)}/{chr(97 + f)} {n}.txt" for f, n in lengths}
    texts = {names[f, n]: book(f, length) + n for (f, n), length in lengths.items()}
    files = {name: text.encode() for name, text in texts.items()}
    own_data.pack(written(tmp_path / "in", files), "my_set", kind, by=by)
    assert f"groups ({folders}) are too few or too unequal" in capsys.readouterr().out
    for split, share in zip(own_data.SPLITS, (0.8, 0.1, 0.1), strict=True):
        found = load("my_set", split)
        assert len(found) == folders  # a part of each group
        length = sum(len(example["text"].decode()) for example in found)
        assert abs(length / sum(map(len, texts.values())) - share) < 0.05


@pytest.mark.parametrize("kind, feature", [("texts", "document"), ("pictures", "file")])
def test_a_function_may_choose_the_splits(kind, feature, tmp_path, own, capsys):
    def split_of(file):
        return own_data.SPLITS[max(int(file[2]) - 5, 0)]

    content = {"texts": lambda n: book(n).encode(), "pictures": a_picture}[kind]
    files = {f"a/{n}.txt": content(n) for n in range(8)}
    own_data.pack(written(tmp_path / "in", files), "my_set", kind, by=split_of)
    for split in own_data.SPLITS:
        names = {example[feature].decode() for example in load("my_set", split)}
        assert names == {file for file in files if split_of(file) == split}
    assert "says, in files: 6 for train, 1 for validation" in capsys.readouterr().out
    with pytest.raises(CourseError, match="8 for train, 0 .*, 0 .* None may be empty"):
        own_data.pack(tmp_path / "in", "my_set", kind, by=lambda file: "train")


@pytest.mark.parametrize(
    "by, name", [("folder", "{}/day {}/{}"), (lambda file: file[:3], "{}/{:c}-{}")]
)
def test_the_pictures_of_a_group_stay_together(by, name, tmp_path, own):
    shots = [(c, 65 + day, n) for c in "ab" for day in range(5) for n in "01"]
    files = {name.format(*shot): a_picture(i) for i, shot in enumerate(shots)}
    folder = written(tmp_path / "in", files)
    own_data.pack(folder, "my_set", "pictures", channels=3, by=by)
    for split in own_data.SPLITS:
        inside = {example["file"].decode() for example in load("my_set", split)}
        days = {}
        for shot, file in zip(shots, files, strict=True):
            days.setdefault(shot[:2], set()).add(file in inside)
        assert all(len(found) == 1 for found in days.values())
        count = sum(True in found for found in days.values())
        assert count == (8 if split == "train" else 1)


def test_the_report_lies_beside_the_set(tmp_path, own, capsys):
    files = {f"{n}.txt": book(n).encode() + b"\x93" for n in range(40)}
    report = own_data.pack(written(tmp_path / "in", files), "my_set", "texts")
    told = (own / "my_set/1.0.0/report.txt").read_text("utf-8")
    assert told == "".join(f"{name}: {said}\n" for name, said in report.items())
    assert report["0.txt"].startswith("read as cp1252, guessed: 0.0 and so on")
    printed = capsys.readouterr().out
    assert "my_set: 40 read as cp1252, guessed\n" in printed
    assert printed.count("\n  ") == 4 and "own/my_set/1.0.0/report.txt" in printed
    assert "into 40 groups (40 loose files count as a group each): 32 for" in printed
    assert "32 for train (80% of characters), 4 for validation (10% of" in printed
    own_data.pack(tmp_path / "in", "my_set", "texts")
    assert [path.name for path in (own / "my_set").iterdir()] == ["2.0.0"]


@pytest.mark.parametrize(
    "options",
    [
        *({"image_size": size} for size in (15, 29, 68, 28.5)),
        {"channels": 2},
        {"kind": "films"},
        {"by": "end"},
        {"by": None},
    ],
)
def test_what_cannot_be_chosen(options, tmp_path, own):
    with pytest.raises(CourseError, match='^Choose kind "texts", .* from 16 to 64.$'):
        own_data.pack(tmp_path, "my_set", **{"kind": "pictures"} | options)


def a_picture(seed):
    return own_files.encoded(own_files.new_picture(np.random.default_rng(seed)))


def a_song(seed):
    return own_files.midi(own_files.tune(np.random.default_rng(seed)))


@pytest.mark.parametrize(
    "kind, files, needed",
    [
        ("texts", {"a": b"a word " * 280}, "2,000 characters .*, and 1 different"),
        ("pictures", {}, "in has no pictures: choose another folder"),
        (
            "pictures",
            {f"{n}/a": a_picture(n) for n in range(4)},
            "each class .*, and 4",
        ),
        ("music", {f"{n}": a_song(n) for n in range(2)}, "different tunes, and 2"),
    ],
)
def test_too_small(kind, files, needed, tmp_path, own):
    (tmp_path / "in").mkdir()
    with pytest.raises(CourseError, match=needed):
        own_data.pack(written(tmp_path / "in", files), "my_set", kind)
    assert not own.exists()


def test_the_course_removes_only_what_it_wrote(tmp_path, own):  # fault 3
    inside = written(own / "my_texts", {"a.txt": book().encode()})
    apart = written(tmp_path / "apart", {"a.txt": book().encode()})
    (own / "my_link").symlink_to(apart, target_is_directory=True)
    before = state(tmp_path)
    for source in (inside, own, tmp_path, apart):
        with pytest.raises(CourseError, match="lie one in the other"):
            own_data.pack(source, "my_link" if source == apart else "my_texts", "texts")
    assert state(tmp_path) == before
    own_data.pack(apart, "my_texts", "texts")
    written(own, {"my_texts/1.0.0/note.txt": b"mine"})
    before = state(own)
    for _ in range(2):
        own_data.pack(apart, "my_texts", "texts")
    assert before.items() <= state(own).items()
    assert {path.name for path in inside.iterdir()} == {"1.0.0", "3.0.0", "a.txt"}
    assert datasets.load_text("my_texts", "train") in book()


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_links(tmp_path, own):  # fault 8
    folder = written(tmp_path / "in", {"real/a.txt": book(1).encode()})
    far = {"far/b.txt": book(2).encode(), "far/deep/c.txt": book(3).encode()}
    written(tmp_path, far)
    links = {"far": "far", "deep": "far/deep", "loop": "in", "inside": "in/real"}
    for name, goal in (links | {"nothing": "no", "d.txt": "far/b.txt"}).items():
        (folder / name).symlink_to(tmp_path / goal)
    (tmp_path / "far/back").symlink_to(folder)
    os.mkfifo(folder / "pipe.txt")
    again = "skipped: a link to a folder that is read anyway"
    assert own_data.pack(folder, "my_texts", "texts") == {
        "nothing": "skipped: No such file or directory",
        "pipe.txt": "skipped: no ordinary file",
        **dict.fromkeys(["inside", "loop", "far/back", "far/deep"], again),
        **dict.fromkeys(["d.txt", "real/a.txt", "deep/c.txt"], "read"),
        "far/b.txt": "repeats d.txt",
    }


def test_home_is_expanded(tmp_path, own, monkeypatch):  # fault 13
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(tmp_path))
    written(tmp_path / "in", {"a.txt": book().encode()})
    assert own_data.pack("~/in", "my_texts", "texts") == {"a.txt": "read"}


@pytest.mark.parametrize("place", [("no", "my_x"), ("a.zip", "my_x"), (".", "x")])
def test_what_cannot_be_packed(place, tmp_path, own):
    written(tmp_path, {"a.zip": b"PK"})
    with pytest.raises(CourseError, match="no folder|begin with my_"):
        own_data.pack(tmp_path / place[0], place[1], "texts")


KILLED = """
import os, sys
from course_utils import own_data
import tensorflow_datasets as tfds
tfds.core.SequentialWriter.close_all = lambda writer: os._exit(9)
own_data.pack(sys.argv[1], "my_texts", "texts")
"""


def test_a_killed_pack_leaves_the_older_set(tmp_path, own):
    folder = written(tmp_path / "in", {"a.txt": book().encode()})
    own_data.pack(folder, "my_texts", "texts")
    before = state(own / "my_texts")
    written(folder, {"b.txt": book(2).encode()})
    environment = os.environ | {"COURSE_DATA": str(own), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", KILLED, str(folder)]
    assert subprocess.run(command, env=environment).returncode == 9
    assert state(own / "my_texts") == before
    own_data.pack(folder, "my_texts", "texts")
    assert len(load("my_texts")) == 6
    assert [path.name for path in own.iterdir()] == ["my_texts"]


def test_damaged_files_never_stop_a_pack(tmp_path, own):
    rng = np.random.default_rng(0)
    files = {f"good {n}.mid": a_song(n) for n in range(3)}
    files |= {f"good {n}.png": a_picture(n) for n in range(3)}
    for number in range(200):
        data = bytearray([a_song, a_picture][number % 2](number))
        for place in rng.integers(0, len(data), 3):
            data[place] = rng.integers(256)
        files[f"{number}"] = bytes(data[: rng.integers(len(data) // 2, len(data) + 1)])
    folder = written(tmp_path / "in", files)
    for kind in ("music", "pictures"):
        report = own_data.pack(folder, f"my_{kind}", kind)
        assert set(report) == set(files)
        assert any(words.startswith("read") for words in report.values())
