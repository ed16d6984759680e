"""The chorales and the emoji are what their cards say, and so are their builders."""

import collections
import io
import itertools
import sys
from types import SimpleNamespace

from course_utils import DATA_DIR

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_datasets as tfds
from PIL import Image

sys.path.insert(0, str(DATA_DIR / "builders"))
import bach_chorales  # noqa: E402
import noto_emoji  # noqa: E402


def examples_of(name):
    """{split: list of examples}, texts decoded."""
    return {
        split: [
            {k: v.decode() if isinstance(v, bytes) else v for k, v in example.items()}
            for example in data.as_numpy_iterator()
        ]
        for split, data in tfds.load(name, data_dir=DATA_DIR).items()
    }


# --- bach_chorales -------------------------------------------------------------------


@pytest.fixture(scope="module")
def chorales():
    return examples_of("bach_chorales")


@pytest.fixture(scope="module")
def all_chorales(chorales):
    return [example for split in chorales.values() for example in split]


def test_chorale_counts_are_those_of_the_card(chorales):
    card = (DATA_DIR / "README.md").read_text(encoding="utf-8")
    sizes = {
        split: (
            len(examples),
            len({example["family"] for example in examples}),
            sum(len(example["pitches"]) for example in examples),
        )
        for split, examples in chorales.items()
    }
    assert sizes == {
        "train": (273, 137, 58_808),
        "validation": (37, 22, 9_124),
        "test": (55, 31, 11_524),
    }
    for row in sizes.values():
        assert " | ".join(f"{number:,}" for number in row) in card


def test_chorale_names_are_unique_and_in_order(chorales):
    names = [example["name"] for split in chorales.values() for example in split]
    assert len(set(names)) == 365
    for examples in chorales.values():
        own = [example["name"] for example in examples]
        assert own == sorted(own, key=bach_chorales.natural_order)


def test_chorale_shapes_and_ranges(all_chorales):
    for example in all_chorales:
        num_steps = len(example["pitches"])
        assert 96 <= num_steps <= 772
        assert example["pitches"].shape == example["holds"].shape == (num_steps, 4)
        assert example["fermatas"].shape == (num_steps,)
        assert example["pitches"].dtype == np.uint8
        assert example["holds"].dtype == example["fermatas"].dtype == np.bool_
        assert example["time_signature"] in ("4/4", "3/4", "3/2")
        assert example["pickup"] in (0, 1, 2)
        tonic, mode = example["key"].split()
        assert tonic[0] in "ABCDEFG" and tonic[1:] in ("", "#", "b")
        assert mode in ("major", "minor")
    pitches = np.concatenate([example["pitches"] for example in all_chorales])
    ranges = [(int(v[v > 0].min()), int(v.max())) for v in pitches.T]
    assert ranges == [(57, 81), (53, 74), (48, 69), (36, 64)]
    assert 0.008 < (pitches == 0).mean() < 0.012


def test_a_held_note_is_the_note_of_the_step_before(all_chorales):
    for example in all_chorales:
        pitches, holds = example["pitches"], example["holds"]
        assert not holds[0].any()
        assert not holds[pitches == 0].any()
        assert (pitches[1:] == pitches[:-1])[holds[1:]].all()


def test_the_best_known_chorale(all_chorales):
    """BWV 66.6, whose opening stands in music21's documentation."""
    (example,) = (e for e in all_chorales if e["name"] == "bwv66.6")
    assert (example["key"], example["time_signature"]) == ("F# minor", "4/4")
    assert example["pickup"] == 1 and example["pitches"].shape == (144, 4)
    soprano = example["pitches"][~example["holds"][:, 0], 0]
    assert soprano[:6].tolist() == [73, 71, 69, 71, 73, 76]  # C# B A B C# E
    # The four voices of the first chord, and the picardy third of the last.
    assert example["pitches"][0].tolist() == [73, 64, 57, 57]
    assert example["pitches"][-1].tolist() == [66, 61, 58, 54]
    ends = np.flatnonzero(np.diff(example["fermatas"].astype(int)) == 1) + 1
    assert ends.tolist() == [12, 28, 44, 76, 108, 140]


def test_no_tune_is_in_two_splits(chorales):
    families, titles, shingles = (
        {split: set() for split in chorales} for _ in range(3)
    )
    for split, examples in chorales.items():
        for e in examples:
            families[split].add(int(e["family"]))
            titles[split].add(bach_chorales.same_title(e["title"]) or e["name"])
            shingles[split] |= bach_chorales.melody_shingles(e["pitches"], e["holds"])
    for one, other in itertools.combinations(chorales, 2):
        for found in (families, titles, shingles):
            assert not found[one] & found[other]
    assert set().union(*families.values()) == set(range(190))


