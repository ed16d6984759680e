"""Exercises of lesson 12b: solutions, then checkers, then wrong answers."""

from course_utils.judge import close

import numpy as np


def varied_best(scores, kinds, keep):
    """Scores (N,), kinds (N,), a number -> positions, a list of length `keep`."""
    first, rest, seen = [], [], set()
    for position in np.argsort(-np.asarray(scores)):
        kind = kinds[position]
        (rest if kind in seen else first).append(int(position))
        seen.add(kind)
    return (first + rest)[:keep]


def clip_loss(cosines, scale):
    """Cosines (N captions, N pictures), a number -> the loss in nats, a number."""
    losses = []
    for logits in (scale * cosines, scale * cosines.T):
        logits = logits - logits.max(axis=1, keepdims=True)
        log_sums = np.log(np.sum(np.exp(logits), axis=1))
        losses.append(np.mean(log_sums - np.diag(logits)))
    return (losses[0] + losses[1]) / 2


def chance_of(counts, shares, draws, rng):
    """Counts (K,), shares (K,) that sum to 1, a number, a generator -> a share."""
    counts, shares = np.asarray(counts), np.asarray(shares)
    expected = counts.sum() * shares
    simulated = rng.multinomial(counts.sum(), shares, draws)
    distances = np.abs(simulated - expected).sum(axis=1)
    return np.mean(distances >= np.abs(counts - expected).sum() - 1e-9)


def check_1(answer):
    """The best of each kind first."""
    scores = np.array([0.2, 0.9, 0.8, 0.1, 0.7, 0.3])
    kinds = np.array(["man", "woman", "woman", "person", "woman", "man"])
    found = answer(scores.copy(), kinds.copy(), 4)
    assert isinstance(found, list | tuple | np.ndarray), (
        f"it returns {type(found).__name__}. Hint: return a list of positions."
    )
    assert len(found) >= 4, (
        f"with keep = 4 it returns {len(found)} positions. "
        "Hint: after the best of each kind come the other pictures."
    )
    assert len(found) == 4, (
        f"with keep = 4 it returns {len(found)} positions. "
        "Hint: cut the finished list to the first `keep`."
    )
    found = [position for position in np.asarray(found).tolist()]
    assert all(isinstance(each, int) for each in found), (
        f"it returns {found}, not positions. "
        "Hint: return where the pictures are in `scores`, as whole numbers from 0."
    )
    assert len(set(found)) == 4 and 0 <= min(found) and max(found) < 6, (
        f"it returns {found} for 6 pictures. Hint: each position from 0 to 5 may "
        "come once."
    )
    assert found != [1, 2, 4, 5], (
        "the third woman comes before the first person. "
        "Hint: when a kind has its best picture, its others wait until all kinds "
        "have one."
    )
    assert found[:3] not in ([3, 0, 4], [3, 0, 5]), (
        "it begins with the lowest score. Hint: sort from the highest score down."
    )
    assert sorted(found[:3]) == [1, 3, 5], (
        f"the first three are {found[:3]}, not the best woman, man and person. "
        "Hint: go from the highest score down and take a picture of a kind that you "
        "have not seen."
    )
    assert found[:3] == [1, 5, 3], (
        f"the best of each kind are in the order {found[:3]}. "
        "Hint: they too come with the highest score first."
    )
    assert found[3] == 2, (
        f"after the best of each kind comes {found[3]}. "
        "Hint: then all others, whatever their kind, the highest score first."
    )
    everything = list(np.asarray(answer(scores.copy(), kinds.copy(), 6)).tolist())
    assert everything == [1, 5, 3, 2, 4, 0], (
        f"with keep = 6 it returns {everything}. "
        "Hint: the others are ranked by score alone, not by kind again."
    )
    two = list(np.asarray(answer(scores.copy(), kinds.copy(), 2)).tolist())
    assert two == [1, 5], (
        f"with three kinds and keep = 2 it returns {two}. "
        "Hint: cut to the first `keep` at the end."
    )
    same = list(np.asarray(answer(scores.copy(), np.array(["man"] * 6), 3)).tolist())
    assert same == [1, 2, 4], (
        f"where all are of one kind it returns {same}. "
        "Hint: then the order is that of the scores alone."
    )


