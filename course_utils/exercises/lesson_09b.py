"""Checkers of lesson 09b: a step of beam search, what an induction head guesses."""

from course_utils.exercises import close, expect

import numpy as np


def check_1(answer):
    """The B likeliest of all B * V continuations."""
    rows, tokens = _beams(answer, np.log([0.5]), np.log([[0.2, 0.1, 0.4, 0.3]]))
    expect(
        close(rows, [0]),
        "a single beam does not have the row 0",
        "in the flattened (B, V) sums, place n is row n // V and token n % V",
    )
    expect(
        close(tokens, [2]),
        "a single beam does not go on with its likeliest token",
        "the log-probabilities of the text and of the token add up: take the largest "
        "sum",
    )
    even = [
        [0.28, 0.26, 0.24, 0.22],
        [0.46, 0.06, 0.44, 0.04],
        [0.22, 0.24, 0.31, 0.23],
    ]
    rows, tokens = _beams(answer, np.log([1 / 3, 1 / 3, 1 / 3]), np.log(even))
    expect(
        sorted(rows) != [0, 1, 2],
        "each beam goes on with one token, although beam 1 has the two likeliest",
        "all B * V continuations compete: one beam may win twice, another not at all",
    )
    expect(
        sorted(zip(rows, tokens, strict=True)) == [(1, 0), (1, 2), (2, 2)],
        "the continuations are not the three likeliest of 3 beams and 4 tokens",
        "in the flattened (B, V) sums, place n is row n // V and token n % V",
    )
    expect(
        close(tokens, [0, 2, 2]),
        "the continuations are the right ones, but not the likeliest first",
        "np.argsort sorts upwards: sort the negative sums and keep the first B",
    )
    uneven = [[0.5, 0.3, 0.15, 0.05], [0.1, 0.81, 0.05, 0.04], [0.92, 0.04, 0.03, 0.01]]
    rows, tokens = _beams(answer, np.log([0.7, 0.2, 0.1]), np.log(uneven))
    expect(
        close(rows, [0, 0, 1]) and close(tokens, [0, 1, 1]),
        "an unlikely text with a likely next token wins over likelier texts",
        "rank scores[:, None] + log_probabilities, which is (B, V)",
    )
    same = np.log([[0.15, 0.4, 0.05, 0.1, 0.3]] * 3)
    rows, tokens = _beams(answer, np.array([0, -np.inf, -np.inf]), same)
    expect(
        close(rows, [0, 0, 0]) and close(tokens, [1, 4, 0]),
        "beams of score -inf are gone on with, or the three tokens of beam 0 are wrong",
        "-inf plus any number is -inf, below every other sum: just add",
    )
    random = np.random.default_rng(0)
    for shift in (0, -2000):
        scores, logits = random.normal(shift, 1, 4), random.normal(size=(4, 30))
        log_probabilities = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
        before = scores.copy(), log_probabilities.copy()
        rows, tokens = _beams(answer, scores, log_probabilities)
        expect(
            close(scores, before[0], 0) and close(log_probabilities, before[1], 0),
            "your function changes its input",
            "write a + b, not a += b",
        )
        order = np.argsort(-(scores[:, None] + log_probabilities), axis=None)[:4]
        expect(
            close(rows, order // 30) and close(tokens, order % 30),
            f"4 beams with scores of about {shift} go on in the wrong way",
            "compare the logarithms: np.exp of -2000 is 0 for every beam",
        )


def _beams(answer, scores, log_probabilities):
    """Rows and tokens as two lists of integers."""
    try:
        rows, tokens = map(np.asarray, answer(scores, log_probabilities))
    except (TypeError, ValueError):
        rows = tokens = None
    expect(
        rows is not None,
        "the result is not a pair of arrays",
        "return rows, tokens",
    )
    expect(
        rows.shape == tokens.shape == scores.shape,
        f"for scores of shape {scores.shape} the rows have the shape {rows.shape} and "
        f"the tokens {tokens.shape}",
        "keep as many of all continuations as there are beams: both are (B,)",
    )
    expect(
        rows.dtype.kind in "iu" and tokens.dtype.kind in "iu",
        f"rows and tokens are of type {rows.dtype} and {tokens.dtype}; both must "
        "be integers",
        "// and % keep integers, / does not",
    )
    return rows.tolist(), tokens.tolist()


def check_2(answer):
    """What followed the last earlier occurrence."""
    expect(
        close(answer([3, 7, 9, 2, 7]), 9),
        "3 7 9 2 7 does not give 9, which followed the 7 before",
        "find the earlier place of tokens[-1], and return the token one place later",
    )
    expect(
        close(_guess(answer, [7, 1, 2, 7]), 1),
        "7 1 2 7 does not give 1",
        "the first place, 0, is a place like any other: begin the search there, and "
        "remember that 0 is false in an `if`",
    )
    expect(
        close(_guess(answer, [7, 1, 7, 2, 7]), 2),
        "7 1 7 2 7 does not give 2",
        "the last earlier occurrence counts, not the first: search from the end",
    )
    expect(
        close(_guess(answer, [7, 1, 7, 1, 7, 2, 7]), 2),
        "7 1 7 1 7 2 7 does not give 2",
        "the last earlier occurrence counts, however often another token followed",
    )
    expect(
        close(_guess(answer, [5, 5]), 5) and close(_guess(answer, [1, 5, 5, 5]), 5),
        "5 5 does not give 5",
        "the place before the last is an earlier one too; what follows it is the last "
        "token itself",
    )
    expect(
        close(_guess(answer, [3, 0, 4, 3]), 0) and close(_guess(answer, [0, 6, 0]), 6),
        "3 0 4 3 does not give 0, or 0 6 0 does not give 6",
        "0 is a token like any other, but false in an `if` or an `or`: compare with "
        "`is None`",
    )
    expect(
        _guess(answer, [1, 2, 3]) is None and _guess(answer, [5]) is None,
        "1 2 3 or a single 5 does not give None",
        "the last place itself is not an earlier one: return None if there is no other",
    )
    tokens = [4, 8, 4, 9, 4]
    _guess(answer, tokens)
    expect(
        tokens == [4, 8, 4, 9, 4],
        "your function changes its input",
        "leave out the last with tokens[:-1], which is a copy, not with pop or reverse",
    )
    random = np.random.default_rng(0)
    for _ in range(20):
        tokens = random.integers(0, 300, 200).tolist()
        expected = dict(zip(tokens[:-1], tokens[1:], strict=True)).get(tokens[-1])
        guess = _guess(answer, tokens)
        expect(
            guess is None if expected is None else close(guess, expected),
            "200 random tokens give the wrong guess",
            "compare only with tokens[-1], and look through all places before it",
        )


def _guess(answer, tokens):
    """What `answer` returns; here None is a result, not a forgotten `return`."""
    try:
        return answer(tokens)
    except BaseException as verdict:  # what `answer` makes of a None
        if str(verdict).startswith("it returned None"):
            return None
        raise
