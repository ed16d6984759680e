"""plotting: what is drawn and played is what was given, and nothing is returned."""

from course_utils import CourseError, plotting

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest

matplotlib.use("agg")


@pytest.fixture(autouse=True)
def fresh_figures():
    plt.close("all")
    with matplotlib.rc_context():
        yield
    plt.close("all")


def test_set_style_changes_the_look():
    plotting.set_style()
    assert plt.rcParams["axes.spines.top"] is False


@pytest.mark.parametrize("channels", [(), (1,), (3,)])
def test_contact_sheet_holds_every_picture_once(channels):
    images = np.arange(7).reshape(7, 1, 1, *[1 for _ in channels]) * np.ones(
        (7, 4, 5, *channels)
    )
    assert plotting.show_images(images, (0, 7), columns=3) is None
    (drawn,) = plt.gca().get_images()
    sheet = np.asarray(drawn.get_array())
    sheet = sheet if sheet.ndim == 2 else sheet[..., 0]
    for index in range(7):
        assert np.isclose(sheet, index / 7).sum() == 4 * 5
    assert sheet.shape == (3 * 4 + 2, 3 * 5 + 2)


def test_values_outside_the_range_are_cut_not_stretched():
    plotting.show_images(np.array([-3.0, 0, 3]).reshape(3, 1, 1), (-1, 1))
    sheet = np.asarray(plt.gca().get_images()[0].get_array())
    assert sheet[0, [0, 2, 4]].tolist() == [0, 0.5, 1]


def test_titles_stand_above_their_pictures():
    plotting.show_images(np.zeros((3, 4, 4)), titles=["a", "b", "c"], columns=2)
    axes = plt.gcf().axes
    assert [axis.get_title() for axis in axes] == ["a", "b", "c", ""]
    assert [len(axis.get_images()) for axis in axes] == [1, 1, 1, 0]


@pytest.mark.parametrize("shape", [(0, 4, 4), (4, 4), (2, 4, 4, 2), (1, 2, 3, 4, 3)])
def test_wrong_pictures_are_one_sentence(shape):
    with pytest.raises(CourseError, match="shape") as error:
        plotting.show_images(np.zeros(shape))
    assert len(str(error.value)) <= 300


def test_history_has_one_line_a_key_and_one_a_baseline():
    history = {"loss": [2, 1], "val_loss": [3, 2], "learning_rate": [1, 1]}
    plotting.plot_history(
        history, "bits", {"n-gram": 1.5}, scale=2, keys=["loss", "val_loss"]
    )
    lines = {line.get_label(): line.get_ydata() for line in plt.gca().get_lines()}
    assert list(lines) == ["loss", "val_loss", "n-gram"]
    assert np.asarray(lines["loss"]).tolist() == [4, 2]


PITCHES = np.array([[60, 0], [60, 50], [62, 50], [62, 50], [60, 0]], "uint8")
HOLDS = np.array([[0, 0], [1, 0], [0, 1], [0, 0], [0, 0]], bool)


def drawn_notes():
    return sorted(
        (bar.get_x() * 4, bar.get_width() * 4 + 0.25, bar.get_y() + 0.4)
        for bar in plt.gca().patches
    )


def test_piano_roll_draws_each_note_once():
    assert plotting.piano_roll(PITCHES, HOLDS, title="two voices") is None
    expected = [(0, 2, 60), (1, 2, 50), (2, 1, 62), (3, 1, 50), (3, 1, 62), (4, 1, 60)]
    np.testing.assert_allclose(drawn_notes(), expected)
    assert plt.gca().get_xlim() == (0, 1.25)


def test_without_holds_equal_pitches_are_one_note():
    plotting.piano_roll(PITCHES[:, 0])
    np.testing.assert_allclose(drawn_notes(), [(0, 2, 60), (2, 2, 62), (4, 1, 60)])


