"""Drift of what a server is asked and answers; alarms; which version is live.

Of a request, numbers are kept and never the prompt. A week is {name: array (R, ...)},
in the order of arrival: one number a request or several.
"""

import json

from course_utils import CourseError, artifacts

import numpy as np

LIVE = "live.json"  # in artifacts/


def psi(reference, windows):
    """Population stability index of windows (N, ...) against a reference: (N,).

    sum of (q - p) log(q / p) over bins, whose shares are p in the reference, q in the
    window. Each whole number of the reference has a bin; of others, each tenth has one.
    Half a value is added to each bin, as an empty one would make the index infinite.
    """
    reference = np.ravel(reference)
    edges = np.quantile(reference, np.arange(1, 10) / 10)
    if np.issubdtype(reference.dtype, np.integer):  # classes
        edges = np.unique(reference)[1:]
    p, q = _shares(reference[None], edges), _shares(windows, edges)
    return np.sum((q - p) * np.log(q / p), axis=1)


def _shares(windows, edges):
    rows, bins = len(windows), len(edges) + 1
    places = np.searchsorted(edges, np.reshape(windows, (rows, -1)), side="right")
    places += bins * np.arange(rows)[:, None]
    counts = np.bincount(places.ravel(), minlength=rows * bins).reshape(rows, bins)
    return (counts + 0.5) / (counts + 0.5).sum(axis=1, keepdims=True)


def ks(reference, windows):
    """Kolmogorov-Smirnov statistic of windows (N, ...) against a reference: (N,).

    The largest distance between both distribution functions, 0 to 1:
    scipy.stats.ks_2samp(reference, window).statistic, for all windows at once.
    """
    reference = np.sort(reference, axis=None)
    windows = np.sort(np.reshape(windows, (len(windows), -1)), axis=1)
    steps = np.arange(windows.shape[1] + 1) / windows.shape[1]
    at, before = (
        np.searchsorted(reference, windows, side=side) / len(reference)
        for side in ("right", "left")
    )
    return np.maximum(steps[1:] - at, before - steps[:-1]).max(axis=1)


def frechet(reference, windows):
    """Fréchet distance of windows (N, ..., D) to a reference (..., D): (N,).

    metrics.frechet_distance(reference, window), for all windows at once and few
    features D; inf for a window with NaN or infinite features.
    """
    reference = np.reshape(reference, (-1, reference.shape[-1]))
    windows = np.reshape(windows, (len(windows), -1, windows.shape[-1]))
    finite = np.isfinite(windows).all(axis=(1, 2))
    windows = np.where(finite[:, None, None], windows, 0)
    mean, cov = reference.mean(axis=0), np.cov(reference.T)
    values, vectors = np.linalg.eigh(cov)
    root = vectors * np.sqrt(values.clip(0)) @ vectors.T
    means = windows.mean(axis=1)  # (N, D)
    centred = windows - means[:, None]
    covs = np.swapaxes(centred, 1, 2) @ centred / (windows.shape[1] - 1)  # (N, D, D)
    # The roots of the eigenvalues of cov @ covs, which root @ covs @ root shares.
    roots = np.sqrt(np.linalg.eigvalsh(root @ covs @ root).clip(0)).sum(axis=1)
    traces = np.trace(cov) + np.trace(covs, axis1=1, axis2=2)
    distances = np.sum((means - mean) ** 2, axis=1) + traces - 2 * roots
    return np.where(finite, distances, np.inf)


class Alarm:
    """Is raised when a statistic of the last `size` requests exceeds its threshold.

    number: which of a week's numbers it watches; statistic: a function such as `ks` of
    a reference and windows (N, size, ...) -> (N,); reference: a week or more of quiet
    numbers, as {name: array}; step: requests between two looks.
    """

    threshold = np.inf  # until it is calibrated

    def __init__(self, number, statistic, reference, size, step=25):
        self.number, self.statistic = number, statistic
        self.reference = reference[number]
        self.size, self.step = size, step

    def looks(self, week):
        """How many requests have come at each look (L,)."""
        return np.arange(self.size, len(week[self.number]) + 1, self.step)

    def values(self, week):
        """The statistic at each look (L,)."""
        numbers = np.asarray(week[self.number])
        windows = np.lib.stride_tricks.sliding_window_view(numbers, self.size, axis=0)
        windows = np.moveaxis(windows[:: self.step], -1, 1)  # (L, size, ...)
        return self.statistic(self.reference, windows)

    def raised(self, week, start=0):
        """Requests that had come when it was raised after `start`; inf if never.

        A statistic that is NaN raises it, too.
        """
        looks = self.looks(week)
        found = looks[~(self.values(week) <= self.threshold) & (looks > start)]
        return float(found[0]) if len(found) else np.inf


def calibrate(alarms, weeks, rate):
    """Set thresholds so that a new quiet week raises any alarm with probability at most
    `rate`.

    Each of A alarms gets a share of it, rate / A (Bonferroni). Of W quiet weeks, its
    threshold is the k-th highest peak, k = floor(share * (W + 1)): a new week is as
    likely in any place of the order of W + 1 weeks, and exceeds it with probability
    k / (W + 1). weeks: at least A / rate - 1; with five times as many (k = 5), the
    threshold depends less on chance.
    """
    share = rate / len(alarms)
    peaks = [[alarm.values(week).max() for alarm in alarms] for week in weeks]
    k = int(share * (len(peaks) + 1) + 1e-9)
    if k < 1:
        needed = int(np.ceil(1 / share - 1e-9)) - 1
        raise CourseError(f"{len(peaks)} quiet weeks are too few: give {needed}.")
    if not np.isfinite(peaks).all():
        raise CourseError(
            "A quiet week has numbers that are NaN: leave such weeks out."
        )
    for alarm, values in zip(alarms, np.transpose(peaks), strict=True):
        alarm.threshold = np.sort(values)[-k]


def live():
    """{alias: name of the version that answers for it}; read anew at each call."""
    path = artifacts.root() / LIVE
    try:
        found = json.loads(path.read_text("utf-8")) if path.exists() else {}
        if not all(isinstance(part, str) for pair in found.items() for part in pair):
            raise ValueError
    except (ValueError, AttributeError, OSError) as error:
        fix = "call monitoring.go_live(alias, name) after deleting it"
        where = artifacts.shown(path)
        raise CourseError(f"{where} holds no names of versions: {fix}.") from error
    return found


def go_live(alias, name):
    """Let a saved model answer for an alias from the next request on.

    Forward or back: one atomic write. Raises CourseError for a model that is not there
    or whose card or weights are damaged; the version before then stays live.
    """
    artifacts.load_arrays(name)
    names = json.dumps(live() | {alias: name}, indent=1)
    artifacts.write_atomic(artifacts.root() / LIVE, names.encode())
