"""plotting: what is drawn and played is what was given, and nothing is returned."""

from course_utils import plotting

import IPython.display
import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.patches import Ellipse
from sentences import one_sentence

matplotlib.use("agg")


@pytest.fixture(autouse=True)
def fresh_figures():
    plt.close("all")
    with matplotlib.rc_context():
        plotting.set_style()
        yield
    plt.close("all")


def sheet():
    return np.asarray(plt.gca().get_images()[0].get_array())


@pytest.mark.parametrize("channels", [(), (1,), (3,)])
@pytest.mark.parametrize("titles", [None, list("abcdefg"), ["two\nlines"] * 7])
def test_contact_sheet_holds_every_picture_once_below_its_title(channels, titles):
    values = np.arange(7).reshape(7, 1, 1, *[1 for _ in channels])
    images = values * np.ones((7, 4, 5, *channels))
    assert plotting.show_images(images, (0, 7), titles, columns=3) is None
    drawn = sheet().reshape(*sheet().shape[:2], -1)[..., 0]
    places = [np.argwhere(np.isclose(drawn, index / 7)) for index in range(7)]
    assert [len(place) for place in places] == [4 * 5] * 7
    written = {text.get_position(): text.get_text() for text in plt.gca().texts}
    if titles is None:
        assert drawn.shape == (3 * 4 + 2, 3 * 5 + 2) and not written
        return
    for (top, left), title in zip((place[0] for place in places), titles, strict=True):
        assert written[left + 2.5, top] == title
        assert (drawn[top - 1, left : left + 5] == 1).all(), "no room for a title"


def test_values_outside_the_range_are_cut_not_stretched():
    plotting.show_images(np.array([-3.0, 0, 3]).reshape(3, 1, 1), (-1, 1))
    assert sheet()[0, [0, 2, 4]].tolist() == [0, 0.5, 1]


def test_history_has_one_line_a_key_and_one_a_baseline():
    history = {"loss": [2, 1], "val_loss": [3, 2], "learning_rate": [1, 1]}
    keys = ["loss", "val_loss"]
    plotting.plot_history(history, "bits", {"n-gram": 1.5}, scale=2, keys=keys)
    lines = {line.get_label(): line.get_ydata() for line in plt.gca().get_lines()}
    assert list(lines) == [*keys, "n-gram"]
    assert np.asarray(lines["loss"]).tolist() == [4, 2]


@pytest.fixture
def played(monkeypatch):
    """Players that were shown."""
    players = []
    monkeypatch.setattr(IPython.display, "display", players.append)
    return players


def samples(player):
    """The sound, from -1 to 1, 8000 samples per second."""
    assert player.data[24:28] == (8000).to_bytes(4, "little")
    return np.frombuffer(player.data[44:], "int16") / 32767


def pitch_of(sound):
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound)), 1 << 16))
    return 69 + 12 * np.log2(spectrum.argmax() * 8000 / (1 << 16) / 440)


def test_play_sounds_the_pitches_in_their_time(played):
    assert plotting.play(np.repeat([69, 0, 45], 4), quarters_per_minute=60) is None
    sound = samples(played[0])
    assert abs(len(sound) / 8000 - 3.2) < 0.01 and 0.8 < np.abs(sound).max() <= 1
    assert pitch_of(sound[400:7600]) == pytest.approx(69, abs=0.05)
    assert not sound[9700:15900].any()
    assert pitch_of(sound[16400:23600]) == pytest.approx(45, abs=0.05)


def test_play_holds_a_note_or_strikes_it_again(played):
    for holds in (None, [False, True, True], [False, False, True]):
        plotting.play(np.array([69, 69, 69]), holds and np.array(holds))
    alone, held, struck = map(samples, played)
    assert np.array_equal(alone, held)  # equal neighbours are one note
    assert not np.allclose(held, struck, atol=0.05)
    plotting.play(np.array([[69, 57]] * 3))  # voices sound together
    assert not np.allclose(samples(played[3]), held, atol=0.05)