def check_2(answer):
    """The contrastive loss with one right picture for each caption."""
    cosines = np.random.default_rng(0).uniform(-1, 1, (5, 5))
    given = cosines.copy()
    found = answer(given, 3.0)
    assert np.ndim(found) == 0, (
        f"it returns an array of shape {np.shape(found)}, not a number. "
        "Hint: take the mean over rows, and the mean over columns."
    )
    found = float(found)
    assert close(given, cosines, 0), (
        "your function changes its input. Hint: make a new array of the logits."
    )
    logits = 3.0 * cosines

    def one_way(logits):
        return np.mean(np.log(np.exp(logits).sum(axis=1)) - np.diag(logits))

    rows, columns = one_way(logits), one_way(logits.T)
    expected = (rows + columns) / 2
    assert not close(found, -expected), (
        "the sign is wrong. Hint: a cross-entropy is minus the mean log probability."
    )
    assert not close(found, rows), (
        "it has the rows only. Hint: add the cross-entropy by column, then halve."
    )
    assert not close(found, columns), (
        "it has the columns only. Hint: add the cross-entropy by row, then halve."
    )
    assert not close(found, rows + columns), (
        "it is twice too large. Hint: take the mean of the two directions."
    )
    assert not close(found, (one_way(cosines) + one_way(cosines.T)) / 2), (
        "`scale` has no effect. Hint: multiply the cosines by it before the softmax."
    )
    assert not close(found, (one_way(cosines / 3) + one_way(cosines.T / 3)) / 2), (
        "a larger scale gives a smoother softmax. "
        "Hint: multiply by the scale; a temperature would divide."
    )
    assert not close(found, 5 * expected), (
        "it grows with the number of pictures. Hint: take means, not sums."
    )
    assert not close(found, expected / np.log(2)), (
        "it is in bits. Hint: use np.log, the natural logarithm."
    )
    assert close(found, expected), (
        f"for five pairs it gives {found:.3f} instead of {expected:.3f}. "
        "Hint: minus the log softmax of the diagonal, once over each row and once "
        "over each column."
    )
    with np.errstate(all="ignore"):
        sharp = answer(2 * np.eye(3) - 1, 1000.0)
        wrong = answer(1 - 2 * np.eye(3), 1000.0)
    assert np.isfinite(sharp) and np.isfinite(wrong), (
        "with a scale of 1,000 it is no finite number. "
        "Hint: subtract the largest logit of each row before np.exp, and do not take "
        "the log of a probability that may be 0."
    )
    assert close(sharp, 0) and close(wrong, 2000 + np.log(2), 1e-4), (
        f"with a scale of 1,000 it gives {float(wrong):.0f} for pairs that are all "
        "wrong, not about 2,001. Hint: log softmax = logit - log(sum of exp); "
        "subtract the same number from all logits of a row, and clip nothing."
    )


def check_3(answer):
    """How often fair samples are at least as far from the shares."""
    counts, shares = [9, 1, 2], [0.5, 0.25, 0.25]

    def asked(counts, shares, draws, seed):
        rng = np.random.default_rng(seed)
        return answer(np.array(counts), np.array(shares), draws, rng)

    found = asked(counts, shares, 4000, 0)
    assert np.ndim(found) == 0, (
        f"it returns an array of shape {np.shape(found)}, not a number. "
        "Hint: return the mean of the comparison over all samples."
    )
    assert 0 <= float(found) <= 1, (
        f"it returns {float(found):.4g}, which is no share. "
        "Hint: divide the number of such samples by `draws`."
    )
    never = asked([10, 0, 0], [0.0, 0.5, 0.5], 500, 1)
    assert close(never, 0), (
        "for counts [10, 0, 0] and shares [0, 0.5, 0.5] it does not return 0. "
        "Hint: count the samples whose distance is at least as large, and draw them "
        "from `shares`."
    )
    exact = asked([6, 3, 3], shares, 500, 2)
    assert close(exact, 1), (
        "counts equal to the expected ones do not give 1. "
        "Hint: every sample is at least as far away as a distance of 0, so use >=."
    )
    assert 0 < float(found) < 1, (
        f"for counts {counts} and shares {shares} it gives {float(found):.0f}. "
        "Hint: sum absolute differences; with their signs they cancel."
    )
    again = asked(counts, shares, 4000, 0)
    assert close(found, again), (
        "two generators with the same seed give different results. "
        "Hint: draw everything from `rng`."
    )
    differ = {round(float(asked(counts, shares, 50, seed)), 4) for seed in range(12)}
    assert len(differ) > 1, (
        "twelve generators give the same result. "
        "Hint: draw from `rng`, and make no new generator in the function."
    )
    for counts, shares in (
        ([9, 1, 2], [0.5, 0.25, 0.25]),
        ([3, 5], [0.25, 0.75]),
        ([1, 4, 11], [0.5, 0.25, 0.25]),
        ([12, 4, 4], [0.5, 0.25, 0.25]),
        ([5, 5, 1, 1], [0.25, 0.25, 0.25, 0.25]),
    ):
        value = float(asked(counts, shares, 6000, 3))
        expected = chance_of(counts, shares, 6000, np.random.default_rng(4))
        told = f"for counts {counts} and shares {shares} it gives {value:.2f}, "
        told += f"not about {expected:.2f}. Hint: draw the samples from `shares`; the "
        told += "distance is the sum over all kinds of |count - N * share|, for the "
        told += "samples and for `counts`."
        assert abs(value - expected) < 0.04, told


