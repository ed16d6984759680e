"""Exercises of lesson 10b: solutions, then checkers, then wrong answers."""

import re

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


def stem(text):
    """A text -> the text in lower case, its words without their endings."""
    import re

    # It finds 12 scenes instead of 13: too small a difference to judge stemming by.
    # As few letters as possible, but three, so that the ending is the longest.
    return re.sub(r"\b([a-z]{3,}?)(ing|ed|es|s)\b", r"\1", text.lower())


def diverse(query, index, num, weight):
    """Vectors (D,) and (N, D) of length 1 -> num indices, in order of choice."""
    relevance = index @ query
    chosen, closest = [], np.zeros(len(index))
    for _ in range(num):
        scores = weight * relevance - (1 - weight) * closest
        scores[chosen] = -np.inf
        chosen.append(int(scores.argmax()))
        closest = (index @ index[chosen].T).max(axis=1)
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
    recall = float(answer(np.array([[3.0, 2.0, 1.0]]), [[0, 1]], 1)[1])
    assert close(recall, 1 / 2, 1e-4), (
        f"with k 1 and two right passages, one of them first, recall is {recall:.4f}, "
        "not 0.5. Hint: divide by the number of right passages, also above k."
    )
    found = both(6)
    assert close(found[0], right_mrr + 1 / 20, 1e-4) and close(found[1], 1, 1e-4), (
        f"with k 6, all passages, it gives {found[0]:.4f} and {found[1]:.4f}. Hint: "
        "then everything is found, and recall is 1."
    )


def check_2(answer):
    """A crude stemmer."""

    def words(text):
        found = answer(text)
        assert isinstance(found, str), (
            f"its result is a {type(found).__name__}, not a text. Hint: return the "
            "whole text, for example from re.sub."
        )
        assert found == found.lower(), (
            f"of {text!r} it makes {found!r}, with capitals. Hint: text.lower()."
        )
        return re.findall("[a-z]+", found)

    stems = dict(novels="novel", walked="walk", walking="walk", wishes="wish")
    stems |= dict(king="king", red="red", used="used", yes="yes", emma="emma")
    stems |= dict(was="was", cried="cri", rings="ring", this="thi", does="doe")
    stems |= dict(passed="pass", dressing="dress")
    for word, expected in stems.items():
        found = words(word)
        assert found == [expected], (
            f"of {word!r} it makes {' '.join(found)!r}, not {expected!r}. Hint: cut "
            "the first of ing, ed, es, s that ends the word and leaves three letters."
        )
    found = words("feelings")
    assert found == ["feeling"], (
        f"of 'feelings' it makes {' '.join(found)!r}, not 'feeling'. Hint: cut one "
        "ending only, at the end of the word."
    )
    found = words("Edges essential: singed, ingots!")
    assert found == ["edg", "essential", "sing", "ingot"], (
        f"of 'Edges essential: singed, ingots!' it makes the words {' '.join(found)}. "
        "Hint: cut at the end of each word only, also before a comma; \\b helps."
    )
    found = words('"Novels!" she cried;\nwalking-sticks, Emma')
    assert found == ["novel", "she", "cri", "walk", "stick", "emma"], (
        f"of a text with line break, hyphen and quotation marks it makes the words "
        f"{' '.join(found)}. Hint: each run of letters is a word; keep the rest."
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
    "measures__lowest_first": [("argsort(-row)", "argsort(row)")],
    "measures__hit_rate": [("hits.sum() / len(own)", "hits.any()")],
    "measures__precision": [("hits.sum() / len(own)", "hits.mean()")],
    "measures__divides_by_k_at_most": [("/ len(own)", "/ min(k, len(own))")],
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
    "stem__keeps_capitals": [("text.lower()", "text")],
    "stem__shortest_ending": [("{3,}?", "{3,}")],
    "stem__leaves_two_letters": [("{3,}?", "{2,}?")],
    "stem__needs_four_letters": [("{3,}?", "{4,}?")],
    "stem__s_only": [("ing|ed|es|s", "s")],
    "stem__inside_words": [("|s)\\b", "|s)")],
    "stem__ending_only_kept": [(r'r"\1"', r'r"\2"')],
    "stem__one_ending_after_another": """import re
    for ending in ("s", "es", "ed", "ing"):
        text = re.sub(rf"([a-z]{{3}}){ending}\\b", r"\\1", text.lower())
    return text""",
    "stem__cuts_again": """import re
    for _ in range(2):
        text = re.sub(r"\\b([a-z]{3,}?)(ing|ed|es|s)\\b", r"\\1", text.lower())
    return text""",
    "stem__first_fit_only": """import re
    def cut(match):
        word = match[0]
        for ending in ("ing", "ed", "es", "s"):
            if word.endswith(ending):
                return word[: -len(ending)] if len(word) > len(ending) + 2 else word
        return word
    return re.sub("[a-z]+", cut, text.lower())""",
    "stem__by_spaces": """words = text.lower().split()
    for i, word in enumerate(words):
        for ending in ("ing", "ed", "es", "s"):
            if word.endswith(ending) and len(word) - len(ending) >= 3:
                words[i] = word[: -len(ending)]
                break
    return " ".join(words)""",
    "stem__list": [
        ("return re.sub(", "return re.findall('[a-z]+', re.sub("),
        ("text.lower())", "text.lower()))"),
    ],
    "diverse__by_relevance": [("- (1 - weight) * closest", "")],
    "diverse__repeats": [("        scores[chosen] = -np.inf\n", "")],
    "diverse__least_alike": [("weight * relevance -", "-weight * relevance -")],
    "diverse__mean": [(".max(axis=1)", ".mean(axis=1)")],
    "diverse__last_only": [("index[chosen]", "index[chosen[-1:]]")],
    "diverse__weights_swapped": [
        ("weight * relevance - (1 - weight)", "(1 - weight) * relevance - weight")
    ],
    "diverse__adds": [("relevance - (1", "relevance + (1")],
    "diverse__all": [("range(num)", "range(len(passages))")],
    "diverse__scores": [("int(scores.argmax())", "float(scores.max())")],
    "diverse__question_only": """order = np.argsort(-(index @ query))
    return order[:num].tolist()""",
}
