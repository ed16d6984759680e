"""Exercises of lesson 03b: solutions, then checkers, then wrong answers.

03b.2: Of the novels' 125,318 five-grams, one is alone in its bucket; with 200,003
buckets, 53 % would be.
03b.4: No, in so short a run. A step of two layers costs twice as much: with 440 steps,
two seeds had 2.03 and 2.04 validation bits, where one layer with 856 steps has 1.89.
"""

from course_utils.judge import close

import numpy as np


def where_read(place, length, num_rows, window):
    part = length // num_rows
    row = min(place // part, num_rows - 1)  # the last row reads what is left
    return row, (place - row * part) // window


def share_alone(ids, n, num_ids, num_buckets):
    ids = [int(i) for i in ids]  # whole numbers of Python never overflow
    ngrams = {tuple(ids[i : i + n]) for i in range(len(ids) - n + 1)}
    buckets = []
    for ngram in ngrams:
        code = 0
        for character in ngram:
            code = code * num_ids + character
        buckets.append(code % num_buckets)
    counts = np.bincount(buckets)
    return np.mean(counts[buckets] == 1)


def check_1(answer):
    """Row and batch of a character."""
    result = answer(7, 23, 4, 2)  # parts of 5 characters
    kinds = int | np.integer
    pair = isinstance(result, tuple | list | np.ndarray) and len(result) == 2
    assert pair and all(isinstance(part, kinds) for part in result), (
        f"it returns {str(result)[:30]}, not two whole numbers. Hint: divide with //, "
        "and end it with `return row, batch`."
    )
    assert close(answer(0, 23, 4, 2), [0, 0]), (
        "character 0 is not in row 0 of batch 0. Hint: count both from 0."
    )
    result = answer(16, 20, 2, 2)  # 6 characters into the second part
    assert not close(result, [3, 1]), (
        "row and batch are in the wrong order. Hint: return row, batch."
    )
    assert not close(result, [0, 4]), (
        "windows follow one another from row to row. Hint: each row has a part of its "
        "own, and goes on there in the next batch."
    )
    assert not close(result, [1, 8]), (
        "character 16 of 20, in two rows, is not in batch 8. Hint: count the "
        "characters from the beginning of the row's own part."
    )
    assert close(result, [1, 3]), (
        f"character 16 of 20, in two rows of windows of 2, is in {str(result)[:20]}, "
        "not in row 1 of batch 3. Hint: row 0 reads the first half of the text, 2 "
        "characters a batch; row 1 reads the second half."
    )
    assert close(answer(14, 23, 4, 2), [2, 2]) and close(
        answer(15, 23, 4, 2), [3, 0]
    ), (
        "characters 14 and 15 of 23, in four rows, are not in row 2 and row 3. Hint: "
        "the parts have equal lengths, length // num_rows."
    )
    assert close(answer(22, 23, 4, 2), [3, 3]), (
        "the last of 23 characters, in four rows, is not in row 3 of batch 3. "
        "Hint: the last row reads what is left at the end."
    )
    assert close(answer(44, 100, 3, 10), [1, 1]), (
        "windows of 10 give a wrong result. Hint: use window, no constants."
    )


def check_2(answer):
    """The share of n-grams that are alone in their bucket."""
    ids = np.random.default_rng(1).integers(1, 6, 60)

    def counts_of(windows, base, num_buckets):
        """Of each window: how many windows are in its bucket."""
        powers = base ** np.arange(windows.shape[1])[::-1]
        buckets = windows @ powers % num_buckets
        return np.bincount(buckets, minlength=num_buckets), buckets

    windows = np.lib.stride_tricks.sliding_window_view(ids, 3)
    different = np.unique(windows, axis=0)
    counts, buckets = counts_of(different, 6, 47)
    expected = np.mean(counts[buckets] == 1)
    result = answer(ids, 3, 6, 47)
    numbers = float | int | np.floating | np.integer
    assert np.shape(result) == () and isinstance(result, numbers), (
        f"it returns {str(result)[:30]}, not one number. Hint: np.mean of what is true "
        "or false for each n-gram."
    )
    again, places = counts_of(windows, 6, 47)
    assert not close(result, np.mean(again[places] == 1)), (
        "an n-gram that occurs twice counts twice. Hint: make a set of tuples first."
    )
    assert not close(result, np.sum(counts == 1)), (
        "it returns how many are alone. Hint: divide by the number of n-grams."
    )
    assert not close(result, np.mean(counts == 1)), (
        "it returns the share of buckets. Hint: divide by the number of n-grams."
    )
    assert not close(result, np.mean(counts[counts > 0] == 1)), (
        "it returns the share of the buckets in use. Hint: divide by the number of "
        "n-grams: a bucket with three of them counts three times."
    )
    assert not close(result, 1 - expected), (
        "it returns the share of those that are not alone. Hint: subtract it from 1."
    )
    assert not close(result, 1), (
        "no n-gram shares a bucket. Hint: the bucket is the code modulo num_buckets."
    )
    turned, places = counts_of(different[:, ::-1], 6, 47)
    assert not close(result, np.mean(turned[places] == 1)), (
        "the codes are read backwards. Hint: the first id has the highest power of "
        "num_ids, the last one the power 0."
    )
    fewer = np.unique(windows[:-1], axis=0)
    less, places = counts_of(fewer, 6, 47)
    assert close(expected, result) or not close(result, np.mean(less[places] == 1)), (
        "the last n-gram is missing. Hint: T ids have T - n + 1 n-grams."
    )
    assert close(result, expected), (
        f"60 ids from 1 to 5 give {result:.3g} instead of {expected:.3g} for n = 3. "
        "Hint: code the different n-grams in base num_ids, take the codes modulo "
        "num_buckets, and count the n-grams in each bucket."
    )
    for n in (1, 2, 5):
        rows = np.lib.stride_tricks.sliding_window_view(ids, n)
        counts, buckets = counts_of(np.unique(rows, axis=0), 6, 31)
        assert close(answer(ids, n, 6, 31), np.mean(counts[buckets] == 1)), (
            f"n = {n} and 31 buckets give a wrong share. Hint: use n and num_buckets, "
            "no constants."
        )
    assert close(answer(np.array([1, 2, 3, 1, 2]), 2, 4, 100), 1), (
        "1, 2, 3, 1, 2 has three different pairs, all alone in 100 buckets, but the "
        "share is not 1. Hint: count each different n-gram once, and no others."
    )


WRONG = {  # replacements in a solution, or another body for it
    "where_read__windows_in_order": "return place // window % num_rows, "
    "place // (window * num_rows)",
    "where_read__swapped": [
        (
            "return row, (place - row * part) // window",
            "return (place - row * part) // window, row",
        ),
    ],
    "where_read__row_too_many": [("min(place // part, num_rows - 1)", "place // part")],
    "where_read__from_the_beginning": [("(place - row * part)", "place")],
    "where_read__longer_parts": [("length // num_rows", "-(-length // num_rows)")],
    "where_read__from_one": [
        (
            "return row, (place - row * part) // window",
            "return row + 1, (place - row * part) // window + 1",
        ),
    ],
    "where_read__floats": [("// window", "/ window")],
    "where_read__only_the_row": [
        ("return row, (place - row * part) // window", "return row")
    ],
    "where_read__wraps": [
        ("min(place // part, num_rows - 1)", "place // part % num_rows")
    ],
    "where_read__column": [("// window", "% window")],
    "where_read__one_behind": [("// window", "// window + 1")],
    "share_alone__occurrences": [
        (
            "{tuple(ids[i : i + n]) for i in range(len(ids) - n + 1)}",
            "[tuple(ids[i : i + n]) for i in range(len(ids) - n + 1)]",
        )
    ],
    "share_alone__of_buckets": [
        (
            "np.bincount(buckets)",
            "np.bincount(buckets, minlength=num_buckets)",
        ),
        ("np.mean(counts[buckets] == 1)", "np.mean(counts == 1)"),
    ],
    "share_alone__of_used_buckets": [
        ("np.mean(counts[buckets] == 1)", "np.mean(counts[counts > 0] == 1)")
    ],
    "share_alone__number": [
        ("np.mean(counts[buckets] == 1)", "np.sum(counts[buckets] == 1)")
    ],
    "share_alone__shared": [
        ("np.mean(counts[buckets] == 1)", "np.mean(counts[buckets] > 1)")
    ],
    "share_alone__backwards": [
        ("for character in ngram:", "for character in ngram[::-1]:")
    ],
    "share_alone__loses_the_last": [("len(ids) - n + 1", "len(ids) - n")],
    "share_alone__no_modulo": [
        ("buckets.append(code % num_buckets)", "buckets.append(code)")
    ],
    "share_alone__other_base": [("code * num_ids", "code * num_buckets")],
    "share_alone__always_five": [("ids[i : i + n]", "ids[i : i + 5]")],
    "share_alone__pairs_of_all": [
        ("np.mean(counts[buckets] == 1)", "counts[buckets] == 1")
    ],
    "share_alone__pythons_hash": [
        ("code % num_buckets)", "hash(ngram) % num_buckets)")
    ],
    "share_alone__too_many": [("len(ids) - n + 1", "len(ids)")],
}
