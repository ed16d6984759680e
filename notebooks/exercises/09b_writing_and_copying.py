"""Exercises of lesson 09b: solutions, then checkers, then wrong answers."""

from course_utils.judge import Verdict, close

import numpy as np


def next_beams(scores, log_probabilities):
    """Scores (B,) and log-probabilities (B, V) -> rows (B,) and tokens (B,)."""
    sums = scores[:, None] + log_probabilities  # (B, V)
    best = np.argsort(-sums, axis=None)[: len(scores)]  # places in the flattened sums
    return np.divmod(best, sums.shape[1])


def copy_guess(tokens):
    """The token that followed the last earlier occurrence of tokens[-1], or None."""
    for place in range(len(tokens) - 2, -1, -1):
        if tokens[place] == tokens[-1]:
            return tokens[place + 1]
    return None


def check_1(answer):
    """The B likeliest of all B * V continuations."""
    rows, tokens = _beams(answer, np.log([0.5]), np.log([[0.2, 0.1, 0.4, 0.3]]))
    assert close(rows, [0]), (
        "a single beam does not have the row 0. "
        "Hint: in the flattened (B, V) sums, place n is row n // V and token n % V."
    )
    assert close(tokens, [2]), (
        "a single beam does not go on with its likeliest token. Hint: the "
        "log-probabilities of the text and of the token add up: take the largest sum."
    )
    even = np.array([[28, 26, 24, 22], [46, 6, 44, 4], [22, 24, 31, 23]]) / 100
    rows, tokens = _beams(answer, np.log([1 / 3, 1 / 3, 1 / 3]), np.log(even))
    assert sorted(rows) != [0, 1, 2], (
        "each beam goes on with one token, although beam 1 has the two likeliest. "
        "Hint: all B * V continuations compete: one beam may win twice, another not at "
        "all."
    )
    assert sorted(zip(rows, tokens, strict=True)) == [(1, 0), (1, 2), (2, 2)], (
        "the continuations are not the three likeliest of 3 beams and 4 tokens. "
        "Hint: in the flattened (B, V) sums, place n is row n // V and token n % V."
    )
    assert close(tokens, [0, 2, 2]), (
        "the continuations are the right ones, but not the likeliest first. "
        "Hint: np.argsort sorts upwards: sort the negative sums and keep the first B."
    )
    uneven = [[0.5, 0.3, 0.15, 0.05], [0.1, 0.81, 0.05, 0.04], [0.92, 0.04, 0.03, 0.01]]
    rows, tokens = _beams(answer, np.log([0.7, 0.2, 0.1]), np.log(uneven))
    assert close(rows, [0, 0, 1]) and close(tokens, [0, 1, 1]), (
        "an unlikely text with a likely next token wins over likelier texts. "
        "Hint: rank scores[:, None] + log_probabilities, which is (B, V)."
    )
    same = np.log([[0.15, 0.4, 0.05, 0.1, 0.3]] * 3)
    rows, tokens = _beams(answer, np.array([0, -np.inf, -np.inf]), same)
    assert close(rows, [0, 0, 0]) and close(tokens, [1, 4, 0]), (
        "beams of score -inf are gone on with, or the three tokens of beam 0 are "
        "wrong. Hint: -inf plus any number is -inf, below every other sum: just add."
    )
    _compare_random_beams(answer)


def _compare_random_beams(answer):
    random = np.random.default_rng(0)
    for shift in (0, -2000):
        scores, logits = random.normal(shift, 1, 4), random.normal(size=(4, 30))
        log_probabilities = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
        before = scores.copy(), log_probabilities.copy()
        rows, tokens = _beams(answer, scores, log_probabilities)
        assert close(scores, before[0], 0) and close(log_probabilities, before[1], 0), (
            "your function changes its input. Hint: write a + b, not a += b."
        )
        order = np.argsort(-(scores[:, None] + log_probabilities), axis=None)[:4]
        assert close(rows, order // 30) and close(tokens, order % 30), (
            f"4 beams with scores of about {shift} go on in the wrong way. "
            "Hint: compare the logarithms: np.exp of -2000 is 0 for every beam."
        )


def _beams(answer, scores, log_probabilities):
    """Rows and tokens as two lists of integers."""
    try:
        rows, tokens = map(np.asarray, answer(scores, log_probabilities))
    except (TypeError, ValueError):
        rows = tokens = None
    assert rows is not None, (
        "the result is not a pair of arrays. Hint: return rows, tokens."
    )
    assert rows.shape == tokens.shape == scores.shape, (
        f"for scores of shape {scores.shape} the rows have the shape {rows.shape} and "
        f"the tokens {tokens.shape}. "
        "Hint: keep as many of all continuations as there are beams: both are (B,)."
    )
    assert rows.dtype.kind in "iu" and tokens.dtype.kind in "iu", (
        f"rows and tokens are of type {rows.dtype} and {tokens.dtype}; both must be "
        "integers. Hint: // and % keep integers, / does not."
    )
    return rows.tolist(), tokens.tolist()


