"""Lessons 13 and 13b: notes typed, read and written, faults, and the lessons' parts."""

import io
import wave
from collections import Counter, defaultdict

import course_utils
from course_utils import CourseError, artifacts, datasets, music, reading

import keras
import lessons
import numpy as np
import pytest
import tensorflow as tf
from keras import layers, ops
from own_files import midi
from sentences import one_sentence

C_MAJOR = [72, 67, 64, 48]


@pytest.fixture(scope="module")
def lesson():
    names = dict(np=np, tf=tf, keras=keras, layers=layers, ops=ops, END=2, HOLD=1)
    names["music"] = music
    names = lessons.definitions("13", **names)
    names |= dict(width=8, embedding_dim=4, window=6, batch_size=2)
    return names


def steps(*rows):
    return np.array(rows)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([C_MAJOR, C_MAJOR], 0),  # nobody moves
        ([[72, 65, 57, 41], [74, 67, 59, 43]], 3),  # two fifths, octaves
        ([[72, 64, 55, 48], [74, 62, 53, 50]], 1),  # octaves of the outer voices
        ([[72, 65, 57, 60], [74, 65, 57, 50]], 0),  # contrary motion
        ([[67, 64, 55, 60], [65, 64, 55, 58]], 1),  # a fifth and a fifth
        ([[79, 64, 55, 60], [77, 64, 55, 58]], 1),  # a twelfth counts as a fifth
        ([[67, 64, 55, 60], [79, 64, 55, 72]], 1),  # leaps, too
        ([[0, 64, 55, 0], [67, 64, 55, 60]], 0),  # after a rest
        ([[64, 60, 55, 48], [65, 62, 57, 50]], 2),  # sixths and thirds are free
    ],
)
def test_parallels_of_hand_made_examples(rows, expected):
    assert music.parallels(steps(*rows)) == expected
    assert music.parallels(steps(*rows).astype("uint8")) == expected


def test_other_faults_of_hand_made_examples():
    assert music.out_of_range(steps(C_MAJOR, [82, 67, 64, 48], [0, 0, 0, 0])) == 1
    assert music.out_of_range(steps([60, 53, 48, 40], [81, 74, 69, 64])) == 0
    assert music.crossings(steps(C_MAJOR, [64, 67, 60, 48], [0, 67, 64, 48])) == 1
    assert music.dissonances(steps(C_MAJOR, [72, 67, 65, 48], [72, 67, 63, 48])) == 1
    for interval, found in enumerate([0, 1, 1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 0, 1]):
        assert music.dissonances(steps([48 + interval, 0, 0, 48])) == found, interval


def test_the_rule_forbids_what_the_count_finds():
    rng = np.random.default_rng(0)
    pieces = rng.integers(40, 70, (300, 2, 4)) * (rng.random((300, 2, 4)) > 0.1)
    for voice in range(1, 4):
        banned = music.makes_parallel(pieces[:, 0], pieces[:, 1], voice)
        assert banned.any()
        for piece, row in zip(pieces, banned, strict=True):
            before = music.parallels(piece[:, :voice])
            for pitch in [*np.flatnonzero(row), *rng.integers(0, 128, 3)]:
                piece[1, voice] = pitch
                more = music.parallels(piece[:, : voice + 1]) > before
                assert more == row[pitch]


def test_marks_are_where_parallels_are_counted():
    pieces = np.random.default_rng(0).integers(40, 70, (500, 4))
    marks = music.parallel_cells(pieces)
    assert not marks[0].any() and marks.any()
    for t in range(1, len(pieces)):
        pair = pieces[t - 1 : t + 1]
        assert marks[t].any() == (music.parallels(pair) > 0)
        for voice in np.flatnonzero(marks[t]):
            others = np.delete(pair, voice, axis=1)
            assert music.parallels(others) < music.parallels(pair)
    two_fifths = steps([72, 65, 57, 41], [74, 67, 50, 43])
    found = music.parallel_cells(two_fifths)
    assert found[1].tolist() == [True, True, False, True]


