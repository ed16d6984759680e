"""Exercises of lesson 10b: solutions, then checkers, then wrong answers.

To search overlapping passages (10b.1), let `cut` join the pieces of text.split(), and
set new_index = True (about 10 minutes; longer with more passages).
"""

from course_utils.judge import close

import numpy as np


def pieces(words, size, overlap):
    """A list of words -> a list of lists of words."""
    found, start = [], 0
    while start < len(words):
        found.append(words[start : start + size])
        if start + size >= len(words):
            break
        start += size - overlap
    return found


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
    """Overlapping pieces of a list of words."""
    words = "a b c d e f g h i j".split()

    def cut(words, size, overlap):
        given = list(words)
        found = answer(given, size, overlap)
        assert given == list(words), (
            "the list that your function was given has changed. Hint: take slices, "
            "words[start : start + size]."
        )
        fits = isinstance(found, list) and all(isinstance(p, list) for p in found)
        assert fits, (
            "the result is no list of lists. Hint: each piece is a list of words: "
            "words[start : start + size]."
        )
        return found

    found = cut(words, 4, 1)
    told = f"of ten words, with size 4 and overlap 1, it makes {found}"[:150]
    assert [] not in found, f"{told}. Hint: stop where no words are left."
    assert found and found[0] == words[:4], (
        f"{told}. Hint: the first piece is the first `size` words."
    )
    assert found[1:2] != [words[4:8]], (
        f"{told}: the pieces do not overlap. Hint: go on by size - overlap words."
    )
    assert found[1:2] != [words[1:5]], (
        f"{told}. Hint: `overlap` says how many words two neighbours share, not how "
        "many words to go on by."
    )
    assert found[-1] != words[9:], (
        f"{told}: the last piece lies within the one before. Hint: stop after a piece "
        "that reaches the last word."
    )
    assert found == [words[:4], words[3:7], words[6:]], (
        f"{told}. Hint: pieces begin at 0, 3, 6 ..., until one reaches the last word."
    )
    found = cut(words[:9], 4, 1)
    assert found == [words[:4], words[3:7], words[6:9]], (
        f"of nine words, with size 4 and overlap 1, it makes {found}"[:150]
        + ". Hint: the last piece may be shorter, and must not be left out or moved."
    )
    found = cut(words[:8], 4, 1)
    assert found == [words[:4], words[3:7], words[6:8]], (
        f"of eight words, with size 4 and overlap 1, it makes {found}"[:150]
        + ". Hint: the last piece must reach the last word."
    )
    found = cut(words, 5, 0)
    assert found == [words[:5], words[5:]], (
        f"without overlap, of ten words and size 5, it makes {found}"[:150]
        + ". Hint: two pieces, the last of which reaches the last word."
    )
    found = cut(words[:3], 4, 3)
    assert found == [words[:3]], (
        f"of three words, with size 4, it makes {found}"[:150]
        + ". Hint: a short text is one piece."
    )
    assert cut([], 4, 1) == [], "no words make a piece. Hint: return [] for them."


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
    "pieces__no_overlap": [("size - overlap", "size")],
    "pieces__step_is_overlap": [("start += size - overlap", "start += overlap")],
    "pieces__last_within": "return [words[i : i + size] for i in range(0, len(words), "
    "size - overlap)]",
    "pieces__full_ones_only": "return [words[i : i + size] for i in range(0, "
    "len(words) - size + 1, size - overlap)]",
    "pieces__strings": [("words[start : start + size]", '" ".join(words)')],
    "pieces__consumes": """found = []
    while words:
        found.append(words[:size])
        del words[: size - overlap if len(words) > size else size]
    return found""",
    "pieces__misses_the_end": [("start + size >=", "start + size + 1 >=")],
    "pieces__one_for_nothing": [("while start < len(words)", "while True")],
    "pieces__last_moved": """if len(words) <= size:
        return [words] if words else []
    starts = [*range(0, len(words) - size, size - overlap), len(words) - size]
    return [words[start : start + size] for start in starts]""",
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