def test_three_pairs_are_the_same_music(chorales):
    found = collections.defaultdict(set)
    for split, examples in chorales.items():
        for example in examples:
            pitches = example["pitches"].astype(int)
            music = np.where(pitches > 0, pitches - pitches[pitches > 0][0], -99)
            found[music.tobytes()].add((split, example["name"]))
    pairs = sorted(sorted(music) for music in found.values() if len(music) > 1)
    assert pairs == [
        [("train", "bwv18.5-lz"), ("train", "bwv18.5-w")],
        [("train", "bwv197.7-a"), ("train", "bwv398")],
        [("train", "bwv274"), ("train", "bwv62.6")],
    ]


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
    assert pitches[:, 0].tolist() == expected
    onsets = np.flatnonzero(~holds[:, 0] & (pitches[:, 0] > 0))
    assert onsets.tolist() == [0, 4, 8, 11, 12]
    assert pitches[:, 1].tolist() == [48] * 16 and holds[1:, 1].all()
    assert np.flatnonzero(fermatas).tolist() == [12, 13, 14, 15]
    assert pitches.dtype == np.uint8


def test_a_tie_that_begins_a_voice_or_changes_pitch_is_a_new_note():
    voice = [(0.0, 0.5, 60, True, False), (0.5, 0.5, 62, True, False)]
    _, holds, _ = bach_chorales.to_grid([voice])
    assert holds[:, 0].tolist() == [False, True, False, True]


def test_shingles_know_a_tune_in_another_key_and_with_ornaments():
    tune = [60, 62, 64, 65, 67, 65, 64, 62, 60, 62, 64, 67, 72, 71, 69, 67]
    plain = np.repeat(tune, 4)[:, None]
    holds = np.tile([False, True, True, True], len(tune))[:, None]
    ornamented, more_onsets = plain.copy(), holds.copy()
    ornamented[2], ornamented[3] = 61, 61  # a passing note within the first quarter
    more_onsets[2] = False
    of = bach_chorales.melody_shingles
    assert of(plain, holds) & of(plain + 5, holds)
    assert of(plain, holds) & of(ornamented, more_onsets)
    assert not of(plain, holds) & of(plain[::-1], holds)
    assert not of(plain[: 4 * 14], holds[: 4 * 14])  # too short to tell
    assert not of(np.repeat([[60]], 80, axis=0), np.zeros((80, 1), bool))


def test_families_join_through_others():
    features = [{1}, {2}, {3}, {1, 2}, set(), {3}, {9}]
    assert bach_chorales.find_families(features) == [0, 0, 1, 0, 2, 1, 3]
    assert bach_chorales.find_families([]) == []


def test_families_stay_whole_and_large_ones_train():
    families = [0] * 8 + [i for i in range(1, 60) for _ in range(1 + i % 3)]
    names = [f"bwv{i}" for i in range(len(families))]
    splits = bach_chorales.assign_splits(names, families, 10, 20)
    of_family = collections.defaultdict(set)
    for family, split in zip(families, splits, strict=True):
        of_family[family].add(split)
    assert all(len(found) == 1 for found in of_family.values())
    assert of_family[0] == {"train"}
    counts = collections.Counter(splits)
    assert 20 <= counts["test"] <= 22 and 10 <= counts["validation"] <= 12
    assert splits == bach_chorales.assign_splits(names, families, 10, 20)


def score_of(shift):
    tune = [60, 62, 64, 65, 67, 65, 64, 62, 60, 62, 64, 67, 72, 71, 69, 67]
    return {
        "voices": [
            [
                (float(i), 1.0, p + shift - 5 * v, False, False)
                for i, p in enumerate(tune)
            ]
            for v in range(4)
        ],
        "key": "C major",
        "time_signature": "4/4",
        "pickup": 0.0,
    }


