"""Exercises of lesson 19: solutions, then checkers, then wrong answers."""

import copy
import math

from course_utils.judge import close

import numpy as np


def to_blame(reference_counts, window_counts):
    """Two lists of counts, one for each bin -> (number of the bin, its part)."""
    p, q = [np.array(c) + 0.5 for c in (reference_counts, window_counts)]
    p, q = p / p.sum(), q / q.sum()
    terms = (q - p) * np.log(q / p)
    return int(np.argmax(terms)), float(terms.max() / terms.sum())


def patient(values, threshold, size, step, patience):
    """The value at each look, and four numbers -> requests, or math.inf."""
    in_a_row = 0
    for look, value in enumerate(values):
        in_a_row = in_a_row + 1 if value > threshold else 0
        if in_a_row == patience:
            return size + look * step
    return math.inf


def calibrated(weeks, rate):
    """A list of values for each quiet week, and a share -> the threshold."""
    highest = sorted(max(week) for week in weeks)
    k = math.floor(rate * (len(highest) + 1) + 1e-9)
    return highest[-k] if k else math.inf


def check_1(answer):
    """The bin that PSI is due to."""

    def blamed(reference, window):
        given = [*reference], [*window]
        result = answer(*given)
        assert given == (reference, window), (
            "it changes the lists that it was given. Hint: make arrays of them."
        )
        pair = isinstance(result, tuple | list | np.ndarray) and len(result) == 2
        assert pair and all(np.ndim(part) == 0 for part in result), (
            "the result is not a pair of two numbers. Hint: return bin, part."
        )
        number, part = map(float, result)
        assert math.isfinite(part), (
            "where a bin of the window is empty, the part is no number. Hint: add 0.5 "
            "to each count before anything else."
        )
        return number, part

    reference, window = [100, 100, 100, 100], [10, 12, 0, 18]
    number, part = blamed(reference, window)
    right, expected = to_blame(reference, window)
    assert number != 3, (
        "of four classes, of which the third is missing, it blames bin 3. Hint: bins "
        "count from 0; and the empty bin has the largest term, not the fullest."
    )
    assert number == right, (
        f"of four classes, of which the third is missing, it blames bin {number:g}, "
        "not 2. Hint: which bin has the largest (q - p) log(q / p)?"
    )
    p, q = [
        (np.array(c) + 0.5) / np.sum(np.array(c) + 0.5) for c in (reference, window)
    ]
    terms = (q - p) * np.log(q / p)
    assert not close(part, terms.max()), (
        f"the part is {part:.3f}, which is the term itself. Hint: divide it by the PSI."
    )
    late = np.array(window) / 40 + 0.5
    assert not close(part, _part(np.array(reference) / 400 + 0.5, late)), (
        "the half is added to the shares. Hint: add it to the counts, then divide."
    )
    assert 0 <= part <= 1, (
        f"the part is {part:.3f}, not between 0 and 1. Hint: each term of PSI is 0 or "
        "more: (q - p) log(q / p)."
    )
    assert close(part, expected, 1e-4), (
        f"the part is {part:.3f}, not {expected:.3f}. Hint: add 0.5 to each count of "
        "both, divide by the sums, then compare the largest term with the sum of all."
    )
    # A full bin that gained more than a small one lost, but has the smaller term.
    reference, window = [600, 380, 20], [640, 359, 1]
    number, part = blamed(reference, window)
    assert number == 2, (
        f"with {reference} and {window}, it blames bin {number:g}, not 2. Hint: the "
        "largest term counts, not the largest difference of the shares."
    )
    assert close(part, to_blame(reference, window)[1], 1e-4), (
        f"with {reference} and {window}, the part is {part:.3f}, not "
        f"{to_blame(reference, window)[1]:.3f}. Hint: both lists become shares first."
    )
    number, part = blamed([0, 50, 50], [30, 10, 10])
    assert number == 0 and close(part, to_blame([0, 50, 50], [30, 10, 10])[1], 1e-4), (
        "a bin that is empty in the reference is not treated as one of the window. "
        "Hint: add 0.5 to the counts of both."
    )


