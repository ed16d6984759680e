"""Exercises of lesson 09b: solutions, then checkers, then wrong answers."""

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
    p = np.array([0.5, 0.25, 0.125, 0.125])  # entropy 1.75 bits
    before = p.copy()
    result = answer(p, 0.2)
    assert np.shape(result) == (4,), (
        f"the result has the shape {np.shape(result)}, not (4,). "
        "Hint: start with np.zeros(len(p)) and fill in what is kept."
    )
    assert close(p, before, 0), "your function changes its input. Hint: work on a copy."
    assert np.sum(result) > 0, (
        "a mass of 0.2 keeps nothing. "
        "Hint: the token that reaches the mass is kept, so that at least one stays."
    )
    assert close(np.sum(result), 1.0), (
        "the result does not sum to 1. Hint: divide by the sum of what is left."
    )
    assert not close(result, [1, 0, 0, 0]), (
        "of [0.5, 0.25, 0.125, 0.125] the likeliest is kept first, as in top-p. Hint: "
        "order by abs(-log2 p - entropy), the nearest first: 1.75 bits, not 0."
    )
    assert close(result[2:], [0, 0]), (
        "of [0.5, 0.25, 0.125, 0.125] a token of 0.125 is kept first. Hint: its 3 bits "
        "are 1.25 from the entropy, the 2 bits of 0.25 only 0.25: sort upwards."
    )
    assert close(result, [0, 1, 0, 0]), (
        "of [0.5, 0.25, 0.125, 0.125] a mass of 0.2 does not keep the second alone. "
        "Hint: the entropy is 1.75 bits, and 2 bits are nearest to it."
    )
    assert close(answer(np.array([0.7, 0.1, 0.1, 0.1]), 0.2), [1, 0, 0, 0]), (
        "of [0.7, 0.1, 0.1, 0.1] a mass of 0.2 does not keep the first alone. Hint: "
        "the entropy, 1.36 bits, is the sum of -p * log2 p: each cost counts with p."
    )
    assert close(answer(p, 0.7), [2 / 3, 1 / 3, 0, 0]), (
        "a mass of 0.7 does not keep 0.5 and 0.25. Hint: take tokens in that order "
        "until their probabilities sum to the mass, the one that reaches it included."
    )
    assert close(answer(p, 0.75), [2 / 3, 1 / 3, 0, 0]), (
        "a mass of 0.75 does not keep 0.5 and 0.25 alone. "
        "Hint: they sum to 0.75 already: the fewest tokens that reach it."
    )
    assert close(answer(p, 1.0), p), "a mass of 1 loses tokens. Hint: keep them all."
    some = np.random.default_rng(0).dirichlet(np.ones(12))
    for mass in (0.1, 0.4, 0.8):
        assert close(answer(some, mass), typical(some, mass)), (
            f"for 12 random probabilities and a mass of {mass} the result is wrong. "
            "Hint: order by abs(-log2 p - entropy), and keep until the mass is reached."
        )


def check_2(answer):
    """Tokens that would repeat an n-gram."""
    result = answer([1, 2, 3, 1, 2], 3)
    assert isinstance(result, set | frozenset), (
        f"it returns a {type(result).__name__}, not a set. Hint: begin with set(), and "
        "use .add(token)."
    )
    assert result == {3}, (
        f"after 1 2 3 1 2 and for n = 3 it bans {result or 'nothing'}, not {{3}}. "
        "Hint: the last n - 1 ids are 1 2; they were followed by 3 before."
    )
    assert answer([8, 2, 3, 1, 2], 3) == set(), (
        "after 8 2 3 1 2 and for n = 3 something is banned, though 1 2 is new. "
        "Hint: all of the last n - 1 ids must have come before, in this order."
    )
    assert answer([1, 2, 3, 1, 2, 4, 1, 2], 3) == {3, 4}, (
        "after 1 2 3 1 2 4 1 2 not both 3 and 4 are banned. "
        "Hint: look at every earlier place, not only at the first or the last."
    )
    assert answer([7, 7], 2) == {7}, (
        "after 7 7 and for n = 2 it does not ban 7. "
        "Hint: the pair 7 7 is in the text, and a third 7 would repeat it."
    )
    assert answer([5, 6, 7], 2) == set(), (
        "after 5 6 7 and for n = 2 something is banned, though 7 came only once. "
        "Hint: the end itself is followed by nothing: stop before it."
    )
    empty = [answer([], 2), answer([4], 2), answer([4, 4], 4)]
    assert empty == [set()] * 3, (
        "a text shorter than n bans something. "
        "Hint: without an n-gram in the text nothing can be repeated: return set()."
    )
    assert answer(np.array([3, 9, 0, 3, 9]), 3) == {0}, (
        "for ids in an array, 3 9 0 3 9, and n = 3 it does not ban 0. "
        "Hint: compare lists, or use .all(); 0 is a token like any other."
    )
    rng = np.random.default_rng(1)
    for n in (2, 3, 4):
        ids = rng.integers(0, 3, 40).tolist()
        assert answer(ids, n) == banned_tokens(ids, n), (
            f"for 40 random ids and n = {n} the set is wrong. "
            "Hint: compare each run of n - 1 ids with the last n - 1; ban what follows."
        )


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
    "typical__returns_kept_alone": [("result / result.sum()", "p[kept]")],
    "typical__changes_its_input": [
        ("result / result.sum()", "np.divide(result, result.sum(), out=p)")
    ],
    "banned_tokens__list": [
        ("{ids[start + n - 1] for", "[ids[start + n - 1] for"),
        ("== end}", "== end]"),
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
