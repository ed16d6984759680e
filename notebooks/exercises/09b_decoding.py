"""Exercises of lesson 09b: solutions, then checkers, then wrong answers."""

# 09b.3, the first ten prompts of the comparison, 60 tokens each: 2.95 ± 0.05 bits a
# token and distinct-2 82.7 ± 0.7 %; plain greedy decoding has 2.85 ± 0.06 and
# 45.3 ± 3.7 %. The loops are gone at a small cost in bits.

from course_utils.judge import close

import numpy as np


def typical(p, mass):
    """Probabilities (V,), all above 0, 0 < mass <= 1 -> (V,) that sum to 1."""
    surprise = -np.log2(p)
    entropy = (p * surprise).sum()
    order = np.argsort(abs(surprise - entropy), kind="stable")
    before = np.cumsum(p[order]) - p[order]
    kept = order[before < mass - 1e-12]
    result = np.zeros(len(p))
    result[kept] = p[kept]
    return result / result.sum()


def banned_tokens(ids, n):
    """Ids (T,), n >= 2 -> the set of tokens that would repeat an n-gram of ids."""
    ids = list(ids)
    end = ids[len(ids) - n + 1 :] if len(ids) >= n else None
    starts = range(len(ids) - n + 1)
    return {ids[start + n - 1] for start in starts if ids[start : start + n - 1] == end}


def check_1(answer):
    """Locally typical sampling."""
    p = np.array([0.125, 0.25, 0.125, 0.5])  # entropy 1.75 bits
    before = p.copy()
    result = answer(p, 0.2)
    assert np.shape(result) == (4,), (
        f"the result has the shape {np.shape(result)}, not (4,). "
        "Hint: start with np.zeros(len(p)) and fill in what is kept."
    )
    assert close(p, before, 0), "your function changes its input. Hint: work on a copy."

    def kept(p, mass):
        return np.flatnonzero(answer(p, mass)).tolist()

    found, told = kept(p, 0.2), f"of {p.tolist()} and with a mass of 0.2 "
    assert found, (
        "a mass of 0.2 keeps nothing. "
        "Hint: the token that reaches the mass is kept, so that at least one stays."
    )
    assert found != [3], (
        told + "the likeliest is kept, as in top-p. Hint: "
        "order by abs(-log2 p - entropy), the nearest first: 1.75 bits, not 0."
    )
    assert found not in ([0], [2]), (
        told + "a token of 0.125 is kept alone, though it is less than the mass. Hint: "
        "put each probability back in its place: result[order[:k]] = p[order[:k]]."
    )
    assert found != [0, 2], (
        told + "both of 0.125 are kept. Hint: their 3 bits are 1.25 from the entropy, "
        "the 2 bits of 0.25 only 0.25: the nearest first."
    )
    assert found != [1, 3], (
        told
        + "the 0.5 is kept beside the 0.25, which reaches the mass alone. Hint: the "
        "fewest: stop at the token that reaches the mass."
    )
    assert found == [1], (
        told + f"tokens number {found} are kept, not 1 alone. Hint: the entropy is "
        "1.75 bits; the 2 bits of token 1 are nearest to it and reach the mass."
    )
    assert kept(np.array([0.7, 0.1, 0.1, 0.1]), 0.2) == [0], (
        "of [0.7, 0.1, 0.1, 0.1] a mass of 0.2 does not keep the first alone. Hint: "
        "the entropy, 1.36 bits, is the sum of -p * log2 p: each cost counts with p."
    )
    assert kept(p, 0.7) == [1, 3], (
        "a mass of 0.7 does not keep 0.25 and 0.5. Hint: take tokens in that order "
        "until their probabilities sum to the mass, the one that reaches it included."
    )
    result = answer(p, 0.7)
    assert close(np.sum(result), 1.0), (
        "the result does not sum to 1. Hint: divide by the sum of what is left."
    )
    assert close(result, [0, 1 / 3, 0, 2 / 3]), (
        "the tokens of 0.25 and 0.5 are kept, but not with 1/3 and 2/3. Hint: each "
        "keeps its probability, divided by the sum of those that are kept."
    )
    assert kept(p, 0.75) == [1, 3], (
        "a mass of 0.75 does not keep 0.25 and 0.5 alone. "
        "Hint: they sum to 0.75 already: the fewest tokens that reach it."
    )
    assert kept(p, 1.0) == [0, 1, 2, 3], (
        "a mass of 1 loses tokens. Hint: keep them all."
    )
    rng = np.random.default_rng(0)
    some = rng.dirichlet(np.ones(12))
    for mass in (0.1, 0.4, 0.8):
        assert close(answer(some, mass), typical(some, mass)), (
            f"for 12 random probabilities and a mass of {mass} the result is wrong. "
            "Hint: order by abs(-log2 p - entropy), and keep until the mass is reached."
        )
    for dtype in ("float64", "float32"):
        for many in rng.dirichlet(np.full(300, 10.0), 20).astype(dtype):
            assert len(kept(many, 1.0)) == 300, (
                f"of 300 {dtype} probabilities a mass of 1 loses some. Hint: rounded "
                "sums may end just below 1, so that none reaches the mass (np.argmax "
                "is then 0): keep a token if those before it have less than the mass."
            )