WRONG = {  # replacements in a solution, or another body for it
    "varied_best__by_score_alone": "return np.argsort(-scores)[:keep].tolist()",
    "varied_best__lowest_first": [("np.argsort(-np", "np.argsort(np")],
    "varied_best__one_of_each_only": [("(first + rest)", "first")],
    "varied_best__kinds_by_name": """best = []
    for kind in np.unique(kinds):
        of_kind = np.flatnonzero(kinds == kind)
        best.append(int(of_kind[scores[of_kind].argmax()]))
    rest = [int(i) for i in np.argsort(-scores) if i not in best]
    return (best + rest)[:keep]""",
    "varied_best__rest_in_given_order": [("first + rest", "first + sorted(rest)")],
    "varied_best__scores_not_positions": "return sorted(scores.tolist())[::-1][:keep]",
    "varied_best__all": [("[:keep]", "")],
    "varied_best__rest_by_kind": [
        ("(first + rest)", "(first + sorted(rest, key=lambda i: kinds[i]))")
    ],
    "clip_loss__rows_only": [("scale * cosines.T", "scale * cosines")],
    "clip_loss__columns_only": [("(scale * cosines,", "(scale * cosines.T,")],
    "clip_loss__sum": [("(losses[0] + losses[1]) / 2", "losses[0] + losses[1]")],
    "clip_loss__overflows": [("logits.max(axis=1, keepdims=True)", "0")],
    "clip_loss__log_of_zero": [
        ("np.mean(log_sums - np", "-np.mean(np.log(np.exp(-log_sums) * np.exp(np"),
        ("(logits)))", "(logits)))))"),
    ],
    "clip_loss__clipped": [
        ("np.mean(log_sums - np.diag(logits))", "np.mean(-np.log(p))"),
        (
            "        losses.append",
            "        p = np.maximum(np.exp(np.diag(logits) - log_sums), 1e-12)\n"
            "        losses.append",
        ),
    ],
    "clip_loss__divides": [
        ("(scale * cosines, scale * cosines.T)", "(cosines / scale, cosines.T / scale)")
    ],
    "clip_loss__no_scale": [
        ("(scale * cosines, scale * cosines.T)", "(cosines, cosines.T)")
    ],
    "clip_loss__sign": [("log_sums - np.diag(logits)", "np.diag(logits) - log_sums")],
    "clip_loss__not_mean": [("np.mean(log_sums", "np.sum(log_sums")],
    "clip_loss__of_each": [("np.mean(log_sums - np", "(log_sums - np")],
    "chance_of__closer": [(">=", "<=")],
    "chance_of__strictly": [(".sum() - 1e-9", ".sum() + 1e-9")],
    "chance_of__number": [("np.mean(distances", "np.sum(distances")],
    "chance_of__uniform": [
        ("sum(), shares, ", "sum(), shares * 0 + 1 / len(shares), ")
    ],
    "chance_of__same_counts_only": """same = rng.multinomial(
        counts.sum(), shares, draws) == counts
    return np.mean(same.all(axis=1))""",
    "chance_of__maximum": [
        ("np.abs(simulated - expected).sum(", "np.abs(simulated - expected).max("),
        ("np.abs(counts - expected).sum(", "np.abs(counts - expected).max("),
    ],
    "chance_of__signed": [("np.abs(simulated - expected)", "(simulated - expected)")],
    "chance_of__largest_count": """drawn = rng.multinomial(
        counts.sum(), shares, draws)
    return np.mean(drawn.max(axis=1) >= counts.max())""",
    "chance_of__own_generator": [("rng.multi", "np.random.default_rng(0).multi")],
    "chance_of__each_kind": [
        (".sum(axis=1)", ""),
        (
            "np.abs(counts - expected).sum() - 1e-9)",
            "np.abs(counts - expected), axis=0)",
        ),
    ],
}
