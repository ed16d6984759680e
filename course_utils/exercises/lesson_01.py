"""Checkers of lesson 01, data selection."""

from course_utils.exercises import close, expect

import numpy as np


def check_1(answer):
    """same_text_groups(texts): positions of texts equal but for case and space."""
    hint = "return a list of lists of positions, such as [[0, 3], [1, 2, 5]]"
    found = answer(["a b", "c d", "a b"])
    right_form = isinstance(found, list | tuple) and all(
        isinstance(group, list | tuple) for group in found
    )
    expect(right_form, f"it returned {_short(found)}", hint)
    found = _plain(found)
    numbers = all(isinstance(i, int | np.integer) for group in found for i in group)
    expect(numbers, f"it returned {_short(found)}", f"not the texts: {hint}")
    expect(
        all(len(group) > 1 for group in found),
        "a text that occurs once forms a group",
        "keep only the groups of two positions or more",
    )
    expect(found == [[0, 2]], f"['a b', 'c d', 'a b'] gave {_short(found)}", hint)
    expect(
        _plain(answer(["Emma", "EMMA", "emma"])) == [[0, 1, 2]],
        "'Emma', 'EMMA' and 'emma' are not one group",
        "bring all texts to lower case before you compare them",
    )
    expect(
        _plain(answer(["a  b\n", "a b", " a\tb"])) == [[0, 1, 2]],
        "texts that differ only in spaces, tabs and line ends are not one group",
        '" ".join(text.split()) leaves single spaces only',
    )
    expect(
        _plain(answer(["ab", "a b"])) == [],
        "'ab' and 'a b' are one group",
        "keep one space between the words, do not remove all of them",
    )
    expect(
        _plain(answer(["x", "y", "z", "Y", "x", "y "])) == [[0, 4], [1, 3, 5]],
        "['x', 'y', 'z', 'Y', 'x', 'y '] did not give [[0, 4], [1, 3, 5]]",
        "copies may lie anywhere; order the groups by their first position",
    )
    expect(_plain(answer([])) == [], "no texts do not give an empty list", hint)
    texts = ["same"]
    answer(texts)
    expect(texts == ["same"], "it changed its input", "work on copies of the texts")


def check_2(answer):
    """split_by_family(families, test_fraction, seed): a test mask, no family split."""
    random = np.random.default_rng(7)
    for families, fraction in [
        (random.integers(0, 40, 200) * 3 + 5, 0.2),
        (np.arange(100), 0.3),
        (np.repeat([4, 9, 2, 7, 1, 8], [30, 5, 5, 10, 20, 10]), 0.25),
    ]:
        in_test = _mask(answer(families.copy(), fraction, 0), len(families))
        both = set(families[in_test]) & set(families[~in_test])
        expect(
            not both,
            f"a family lies on both sides, for example {min(both, default=0)}",
            "choose among np.unique(families), then take all members of the chosen",
        )
        wanted, largest = fraction * len(families), np.bincount(families).max()
        expect(
            abs(in_test.sum() - wanted) <= largest,
            f"of {len(families)} examples {in_test.sum()} are in the test set instead "
            f"of about {wanted:.0f}",
            "add family after family and count their members, until there are enough",
        )
    families = random.integers(0, 50, 200)
    first = _mask(answer(families.copy(), 0.2, 1), 200)
    expect(
        np.array_equal(first, _mask(answer(families.copy(), 0.2, 1), 200)),
        "the same seed gave two different splits",
        "draw the order from np.random.default_rng(seed)",
    )
    others = [_mask(answer(families.copy(), 0.2, seed), 200) for seed in range(2, 6)]
    expect(
        any(not np.array_equal(first, other) for other in others),
        "five seeds gave the same split",
        "shuffle the families with np.random.default_rng(seed)",
    )
    as_list = _mask(answer(families.tolist(), 0.2, 1), 200)
    expect(
        len(as_list) == 200, "it fails for a list", "begin with np.asarray(families)"
    )


def check_3(answer):
    """total_variation(labels, reference): half the sum of differences of shares."""
    same = ["a", "b", "b"]
    expect(
        close(answer(same, same), 0),
        "two equal lists are not at distance 0",
        "subtract the shares of the same label",
    )
    expect(
        close(answer(same, 2 * same), 0),
        "a list and the same list twice are not at distance 0",
        "divide each count by the length of its list, so that shares are compared",
    )
    value = answer(["a", "a", "a", "b"], ["a", "b", "b", "b"])
    expect(
        not close(value, 0),
        "shares of 3/4, 1/4 and 1/4, 3/4 are at distance 0 instead of 1/2",
        "take the absolute value of each difference, or they cancel",
    )
    expect(
        not close(value, 1),
        "shares of 3/4, 1/4 and 1/4, 3/4 are at distance 1 instead of 1/2",
        "take half of the sum",
    )
    expect(
        close(value, 0.5),
        f"shares of 3/4, 1/4 and 1/4, 3/4 gave {_short(value)} instead of 1/2",
        "sum the absolute values of the differences and take half",
    )
    every_label = "sum over the labels of both lists, also those that one of them lacks"
    expect(
        close(answer(["a", "a", "b"], ["c", "d"]), 1),
        "lists without a common label are not at distance 1",
        every_label,
    )
    for first, second in [("aaab", "abcc"), ("abcc", "aaab")]:
        value = answer(list(first), list(second))
        expect(
            close(value, 0.5),
            f"{list(first)} and {list(second)} gave {_short(value)} instead of 1/2",
            every_label,
        )
    expect(
        close(answer([1, 2, 2], [2, 3]), 0.5),
        "it fails for labels that are numbers",
        "count labels as they are, for example with collections.Counter",
    )


def _plain(groups):
    return [list(group) for group in groups]


def _mask(result, count):
    result = np.asarray(result)
    expect(
        result.shape == (count,) and result.dtype == bool,
        f"for {count} examples it returned shape {result.shape}, type {result.dtype}",
        "return a boolean array with one value an example, e.g. np.isin(families, ...)",
    )
    return result


def _short(value):
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
