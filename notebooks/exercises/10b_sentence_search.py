"""Exercises of lesson 10b: solutions, then checkers, then wrong answers."""

from course_utils.judge import close

import numpy as np


def measures(scores, right, k):
    """Scores (Q, N), Q lists of indices, a number -> MRR@k and recall@k."""
    reciprocals, recalls = [], []
    for row, own in zip(scores, right, strict=True):
        hits = np.isin(np.argsort(-row)[:k], own)  # (k,), True for a right passage
        rank = hits.argmax() + 1  # of the first right one
        reciprocals.append(1 / rank if hits.any() else 0)
        recalls.append(hits.sum() / len(own))
    return np.mean(reciprocals), np.mean(recalls)


def hard_loss(questions, right, wrong, scale=20):
    """Vectors (B, D) each, a number -> the mean loss in nats, a number."""
    candidates = np.concatenate([right, wrong])  # (2B, D)
    logits = scale * questions @ candidates.T  # (B, 2B)
    logits -= logits.max(axis=1, keepdims=True)
    log_p = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    return -np.mean(np.diag(log_p))


def diverse(question, passages, num, weight):
    """Vectors (D,) and (N, D) of length 1 -> num indices, in order of choice."""
    relevance = passages @ question
    chosen, closest = [], np.zeros(len(passages))
    for _ in range(num):
        scores = weight * relevance - (1 - weight) * closest
        scores[chosen] = -np.inf
        chosen.append(int(scores.argmax()))
        closest = (passages @ passages[chosen].T).max(axis=1)
    return chosen


def check_1(answer):
    """Mean reciprocal rank and recall of a search."""
    # The ranks of the passages for each question, and which passages are right.
    ranks = np.array(
        [[4, 2, 1, 3, 5, 6], [1, 2, 3, 4, 5, 6], [6, 5, 4, 3, 2, 1], [2, 6, 4, 1, 5, 3]]
    )
    right = [[1, 3], [0], [0, 2, 3], [4]]
    scores = 1.5 - ranks / 2  # some are below 0

    def both(k):
        kept = scores.copy()
        with np.errstate(all="ignore"):
            found = answer(kept, [list(own) for own in right], k)
        assert close(kept, scores), (
            "your function changes the scores. Hint: sort a copy, np.argsort(-row)."
        )
        assert np.shape(found) == (2,), (
            f"its result has the shape {np.shape(found)}. Hint: return two numbers, "
            "MRR@k and recall@k."
        )
        return [float(number) for number in found]

    mrr, recall = both(3)
    told = f"of four questions, with k 3, MRR is {mrr:.4f}"
    right_mrr, right_recall = (1 / 2 + 1 + 1 / 3 + 0) / 4, (1 + 1 + 1 / 3 + 0) / 4
    swapped = close(mrr, right_recall, 1e-4) and close(recall, right_mrr, 1e-4)
    assert not swapped, "the two numbers are swapped. Hint: MRR@k comes first."
    assert not close(mrr, right_mrr + 1 / 20, 1e-4), (
        f"{told}: it counts a right passage beyond the first k. Hint: 0 for those."
    )
    assert not close(mrr, right_mrr * 4 / 3, 1e-4), (
        f"{told}: it leaves out a question without a hit. Hint: this counts as 0."
    )
    assert close(mrr, right_mrr, 1e-4), (
        f"{told}, not {right_mrr:.4f}. Hint: the highest score has rank 1; take 1 / "
        "rank of the first right passage, then the mean over the questions."
    )
    told = f"of four questions, with k 3, recall is {recall:.4f}"
    assert not close(recall, 3 / 4, 1e-4), (
        f"{told}: this is the hit rate. Hint: count how many of a question's right "
        "passages are found."
    )
    assert not close(recall, 1 / 3, 1e-4), (
        f"{told}: this is precision. Hint: divide by the number of right passages, not "
        "by k."
    )
    assert not close(recall, 4 / 7, 1e-4), (
        f"{told}: it takes all questions together. Hint: a share for each question, "
        "then the mean."
    )
    assert close(recall, right_recall, 1e-4), (
        f"{told}, not {right_recall:.4f}. Hint: for each question, the share of its "
        "right passages among the first k, then the mean."
    )
    found = both(1)
    assert close(found[0], 1 / 4, 1e-4) and close(found[1], 1 / 4, 1e-4), (
        f"with k 1 it gives {found[0]:.4f} and {found[1]:.4f}, not 0.25 twice. Hint: "
        "look at the first k passages only."
    )
    found = both(6)
    assert close(found[0], right_mrr + 1 / 20, 1e-4) and close(found[1], 1, 1e-4), (
        f"with k 6, all passages, it gives {found[0]:.4f} and {found[1]:.4f}. Hint: "
        "then everything is found, and recall is 1."
    )