def test_cells_are_dissonant_on_the_beat_where_steps_are():
    piece = np.repeat(steps(C_MAJOR, [72, 67, 65, 48], [71, 0, 65, 48]), 4, axis=0)
    found = music.dissonant_on_beat(piece)
    expected = [[False] * 4, [False, True, True, False], [True, False, True, True]]
    assert found[::4].tolist() == expected  # G and F; B with F and C
    assert found.sum() == 5
    pieces = np.random.default_rng(0).integers(40, 70, (500, 3)).astype("uint8")
    found = music.dissonant_on_beat(pieces).any(axis=1).sum()
    assert found == music.dissonances(pieces[::4])


def test_means_are_shown_with_their_range(capsys):
    music.show_means(
        {"two": [{"a": 1, "b": 2}, {"a": 4, "b": 2}], "one": [dict(a=3, b=0)]}
    )
    head, two, one = capsys.readouterr().out.splitlines()
    assert head.split() == ["per", "100", "a", "b"]
    assert two.split() == "two 2.5 (1.0 to 4.0) 2.0 (2.0 to 2.0)".split()
    assert one.split() == ["one", "3.0", "0.0"]


def test_rates_are_per_100_steps_of_all_pieces():
    piece = steps([72, 65, 57, 41], [74, 67, 59, 43])
    rates = music.rates([piece, np.tile(C_MAJOR, (6, 1))])
    assert rates["parallels"] == 100 * 3 / 8 and rates.keys() == music.FAULTS.keys()


def test_the_interval_covers_a_known_rate():
    """By simulation: pieces of 100 steps with a Poisson number of crossings, mean 2."""
    rng, inside = np.random.default_rng(0), 0
    for _ in range(200):
        pieces = np.full((30, 100, 2), (60, 50))
        for piece, number in zip(pieces, rng.poisson(2, 30), strict=True):
            piece[:number, 1] = 70
        low, high = music.confidence_interval(pieces, music.crossings)
        inside += low <= 2 <= high
    assert 0.88 < inside / 200 < 0.99
    same = [np.full((10, 2), (60, 70)), np.full((20, 2), (60, 70))]
    assert music.confidence_interval(same, music.crossings) == (100, 100)


def test_tokens_become_pitches_and_holds():
    tokens = np.array([[60, 1, 0, 50], [1, 1, 1, 48], [62, 55, 1, 1]])
    pitches, holds = music.from_tokens(tokens)
    expected = [[60, 0, 0, 50], [60, 0, 0, 48], [62, 55, 0, 48]]
    assert pitches.tolist() == expected and np.array_equal(holds, tokens == 1)
    assert tokens[0, 1] == 1


def test_one_rule_for_a_pair_of_voices():
    assert music.in_parallel(67, 60, 69, 62) and music.in_parallel(72, 60, 70, 58)
    for rows in [(67, 60, 67, 60), (67, 60, 69, 58), (67, 60, 65, 62)]:
        assert not music.in_parallel(*rows)
    for silent in range(4):
        rows = [67, 60, 69, 62]
        rows[silent] = 0
        assert not music.in_parallel(*rows)
    found = music.in_parallel(np.array([[67], [64]]), 60, 69, np.array([62, 50]))
    assert found.tolist() == [[True, False], [False, False]]


def test_bach_breaks_few_rules():
    pieces = [p["pitches"] for p in datasets.load_music("bach_chorales", "test")]
    count = sum(map(len, pieces))
    rates = {n: 100 * sum(map(f, pieces)) / count for n, f in music.FAULTS.items()}
    assert rates["parallels"] < 0.5 and rates["out of range"] < 2
    assert rates["crossings"] < 5 and rates["dissonances"] < 40


def test_pieces_are_as_their_loader_says():
    pieces = {p["name"]: p for p in datasets.load_music("bach_chorales", "train")}
    assert len(pieces) == 273
    pieces |= {p["name"]: p for p in datasets.load_music("bach_chorales", "test")}
    pieces |= {p["name"]: p for p in datasets.load_music("bach_chorales", "validation")}
    known = pieces["bwv66.6"]  # 4/4, begins with one quarter
    assert len(known["places"]) == 145 and known["places"][-1] == 12
    assert known["places"][:6].tolist() == [12, 13, 14, 15, 0, 1]
    assert {max(p["places"]) for p in pieces.values()} == {15, 27, 31}
    for piece in pieces.values():
        pitches, holds = piece["pitches"], piece["holds"]
        assert not holds[0].any()
        assert (pitches[1:] == pitches[:-1])[holds[1:]].all()
        assert holds[1:][(pitches[1:] == 0) & (pitches[:-1] == 0)].all()


