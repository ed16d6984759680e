"""Exercises of lesson 18b: solutions, then checkers, then wrong answers."""

import math

import numpy as np


def percentile(values, percent):
    """A list of numbers, and a number from 1 to 100 -> one of the numbers."""
    rank = math.ceil(percent * len(values) / 100)
    return sorted(values)[rank - 1]


def peak(begins, ends):
    """Two lists of moments -> the largest number of requests at once."""
    changes = [(end, -1) for end in ends] + [(begin, 1) for begin in begins]
    number = highest = 0
    for _, change in sorted(changes):
        number += change
        highest = max(highest, number)
    return highest


def batches(moments, window, size):
    """Seconds of the requests, in order -> a list of lists."""
    found = []
    for moment in moments:
        if not found or len(found[-1]) == size or moment > found[-1][0] + window:
            found.append([])
        found[-1].append(moment)
    return found


def check_1(answer):
    """The nearest-rank percentile."""

    def found(values, percent):
        given = [*values]
        result = answer(given, percent)
        assert given == [*values], (
            "the list that your function was given has changed. Hint: sorted(values) "
            "makes a new list; values.sort() changes the old."
        )
        assert isinstance(result, int | float | np.number), (
            f"the result is {result!r}, no number. Hint: return one of the values."
        )
        return result

    tens = [70, 30, 100, 10, 90, 40, 20, 80, 50, 60]
    result = found(tens, 90)
    assert result in tens, (
        f"p90 of 10, 20, …, 100 is {result}, which is none of them. Hint: no "
        "interpolation: take the value at a rank of the sorted list."
    )
    assert result != 100, (
        "p90 of 10, 20, …, 100 is 100. Hint: 90 is enough, as 9 of 10 values, 90 %, "
        "are no larger; the first of the list has the index 0."
    )
    assert result == 90, (
        f"p90 of 10, 20, …, 100, in no order, is {result}, not 90. Hint: sort first, "
        "and count from the smallest."
    )
    result = found(tens, 91)
    assert result == 100, (
        f"p91 of 10, 20, …, 100 is {result}, not 100. Hint: of ten values, 9.1 must be "
        "no larger, so 10: round up (math.ceil)."
    )
    result = found(tens, 1)
    assert result == 10, (
        f"p1 of 10, 20, …, 100 is {result}, not 10. Hint: the rank, rounded up, is 1; "
        "its index is 0."
    )
    assert found(tens, 100) == 100, "p100 is not the largest. Hint: the rank is 10."
    result = found([5, 5, 5, 1], 50)
    assert result == 5, (
        f"p50 of 5, 5, 5, 1 is {result}, not 5. Hint: equal values count each; no set."
    )
    assert found([4], 50) == 4, "p50 of one value is another. Hint: the rank is 1."
    hundred = [*range(1, 101)]
    wrong = [p for p in range(1, 101) if found(hundred, p) != p]
    assert not wrong, (
        f"of 1 to 100, p{wrong[0]} is {found(hundred, wrong[0])}. Hint: 0.07 * 100 is "
        "7.000000000000001 (NumPy's inverted_cdf divides first, too); multiply first "
        "and divide then: percent * n / 100."
    )


def check_2(answer):
    """The largest number of requests at once."""

    def found(pairs):
        result = answer([begin for begin, _ in pairs], [end for _, end in pairs])
        assert isinstance(result, int | np.integer), (
            f"the result is {result!r}, no whole number. Hint: return a count."
        )
        return result

    result = found([(0, 10), (1, 3), (2, 4), (5, 6)])
    assert result != 4, (
        "of four requests, of which the last begins when two have ended, 4 are at "
        "once. Hint: one that has ended counts no more, and whom a long request meets "
        "need not be there at the same moment."
    )
    assert result == 3, (
        f"of requests from 0 to 10, 1 to 3, 2 to 4 and 5 to 6 s, {result} are at once, "
        "not 3. Hint: add 1 at each begin, take 1 off at each end, keep the highest."
    )
    result = found([(0, 1), (1, 2), (2, 3)])
    assert result == 1, (
        f"of three requests one after another, {result} are at once. Hint: at the same "
        "moment, ends come before begins."
    )
    result = found([(5, 6), (0, 10), (2, 4), (1, 3)])
    assert result == 3, (
        f"in another order of the requests, {result} are at once. Hint: sort the "
        "begins and ends, together."
    )
    result = found([(0, 9), (1, 2), (3, 4), (5, 6)])
    assert result == 2, (
        f"a long request meets three short ones, one at a time: {result}, not 2. Hint: "
        "whom a request meets need not be there at the same moment."
    )
    result = found([(0, 0.5), (0.25, 0.75), (0.375, 0.5)])
    assert result == 3, (
        f"of three requests within a second, {result} are at once, not 3. Hint: "
        "moments are no whole numbers."
    )
    result = found([(0, 2), (0, 2), (0, 2), (1, 2)])
    assert result == 4, (
        f"three that begin at the same moment, and one more: {result}, not 4. Hint: "
        "each counts; no set and no dictionary of moments."
    )
    result = found([(0, 1), (0, 1)])
    assert result == 2, (
        f"of two requests with the same moments, {result} are at once, not 2. Hint: "
        "one that begins at the same moment counts, too."
    )
    assert found([]) == 0, "without requests, the result is not 0."


