"""Exercises of lesson 09: solutions, then checkers, then wrong answers."""

import math

from course_utils.judge import Verdict, close

import numpy as np


def causal_mask(num_queries, num_keys):
    """Boolean (num_queries, num_keys); the last query sees every key."""
    keys = np.arange(num_keys)
    queries = keys[num_keys - num_queries :]  # the positions of the queries
    return keys <= queries[:, None]


def learning_rate_at(step, num_steps, warmup, peak):
    """The rate of step 0, 1, ..., num_steps: a float. warmup may be 0."""
    if step < warmup:
        return peak * step / warmup
    share = min(1.0, (step - warmup) / (num_steps - warmup))
    return peak * (1 + math.cos(math.pi * share)) / 2


def check_1(answer):
    """Where the last num_queries of num_keys positions may look."""
    mask = np.asarray(answer(2, 5))
    assert mask.shape == (2, 5), (
        f"for 2 queries and 5 keys the mask has the shape {mask.shape}. Hint: one row "
        "for each query, one column for each key: (num_queries, num_keys)."
    )
    assert mask.dtype == bool, (
        f"the mask is of type {mask.dtype}, not bool. Hint: a comparison of positions "
        "gives booleans, and so does np.ones(shape, bool)."
    )
    square = np.asarray(answer(3, 3))
    assert not np.any(np.triu(square, 1)), (
        "with as many queries as keys, a position may look at a later one, its future. "
        "Hint: True means 'may look': query i sees the keys at positions up to its "
        "own."
    )
    assert np.all(np.diag(square)), (
        "with as many queries as keys, a position may not look at itself. "
        "Hint: its own position counts: <= and not <."
    )
    assert close(square, np.tril(np.ones((3, 3)))), (
        "for 3 queries and 3 keys the mask is not the lower triangle. "
        "Hint: a query may look at its own position and at all before it."
    )
    assert np.all(answer(1, 5)), (
        "one new token after four cached ones does not see all five keys. "
        "Hint: the queries are the last positions: query i stands at position num_keys "
        "- num_queries + i, not at i."
    )
    for num_queries, num_keys in [(2, 5), (3, 4), (4, 9)]:
        offset = num_keys - num_queries
        expected = np.tril(np.ones((num_queries, num_keys)), offset)
        assert close(answer(num_queries, num_keys), expected), (
            f"the mask of the last {num_queries} of {num_keys} positions is wrong. "
            f"Hint: query 0 stands at position {offset} and sees {offset + 1} keys, "
            "each further query sees one key more."
        )


def check_2(answer):
    """Linear warm-up, then half a cosine down to 0."""
    assert close(answer(0, 100, 20, 2.0), 0.0), (
        "the rate of step 0 is not 0. "
        "Hint: the warm-up is a straight line from 0: step / warmup times the peak."
    )
    assert close(answer(5, 100, 20, 2.0), 0.5), (
        "after a quarter of the warm-up the rate is not a quarter of the peak. "
        "Hint: during the warm-up it is step / warmup times the peak."
    )
    assert close(answer(20, 100, 20, 2.0), 2.0), (
        "the rate of step `warmup` is not the peak. Hint: the cosine begins where the "
        "line ends: count its steps from `warmup` on."
    )
    assert close(answer(100, 100, 20, 2.0), 0.0), (
        "the rate of step `num_steps` is not 0. "
        "Hint: the cosine has num_steps - warmup steps, and (1 + cos(x)) / 2 falls "
        "from 1 to 0 while x goes from 0 to pi."
    )
    assert close(answer(60, 100, 20, 2.0), 1.0), (
        "half-way between `warmup` and `num_steps` the rate is not half the peak. "
        "Hint: the share of the way is (step - warmup) / (num_steps - warmup), and the "
        "factor (1 + cos(pi * share)) / 2."
    )
    assert close(answer(40, 100, 20, 2.0), 1 + math.cos(math.pi / 4)), (
        "a quarter of the way down the rate is not (1 + cos(pi / 4)) / 2 of the peak. "
        "Hint: half a cosine, not a straight line: first slowly, then fast, then "
        "slowly."
    )
    assert close([answer(101, 100, 20, 2.0), answer(150, 100, 20, 2.0)], [0, 0]), (
        "after `num_steps` the rate is not 0. "
        "Hint: a cosine would rise again or go on falling: let the way down end at 1."
    )
    try:
        first = answer(0, 100, 0, 2.0)
    except Verdict:  # what `answer` makes of a division by 0
        first = None
    assert close(first, 2.0), (
        "without a warm-up, step 0 does not have the peak. Hint: only steps below "
        "`warmup` are in the line, so that you never divide by 0."
    )
    _compare_all(answer)


