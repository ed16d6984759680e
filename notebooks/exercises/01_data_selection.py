"""Exercises of lesson 01: solutions, then checkers, then wrong answers."""

from course_utils.judge import close

import numpy as np


def same_text_groups(texts):
    from collections import defaultdict

    positions = defaultdict(list)
    for index, text in enumerate(texts):
        positions[" ".join(text.lower().split())].append(index)
    return [group for group in positions.values() if len(group) > 1]


def split_by_family(families, test_fraction, seed):
    families = np.asarray(families)
    order = np.random.default_rng(seed).permutation(np.unique(families))
    in_test = np.zeros(len(families), bool)
    for family in order:
        if in_test.sum() >= test_fraction * len(families):
            break
        in_test |= families == family
    return in_test


def total_variation(labels, reference):
    from collections import Counter

    counts, reference_counts = Counter(labels), Counter(reference)
    return 0.5 * sum(
        abs(counts[label] / len(labels) - reference_counts[label] / len(reference))
        for label in counts | reference_counts
    )


def check_1(answer):
    """same_text_groups(texts): positions of texts equal but for case and space."""
    hint = "return a list of lists of positions, such as [[0, 3], [1, 2, 5]]"
    found = answer(["a b", "c d", "a b"])
    right_form = isinstance(found, list | tuple) and all(
        isinstance(group, list | tuple) for group in found
    )
    assert right_form, f"it returned {_short(found)}. Hint: {hint}."
    found = _plain(found)
    numbers = all(isinstance(i, int | np.integer) for group in found for i in group)
    assert numbers, f"it returned {_short(found)}. Hint: not the texts: {hint}."
    assert all(len(group) > 1 for group in found), (
        "a text that occurs once forms a group. "
        "Hint: keep only the groups of two positions or more."
    )
    assert found == [[0, 2]], (
        f"['a b', 'c d', 'a b'] gave {_short(found)}. Hint: {hint}."
    )
    assert _plain(answer(["Emma", "EMMA", "emma"])) == [[0, 1, 2]], (
        "'Emma', 'EMMA' and 'emma' are not one group. "
        "Hint: bring all texts to lower case before you compare them."
    )
    assert _plain(answer(["a  b\n", "a b", " a\tb"])) == [[0, 1, 2]], (
        "texts that differ only in spaces, tabs and line ends are not one group. "
        'Hint: " ".join(text.split()) leaves single spaces only.'
    )
    assert _plain(answer(["ab", "a b"])) == [], (
        "'ab' and 'a b' are one group. "
        "Hint: keep one space between the words, do not remove all of them."
    )
    assert _plain(answer(["x", "y", "z", "Y", "x", "y "])) == [[0, 4], [1, 3, 5]], (
        "['x', 'y', 'z', 'Y', 'x', 'y '] did not give [[0, 4], [1, 3, 5]]. "
        "Hint: copies may lie anywhere; order the groups by their first position."
    )
    assert _plain(answer([])) == [], (
        f"no texts do not give an empty list. Hint: {hint}."
    )
    texts = ["same"]
    answer(texts)
    assert texts == ["same"], "it changed its input. Hint: work on copies of the texts."


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
        assert not both, (
            f"a family lies on both sides, for example {min(both, default=0)}. Hint: "
            "choose among np.unique(families), then take all members of the chosen."
        )
        wanted, largest = fraction * len(families), np.bincount(families).max()
        assert abs(in_test.sum() - wanted) <= largest, (
            f"of {len(families)} examples {in_test.sum()} are in the test set instead "
            f"of about {wanted:.0f}. Hint: add family after family and count their "
            "members, until there are enough."
        )
    families = random.integers(0, 50, 200)
    first = _mask(answer(families.copy(), 0.2, 1), 200)
    assert np.array_equal(first, _mask(answer(families.copy(), 0.2, 1), 200)), (
        "the same seed gave two different splits. "
        "Hint: draw the order from np.random.default_rng(seed)."
    )
    others = [_mask(answer(families.copy(), 0.2, seed), 200) for seed in range(2, 6)]
    assert any(not np.array_equal(first, other) for other in others), (
        "five seeds gave the same split. "
        "Hint: shuffle the families with np.random.default_rng(seed)."
    )
    as_list = _mask(answer(families.tolist(), 0.2, 1), 200)
    assert len(as_list) == 200, (
        "it fails for a list. Hint: begin with np.asarray(families)."
    )