def check_2(answer):
    """What followed the last earlier occurrence."""
    guess = _may_be_none(answer)
    assert close(answer([3, 7, 9, 2, 7]), 9), (
        "3 7 9 2 7 does not give 9, which followed the 7 before. Hint: find the "
        "earlier place of tokens[-1], and return the token one place later."
    )
    assert close(guess([7, 1, 2, 7]), 1), (
        "7 1 2 7 does not give 1. Hint: the first place, 0, is a place like any other: "
        "begin the search there, and remember that 0 is false in an `if`."
    )
    assert close(guess([7, 1, 7, 2, 7]), 2), (
        "7 1 7 2 7 does not give 2. "
        "Hint: the last earlier occurrence counts, not the first: search from the end."
    )
    assert close(guess([7, 1, 7, 1, 7, 2, 7]), 2), (
        "7 1 7 1 7 2 7 does not give 2. Hint: the last earlier occurrence counts, "
        "however often another token followed."
    )
    assert close([guess([5, 5]), guess([1, 5, 5, 5])], [5, 5]), (
        "5 5 does not give 5. Hint: the place before the last is an earlier one too; "
        "what follows it is the last token itself."
    )
    assert close([guess([3, 0, 4, 3]), guess([0, 6, 0])], [0, 6]), (
        "3 0 4 3 does not give 0, or 0 6 0 does not give 6. Hint: 0 is a token like "
        "any other, but false in an `if` or an `or`: compare with `is None`."
    )
    assert guess([1, 2, 3]) is None and guess([5]) is None, (
        "1 2 3 or a single 5 does not give None. Hint: the last place itself is not an "
        "earlier one: return None if there is no other."
    )
    tokens = [4, 8, 4, 9, 4]
    guess(tokens)
    assert tokens == [4, 8, 4, 9, 4], (
        "your function changes its input. Hint: leave out the last with tokens[:-1], "
        "which is a copy, not with pop or reverse."
    )
    _compare_random_tokens(guess)


def _compare_random_tokens(guess):
    random = np.random.default_rng(0)
    for _ in range(20):
        tokens = random.integers(0, 300, 200).tolist()
        expected = dict(zip(tokens[:-1], tokens[1:], strict=True)).get(tokens[-1])
        found = guess(tokens)
        assert found is None if expected is None else close(found, expected), (
            "200 random tokens give the wrong guess. Hint: compare only with "
            "tokens[-1], and look through all places before it."
        )


def _may_be_none(answer):
    """The answer, of which None is a result and not a forgotten `return`."""

    def guess(tokens):
        try:
            return answer(tokens)
        except Verdict as verdict:
            if str(verdict).startswith("it returned None"):
                return None
            raise

    return guess


WRONG = {  # replacements in a solution, or another body for it
    "next_beams__each_its_best": (
        "return np.arange(len(scores)), np.argmax(log_probabilities, axis=1)"
    ),
    "next_beams__scores_forgotten": [("scores[:, None] + ", "")],
    "next_beams__multiplied": [("None] +", "None] *")],
    "next_beams__least_likely": [("-sums", "sums")],
    "next_beams__likeliest_last": [
        ("-sums", "sums"),
        ("[: len(scores)]", "[-len(scores) :]"),
    ],
    "next_beams__in_any_order": [("(best,", "(np.sort(best)[::-1],")],
    "next_beams__divided_by_beams": [("sums.shape[1]", "len(scores)")],
    "next_beams__tokens_and_rows": [("shape[1])", "shape[1])[::-1]")],
    "next_beams__fractions": [
        ("np.divmod(best, sums.shape[1])", "best / sums.shape[1], best % sums.shape[1]")
    ],
    "next_beams__flat_places": [("np.divmod(best, sums.shape[1])", "best")],
    "next_beams__probabilities_added": [
        ("scores[:, None]", "np.exp(scores)[:, None]"),
        ("+ log_probabilities", "+ np.exp(log_probabilities)"),
    ],
    "next_beams__underflows": [("-sums", "-np.exp(sums)")],
    "next_beams__all_continuations": [("[: len(scores)]", "")],
    "next_beams__changes_its_input": [("best =", "scores += 1\n    best =")],
    "copy_guess__first_occurrence": [("len(tokens) - 2, -1, -1", "len(tokens) - 1")],
    "copy_guess__the_token_before": [("place + 1", "place - 1")],
    "copy_guess__the_token_itself": [("place + 1", "place")],
    "copy_guess__the_place": [("tokens[place + 1]", "place")],
    "copy_guess__neighbour_skipped": [("- 2,", "- 3,")],
    "copy_guess__place_0_skipped": [("-1, -1)", "0, -1)")],
    "copy_guess__finds_the_last_itself": [("- 2,", "- 1,")],
    "copy_guess__zero_is_false": [("place + 1]", "place + 1] or None")],
    "copy_guess__minus_one": [("return None", "return -1")],
    "copy_guess__repeats_if_new": [("return None", "return tokens[-1]")],
    "copy_guess__raises_if_new": (
        "return tokens[len(tokens) - 1 - tokens[-2::-1].index(tokens[-1])]"
    ),
    "copy_guess__takes_the_last_away": [
        ("tokens[place + 1]", "[tokens[place + 1], tokens.pop()][0]")
    ],
    "copy_guess__forgot_to_return": [("return tokens", "tokens")],
}


def next_beams__each_its_best_in_order(scores, log_probabilities):
    tokens = np.argmax(log_probabilities, axis=1)
    rows = np.argsort(-(scores + np.max(log_probabilities, axis=1)))
    return rows, tokens[rows]


def copy_guess__most_frequent(tokens):
    from collections import Counter

    pairs = zip(tokens, tokens[1:], strict=False)
    after = Counter(b for a, b in pairs if a == tokens[-1])
    return after.most_common(1)[0][0] if after else None