def _compare_all(answer):
    steps = [0, 1, 2, 3, 4, 20, 39, 40]
    for warmup in (0, 1, 4):
        rates = [answer(step, 40, warmup, 0.5) for step in steps]
        expected = [learning_rate_at(step, 40, warmup, 0.5) for step in steps]
        assert close(rates, expected), (
            f"for 40 steps, {warmup} of them warm-up, the rates are wrong. "
            "Hint: nothing but the share of the line or of the cosine may count, and "
            "the peak."
        )


WRONG = {  # replacements in a solution, or another body for it
    "causal_mask__queries_come_first": [
        ("[num_keys - num_queries :]", "[:num_queries]")
    ],
    "causal_mask__true_is_hidden": [("keys <=", "keys >")],
    "causal_mask__upper_triangle": [("keys <=", "keys >=")],
    "causal_mask__not_itself": [("keys <=", "keys <")],
    "causal_mask__one_too_far": [("[:, None]", "[:, None] + 1")],
    "causal_mask__square": [("queries[:, None]", "keys[:, None]")],
    "causal_mask__keys_in_rows": [
        ("keys <= queries[:, None]", "keys[:, None] <= queries")
    ],
    "causal_mask__numbers": [
        ("return keys", "return 1.0 * (keys"),
        ("None]", "None])"),
    ],
    "causal_mask__added_to_scores": [
        ("return ", "return np.where("),
        ("None]", "None], 0, -np.inf)"),
    ],
    "causal_mask__sees_all_cached_and_new": [
        ("keys <=", "(num_queries < num_keys) | (keys <="),
        ("None]", "None])"),
    ],
    "learning_rate_at__divides_by_no_warmup": [("step < warmup", "step <= warmup")],
    "learning_rate_at__no_warmup_is_zero": [
        ("step < warmup", "step <= warmup"),
        ("step / warmup", "step / max(1, warmup)"),
    ],
    "learning_rate_at__cosine_from_step_0": [
        ("step < warmup", "warmup and step <= warmup"),
        ("(step - warmup) / (num_steps - warmup)", "step / num_steps"),
    ],
    "learning_rate_at__jump": [("(step - warmup)", "step"), (" - warmup))", "))")],
    "learning_rate_at__cosine_too_long": [("(num_steps - warmup)", "num_steps")],
    "learning_rate_at__below_zero": [("(1 + ", "("), ("share)) / 2", "share))")],
    "learning_rate_at__quarter_of_a_cosine": [
        ("(1 + math.cos(", "(math.cos(0.5 * "),
        ("share)) / 2", "share))"),
    ],
    "learning_rate_at__straight_down": [
        ("(1 + math.cos(math.pi * share)) / 2", "(1 - share)")
    ],
    "learning_rate_at__rises_again": [("min(1.0, ", "max(0.0, ")],
    "learning_rate_at__warmup_from_step_1": [("peak * step", "peak * (step + 1)")],
    "learning_rate_at__warmup_is_a_cosine": [
        ("step / warmup", "(1 - math.cos(math.pi * step / warmup)) / 2")
    ],
}