def check_3(answer):
    """Dynamic batching."""

    def found(moments, window, size):
        result = answer([*moments], window, size)
        fits = isinstance(result, list) and all(isinstance(b, list) for b in result)
        assert fits, "the result is no list of lists. Hint: begin with found = []."
        assert [] not in result, (
            "a batch is empty. Hint: open a batch only when a request has come."
        )
        assert sum(result, []) == [*moments], (
            "not each request is in exactly one batch, in order. Hint: append each "
            "moment to the last batch, also the last ones."
        )
        return result

    result = found([0, 1, 2, 3, 4], 100, 2)
    assert result == [[0, 1], [2, 3], [4]], (
        f"in batches of at most 2, requests at 0 to 4 s are {result}. Hint: a batch of "
        "`size` requests is full: the next one opens a new batch."
    )
    result = found([0, 1, 5, 6], 2, 9)
    assert result == [[0, 1], [5, 6]], (
        f"with a window of 2 s, requests at 0, 1, 5 and 6 s are {result}. Hint: 5 is "
        "more than 2 s after 0, so it opens a new batch, in which 6 is, too."
    )
    result = found([0, 2, 4, 6], 3, 9)
    assert result == [[0, 2], [4, 6]], (
        f"with a window of 3 s, requests at 0, 2, 4 and 6 s are {result}. Hint: the "
        "window counts from the first request of the batch, not from the last."
    )
    result = found([0, 2, 2.5], 2, 9)
    assert result == [[0, 2], [2.5]], (
        f"with a window of 2 s, requests at 0, 2 and 2.5 s are {result}. Hint: exactly "
        "`window` seconds after the first is still in."
    )
    result = found([1, 1.5, 2.5], 1, 9)
    assert result == [[1, 1.5], [2.5]], (
        f"with a window of 1 s, requests at 1, 1.5 and 2.5 s are {result}. Hint: the "
        "window opens with the first request, not at whole seconds."
    )
    result = found([0, 1, 2, 3, 3.5, 4.5], 2, 3)
    assert result == [[0, 1, 2], [3, 3.5, 4.5]], (
        f"after a full batch, requests are {result}. Hint: the new batch has a window "
        "of its own."
    )
    assert found([7], 1, 1) == [[7]], "a single request is no batch of its own."
    assert found([], 1, 1) == [], "without requests, the result is not []."


WRONG = {  # replacements in a solution, or another body for it
    "percentile__unsorted": [("sorted(values)", "values")],
    "percentile__sorts_in_place": """values.sort()
    return values[math.ceil(percent * len(values) / 100) - 1]""",
    "percentile__interpolates": "return float(np.percentile(values, percent))",
    "percentile__index_too_high": """rank = percent * len(values) // 100
    return sorted(values)[min(rank, len(values) - 1)]""",
    "percentile__rounds_down": [
        (
            "math.ceil(percent * len(values) / 100)",
            "max(1, percent * len(values) // 100)",
        )
    ],
    "percentile__rounds": [("math.ceil(", "round(")],
    "percentile__without_repeats": [
        ("sorted(values)", "sorted(set(values))"),
        ("len(values)", "len(set(values))"),
    ],
    "percentile__divides_first": [
        ("percent * len(values) / 100", "percent / 100 * len(values)")
    ],
    "percentile__inverted_cdf": """return np.percentile(
        values, percent, method="inverted_cdf"
    )""",
    "percentile__rank": [("sorted(values)[rank - 1]", "rank")],
    "percentile__from_the_top": [("[rank - 1]", "[-rank]")],
    "peak__all": "return len(begins)",
    "peak__begins_first": [
        ("sorted(changes)", "sorted(changes, key=lambda c: (c[0], -c[1]))")
    ],
    "peak__never_ends": [("[(end, -1) for end in ends] + ", "")],
    "peak__not_sorted": [("sorted(changes)", "changes")],
    "peak__last": [("return highest", "return number")],
    "peak__meets": """pairs = [*zip(begins, ends)]
    met = [sum(b < e2 and b2 < e for b2, e2 in pairs) for b, e in pairs]
    return max(met, default=0)""",
    "peak__mean": """total = sum(ends) - sum(begins)
    return total / (max(ends) - min(begins))""",
    "peak__whole_seconds": """counts = [0] * 99
    for begin, end in zip(begins, ends):
        for second in range(int(begin), int(end)):
            counts[second] += 1
    return max(counts)""",
    "peak__same_begins_once": [("for begin in begins]", "for begin in set(begins)]")],
    "peak__end_still_counts": """pairs = [*zip(begins, ends)]
    counts = [sum(b <= t <= e for b, e in pairs) for t in begins]
    return max(counts, default=0)""",
    "batches__no_size": [(" or len(found[-1]) == size", "")],
    "batches__no_window": [(" or moment > found[-1][0] + window", "")],
    "batches__from_the_last": [("found[-1][0]", "found[-1][-1]")],
    "batches__exactly_is_too_late": [("moment > found", "moment >= found")],
    "batches__one_too_many": [("== size", "> size")],
    "batches__whole_windows": [
        ("moment > found[-1][0] + window", "moment // window > found[-1][0] // window")
    ],
    "batches__loses_the_last": [("return found", "return found[:-1]")],
    "batches__loses_the_opener": [
        ("found[-1].append(moment)", "else:\n            found[-1].append(moment)")
    ],
    "batches__sizes": [("return found", "return [len(batch) for batch in found]")],
    "batches__first_window_for_all": [("found[-1][0]", "found[0][0]")],
}
