"""Drift statistics against outside oracles, alarms on synthetic weeks, versions."""

import json
import math
import urllib.error
import urllib.request

from course_utils import CourseError, artifacts, metrics, monitoring, serving

import lessons
import numpy as np
import openai
import pytest
import scipy.stats


def test_psi_by_hand():
    reference, windows = [0] * 4 + [1] * 4, np.array([[0, 1], [1, 1]])
    found = monitoring.psi(reference, windows)
    # Shares with half a value more in each bin: 4.5/9 and 4.5/9; 1.5/3, 1.5/3; 0.5/3,
    # 2.5/3.
    p, q = np.array([0.5, 0.5]), np.array([1 / 6, 5 / 6])
    np.testing.assert_allclose(found, [0, sum((q - p) * np.log(q / p))])


def test_psi_of_a_quiet_window_grows_as_the_window_shrinks():
    """Yurdakul 2018: on average (1 / N + 1 / M) (number of bins - 1)."""
    rng = np.random.default_rng(0)
    for size in (200, 1000):
        pairs = [(rng.random(2000), rng.random((10, size))) for _ in range(60)]
        found = np.mean([monitoring.psi(*pair) for pair in pairs])
        assert found == pytest.approx(9 * (1 / size + 1 / 2000), rel=0.1)


@pytest.mark.parametrize("decimals", [9, 1])  # without and with equal values
def test_ks_is_that_of_scipy(decimals):
    rng = np.random.default_rng(decimals)
    reference = rng.normal(size=300).round(decimals)
    windows = rng.normal(0.2, 1, size=(20, 50)).round(decimals)
    expected = [scipy.stats.ks_2samp(reference, each).statistic for each in windows]
    np.testing.assert_allclose(monitoring.ks(reference, windows), expected)
    several = windows.reshape(20, 25, 2)  # two values a request
    np.testing.assert_allclose(monitoring.ks(reference, several), expected)


def test_frechet_is_that_of_metrics():
    rng = np.random.default_rng(0)
    mixed = rng.normal(size=(5, 5))
    reference = rng.normal(size=(100, 4, 5)) @ mixed
    windows = rng.normal(0.3, 1.2, size=(6, 50, 4, 5)) @ mixed
    flat = [each.reshape(-1, 5) for each in (reference, *windows)]
    expected = [metrics.frechet_distance(flat[0], each) for each in flat[1:]]
    np.testing.assert_allclose(monitoring.frechet(reference, windows), expected)


@pytest.mark.parametrize("broken", [math.nan, math.inf])
def test_what_is_no_number_raises_the_alarm(broken):
    rng = np.random.default_rng(0)
    reference = {"x": rng.normal(size=(200, 3))}
    whole = {"x": rng.normal(size=(100, 3))}
    week = {"x": whole["x"].copy()}
    week["x"][60, 1] = broken
    alarm = monitoring.Alarm("x", monitoring.frechet, reference, size=50, step=25)
    alarm.threshold = 1e6
    expected = [*alarm.values(whole)[:1], math.inf, math.inf]
    np.testing.assert_allclose(alarm.values(week), expected)
    assert alarm.raised(week) == 75 and alarm.raised(whole) == math.inf
    with pytest.raises(CourseError, match="has numbers that are NaN"):
        monitoring.calibrate([alarm], [whole, week], rate=0.5)
    all_broken = np.full((1, 50), broken)  # these count as the largest numbers
    assert monitoring.ks(reference["x"], all_broken)[0] == 1
    assert monitoring.psi(reference["x"], all_broken)[0] > 3


def test_psi_has_a_bin_for_each_class():
    reference, window = np.repeat([2, 5, 7], [10, 30, 60]), [[2] * 50 + [7] * 50]
    p, q = np.array([10.5, 30.5, 60.5]) / 101.5, np.array([50.5, 0.5, 50.5]) / 101.5
    expected = sum((q - p) * np.log(q / p))
    assert monitoring.psi(reference, window)[0] == pytest.approx(expected)


def mean_shift(reference, windows):
    return np.abs(windows.mean(axis=1) - np.mean(reference))


def quiet(rng, count):
    return [{"x": rng.normal(size=1000), "y": rng.random(1000)} for _ in range(count)]


@pytest.fixture(scope="module")
def alarms():
    rng = np.random.default_rng(1)
    reference = {"x": np.zeros(1), "y": rng.random(5000)}
    found = [monitoring.Alarm("x", mean_shift, reference, size=50, step=10)]
    found.append(monitoring.Alarm("y", monitoring.ks, reference, size=100, step=50))
    monitoring.calibrate(found, quiet(rng, 999), rate=0.04)
    return found


def test_looks_are_after_every_step():
    alarm = monitoring.Alarm("x", mean_shift, {"x": [0]}, size=4, step=3)
    week = {"x": np.arange(11)}
    assert alarm.looks(week).tolist() == [4, 7, 10]
    assert alarm.values(week).tolist() == [1.5, 4.5, 7.5]
    assert alarm.raised(week) == math.inf  # it is not calibrated
    alarm.threshold = 4
    assert [alarm.raised(week, start) for start in (0, 7, 10)] == [7, 10, math.inf]
    assert alarm.raised({"x": [0, 0, 0, math.nan, 0]}) == 4  # what cannot be measured


def test_false_alarms_on_fresh_weeks_keep_the_budget(alarms):
    weeks, num_weeks = quiet(np.random.default_rng(2), 600), 600
    each = [sum(a.raised(w) < math.inf for w in weeks) for a in alarms]
    either = sum(any(a.raised(w) < math.inf for a in alarms) for w in weeks)
    for count, rate in [(each[0], 0.02), (each[1], 0.02), (either, 0.04)]:
        # The threshold is an estimate, too, from 999 weeks.
        error = math.sqrt(rate / num_weeks + rate / 999)
        assert abs(count / num_weeks - rate) < 3.5 * error, (each, either)