@pytest.mark.filterwarnings("error")
def test_play_stops_after_the_given_seconds_and_stays_small(played):
    pitches = np.full((400, 4), 60)
    plotting.play(pitches)
    plotting.play(pitches, seconds=None)
    lengths = [len(samples(player)) / 8000 for player in played]
    assert lengths == pytest.approx([8, 400 / 4 / 90 * 60 + 0.2], abs=0.01)
    assert 170_000 < len(played[0]._repr_html_()) < 180_000
    plotting.play(np.zeros((4, 4), int))
    assert not samples(played[2]).any()


def test_a_roll_has_a_bar_for_each_note_and_black_ones_where_marked():
    pitches = np.array([[72, 60], [72, 60], [74, 62], [74, 62]])
    marks = np.zeros(pitches.shape, bool)
    marks[2, 1] = True
    plotting.show_roll("two voices", pitches, None, marks)
    bars = plt.gca().patches
    assert [bar.get_x() for bar in bars] == [0, 0.5, 0, 0.5]
    black = [bar.get_facecolor()[:3] == (0, 0, 0) for bar in bars]
    assert black == [False, False, False, True]


def test_mistakes_are_one_sentence():
    for shape in [(0, 4, 4), (4, 4), (2, 4, 4, 2), (1, 2, 3, 4, 3)]:
        with one_sentence("show_images got the shape"):
            plotting.show_images(np.zeros(shape))
    grids = np.zeros((0, 4)), np.zeros((2, 4, 2)), np.full((2, 4), 128), [np.nan]
    for grid in grids:
        with one_sentence("notes have .*0 to 127, .*at least one step"):
            plotting.play(grid)
    with one_sentence("same example"):
        plotting.play(np.full((5, 2), 60), np.zeros((3, 2), bool))


@pytest.mark.parametrize(
    ("pitches", "key"),
    [
        ([60, 62, 64, 65, 67, 69, 71], 0),  # C major
        ([67, 69, 71, 72, 74, 76, 78], 1),  # G major, one sharp
        ([65, 67, 69, 70, 72, 74, 76], -1),  # F major, one flat
        ([63, 65, 67, 68, 70, 72, 74], -3),  # E flat major
    ],
)
def test_scales_need_no_accidentals_in_their_key(pitches, key):
    assert plotting._key(np.array(pitches)) == key
    heights, sharps = zip(*[plotting._spelled(p, key) for p in pitches], strict=True)
    assert [*np.diff(heights)] == [1] * 6  # one line or space to the next
    assert [*sharps] == [plotting._usual(height, key) for height in heights]


def test_notes_are_spelled_at_their_height():
    assert plotting._spelled(60, 0) == (28, 0)  # C4, seven heights an octave
    assert plotting._spelled(71, 0) == (34, 0)  # B4
    assert plotting._spelled(66, 0) == (31, 1)  # F sharp
    assert plotting._spelled(70, -1) == (34, -1)  # B flat
    assert plotting._spelled(59, -6) == (28, -1)  # C flat, not B


def test_notes_are_split_at_bar_lines_and_into_noteheads():
    assert plotting._split(0, 16) == [(0, 16, True)]
    assert plotting._split(12, 8) == [(12, 4, False), (16, 4, True)]
    assert plotting._split(0, 5) == [(0, 4, False), (4, 1, True)]
    assert plotting._split(-4, 8) == [(-4, 4, False), (0, 4, True)]


def test_a_score_has_a_notehead_for_each_note(monkeypatch):
    monkeypatch.setattr(plt, "show", lambda: None)
    pitches = np.array([[72, 67, 64, 48]] * 20)
    holds = np.array([[False] * 4] + [[True] * 4] * 19)
    plotting.show_score("a chord", pitches, holds, position=12, bars=2)
    first, *rest = plt.gcf().axes
    heads = [p for p in first.patches if isinstance(p, Ellipse)]
    assert not rest and len(heads) == 8  # a quarter, tied to a whole note, four times
    plt.close()
