"""Exercises of lesson 03b: solutions, then checkers, then wrong answers."""

from course_utils.judge import close

import numpy as np


def batch_rows(ids, num_rows, window, step):
    part = len(ids) // num_rows
    starts = np.arange(num_rows)[:, None] * part + step * window
    return np.asarray(ids)[starts + np.arange(window)]


def gain(first, second):
    difference = np.mean(first) - np.mean(second)
    squares = [np.var(bits, ddof=1) / len(bits) for bits in (first, second)]
    return difference, np.sqrt(sum(squares))


def check_1(answer):
    """Rows of a batch that go on where they stopped."""
    ids = np.arange(100, 121)  # 21 ids: two parts of 10, one left over
    first, second = answer(ids, 2, 3, 0), answer(ids, 2, 3, 1)
    assert np.shape(first) == (2, 3), (
        "the result is not of shape (num_rows, window). "
        "Hint: add a column of starts to a row of np.arange(window)."
    )
    assert close(first, [[100, 101, 102], [110, 111, 112]]), (
        "the rows of batch 0 are not the beginnings of the parts. "
        "Hint: step 0 is the first batch; each part has len(ids) // num_rows ids."
    )
    assert close(answer(np.arange(23), 4, 2, 0)[:, 0], [0, 5, 10, 15]), (
        "23 ids in four rows do not begin at 0, 5, 10 and 15. "
        "Hint: the parts have equal lengths, and the ids left over are not used."
    )
    assert close(second, [[103, 104, 105], [113, 114, 115]]), (
        "the rows of batch 1 do not go on where those of batch 0 stopped. "
        "Hint: each batch moves on by window ids, in every row."
    )
    assert close(
        answer(ids, 5, 2, 1),
        [[102, 103], [106, 107], [110, 111], [114, 115], [118, 119]],
    ), "five rows of two ids are wrong. Hint: use num_rows and window, no constants."
    assert close(answer(np.arange(20), 2, 3, 0)[1], [10, 11, 12]), (
        "20 ids in two rows do not make parts of 10. Hint: len(ids) // num_rows."
    )


def check_2(answer):
    """A difference of means and its standard error."""
    first, second = [1.70, 1.72, 1.68], [1.60, 1.61, 1.62]
    result = answer(first, second)
    assert np.shape(result) == (2,), (
        "it does not return two numbers. Hint: end it with `return difference, error`."
    )
    assert close(result[0], 0.09), (
        "the difference is not mean(first) - mean(second), 0.09 here. "
        "Hint: fewer bits are better: a better second recipe gives a positive number."
    )
    assert close(result[1], np.sqrt(0.0004 / 3 + 0.0001 / 3)), (
        "the standard error is wrong. Hint: np.var(..., ddof=1) of each list, divided "
        "by its length; add the two and take the square root."
    )
    assert close(answer(second, first)[0], -0.09), (
        "a second recipe that is worse does not give a negative difference. "
        "Hint: mean(first) - mean(second), without abs."
    )
    assert close(answer([1.0, 1.0, 4.0], [1.0, 1.0])[0], 1.0), (
        "the difference is not one of means. Hint: np.mean, not np.median."
    )
    uneven = answer([2.0, 2.2, 2.1, 2.3], [1.0, 1.4])
    assert close(uneven[1], np.sqrt(np.var([2.0, 2.2, 2.1, 2.3], ddof=1) / 4 + 0.04)), (
        "lists of different lengths give a wrong error. Hint: each has its own length."
    )


WRONG = {  # replacements in a solution, or another body for it
    "batch_rows__windows_in_order": (
        "start = step * num_rows * window\n"
        "    return np.asarray(ids)[start : start + num_rows * window]"
        ".reshape(num_rows, window)"
    ),
    "batch_rows__stays": [(" + step * window", " + step * 0")],
    "batch_rows__one_batch_behind": [("step * window", "(step - 1) * window")],
    "batch_rows__spread_over_all": [
        (
            "np.arange(num_rows)[:, None] * part",
            "np.linspace(0, len(ids), num_rows, False)[:, None].astype(int)",
        )
    ],
    "batch_rows__moves_by_one": [("step * window", "step")],
    "batch_rows__loses_the_last": [
        ("len(ids) // num_rows", "(len(ids) - 1) // num_rows")
    ],
    "batch_rows__flat": [
        ("[:, None] * part", " * part"),
        ("starts + np.arange(window)", "starts"),
    ],
    "gain__absolute": "difference = abs(np.mean(first) - np.mean(second))\n    error = "
    "np.sqrt(np.var(first, ddof=1) / len(first) + np.var(second, ddof=1) / len(second))"
    "\n    return difference, error",
    "gain__other_sign": [
        ("np.mean(first) - np.mean(second)", "np.mean(second) - np.mean(first)")
    ],
    "gain__population_variance": [("ddof=1", "ddof=0")],
    "gain__standard_deviation": [(" / len(bits)", "")],
    "gain__only_the_difference": [
        ("return difference, np.sqrt(sum(squares))", "return difference")
    ],
}