def test_a_set_without_music_is_refused():
    with one_sentence("jane_austen has no notes"):
        datasets.load_music("jane_austen", "test")
    with one_sentence("at least 99,999"):
        datasets.load_music("bach_chorales", "test", 99_999)


def test_what_is_written_as_midi_is_read_again():
    piece = datasets.load_music("bach_chorales", "test")[0]
    pitches, holds = piece["pitches"], piece["holds"]
    content, told = reading.music(music.to_midi(pitches, holds))
    assert told == "read"
    first = 16 * (np.flatnonzero(pitches.any(axis=1))[0] // 16)
    size = len(content["pitches"])
    assert np.array_equal(content["pitches"], pitches[first : first + size])
    sounds = content["pitches"] > 0
    assert np.array_equal(content["holds"][sounds], holds[:size][sounds])


def test_files_are_written_whole(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("COURSE_ARTIFACTS", str(tmp_path))
    music.save("tune", np.array([69] * 8 + [0] * 8))
    assert capsys.readouterr().out.count("tune.") == 2
    with wave.open(io.BytesIO((artifacts.root() / "tune.wav").read_bytes())) as file:
        assert file.getframerate() == 22050 and file.getnchannels() == 1
        assert file.getnframes() / 22050 == pytest.approx(16 / 6 + 0.2, abs=0.01)
    assert reading.music((artifacts.root() / "tune.mid").read_bytes())[1] == "read"
    with one_sentence("Not saved"):
        music.save("../tune", np.array([69]))


def test_typed_notes():
    pitches, holds = music.parse_notes("c4, D4:0.5 f#4:0.25\nBb3:2 r r c4 c4")
    expected = [60] * 4 + [62] * 2 + [66] + [58] * 8 + [0] * 8 + [60] * 8
    assert pitches.tolist() == expected
    begins = np.flatnonzero(~holds).tolist()
    assert begins == [0, 4, 6, 7, 15, 23, 27]  # two rests are one
    for text, told in [
        ("", "no notes"),
        ("r r:2", "no notes"),
        ("c4 h4", "'h4' is no note"),
        ("c4:0.3", "off the grid"),
        ("c4:0", "off the grid"),
        ("c4 " * 257, "64"),
        ("c4:99999999", "too long"),
        ("c", "'c' is no note"),
    ]:
        with one_sentence(told):
            music.parse_notes(text)
    assert len(music.parse_notes("c4 d4 e4")[0]) == 12


def test_melodies_from_files(tmp_path):
    def read(data):
        path = tmp_path / "a.mid"
        path.write_bytes(data)
        return music.read_melody(path)

    pitches, holds = read(midi([[(72, 4), (74, 4)], [(48, 8)]]))
    assert pitches.tolist() == [72] * 4 + [74] * 4
    assert np.flatnonzero(~holds).tolist() == [0, 4]
    for data, told in [
        (b"", "empty"),
        (b"RIFF", "no MIDI file"),
        (midi([[(36, 2)] * 9], channels=[9]), "only drums"),
        (midi([[]]), "no notes"),
        (midi([[(60, 4)] * 3000]), "at most 64"),
    ]:
        with one_sentence(told):
            read(data)
    with one_sentence("no such file"):
        music.read_melody(tmp_path / "none.mid")


def test_all_voices_of_a_file(tmp_path):
    piece = datasets.load_music("bach_chorales", "test")[0]
    path = tmp_path / "a.mid"
    path.write_bytes(music.to_midi(piece["pitches"], piece["holds"]))
    pitches, holds = music.read_midi(path)
    assert np.array_equal(pitches, piece["pitches"])
    assert np.array_equal(holds, piece["holds"])
    path.write_bytes(b"RIFF")
    with one_sentence("a.mid"):
        music.read_midi(path)


def test_melodies_move_into_the_range_of_a_soprano(capsys):
    holds = np.zeros(3, bool)
    for pitches, shift in [
        ([60, 81, 0], 0),
        ([36, 45, 0], 24),
        ([59, 79, 0], 1),
        ([96, 0, 97], -24),
    ]:
        found, _ = music.fit_range(np.array(pitches), holds)
        expected = [pitch + shift if pitch else 0 for pitch in pitches]
        assert found.tolist() == expected
        assert (f"by {shift} semitones" in capsys.readouterr().out) == bool(shift)
    with one_sentence("spans 22 semitones"):
        music.fit_range(np.array([60, 82, 0]), holds)


def test_passages_are_equal_in_all_keys():
    rng = np.random.default_rng(0)
    piece = rng.integers(50, 70, (20, 4))
    piece[3] = 0  # all rest
    higher = np.where(piece > 0, piece + 5, 0)

    def passages(*grids):
        return [*music.passages([(pitches, None) for pitches in grids], 8)]

    assert passages(piece) == passages(higher)
    assert len({*passages(piece)}) == 13
    assert len(passages(piece, piece[:7])) == 13
    assert not passages(np.tile(C_MAJOR, (9, 1)))  # nothing moves
    assert len(passages(np.array([C_MAJOR] * 8 + [[0] * 4]))) == 1


def test_copies_are_found_in_any_key():
    rng = np.random.default_rng(0)
    original = rng.integers(50, 70, (20, 4))
    originals = [(original, np.zeros((20, 4), bool))]
    copy = np.concatenate([original[5:13] + 3, rng.integers(50, 70, (4, 4))])
    holds = rng.random((12, 4)) > 0.5  # do not count
    assert music.copied(originals, originals, 8) == 100
    assert music.copied([(copy, holds)], originals, 8) == 100 / 5  # 1 of 5 windows
    assert music.copied([(copy[:3], holds[:3])], originals, 8) == 0


def test_faults_are_shown_with_their_interval(capsys):
    calm = steps(C_MAJOR, C_MAJOR), np.array([[False] * 4, [False, True, True, True]])
    fifths = steps([67, 0, 0, 60], [69, 0, 0, 62]), np.zeros((2, 4), bool)
    sets = {"calm": [calm, calm], "fifths": [fifths, fifths], "alone": [fifths]}
    music.show_faults(sets)
    head, *lines = capsys.readouterr().out.splitlines()
    columns = ["notes", "parallels", "out of range", "crossing", "dissonant"]
    assert sorted(columns, key=head.index) == columns
    assert lines[0].split() == "calm 250 0.00 (0.00 to 0.00) 0.0 0.0 0.0".split()
    assert lines[1].split() == "fifths 200 50.00 (50.00 to 50.00) 0.0 0.0 0.0".split()
    assert lines[2].split() == "alone 200 50.00 (nan to nan) 0.0 0.0 0.0".split()


def test_ends_of_pieces(capsys):
    lasts = [
        C_MAJOR,
        [76, 67, 64, 60],  # another octave
        [72, 69, 65, 53],  # another bass
        [72, 70, 64, 48],  # a seventh
    ]
    holds = np.zeros((3, 4), bool)
    pieces = [(steps(C_MAJOR, [74, 67, 59, 43], last), holds) for last in lasts]
    harsh = [(steps([74, 72, 64, 48], C_MAJOR), holds)]
    music.show_ends({"four": pieces, "one": harsh})
    head, *lines = capsys.readouterr().out.splitlines()
    assert head.split()[-3:] == ["by", "chance", "consonant"]
    assert lines[0].split() == "four 4 75% 75% 75%".split()
    assert lines[1].split() == "one 1 100% 100% 0%".split()  # a dissonance begins
    music.show_ends({"two": [pieces[0], (pieces[2][0][::-1], holds)]})
    assert capsys.readouterr().out.split()[-5:] == "two 2 50% 50% 100%".split()


def test_shuffled_music_keeps_notes_and_rhythm():
    piece = datasets.load_music("bach_chorales", "test")[0]
    pitches, holds = piece["pitches"], piece["holds"]
    found, same = music.shuffled(pitches, holds, np.random.default_rng(0))
    assert not np.array_equal(found, pitches) and np.array_equal(same, holds)
    for voice in range(4):
        begins = ~holds[:, voice]
        assert sorted(found[begins, voice]) == sorted(pitches[begins, voice])
        assert (found[1:, voice] == found[:-1, voice])[holds[1:, voice]].all()


def test_grids_that_are_none_are_refused():
    for grid in (np.zeros((0, 4)), np.full((2, 4), 128), [np.nan]):
        with pytest.raises(CourseError):
            music.to_midi(grid)


def test_windows_are_transposed_alike(lesson):
    codes = np.full((40, 4), 60) + np.array([12, 7, 4, 0])
    codes[1::2] += 128
    codes[8] = 2
    stream = codes, np.arange(40) % 16
    (batch,) = lesson["make_windows"](stream, 1)
    (before, position, above, state), tokens = batch
    before, tokens = np.array(before), np.array(tokens)
    assert before.shape == tokens.shape == (2, 6, 4) and not np.any(state)
    sounds = before % 128 > 2
    shifts = (before % 128 - codes[0])[sounds]
    assert np.all((shifts >= -5) & (shifts <= 6))
    for row in range(2):
        assert len({*(before % 128 - codes[0])[row][sounds[row]].tolist()}) == 1
    held = np.array(before)[:, 1:] > 127
    assert np.array_equal(tokens[:, :-1] == 1, held)
    assert np.array_equal(above[:, :-1], before[:, 1:, :3])


def test_a_token_has_the_logit_of_its_melodic_interval(lesson):
    y, own = keras.Input((None, 5)), keras.Input((None, 1), dtype="int32")
    model = keras.Model([y, own], lesson["melodic_logits"](y, own))
    values = np.random.default_rng(0).normal(size=(1, 3, 5)).astype("float32")
    found = np.array(model([values, np.array([[[60], [70], [2]]])]))
    (dense,) = [layer for layer in model.layers if isinstance(layer, layers.Dense)]
    expected = np.array(dense(values))
    assert found.shape == (1, 3, 128) and not found[:, :, :3].any()
    for t, pitch in enumerate([60, 70]):
        for move in (-24, -1, 0, 2, 24):
            assert found[0, t, pitch + move] == expected[0, t, move + 24]
        assert found[0, t, pitch + 30] == expected[0, t, 48]  # as far up as it goes


@pytest.mark.parametrize("head", ["plain_head", "interval_head"])
def test_a_voice_sees_only_what_is_written_before_it(lesson, head):
    keras.utils.set_random_seed(1)
    model = lesson["build_composer"](lesson[head])
    rng = np.random.default_rng(0)
    before, above = rng.integers(40, 80, (1, 5, 4)), rng.integers(40, 80, (1, 5, 3))
    place, state = np.arange(5)[None], np.zeros((1, 8), "float32")
    logits = np.array(model([before, place, above, state])[0])
    for voice in range(3):
        changed = above.copy()
        changed[0, 2, voice] += 128
        other = np.array(model([before, place, changed, state])[0])
        differs = np.abs(other - logits).max(axis=-1)[0] > 1e-6
        expected = np.zeros((5, 4), bool)
        expected[2, voice + 1 :] = True
        assert np.array_equal(differs, expected)
    changed = before.copy()
    changed[0, 3, 0] += 1
    other = np.array(model([changed, place, above, state])[0])
    differs = np.abs(other - logits).max(axis=-1)[0] > 1e-6
    assert not differs[:3].any() and differs[3:].all()


def test_step_by_step_is_all_at_once(lesson):
    model = lesson["build_composer"](lesson["interval_head"])
    rng = np.random.default_rng(0)
    codes = rng.integers(40, 80, (1, 8, 4)) + 128 * rng.integers(0, 2, (1, 8, 4))
    before, position, above, state = lesson["inputs_of"](codes, np.arange(8)[None])
    expected = model([before, position, above, state])[0]
    for t in range(7):
        now = slice(t, t + 1)
        inputs = [before[:, now], position[:, now], above[:, now], state]
        logits, state = model([tf.constant(part) for part in inputs])
        np.testing.assert_allclose(logits[:, 0], expected[:, t], atol=1e-5)


def test_composed_pieces_are_grids(lesson):
    model = lesson["build_composer"](lesson["interval_head"])
    lesson["num_steps"] = 7
    for pitches, holds in lesson["compose"](model, 3, temperature=1.0, seed=1):
        assert pitches.shape == holds.shape and pitches.shape[1] == 4
        assert np.all((pitches == 0) | (pitches > 2)) and np.all(pitches < 128)
        assert np.array_equal(pitches[1:][holds[1:]], pitches[:-1][holds[1:]])
    lesson["num_steps"] = 12
    ruled = lesson["compose"](model, 8, 1.0, 1, music.makes_parallel)
    assert not sum(music.parallels(pitches) for pitches, _ in ruled)
    given = []

    def forbid_all(before, now, voice):
        given.append((before, now.copy(), voice))
        return np.ones((len(before), 128), bool)

    silent = lesson["compose"](model, 8, 1.0, 1, forbid_all)  # holds and rests are free
    assert not any(pitches.any() for pitches, _ in silent)
    for before, now, _ in given:  # neither the end nor a hold is a pitch
        assert not before.any() and not now.any()
    # A first chord may double notes: nothing sounds before it.
    first = np.zeros((1, 4), int), np.array([[72, 60, 48, 0]]), 3
    assert not music.makes_parallel(*first).any()
    rows = [[60, 55, 2, 0], [188, 183, 1, 128], [2] * 4, [60] * 4]
    pitches, holds = music.from_codes(np.array(rows), 2)
    assert pitches.tolist() == [[60, 55, 0, 0], [60, 55, 0, 0]]
    assert holds.tolist() == [[False] * 4, [True, True, False, True]]


def test_counting_knows_intervals_in_any_key(lesson):
    """A stream that repeats is cheap, and so is the same one in another key."""
    chord = np.array(C_MAJOR)
    rows = [[2] * 4, *[chord, chord + 128, chord + 2, chord + 130] * 50]
    codes, positions = np.array(rows), np.arange(201) % 16
    higher = np.where(codes % 128 > 2, codes + 3, codes)
    counts = defaultdict(Counter)
    for facts, action in lesson["cells_of"]((codes, positions)):
        for known in range(1, 5):
            counts[facts[:known]][action] += 1
    assert counts[0,].total() == 200 and counts[0,]["hold"] == 100
    assert counts[3,][2] == 50 and counts[3,][-2] == 49
    streams = {"same": (codes, positions), "higher": (higher, positions)}
    lesson |= dict(Counter=Counter, counts=counts, streams=streams)
    same, other = map(lesson["counted_nats"], streams)
    assert 0 < same < 0.5 and same <= other < same + 0.5  # the first row differs


@pytest.fixture(scope="module")
def harmonising():
    names = dict(np=np, tf=tf, keras=keras, layers=layers, ops=ops, music=music)
    names |= dict(HOLD=1, END=2, MASK=3, course_utils=course_utils)
    names = lessons.definitions("13b", **names)
    names |= dict(width=8, embedding_dim=4, window=20, batch_size=4, num_revisions=3)
    names["allowed"] = np.full((4, 128), -1e9, "float32")
    names["allowed"][:, [0, 1, *range(48, 72)]] = 0
    names["predict"] = tf.function(names["build_harmony"](), autograph=False)
    return names


def test_whole_quarters_are_hidden_at_their_rate(harmonising):
    rng, rates = np.random.default_rng(0), []
    for first in range(200):
        places = (np.arange(64) + first) % 16
        hidden = harmonising["hide"](places, 0.3, rng)
        assert hidden.shape == (64, 4) and hidden.dtype == bool
        assert (hidden[1:] == hidden[:-1])[places[1:] % 4 > 0].all()
        rates.append(hidden.mean())
    assert 0.28 < np.mean(rates) < 0.32
    assert harmonising["hide"](places, 1, rng).all()


def test_a_hidden_note_is_hidden_to_its_end(harmonising):
    hidden, holds = np.zeros((2, 8, 4), bool), np.zeros((2, 8, 4), bool)
    hidden[0, :4, 3] = hidden[1, 2, 0] = True
    holds[0, [1, 2, 3, 4, 5, 7], 3] = holds[1, [1, 2], 0] = True
    found = harmonising["hide_to_ends"](hidden, holds)
    expected = hidden.copy()
    expected[0, 4:6, 3] = True
    assert np.array_equal(found, expected) and hidden.sum() == 5


def test_windows_hide_what_is_to_be_guessed(harmonising):
    codes = np.full((80, 4), 60) + np.array([12, 7, 4, 0])
    codes[1::2] += 128
    codes[21:30, 1] |= 128  # a long note
    codes[8] = 2
    for (x, _), y, hidden in harmonising["make_windows"](
        (codes, np.arange(80) % 16), 8
    ):
        x, y, hidden = np.array(x), np.array(y), np.array(hidden) > 0
        assert np.array_equal(x == 3, hidden) and not hidden[y == 2].any()
        assert np.array_equal(y == 1, (y != 2) & (y < 3)) and (y[y > 2] < 90).all()
        seen = ~hidden & (y > 2)
        assert np.array_equal(x[seen], y[seen])
        assert not (hidden[:, :-1] & ~hidden[:, 1:] & (y[:, 1:] == 1)).any()
        assert not hidden[::2, :, 0].any() and hidden[1::2, :, 0].any()


def test_only_hidden_notes_are_drawn_and_none_shows_its_end(harmonising):
    tokens = np.array([[72, 67, 60, 48]] + [[1] * 4] * 5 + [[74, 65, 59, 50]])
    hidden = np.zeros(tokens.shape, bool)
    hidden[2:4, 1] = hidden[0, 0] = True  # of the alto, the end is hidden, too
    given, kept = [], harmonising["predict"]

    def predict(inputs):
        given.append(inputs)
        return kept(inputs)

    draws = keras.random.SeedGenerator(0)
    harmonising["predict"] = predict
    try:
        result = harmonising["draw"](tokens, np.arange(7), hidden, draws)
    finally:
        harmonising["predict"] = kept
    codes = np.array(given[0][0])[0]
    assert codes.shape == (9, 4) and (codes[[0, -1]] == 2).all()
    masked = np.zeros(tokens.shape, bool)
    masked[2:6, 1] = True
    assert np.array_equal(codes[1:-1] == 3, masked) and hidden.sum() == 3
    assert np.array_equal(result[~masked], tokens[~masked])


def test_a_harmony_keeps_the_melody_and_the_seed(harmonising):
    melody = music.parse_notes("c5 d5:0.5 r:0.5 e5 e5 r g5:3")
    harmonise = harmonising["harmonise"]
    pitches, holds = harmonise(melody, seed=1)
    assert pitches.shape == holds.shape == (32, 4)
    assert np.array_equal(pitches[:, 0], melody[0])
    assert np.array_equal(holds[:, 0], melody[1])
    lower = pitches[:, 1:]
    assert np.all((lower == 0) | (lower > 47) & (lower < 72)) and lower.any()
    assert np.array_equal(harmonise(melody, seed=1)[0], pitches)
    assert not np.array_equal(harmonise(melody, seed=2)[0], pitches)
    places = np.arange(4, 37) % 16  # may have more than the melody has steps
    assert harmonise((*melody, places))[0].shape == (32, 4)
    three = music.parse_notes("c5 d5 e5")
    assert harmonise(three)[0].shape == (12, 4)


def test_revision_makes_fewer_parallels(harmonising):
    melody = music.parse_notes("c5 d5 e5 f5 g5 a5 g5 f5 e5 d5 c5 g4")
    tokens, places = harmonising["start_of"](*melody)
    before = after = 0
    for seed in range(4):
        drawn = harmonising["rewrite"](tokens, places, seed, passes=2)
        revised = harmonising["revise"](drawn, places, seed)
        assert np.array_equal(revised[:, 0], tokens[:, 0])
        before += harmonising["parallels_of"](drawn)
        after += harmonising["parallels_of"](revised)
    assert after < before
