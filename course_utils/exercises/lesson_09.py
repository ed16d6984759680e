"""Checkers of lesson 09: a causal mask with a cache, warm-up and cosine decay."""

import math

from course_utils.exercises import close, expect

import numpy as np


def check_1(answer):
    """Where the last num_queries of num_keys positions may look."""
    mask = np.asarray(answer(2, 5))
    expect(
        mask.shape == (2, 5),
        f"for 2 queries and 5 keys the mask has the shape {mask.shape}",
        "one row for each query, one column for each key: (num_queries, num_keys)",
    )
    expect(
        mask.dtype == bool,
        f"the mask is of type {mask.dtype}, not bool",
        "a comparison of positions gives booleans, and so does np.ones(shape, bool)",
    )
    square = np.asarray(answer(3, 3))
    expect(
        not np.any(np.triu(square, 1)),
        "with as many queries as keys, a position may look at a later one, its future",
        "True means 'may look': query i sees the keys at positions up to its own",
    )
    expect(
        np.all(np.diag(square)),
        "with as many queries as keys, a position may not look at itself",
        "its own position counts: <= and not <",
    )
    expect(
        close(square, np.tril(np.ones((3, 3)))),
        "for 3 queries and 3 keys the mask is not the lower triangle",
        "a query may look at its own position and at all before it",
    )
    expect(
        np.all(answer(1, 5)),
        "one new token after four cached ones does not see all five keys",
        "the queries are the last positions: query i stands at position "
        "num_keys - num_queries + i, not at i",
    )
    for num_queries, num_keys in [(2, 5), (3, 4), (4, 9)]:
        offset = num_keys - num_queries
        expect(
            close(
                answer(num_queries, num_keys),
                np.tril(np.ones((num_queries, num_keys)), offset),
            ),
            f"the mask of the last {num_queries} of {num_keys} positions is wrong",
            f"query 0 stands at position {offset} and sees {offset + 1} keys, "
            "each further query sees one key more",
        )


def check_2(answer):
    """Linear warm-up, then half a cosine down to 0."""
    expect(
        close(answer(0, 100, 20, 2.0), 0.0),
        "the rate of step 0 is not 0",
        "the warm-up is a straight line from 0: step / warmup times the peak",
    )
    expect(
        close(answer(5, 100, 20, 2.0), 0.5),
        "after a quarter of the warm-up the rate is not a quarter of the peak",
        "during the warm-up it is step / warmup times the peak",
    )
    expect(
        close(answer(20, 100, 20, 2.0), 2.0),
        "the rate of step `warmup` is not the peak",
        "the cosine begins where the line ends: count its steps from `warmup` on",
    )
    expect(
        close(answer(100, 100, 20, 2.0), 0.0),
        "the rate of step `num_steps` is not 0",
        "the cosine has num_steps - warmup steps, and (1 + cos(x)) / 2 falls from 1 "
        "to 0 while x goes from 0 to pi",
    )
    expect(
        close(answer(60, 100, 20, 2.0), 1.0),
        "half-way between `warmup` and `num_steps` the rate is not half the peak",
        "the share of the way is (step - warmup) / (num_steps - warmup), and the "
        "factor (1 + cos(pi * share)) / 2",
    )
    expect(
        close(answer(40, 100, 20, 2.0), 1 + math.cos(math.pi / 4)),
        "a quarter of the way down the rate is not (1 + cos(pi / 4)) / 2 of the peak",
        "half a cosine, not a straight line: first slowly, then fast, then slowly",
    )
    expect(
        close(answer(101, 100, 20, 2.0), 0.0) and close(answer(150, 100, 20, 2.0), 0.0),
        "after `num_steps` the rate is not 0",
        "a cosine would rise again or go on falling: let the way down end at 1",
    )
    expect(
        close(_or_none(answer, 0, 100, 0, 2.0), 2.0),
        "without a warm-up, step 0 does not have the peak",
        "only steps below `warmup` are in the line, so that you never divide by 0",
    )
    steps = [0, 1, 2, 3, 4, 20, 39, 40]
    for warmup in (0, 1, 4):
        expect(
            close(
                [answer(step, 40, warmup, 0.5) for step in steps],
                [_rate(step, 40, warmup, 0.5) for step in steps],
            ),
            f"for 40 steps, {warmup} of them warm-up, the rates are wrong",
            "nothing but the share of the line or of the cosine may count, and the "
            "peak",
        )


def _rate(step, num_steps, warmup, peak):
    if step < warmup:
        return peak * step / warmup
    share = min(1, (step - warmup) / (num_steps - warmup))
    return peak * (1 + math.cos(math.pi * share)) / 2


def _or_none(answer, *inputs):
    try:
        return answer(*inputs)
    except BaseException:  # what `answer` makes of a ZeroDivisionError
        return None