def check_2(answer):
    """InfoNCE with hard negatives."""
    q, r, w = np.random.default_rng(0).normal(size=(3, 4, 6))
    q, r, w = (x / np.linalg.norm(x, axis=1, keepdims=True) for x in (q, r, w))

    def loss(*arrays, **options):
        kept = [array.copy() for array in arrays]
        with np.errstate(all="ignore"):
            found = answer(*kept, **options)
        assert all(close(*pair, 0) for pair in zip(kept, arrays, strict=True)), (
            "your function changes its input. Hint: make a new array of the logits."
        )
        assert np.shape(found) == () and found is not None, (
            f"its result has the shape {np.shape(found)} and is no number. Hint: "
            "return the mean over the questions."
        )
        return float(found)

    def nats(logits):
        return np.log(np.exp(logits).sum(axis=1)) - np.diag(logits)

    both = np.concatenate([r, w])
    every = nats(5 * q @ both.T)
    found, expected = loss(q, r, w, scale=5), every.mean()
    assert not close(found, -expected, 1e-4), (
        "the sign is wrong. Hint: the loss is minus the mean log probability."
    )
    assert not close(found, nats(5 * q @ r.T).mean(), 1e-4), (
        "`wrong` has no effect. Hint: concatenate right and wrong to 2B candidates."
    )
    own = np.concatenate([5 * q @ r.T, 5 * (q * w).sum(1, keepdims=True)], axis=1)
    assert not close(found, nats(own).mean(), 1e-4), (
        "each question meets its own hard negative only. Hint: those of the other "
        "questions are candidates, too."
    )
    assert not close(found, nats(q @ both.T).mean(), 1e-4), (
        "`scale` has no effect. Hint: multiply the cosines by it."
    )
    assert not close(found, nats(q @ both.T / 5).mean(), 1e-4), (
        "the cosines are divided by `scale`. Hint: multiply them."
    )
    assert not close(found, every.sum(), 1e-4), (
        "it is the sum over the questions. Hint: take the mean."
    )
    assert not close(found, nats(5 * q @ np.concatenate([w, r]).T).mean(), 1e-4), (
        "the hard negatives are taken for right. Hint: put `right` first, then the "
        "diagonal of (B, 2B) belongs to it."
    )
    assert close(found, expected, 1e-4), (
        f"it gives {found:.4f} instead of {expected:.4f} nats. Hint: log softmax of "
        "each row of the (B, 2B) logits, then minus the mean of the diagonal."
    )
    found, expected = loss(q, r, w), nats(20.0 * q @ both.T).mean()
    assert close(found, expected, 1e-3), (
        "without `scale`, it is not 20. Hint: keep the default of the stub."
    )
    found = loss(q, q, -q, scale=1000)
    assert np.isfinite(found) and abs(found) < 1e-3, (
        f"with scale 1,000 it is {found}. Hint: subtract the largest logit of each row "
        "before np.exp, and take no log of a probability that may be 0."
    )
    q, r = np.array([[1.0, 0, 0], [0, 1, 0]]), np.array([[1.0, 0, 0], [-0.6, -0.8, 0]])
    found = loss(q, r, np.array([[0.6, -0.8, 0], [0, -0.8, 0.6]]), scale=1000)
    assert close(found, 400, 1e-3), (
        f"where rows differ much, it is {found}, not 400. Hint: subtract from each row "
        "its own largest logit."
    )


def check_3(answer):
    """Maximal marginal relevance."""
    angles = np.radians([10, 12, -25, 50, 170])
    rows = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    question = np.array([1.0, 0.0])

    def chosen(num, weight):
        kept = rows.copy(), question.copy()
        found = answer(kept[1], kept[0], num, weight)
        assert close(kept[0], rows) and close(kept[1], question), (
            "the arrays given have changed. Hint: change a copy of the scores."
        )
        assert np.shape(found) == (num,), (
            f"for num {num}, its result has the shape {np.shape(found)}. Hint: return "
            "a list of num indices."
        )
        found = np.asarray(found)
        assert found.dtype.kind in "iu", (
            f"it returns {found[0]}, no index. Hint: use argmax, not max."
        )
        return found.tolist()

    found = chosen(1, 0.5)
    assert found == [0], (
        f"the first choice is {found[0]}, not the passage most like the question. "
        "Hint: nothing is chosen yet, so the second term is 0."
    )
    found = chosen(3, 1.0)
    assert len({*found}) == 3, (
        f"with weight 1 it chooses {found}: one of them twice. Hint: set the scores of "
        "the chosen to -np.inf."
    )
    assert found == [0, 1, 2], (
        f"with weight 1 it chooses {found}, not the three most like the question, "
        "[0, 1, 2]. Hint: weight × cosine with the question comes first."
    )
    found = chosen(2, 0.6)
    assert found != [0, 1], (
        "with weight 0.6, the second choice is nearly the same as the first. Hint: "
        "subtract (1 - weight) × the highest cosine with a chosen one."
    )
    assert found == [0, 2], (
        f"with weight 0.6 it chooses {found}, not [0, 2]. Hint: score = weight × "
        "cosine with the question - (1 - weight) × highest cosine with a chosen one."
    )
    found = chosen(4, 0.6)
    expected = diverse(question, rows, 4, 0.6)
    assert found == expected, (
        f"with weight 0.6 it chooses {found}, not {expected}. Hint: the second term "
        "is the highest cosine with any passage chosen so far: no mean, no sum, and "
        "not the last one's alone."
    )
    rng = np.random.default_rng(1)
    rows, question = rng.normal(size=(30, 3)), np.array([0.0, 0.6, 0.8])
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    for weight in (0.3, 0.5, 0.8):
        found, expected = chosen(6, weight), diverse(question, rows, 6, weight)
        assert found == expected, (
            f"of 30 random vectors it chooses {found}, not {expected}. Hint: the "
            "second term is the highest cosine with any passage chosen so far."
        )