def test_shifts_are_raised_soon_and_small_ones_are_not(alarms):
    rng = np.random.default_rng(3)

    def delays(shift):
        weeks = [week["x"] for week in quiet(rng, 60)]
        weeks = [{"x": x + shift * (np.arange(1000) >= 500)} for x in weeks]
        return np.array([alarms[0].raised(week, 500) - 500 for week in weeks])

    assert np.mean(delays(1.0) <= 60) > 0.95
    assert np.mean(delays(0.05) <= 500) < 0.3
    # The mean of 50 has the error 0.14: the threshold is where it must be.
    assert 3.5 * 0.1414 < alarms[0].threshold < 5 * 0.1414


def test_too_few_quiet_weeks_are_refused():
    alarms = [monitoring.Alarm("x", mean_shift, {"x": [0]}, 50)] * 2
    weeks = quiet(np.random.default_rng(0), 99)
    monitoring.calibrate(alarms, weeks[:19], rate=0.1)
    with pytest.raises(CourseError, match="99 quiet weeks are too few: give 199"):
        monitoring.calibrate(alarms, weeks, rate=0.01)


@pytest.mark.parametrize("weeks,rate,k", [(19, 0.05, 1), (99, 0.05, 5), (98, 0.05, 4)])
def test_the_threshold_is_the_kth_highest_peak(weeks, rate, k):
    """k = floor(rate (weeks + 1)), as in lesson 19 and its exercise 19.3."""
    alarm = monitoring.Alarm("x", mean_shift, {"x": [0]}, size=1, step=1)
    peaks = np.random.default_rng(0).permutation(weeks) + 1.0
    monitoring.calibrate([alarm], [{"x": np.array([0, peak])} for peak in peaks], rate)
    assert alarm.threshold == weeks + 1 - k


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Where a learner saved two versions: the shipped model, and one with less sense"""
    (model,) = lessons.shipped("austen_gru")
    with lessons.shipped_only():
        card = artifacts.card("austen_gru")
        step = artifacts.load("austen_gru", "step")
    monkeypatch.setenv("COURSE_ARTIFACTS", str(tmp_path))
    for name, scale in {"version_1": 1, "version_2": 0.5}.items():
        for each in (model, step):
            each.set_weights([scale * weight for weight in each.get_weights()])
        text = dict(description="a test", vocabulary=card["vocabulary"])
        artifacts.save(name, model, forms={"step": step}, **text)
    return artifacts.root()


def test_versions_are_written_whole_or_not_at_all(folder, monkeypatch):
    assert monitoring.live() == {}
    monitoring.go_live("austen", "version_1")
    monitoring.go_live("other", "version_2")
    assert monitoring.live() == {"austen": "version_1", "other": "version_2"}
    with pytest.raises(CourseError, match="no saved model 'version_9'"):
        monitoring.go_live("austen", "version_9")

    def fail(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("os.replace", fail)
        with pytest.raises(CourseError, match="nothing is lost"):
            monitoring.go_live("austen", "version_2")
    (weights,) = (folder / "version_2").glob("*.safetensors")
    weights.write_bytes(weights.read_bytes()[:-9])
    with pytest.raises(CourseError, match="cut short"):
        monitoring.go_live("austen", "version_2")
    weights.unlink()
    with pytest.raises(CourseError, match="is missing"):
        monitoring.go_live("austen", "version_2")
    assert monitoring.live()["austen"] == "version_1"
    assert not [*folder.glob(".*.tmp")]
    for text in ("[]", "{", '{"austen": 1}'):
        (folder / "live.json").write_text(text, encoding="utf-8")
        with pytest.raises(CourseError, match="holds no names of versions"):
            monitoring.live()


def test_the_old_version_answers_again_within_one_request(folder):
    monitoring.go_live("austen", "version_1")
    app = serving.create_app(["austen"])
    with serving.running(app, port=8700) as address:
        client = openai.OpenAI(base_url=f"{address}/v1", api_key="none", max_retries=0)
        asked = dict(model="austen", prompt="é She", max_tokens=8, temperature=0)

        def answer():
            found = client.completions.create(**asked)
            return found.model, found.choices[0].text

        assert [model.id for model in client.models.list()][-1] == "austen"
        before = answer()
        monitoring.go_live("austen", "version_2")
        after = answer()
        monitoring.go_live("austen", "version_1")
        assert answer() == before and before[0] == "version_1"
        assert after[0] == "version_2" and after[1] != before[1]
        vote = json.dumps({"model": "austen", "rating": "down"}).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(f"{address}/feedback", vote, headers)
        assert urllib.request.urlopen(request).status == 200
        stored = (folder / "feedback.jsonl").read_text(encoding="utf-8")
        assert json.loads(stored)["model"] == "version_1"
        shown = urllib.request.urlopen(f"{address}/metrics").read().decode()
        assert 'tokens_total{kind="unknown",model="version_1"} 2.0' in shown
        assert 'tokens_total{kind="read",model="version_2"} 5.0' in shown
        (folder / "live.json").write_text("{", encoding="utf-8")
        for ask in (answer, client.models.list):
            with pytest.raises(openai.InternalServerError, match="no names") as e:
                ask()
            assert e.value.status_code == 503
        with pytest.raises(urllib.error.HTTPError, match="503"):
            urllib.request.urlopen(request)


def test_an_alias_that_was_not_asked_for_is_not_served(folder):
    monitoring.go_live("austen", "version_1")
    assert monitoring.live() and serving.create_app(["version_2"])
    with pytest.raises(CourseError, match="'else' cannot be served"):
        serving.create_app(["else"])