def test_piano_roll_of_silence_is_empty():
    plotting.piano_roll(np.zeros((8, 4), int))
    assert not plt.gca().patches


@pytest.fixture
def played(monkeypatch):
    """Sounds that `play` has shown: (samples in -1 to 1, samples per second)."""
    import IPython.display

    sounds = []

    class Audio:
        def __init__(self, data, rate, normalize):
            sounds.append((np.asarray(data), rate))

    monkeypatch.setattr(IPython.display, "Audio", Audio)
    monkeypatch.setattr(IPython.display, "display", lambda _: None)
    return sounds


def pitch_of(sound, rate):
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound)), 1 << 16))
    return 69 + 12 * np.log2(spectrum.argmax() * rate / (1 << 16) / 440)


def test_play_sounds_the_pitches_in_their_time(played):
    assert plotting.play(np.repeat([69, 0, 45], 4), quarters_per_minute=60) is None
    sound, rate = played[0]
    assert rate == 8000 and abs(len(sound) / rate - 3.2) < 0.01
    assert 0.8 < np.abs(sound).max() <= 1
    assert pitch_of(sound[400:7600], rate) == pytest.approx(69, abs=0.05)
    assert np.abs(sound[9700:15900]).max() < 1e-6
    assert pitch_of(sound[16400:23600], rate) == pytest.approx(45, abs=0.05)


def test_play_stops_after_the_given_seconds(played):
    pitches = np.full((400, 4), 60)
    plotting.play(pitches)
    plotting.play(pitches, seconds=None)
    lengths = [len(sound) / rate for sound, rate in played]
    assert lengths == pytest.approx([8, 400 / 4 / 90 * 60 + 0.2], abs=0.01)


def test_eight_seconds_take_less_than_180_kb(monkeypatch):
    import IPython.display

    shown = []
    monkeypatch.setattr(IPython.display, "display", shown.append)
    plotting.play(PITCHES.repeat(40, axis=0), seconds=8)
    assert 170_000 < len(shown[0]._repr_html_()) < 180_000


def test_bars_have_the_values_heights_and_errors():
    plotting.set_style()
    groups = {"before": {"a": 1.0, "b": 2000.4}, "after": {"a": 3.0, "b": 4.0}}
    errors = {name: dict.fromkeys(values, 0.5) for name, values in groups.items()}
    assert plotting.plot_bars(groups, "speed", errors=errors, log=True) is None
    axis = plt.gca()
    assert [bar.get_height() for bar in axis.patches] == [1, 2000.4, 3, 4]
    assert [text.get_text() for text in axis.texts] == ["1", "2,000", "3", "4"]
    assert [text.get_text() for text in axis.get_xticklabels()] == ["a", "b"]
    assert axis.get_yscale() == "log" and axis.get_ylabel() == "speed"
    legend = plt.gcf().legends[0]
    assert [text.get_text() for text in legend.get_texts()] == ["before", "after"]


@pytest.mark.filterwarnings("error")
def test_silence_plays_as_silence_without_a_warning(monkeypatch):
    import IPython.display

    shown = []
    monkeypatch.setattr(IPython.display, "display", shown.append)
    plotting.play(np.zeros((4, 4), int))
    assert not any(shown[0].data[44:])


@pytest.mark.parametrize("draw", [plotting.piano_roll, plotting.play])
@pytest.mark.parametrize(
    "pitches, holds, word",
    [
        (np.zeros((0, 4)), None, "at least one step"),
        (np.zeros((2, 4, 2)), None, "steps, voices"),
        (np.full((2, 4), 128), None, "0 to 127"),
        (np.full((2, 4), np.nan), None, "0 to 127"),
        (np.zeros((3, 4), int), np.zeros((2, 4), bool), "same example"),
    ],
)
def test_wrong_grids_are_one_sentence(draw, pitches, holds, word):
    with pytest.raises(CourseError, match=word) as error:
        draw(pitches, holds)
    assert len(str(error.value)) <= 300