def _part(p, q):
    p, q = p / p.sum(), q / q.sum()
    terms = (q - p) * np.log(q / p)
    return terms.max() / terms.sum()


def check_2(answer):
    """An alarm that waits for several looks in a row."""

    def raised(values, patience):
        given = [*values]
        result = answer(given, 3.0, 100, 25, patience)
        assert given == values, (
            "it changes the list that it was given. Hint: only read it."
        )
        assert np.ndim(result) == 0 and not isinstance(result, str | bool), (
            f"it returns {result!r:.40}, not a number. Hint: return size + look * step."
        )
        return float(result)

    found = raised([1, 5, 5, 1], 1)
    assert found != 1, (
        "it returns the number of the look. Hint: it is asked how many "
        "requests had come then."
    )
    assert found not in (25, 150), (
        f"with a high value at the second look, it returns {found:g}, not 125. Hint: "
        "the first look comes after `size` requests, each other one `step` later."
    )
    assert found == 125, (
        f"with a high value at the second look, it returns {found:g}, not 125. Hint: "
        "with patience 1, the first look above the threshold raises the alarm."
    )
    found = raised([1, 5, 5, 5, 5], 3)
    assert found != 125, (
        "it returns the first look of the row. Hint: the alarm is raised at the last "
        "of them; before, nobody knows that the row will go on."
    )
    assert found != 200, (
        "with patience 3 and four high values, it returns the last look. Hint: the "
        "third one raises the alarm."
    )
    assert found == 175, (
        f"with patience 3 and values [1, 5, 5, 5, 5], it returns {found:g}, not 175. "
        "Hint: count high values in a row; stop when the count is `patience`."
    )
    found = raised([5, 1, 5, 1, 5, 5, 5], 3)
    assert found != 200, (
        "it counts high values that are not in a row. Hint: a low one sets the count "
        "back to 0."
    )
    assert found == 250, (
        f"with values [5, 1, 5, 1, 5, 5, 5] and patience 3, it returns {found:g}, not "
        "250. Hint: a low value sets the count back to 0."
    )
    found = raised([3, 3, 3, 4, 4], 2)
    assert found == 200, (
        f"it returns {found:g}, not 200, where the first values equal the threshold. "
        "Hint: above means >, not >=."
    )
    for values in ([1, 5, 5, 1], [1, 1], [5, 5]):
        found = raised(values, 3)
        assert found == math.inf, (
            f"where the alarm is never raised, it returns {found:g}. Hint: return "
            "math.inf after the loop."
        )
    found = raised([5, 5, 5], 3)
    assert found == 150, (
        f"with high values from the first look on, it returns {found:g}, not 150. "
        "Hint: the row may begin at the first look and end at the last."
    )


