"""The chorales and the emoji are what their cards say, and so are their builders."""

import collections
import io
import itertools
import sys

from course_utils import DATA_DIR

import lessons
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

sys.path.insert(0, str(DATA_DIR / "builders"))
import bach_chorales  # noqa: E402
import noto_emoji  # noqa: E402

CARDS = (DATA_DIR / "README.md").read_text(encoding="utf-8")


# --- bach_chorales -------------------------------------------------------------------


@pytest.fixture(scope="module")
def chorales():
    return lessons.examples("bach_chorales")


@pytest.fixture(scope="module")
def all_chorales(chorales):
    return [*itertools.chain(*chorales.values())]


def test_chorale_counts_names_and_order_are_those_of_the_card(chorales, all_chorales):
    for examples in chorales.values():
        families = {example["family"] for example in examples}
        steps = sum(len(example["pitches"]) for example in examples)
        sizes = len(examples), len(families), steps
        names = [example["name"] for example in examples]
        assert names == sorted(names, key=bach_chorales.natural_order)
        assert " | ".join(f"{number:,}" for number in sizes) in CARDS
    assert len({example["name"] for example in all_chorales}) == 365


def test_chorale_shapes_and_ranges(all_chorales):
    for example in all_chorales:
        pitches, holds = example["pitches"], example["holds"]
        assert 96 <= len(pitches) <= 772
        assert pitches.shape == holds.shape == (len(pitches), 4)
        assert example["fermatas"].shape == (len(pitches),)
        assert pitches.dtype == np.uint8
        assert holds.dtype == example["fermatas"].dtype == np.bool_
        assert example["time_signature"] in ("4/4", "3/4", "3/2")
        assert example["pickup"] in (0, 1, 2)
        tonic, mode = example["key"].split()
        assert tonic[0] in "ABCDEFG" and tonic[1:] in ("", "#", "b")
        assert mode in ("major", "minor")
        # A held note is the note of the step before.
        assert not holds[0].any() and not holds[pitches == 0].any()
        assert (pitches[1:] == pitches[:-1])[holds[1:]].all()
    pitches = np.concatenate([example["pitches"] for example in all_chorales])
    ranges = [(int(v[v > 0].min()), int(v.max())) for v in pitches.T]
    assert ranges == [(57, 81), (53, 74), (48, 69), (36, 64)]
    assert 0.008 < (pitches == 0).mean() < 0.012


def test_the_best_known_chorale(all_chorales):
    """BWV 66.6, whose opening stands in music21's documentation."""
    (example,) = (e for e in all_chorales if e["name"] == "bwv66.6")
    assert (example["key"], example["time_signature"]) == ("F# minor", "4/4")
    assert example["pickup"] == 1 and example["pitches"].shape == (144, 4)
    soprano = example["pitches"][~example["holds"][:, 0], 0]
    assert soprano[:6].tolist() == [73, 71, 69, 71, 73, 76]  # C# B A B C# E
    # The four voices of the first chord, and the picardy third of the last.
    ends = [[73, 64, 57, 57], [66, 61, 58, 54]]
    assert example["pitches"][[0, -1]].tolist() == ends
    fermatas = np.flatnonzero(np.diff(example["fermatas"].astype(int)) == 1) + 1
    assert fermatas.tolist() == [12, 28, 44, 76, 108, 140]


def test_three_pairs_are_the_same_music(chorales):
    music = collections.defaultdict(set)
    for e in chorales["train"]:
        pitches = e["pitches"].astype(int)
        relative = np.where(pitches > 0, pitches - pitches[pitches > 0][0], -99)
        music[relative.tobytes()].add(e["name"])
    same = sorted(sorted(names) for names in music.values() if len(names) > 1)
    pairs = "bwv18.5-lz bwv18.5-w", "bwv197.7-a bwv398", "bwv274 bwv62.6"
    assert same == [pair.split() for pair in pairs]