def test_chorales_are_written_to_the_same_bytes(tmp_path):
    contents = []
    for run in ("one", "two"):
        scores = {f"bwv{i}": score_of(i % 4) for i in range(8)}
        titles = {"bwv3": "Tune"}
        (examples,) = filter(None, bach_chorales.make_splits(scores, titles).values())
        assert {example["family"] for example in examples} == {0}
        splits = {"train": examples[:6], "validation": examples[6:]}
        bach_chorales.write(splits, tmp_path / run)
        contents.append(files_of(tmp_path / run))
    assert contents[0] == contents[1] and len(contents[0]) >= 4
    data = tfds.load("bach_chorales", data_dir=tmp_path / "one", split="train")
    assert [e["title"].decode() for e in data.as_numpy_iterator()][3] == "Tune"


def files_of(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


# --- noto_emoji ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def emoji():
    return examples_of("noto_emoji")


@pytest.fixture(scope="module")
def all_emoji(emoji):
    return emoji["train"] + emoji["holdout"]


def triple(example):
    return example["profession"], example["gender"], example["skin_tone"]


def test_emoji_counts(emoji, all_emoji):
    assert {k: len(v) for k, v in emoji.items()} == {"train": 3728, "holdout": 60}
    assert len({example["emoji"] for example in all_emoji}) == 3788
    assert len({example["caption"] for example in all_emoji}) == 3788
    assert len({example["image"].tobytes() for example in all_emoji}) == 3770


def test_pictures_are_drawn_on_white(all_emoji):
    images = np.stack([example["image"] for example in all_emoji])
    assert images.shape == (3788, 32, 32, 3) and images.dtype == np.uint8
    corners = images[:, [0, 0, -1, -1], [0, -1, 0, -1]]
    assert corners.min() > 200  # four drawings reach into a corner
    assert (corners == 255).all(axis=(1, 2)).mean() > 0.99
    assert images.reshape(len(images), -1).std(axis=1).min() > 10  # none is blank


def test_colours_are_the_right_way_round(all_emoji):
    picture = {example["caption"]: example["image"] for example in all_emoji}
    for name, strongest in (("red", 0), ("green", 1), ("blue", 2)):
        assert picture[f"{name} square"][16, 16].argmax() == strongest


def test_every_pair_of_a_held_out_triple_is_trained_on(emoji):
    trained = [triple(example) for example in emoji["train"]]
    assert not {triple(example) for example in emoji["holdout"]} & set(trained)
    for first, second in itertools.combinations(range(3), 2):
        pairs = collections.Counter((t[first], t[second]) for t in trained)
        for example in emoji["holdout"]:
            held = triple(example)
            assert all(held)
            assert pairs[held[first], held[second]] >= 2, held


def test_the_grid_of_triples_is_complete_and_held_out_evenly(emoji, all_emoji):
    grid = itertools.product(
        noto_emoji.PROFESSIONS, noto_emoji.GENDERS, noto_emoji.SKIN_TONES
    )
    counts = collections.Counter(triple(e) for e in all_emoji if e["profession"])
    assert counts == dict.fromkeys(grid, 1)
    held = [triple(example) for example in emoji["holdout"]]
    per_value = collections.Counter(
        value for held_triple in held for value in held_triple
    )
    assert {per_value[p] for p in noto_emoji.PROFESSIONS} == {3}
    assert {per_value[g] for g in noto_emoji.GENDERS} == {20}
    assert {per_value[t] for t in noto_emoji.SKIN_TONES} == {10}


def test_no_held_out_picture_is_in_train(emoji):
    trained = {example["image"].tobytes() for example in emoji["train"]}
    assert not any(e["image"].tobytes() in trained for e in emoji["holdout"])


def test_attributes_agree_with_captions(all_emoji):
    for example in all_emoji:
        caption, base = example["caption"], example["base"]
        tone = example["skin_tone"]
        assert ("skin tone" in caption) == (tone not in ("", "yellow"))
        assert "skin tone" not in base
        for part in tone.split(" and "):
            assert tone in ("", "yellow") or f"{part} skin tone" in caption
        assert base.endswith(example["profession"])
        assert base.endswith(example["hair"])
        assert example["gender"] in ("", *noto_emoji.GENDERS)
    people = sum(e["skin_tone"] in noto_emoji.SKIN_TONES for e in all_emoji)
    assert people == 326 * 6
    assert sum(" and " in e["skin_tone"] for e in all_emoji) == 260
    hair = collections.Counter(e["hair"] for e in all_emoji if e["hair"])
    assert hair == dict.fromkeys(noto_emoji.HAIR, 18)


def test_attributes_of_names():
    names = {
        "👩🏽‍🔬": "woman scientist medium skin tone",
        "🧑‍🔬": "scientist",
        "👩‍🔬": "woman scientist",
        "🧑🏽‍🔬": "scientist medium skin tone",
        "👨🏿‍🦰": "man dark skin tone red hair",
        "👨‍🦰": "man red hair",
        "👩🏻‍🤝‍👨🏾": "holding hands light skin tone medium-dark skin tone",
        "👫": "holding hands",
        "🍕": "pizza",
        "👪️": "family man woman boy",
        "🧝": "elf",
    }
    found = noto_emoji.attributes(names)
    keys = ("base", "skin_tone", "gender", "profession", "hair")
    assert {names[e]: tuple(a[k] for k in keys) for e, a in found.items()} == {
        "woman scientist medium skin tone": (
            *("woman scientist", "medium", "woman", "scientist", ""),
        ),
        "scientist": ("scientist", "yellow", "person", "scientist", ""),
        "scientist medium skin tone": (
            *("scientist", "medium", "person", "scientist", ""),
        ),
        "woman scientist": ("woman scientist", "yellow", "woman", "scientist", ""),
        "man dark skin tone red hair": ("man red hair", "dark", "man", "", "red hair"),
        "man red hair": ("man red hair", "yellow", "man", "", "red hair"),
        "holding hands light skin tone medium-dark skin tone": (
            *("holding hands", "light and medium-dark", "", "", ""),
        ),
        "holding hands": ("holding hands", "", "", "", ""),
        "pizza": ("pizza", "", "", "", ""),
        "family man woman boy": ("family man woman boy", "", "", "", ""),
        "elf": ("elf", "", "", "", ""),
    }


def lookup(kind, ligatures, extension=False):
    entries = {
        first: [SimpleNamespace(Component=list(rest), LigGlyph=glyph)]
        for (first, *rest), glyph in ligatures.items()
    }
    table = SimpleNamespace(LookupType=kind, ligatures=entries)
    if extension:
        table = SimpleNamespace(LookupType=7, ExtSubTable=table)
    return SimpleNamespace(SubTable=[table])


def test_glyphs_of_sequences():
    replaced = noto_emoji.ligatures(
        [
            lookup(4, {("woman", "joiner", "rocket"): "astronaut"}),
            lookup(4, {("one", "keycap"): "keycap one"}, extension=True),
            lookup(1, {("heart", "fire"): "never"}),
        ]
    )
    assert replaced == {
        ("woman", "joiner", "rocket"): "astronaut",
        ("one", "keycap"): "keycap one",
    }
    characters = {
        **{ord("1"): "one", 0x20E3: "keycap", 0x200D: "joiner"},
        **{ord("👩"): "woman", ord("🚀"): "rocket", ord("❤"): "heart"},
    }
    for sequence, glyph in (
        ("👩‍🚀", "astronaut"),
        ("1\ufe0f\u20e3", "keycap one"),  # the font leaves U+FE0F out
        ("❤\ufe0f", "heart"),
        ("👩", "woman"),
        ("🚀‍👩", None),
        ("🍕", None),
    ):
        assert noto_emoji.find_glyph(sequence, characters, replaced) == glyph


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


def test_png_is_read_by_other_libraries():
    picture = np.random.default_rng(0).integers(0, 256, (32, 32, 3), "uint8")
    content = noto_emoji.encode_png(picture)
    assert (np.asarray(Image.open(io.BytesIO(content))) == picture).all()
    assert (tf.io.decode_png(content).numpy() == picture).all()


def test_emoji_are_written_to_the_same_bytes(tmp_path):
    names = {
        "👩🏽‍🔬": "woman scientist medium skin tone",
        "👩‍🔬": "woman scientist",
        "👨🏻‍🌾": "man farmer medium skin tone",
        "👨🏼‍🌾": "man farmer medium-light skin tone",
        "🍕": "pizza",
    }
    noise = np.random.default_rng(0)
    pictures = {e: noise.integers(0, 256, (32, 32, 3), "uint8") for e in names}
    for run in ("one", "two"):
        splits = noto_emoji.make_splits(names, pictures)
        noto_emoji.write(splits, tmp_path / run)
    assert files_of(tmp_path / "one") == files_of(tmp_path / "two")
    for split, examples in splits.items():
        data = tfds.load("noto_emoji", data_dir=tmp_path / "one", split=split)
        read = list(data.as_numpy_iterator())
        assert [e["emoji"].decode() for e in read] == [e["emoji"] for e in examples]
        for example in read:
            assert (example["image"] == pictures[example["emoji"].decode()]).all()