def check_2(answer):
    """Tokens that would repeat an n-gram."""
    banned = _set(answer)
    result = banned([1, 2, 3, 1, 2], 3)
    assert result == {3}, (
        f"after 1 2 3 1 2 and for n = 3 it bans {result or 'nothing'}, not {{3}}. "
        "Hint: the last n - 1 ids are 1 2; they were followed by 3 before."
    )
    assert banned([8, 2, 3, 1, 2], 3) == set(), (
        "after 8 2 3 1 2 and for n = 3 something is banned, though 1 2 is new. "
        "Hint: all of the last n - 1 ids must have come before, in this order."
    )
    assert banned([1, 2, 3, 1, 2, 4, 1, 2], 3) == {3, 4}, (
        "after 1 2 3 1 2 4 1 2 not both 3 and 4 are banned. "
        "Hint: look at every earlier place, not only at the first or the last."
    )
    assert banned([7, 7], 2) == {7}, (
        "after 7 7 and for n = 2 it does not ban 7. "
        "Hint: the pair 7 7 is in the text, and a third 7 would repeat it."
    )
    assert banned([5, 6, 7], 2) == set(), (
        "after 5 6 7 and for n = 2 something is banned, though 7 came only once. "
        "Hint: the end itself is followed by nothing: stop before it."
    )
    empty = [banned([], 2), banned([4], 2), banned([4, 4], 4)]
    assert empty == [set()] * 3, (
        "a text shorter than n bans something. "
        "Hint: without an n-gram in the text nothing can be repeated: return set()."
    )
    assert banned(np.array([3, 9, 0, 3, 9]), 3) == {0}, (
        "for ids in an array, 3 9 0 3 9, and n = 3 it does not ban 0. "
        "Hint: compare lists, or use .all(); 0 is a token like any other."
    )
    rng = np.random.default_rng(1)
    for n in (2, 3, 4):
        ids = rng.integers(0, 3, 40).tolist()
        assert banned(ids, n) == banned_tokens(ids, n), (
            f"for 40 random ids and n = {n} the set is wrong. "
            "Hint: compare each run of n - 1 ids with the last n - 1; ban what follows."
        )


def _set(answer):
    """The answer, whose results must be sets."""

    def banned(ids, n):
        result = answer(ids, n)
        assert isinstance(result, set | frozenset), (
            f"for {len(ids)} ids and n = {n} it returns a {type(result).__name__}, not "
            "a set. Hint: begin with set(), not {}, and use .add(token)."
        )
        return result

    return banned


WRONG = {  # replacements in a solution, or another body for it
    "typical__top_p": [("abs(surprise - entropy)", "-p")],
    "typical__farthest_first": [("abs(surprise", "-abs(surprise")],
    "typical__no_absolute_value": [("abs(surprise - entropy)", "surprise - entropy")],
    "typical__stops_one_early": [
        ("before < mass - 1e-12", "before + p[order] <= mass"),
        ("return result / result.sum()", "return result / max(result.sum(), 1e-9)"),
    ],
    "typical__one_too_many": [("before < mass - 1e-12", "before <= mass + 1e-12")],
    "typical__not_normalised": [("result / result.sum()", "result")],
    "typical__entropy_without_weights": [("(p * surprise).sum()", "surprise.mean()")],
    "typical__not_put_back": [
        ("result[kept] = p[kept]", "result[: len(kept)] = p[kept]")
    ],
    "typical__put_back_by_order": [
        (
            "result[kept] = p[kept]",
            "result[: len(kept)] = p[kept]\n    result = result[order]",
        )
    ],
    "typical__equal_probabilities": [("result[kept] = p[kept]", "result[kept] = 1")],
    "typical__one_more": [
        (
            "kept = order[before < mass - 1e-12]",
            "kept = order[: (before < mass - 1e-12).sum() + 1]",
        )
    ],
    "typical__argmax_of_reached": [
        ("before = np.cumsum(p[order]) - p[order]", "total = np.cumsum(p[order])"),
        ("order[before < mass - 1e-12]", "order[: np.argmax(total >= mass) + 1]"),
    ],
    "typical__returns_kept_alone": [("result / result.sum()", "p[kept]")],
    "typical__changes_its_input": [
        ("result / result.sum()", "np.divide(result, result.sum(), out=p)")
    ],
    "banned_tokens__list": [
        ("{ids[start + n - 1] for", "[ids[start + n - 1] for"),
        ("== end}", "== end]"),
    ],
    "banned_tokens__dict_if_short": [
        ("ids = list(ids)", "ids = list(ids)\n    if len(ids) < n:\n        return {}")
    ],
    "banned_tokens__end_of_n": [
        ("ids[len(ids) - n + 1 :]", "ids[len(ids) - n :]"),
        ("ids[start : start + n - 1] == end", "ids[start : start + n] == end"),
    ],
    "banned_tokens__bans_all_seen": "return set(ids)",
    "banned_tokens__repeats_of_the_last_id": (
        "ids = list(ids)\n    return {b for a, b in zip(ids, ids[1:]) if a == ids[-1]}"
    ),
    "banned_tokens__first_place_only": (
        "ids = list(ids)\n"
        "    for start in range(len(ids) - n + 1):\n"
        "        if ids[start : start + n - 1] == ids[len(ids) - n + 1 :]:\n"
        "            return {ids[start + n - 1]}\n"
        "    return set()"
    ),
    "banned_tokens__forgets_the_place_before_the_end": [
        ("range(len(ids) - n + 1)", "range(len(ids) - n)")
    ],
    "banned_tokens__arrays_compared": [
        ("ids = list(ids)\n    ", ""),
        ("ids[start : start + n - 1] == end", "(ids[start : start + n - 1] == end)"),
    ],
    "banned_tokens__the_end_too": (
        "ids = list(ids)\n"
        "    end = ids[-(n - 1) :]\n"
        "    found = set()\n"
        "    for start in range(len(ids)):\n"
        "        if ids[start : start + n - 1] == end:\n"
        "            found.add(ids[(start + n - 1) % len(ids)])\n"
        "    return found"
    ),
}