def check_3(answer):
    """The threshold that a new quiet week exceeds rarely enough."""

    def threshold(weeks, rate):
        given = copy.deepcopy(weeks)
        result = answer(given, rate)
        assert given == weeks, (
            "it changes the lists that it was given. Hint: use sorted, not .sort()."
        )
        assert np.ndim(result) == 0 and not isinstance(result, str), (
            "the result is not a single number. Hint: one threshold for all weeks."
        )
        return float(result)

    weeks = [[1, 4, 2], [9, 1, 1, 1], [3, 6], [2, 2, 7], [5, 1, 1], [1, 8, 8, 8]]
    weeks += [[3, 2, 1], [2, 2, 2]]  # the highest values are 2 to 9
    found = threshold(weeks, 0.34)  # k = 3: 7
    ordered = sorted(value for week in weeks for value in week)
    pooled = ordered[-math.floor(0.34 * (len(ordered) + 1))]
    assert found != pooled and not close(found, np.quantile(ordered, 0.66)), (
        f"it returns {found:g}, as if each value were a week. Hint: what counts of a "
        "week is its highest value."
    )
    means = [np.mean(week) for week in weeks]
    assert found not in (np.quantile(means, 0.66), sorted(means)[-3]), (
        "it looks at the means of the weeks. Hint: a week has a false alarm if its "
        "highest value exceeds the threshold."
    )
    assert not close(found, np.quantile(range(2, 10), 0.66)), (
        f"it returns {found:g}, which lies between two of the highest values. Hint: "
        "np.quantile interpolates; return one of the values."
    )
    assert found != 8, (
        "with 8 weeks and a rate of 0.34, it returns the second highest. Hint: the new "
        "week counts, too: k / 9 is the probability, and 3 / 9 is at most 0.34."
    )
    assert found != 6, (
        "with 8 weeks and a rate of 0.34, it returns the fourth highest. Hint: 4 / 9 "
        "is more than 0.34; and the k-th highest is highest[-k] of a sorted list."
    )
    assert found == 7, (
        f"with highest values 2 to 9 and a rate of 0.34, it returns {found:g}, not 7. "
        "Hint: sort the highest values; the third highest is exceeded in 3 of 9."
    )
    assert threshold(weeks[:7], 0.125) == max(map(max, weeks[:7])), (
        "with 7 weeks and a rate of 0.125, it is not the highest value. Hint: a "
        "probability of just the rate, 1 / 8, is allowed."
    )
    found = threshold(weeks, 0.2)
    assert found != 8, (
        "with 8 weeks and a rate of 0.2, it returns the second highest. Hint: a new "
        "week exceeds that with probability 2 / 9, and 0.2 is less."
    )
    assert found == 9, (
        f"with highest values 2 to 9 and a rate of 0.2, it returns {found:g}, not 9. "
        "Hint: at most 1.8 of 9 weeks may exceed it, so 1."
    )
    found = threshold(weeks, 0.1)
    assert found not in (2, 9), (
        f"with 8 weeks and a rate of 0.1, it returns {found:g}. Hint: a new week "
        "exceeds even the highest of 8 with probability 1 / 9. Then k is 0, and "
        "highest[-0] is the first value: return math.inf."
    )
    assert found == math.inf, (
        f"with 8 weeks and a rate of 0.1, it returns {found:g}, not math.inf. Hint: 8 "
        "weeks are too few for that rate."
    )
    weeks = [[2, 7], [7, 1], [7, 7], [9, 0], [3, 1]]
    found = threshold(weeks, 0.34)
    assert found == 7, (
        f"with highest values 3, 7, 7, 7, 9 and a rate of 0.34, it returns {found:g}, "
        "not 7. Hint: keep equal values of different weeks."
    )