WRONG = {  # replacements in a solution, or another body for it
    "hard_loss__one_maximum_for_all": [
        ("logits.max(axis=1, keepdims=True)", "logits.max()")
    ],
    "measures__lowest_first": [("argsort(-row)", "argsort(row)")],
    "measures__hit_rate": [("hits.sum() / len(own)", "hits.any()")],
    "measures__precision": [("hits.sum() / len(own)", "hits.mean()")],
    "measures__rank_from_0": [("hits.argmax() + 1", "hits.argmax()")],
    "measures__swapped": [
        (
            "np.mean(reciprocals), np.mean(recalls)",
            "np.mean(recalls), np.mean(reciprocals)",
        )
    ],
    "measures__misses_left_out": [
        (
            "reciprocals.append(1 / rank if hits.any() else 0)",
            "reciprocals += [1 / rank] if hits.any() else []",
        )
    ],
    "measures__miss_is_first": [(" if hits.any() else 0", "")],
    "measures__k_is_3": [("[:k]", "[:3]")],
    "measures__mrr_not_cut": [
        (
            "        recalls.append",
            "        if not hits.any():\n"
            "            every = np.isin(np.argsort(-row), own)\n"
            "            reciprocals[-1] = 1 / (every.argmax() + 1)\n"
            "        recalls.append",
        )
    ],
    "measures__all_together": [
        ("recalls.append(hits.sum() / len(own))", "recalls.append(hits.sum())"),
        ("np.mean(recalls)", "np.sum(recalls) / sum(len(own) for own in right)"),
    ],
    "measures__recall_only": [
        ("return np.mean(reciprocals), np.mean", "return np.mean")
    ],
    "measures__sorts_in_place": [
        ("    for row, own", "    scores *= 1\n    scores -= 9\n    for row, own")
    ],
    "hard_loss__right_only": [("[right, wrong]", "[right]")],
    "hard_loss__own_negative_only": """own = (questions * wrong).sum(axis=1)
    logits = scale * np.concatenate([questions @ right.T, own[:, None]], axis=1)
    return np.mean(np.log(np.exp(logits).sum(axis=1)) - np.diag(logits))""",
    "hard_loss__sign": [("return -", "return ")],
    "hard_loss__no_scale": [("scale * questions", "questions")],
    "hard_loss__divides": [("scale * questions", "questions / scale")],
    "hard_loss__sum": [("np.mean", "np.sum")],
    "hard_loss__each": [("np.mean(np.diag(log_p))", "np.diag(log_p)")],
    "hard_loss__wrong_is_right": [("[right, wrong]", "[wrong, right]")],
    "hard_loss__overflows": [("    logits -= logits.max(axis=1, keepdims=True)\n", "")],
    "hard_loss__columns": [
        (".max(axis=1", ".max(axis=0"),
        ("logits).sum(axis=1", "logits).sum(axis=0"),
    ],
    "hard_loss__other_default": [("scale=20", "scale=1")],
    "hard_loss__probability": [("np.diag(log_p)", "np.exp(np.diag(log_p))")],
    "diverse__by_relevance": [("- (1 - weight) * closest", "")],
    "diverse__repeats": [("        scores[chosen] = -np.inf\n", "")],
    "diverse__least_alike": [("weight * relevance -", "-weight * relevance -")],
    "diverse__mean": [(".max(axis=1)", ".mean(axis=1)")],
    "diverse__last_only": [("passages[chosen]", "passages[chosen[-1:]]")],
    "diverse__weights_swapped": [
        ("weight * relevance - (1 - weight)", "(1 - weight) * relevance - weight")
    ],
    "diverse__adds": [("relevance - (1", "relevance + (1")],
    "diverse__all": [("range(num)", "range(len(passages))")],
    "diverse__scores": [("int(scores.argmax())", "float(scores.max())")],
    "diverse__question_only": """order = np.argsort(-(passages @ question))
    return order[:num].tolist()""",
}