def test_grid_of_a_small_score():
    melody = [
        (0.0, 1.0, 60, False, False),
        (1.0, 0.5, 62, False, False),
        (1.5, 0.5, 62, True, False),  # tied: no new note
        (2.0, 0.5, 62, False, False),  # repeated: a new note
        (2.75, 0.125, 64, False, False),  # thirty-seconds: the first is kept
        (2.875, 0.125, 65, False, False),
        (3.0, 1.0, 60, False, True),
    ]
    bass = [(0.0, 4.0, 48, False, False)]
    pitches, holds, fermatas = bach_chorales.to_grid([melody, bass])
    expected = [60] * 4 + [62] * 4 + [62] * 2 + [0, 64] + [60] * 4
    assert pitches[:, 0].tolist() == expected and pitches.dtype == np.uint8
    onsets = np.flatnonzero(~holds[:, 0] & (pitches[:, 0] > 0))
    assert onsets.tolist() == [0, 4, 8, 11, 12]
    assert pitches[:, 1].tolist() == [48] * 16 and holds[1:, 1].all()
    assert np.flatnonzero(fermatas).tolist() == [12, 13, 14, 15]
    # A tie that begins a voice or changes the pitch is a new note.
    voice = [(0.0, 0.5, 60, True, False), (0.5, 0.5, 62, True, False)]
    _, holds, _ = bach_chorales.to_grid([voice])
    assert holds[:, 0].tolist() == [False, True, False, True]


TUNE = [60, 62, 64, 65, 67, 65, 64, 62, 60, 62, 64, 67, 72, 71, 69, 67]


def test_shingles_know_a_tune_in_another_key_and_with_ornaments():
    plain = np.repeat(TUNE, 4)[:, None]
    holds = np.tile([False, True, True, True], len(TUNE))[:, None]
    ornamented, more_onsets = plain.copy(), holds.copy()
    ornamented[2:4], more_onsets[2] = 61, False  # a passing note within a quarter
    of = bach_chorales.melody_shingles
    assert of(plain, holds) & of(plain + 5, holds)
    assert of(plain, holds) & of(ornamented, more_onsets)
    assert not of(plain, holds) & of(plain[::-1], holds)
    assert not of(plain[: 4 * 14], holds[: 4 * 14])  # too short to tell
    assert not of(np.repeat([[60]], 80, axis=0), np.zeros((80, 1), bool))


def test_items_that_share_a_feature_are_one_family():
    features = [{1}, {2}, {3}, {1, 2}, set(), {3}, {9}]
    assert bach_chorales.find_families(features) == [0, 0, 1, 0, 2, 1, 3]
    assert bach_chorales.find_families([]) == []


def test_no_tune_is_in_two_splits_for_each_family_is_in_one(chorales):
    rows = [(e, split) for split, examples in chorales.items() for e in examples]
    rows.sort(key=lambda row: bach_chorales.natural_order(row[0]["name"]))
    features = []
    for e, _ in rows:
        shingles = bach_chorales.melody_shingles(e["pitches"], e["holds"])
        title = {bach_chorales.same_title(e["title"])} if e["title"] else set()
        features.append(shingles | title)
    families = bach_chorales.find_families(features)
    assert families == [int(e["family"]) for e, _ in rows]
    assert len({(int(e["family"]), split) for e, split in rows}) == 190
    names = [e["name"] for e, _ in rows]
    splits = bach_chorales.assign_splits(names, families)
    assert splits == [split for _, split in rows]


# --- noto_emoji ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def emoji():
    return lessons.examples("noto_emoji")


@pytest.fixture(scope="module")
def all_emoji(emoji):
    return emoji["train"] + emoji["holdout"]


def triple(example):
    return example["profession"], example["gender"], example["skin_tone"]


def test_emoji_counts_and_pictures_are_drawn_on_white(emoji, all_emoji):
    assert {k: len(v) for k, v in emoji.items()} == {"train": 3728, "holdout": 60}
    assert len({example["emoji"] for example in all_emoji}) == 3788
    picture = {example["caption"]: example["image"] for example in all_emoji}
    assert len(picture) == 3788
    images = np.stack([example["image"] for example in all_emoji])
    assert len({image.tobytes() for image in images}) == 3770
    assert images.shape == (3788, 32, 32, 3) and images.dtype == np.uint8
    corners = images[:, [0, 0, -1, -1], [0, -1, 0, -1]]
    assert corners.min() > 200  # four drawings reach into a corner
    assert (corners == 255).all(axis=(1, 2)).mean() > 0.99
    assert images.reshape(len(images), -1).std(axis=1).min() > 10  # none is blank
    for strongest, name in enumerate(["red", "green", "blue"]):
        assert picture[f"{name} square"][16, 16].argmax() == strongest