def check_3(answer):
    """total_variation(labels, reference): half the sum of differences of shares."""
    same = ["a", "b", "b"]
    assert close(answer(same, same), 0), (
        "two equal lists are not at distance 0. "
        "Hint: subtract the shares of the same label."
    )
    assert close(answer(same, 2 * same), 0), (
        "a list and the same list twice are not at distance 0. Hint: divide each count "
        "by the length of its list, so that shares are compared."
    )
    value = answer(["a", "a", "a", "b"], ["a", "b", "b", "b"])
    assert not close(value, 0), (
        "shares of 3/4, 1/4 and 1/4, 3/4 are at distance 0 instead of 1/2. "
        "Hint: take the absolute value of each difference, or they cancel."
    )
    assert not close(value, 1), (
        "shares of 3/4, 1/4 and 1/4, 3/4 are at distance 1 instead of 1/2. "
        "Hint: take half of the sum."
    )
    assert close(value, 0.5), (
        f"shares of 3/4, 1/4 and 1/4, 3/4 gave {_short(value)} instead of 1/2. "
        "Hint: sum the absolute values of the differences and take half."
    )
    every_label = "sum over the labels of both lists, also those that one of them lacks"
    assert close(answer(["a", "a", "b"], ["c", "d"]), 1), (
        f"lists without a common label are not at distance 1. Hint: {every_label}."
    )
    for first, second in [("aaab", "abcc"), ("abcc", "aaab")]:
        value = answer(list(first), list(second))
        assert close(value, 0.5), (
            f"{list(first)} and {list(second)} gave {_short(value)} instead of 1/2. "
            f"Hint: {every_label}."
        )
    assert close(answer([1, 2, 2], [2, 3]), 0.5), (
        "it fails for labels that are numbers. "
        "Hint: count labels as they are, for example with collections.Counter."
    )


def _plain(groups):
    return [list(group) for group in groups]


def _mask(result, count):
    result = np.asarray(result)
    assert result.shape == (count,) and result.dtype == bool, (
        f"for {count} examples it returned shape {result.shape}, type {result.dtype}. "
        "Hint: return a boolean array with one value an example, e.g. "
        "np.isin(families, ...)."
    )
    return result


def _short(value):
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


WRONG = {  # replacements in a solution, or another body for it
    "same_text_groups__minds_capitals": [("text.lower()", "text")],
    "same_text_groups__only_strips": [
        ('" ".join(text.lower().split())', "text.lower().strip()")
    ],
    "same_text_groups__removes_all_space": [('" ".join', '"".join')],
    "same_text_groups__keeps_single_texts": [(" if len(group) > 1", "")],
    "same_text_groups__returns_the_texts": [("append(index)", "append(text)")],
    "same_text_groups__returns_a_dictionary": [
        ("[group for group in", "{text: group for text, group in"),
        (".values() if len(group) > 1]", ".items() if len(group) > 1}"),
    ],
    "split_by_family__splits_examples": (
        "return np.random.default_rng(seed).random(len(families)) < test_fraction"
    ),
    "split_by_family__ignores_the_seed": [("default_rng(seed)", "default_rng(0)")],
    "split_by_family__draws_without_the_seed": [("default_rng(seed)", "default_rng()")],
    "total_variation__without_the_half": [("0.5 * ", "")],
    "total_variation__compares_counts": [
        (" / len(labels)", ""),
        (" / len(reference)", ""),
    ],
    "total_variation__labels_of_the_first_list_only": [(" | reference_counts", "")],
    "total_variation__without_absolute_values": [("abs(", "(")],
    "total_variation__squares": [
        ("abs(", "("),
        ("len(reference))", "len(reference)) ** 2"),
    ],
    "total_variation__largest_difference": [("0.5 * sum(", "max(")],
}


def same_text_groups__looks_at_neighbours_only(texts):
    from itertools import groupby

    runs = groupby(range(len(texts)), lambda i: " ".join(texts[i].lower().split()))
    groups = [list(run) for _, run in runs]
    return [group for group in groups if len(group) > 1]


def split_by_family__cuts_a_family_at_the_end(families, test_fraction, seed):
    families = np.asarray(families)
    order = np.random.default_rng(seed).permutation(np.unique(families))
    ranks = np.argsort(np.argsort([list(order).index(f) for f in families]))
    return ranks < test_fraction * len(families)


def split_by_family__takes_one_family(families, test_fraction, seed):
    family = np.random.default_rng(seed).choice(np.unique(families))
    return np.asarray(families) == family


def split_by_family__returns_positions(families, test_fraction, seed):
    order = np.random.default_rng(seed).permutation(np.unique(families))
    return np.flatnonzero(np.isin(families, order[: int(test_fraction * len(order))]))


def split_by_family__counts_families(families, test_fraction, seed):
    names = np.unique(families)
    order = np.random.default_rng(seed).permutation(names)
    order = sorted(order, key=lambda f: np.sum(np.asarray(families) == f))[::-1]
    return np.isin(families, order[: int(test_fraction * len(names)) + 1])