WRONG = {  # replacements in a solution, or another body for it
    "to_blame__no_half": [("np.array(c) + 0.5", "np.array(c)")],
    "to_blame__half_a_window": (
        "p, q = np.array(reference_counts), np.array(window_counts) + 0.5\n"
        "    p, q = p / p.sum(), q / q.sum()\n"
        "    terms = (q - p) * np.log(q / p)\n"
        "    return int(np.argmax(terms)), float(terms.max() / terms.sum())"
    ),
    "to_blame__half_of_shares": (
        "p, q = [np.array(c) / np.sum(c) + 0.5 for c in\n"
        "            (reference_counts, window_counts)]\n"
        "    p, q = p / p.sum(), q / q.sum()\n"
        "    terms = (q - p) * np.log(q / p)\n"
        "    return int(np.argmax(terms)), float(terms.max() / terms.sum())"
    ),
    "to_blame__the_fullest": [("np.argmax(terms)", "np.argmax(q - p)")],
    "to_blame__the_largest_difference": [
        ("np.argmax(terms)", "np.argmax(np.abs(q - p))")
    ],
    "to_blame__from_1": [("int(np.argmax(terms))", "int(np.argmax(terms)) + 1")],
    "to_blame__the_term_itself": [(" / terms.sum())", ")")],
    "to_blame__kullback_leibler": [("(q - p) * np.log", "q * np.log")],
    "to_blame__reversed_divergence": [
        ("(q - p) * np.log(q / p)", "-p * np.log(q / p)")
    ],
    "to_blame__counts": [("    p, q = p / p.sum(), q / q.sum()\n", "")],
    "to_blame__differences_for_terms": [
        ("(q - p) * np.log(q / p)", "np.abs(q - p)"),
    ],
    "to_blame__all_terms": [
        ("int(np.argmax(terms)), float(terms.max() / terms.sum())", "terms")
    ],
    "patient__not_in_a_row": [(" else 0", " else in_a_row")],
    "patient__number_of_the_look": [("size + look * step", "look")],
    "patient__first_of_the_row": [("look * step", "(look - patience + 1) * step")],
    "patient__equal_counts": [("value > threshold", "value >= threshold")],
    "patient__without_the_window": [("size + look * step", "look * step")],
    "patient__looks_from_1": [("look * step", "(look + 1) * step")],
    "patient__minus_one": [("return math.inf", "return -1")],
    "patient__one_too_patient": [("== patience", "> patience")],
    "patient__impatient": [("in_a_row == patience", "in_a_row")],
    "patient__the_last_look": (
        "last, in_a_row = math.inf, 0\n"
        "    for look, value in enumerate(values):\n"
        "        in_a_row = in_a_row + 1 if value > threshold else 0\n"
        "        if in_a_row >= patience:\n"
        "            last = size + look * step\n"
        "    return last"
    ),
    "patient__never_at_the_end": [("enumerate(values)", "enumerate(values[:-1])")],
    "calibrated__all_values": (
        "values = sorted(value for week in weeks for value in week)\n"
        "    k = math.floor(rate * (len(values) + 1))\n"
        "    return values[-k] if k else math.inf"
    ),
    "calibrated__quantile_of_all": (
        "return np.quantile([value for week in weeks for value in week], 1 - rate)"
    ),
    "calibrated__interpolates": (
        "return np.quantile([max(week) for week in weeks], 1 - rate)"
    ),
    "calibrated__means": [("max(week)", "np.mean(week)")],
    "calibrated__without_the_new_week": [("(len(highest) + 1)", "len(highest)")],
    "calibrated__a_share_of_the_weeks": (
        "highest = sorted(max(week) for week in weeks)\n"
        "    return highest[-1 - math.floor(rate * len(highest) + 1e-9)]"
    ),
    "calibrated__one_too_low": [("highest[-k]", "highest[-1 - k]")],
    "calibrated__one_too_high": [("highest[-k]", "highest[-max(1, k - 1)]")],
    "calibrated__rounds_up": [("math.floor(", "math.ceil("), (" + 1e-9", "")],
    "calibrated__rounds": [("math.floor(", "round(")],
    "calibrated__the_highest": [("highest[-k] if k else math.inf", "highest[-1]")],
    "calibrated__from_the_low_end": [("highest[-k]", "highest[k - 1]")],
    "calibrated__no_infinity": [(" if k else math.inf", "")],
    "calibrated__the_highest_for_want_of_weeks": [
        ("else math.inf", "else highest[-1]")
    ],
    "calibrated__not_sorted": [("sorted(", "list(")],
    "calibrated__a_set": [
        ("sorted(max(week) for week in weeks)", "sorted({max(week) for week in weeks})")
    ],
    "calibrated__sorts_in_place": (
        "for week in weeks:\n"
        "        week.sort()\n"
        "    highest = sorted(week[-1] for week in weeks)\n"
        "    k = math.floor(rate * (len(highest) + 1) + 1e-9)\n"
        "    return highest[-k] if k else math.inf"
    ),
}