def test_held_out_triples_are_new_and_their_pairs_are_not(emoji, all_emoji):
    trained = [triple(example) for example in emoji["train"]]
    held = [triple(example) for example in emoji["holdout"]]
    assert not set(held) & set(trained) and all(map(all, held))
    for pair in itertools.combinations(range(3), 2):
        seen = collections.Counter(tuple(t[i] for i in pair) for t in trained)
        assert all(seen[tuple(t[i] for i in pair)] >= 2 for t in held)
    pictures = {example["image"].tobytes() for example in emoji["train"]}
    assert not any(e["image"].tobytes() in pictures for e in emoji["holdout"])
    # The grid of triples is complete and held out evenly.
    kinds = noto_emoji.PROFESSIONS, noto_emoji.GENDERS, noto_emoji.SKIN_TONES
    counts = collections.Counter(triple(e) for e in all_emoji if e["profession"])
    assert counts == dict.fromkeys(itertools.product(*kinds), 1)
    per_value = collections.Counter(itertools.chain(*held))
    found = [{per_value[value] for value in values} for values in kinds]
    assert found == [{3}, {20}, {10}]


def test_attributes_agree_with_captions(all_emoji):
    for example in all_emoji:
        caption, base, tone = (example[k] for k in ("caption", "base", "skin_tone"))
        assert ("skin tone" in caption) == (tone not in ("", "yellow"))
        assert "skin tone" not in base
        for part in tone.split(" and "):
            assert tone in ("", "yellow") or f"{part} skin tone" in caption
        assert base.endswith(example["profession"]) and base.endswith(example["hair"])
        assert example["gender"] in ("", *noto_emoji.GENDERS)
    gender = {example["emoji"]: example["gender"] for example in all_emoji}
    found = [gender[emoji] for emoji in "👩‍🔬 🧑‍🔬 🧝 🧜‍♂️ 👫 👬 🍕".split()]
    assert found == ["woman", "person", "person", "man", "", "man", ""]
    people = sum(e["skin_tone"] in noto_emoji.SKIN_TONES for e in all_emoji)
    assert people == 326 * 6
    assert sum(" and " in e["skin_tone"] for e in all_emoji) == 260
    hair = collections.Counter(e["hair"] for e in all_emoji if e["hair"])
    assert hair == dict.fromkeys(noto_emoji.HAIR, 18)


def test_the_builder_makes_the_shipped_examples(emoji, all_emoji):
    names, pictures = (
        {e["emoji"]: e[k] for e in all_emoji} for k in ("caption", "image")
    )
    made = noto_emoji.make_splits(names, pictures)
    for split, examples in emoji.items():
        for e, other in zip(examples, made[split], strict=True):
            image = tf.io.decode_png(other["image"]).numpy()
            assert (e["image"] == image).all() and {**other, "image": 0} == {
                **e,
                "image": 0,
            }


def test_shrinking_puts_on_white_and_averages():
    drawing = Image.new("RGBA", (136, 128), (0, 0, 0, 0))
    drawing.paste((200, 0, 0, 255), (4, 0, 68, 128))  # left half, red
    drawing.paste((0, 0, 0, 128), (68, 64, 132, 128))  # lower right, half black
    buffer = io.BytesIO()
    drawing.save(buffer, "PNG")
    small = noto_emoji.shrink(buffer.getvalue())
    assert small.shape == (32, 32, 3) and small.dtype == np.uint8
    assert (small[:, :16] == (200, 0, 0)).all()
    assert (small[:16, 16:] == 255).all()
    assert (np.abs(small[16:, 16:].astype(int) - 127) <= 1).all()
