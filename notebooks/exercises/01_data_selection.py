"""Exercises of lesson 01: solutions, then checkers, then wrong answers."""

import itertools

import numpy as np


def keep_different(texts, threshold):
    kept, sets = [], []
    for position, text in enumerate(texts):
        words = text.lower().split()
        starts = range(max(len(words) - 2, 1))
        mine = {tuple(words[start : start + 3]) for start in starts}
        if all(len(mine & s) / len(mine | s) < threshold for s in sets):
            kept.append(position)
            sets.append(mine)
    return kept


def split_by_group(groups, test_share, seed):
    groups = np.asarray(groups)
    order = np.random.default_rng(seed).permutation(np.unique(groups))
    in_test = np.zeros(len(groups), bool)
    for group in order:
        if in_test.sum() >= test_share * len(groups):
            break
        in_test |= groups == group
    return in_test


def label_suspects(labels, probabilities):
    labels, probabilities = np.asarray(labels), np.asarray(probabilities)
    thresholds = np.full(probabilities.shape[1], np.inf)
    for k in np.unique(labels):
        thresholds[k] = probabilities[labels == k, k].mean()
    reached = np.where(probabilities >= thresholds, probabilities, -1)
    other = (reached.max(axis=1) >= 0) & (reached.argmax(axis=1) != labels)
    suspects = np.flatnonzero(other)
    given = probabilities[suspects, labels[suspects]]
    return suspects[np.argsort(given)].tolist()


def check_1(answer):
    """keep_different(texts, threshold): positions of texts that are not near-copies."""
    hint = "return a list of positions, such as [0, 2, 5]"
    found = answer(["a b c d", "e f g h"], 0.5)
    right_form = isinstance(found, list | tuple | np.ndarray) and all(
        isinstance(each, int | np.integer) for each in found
    )
    assert right_form, f"it returned {_short(found)}. Hint: {hint}."
    assert _plain(found) == [0, 1], (
        f"of two texts without a common word it kept {_short(found)}. Hint: {hint}; "
        "keep a text if all similarities are below the threshold."
    )
    assert _plain(answer(["a b c d", "x y z w", "a b c d"], 1.0)) == [0, 1], (
        "a copy is kept at a threshold of 1. "
        "Hint: a text goes if a similarity is the threshold or more."
    )
    assert _plain(answer(["Sense and  Sensibility\n", "sense and SENSIBILITY"], 1)) == [
        0
    ], (
        "capitals and blanks make a difference. "
        "Hint: the words are text.lower().split()."
    )
    # Shingles abc, bcd, cde and abc, bcd, cdf: 2 of 4 in common.
    pair = ["a b c d e", "a b c d f"]
    assert _plain(answer(pair, 0.5)) == [0], (
        "texts with 2 of 4 different shingles in common are both kept at a threshold "
        "of 0.5. Hint: divide by the size of the union of the two sets."
    )
    assert _plain(answer(pair, 0.51)) == [0, 1], (
        "texts with 2 of 4 different shingles in common are not both kept at 0.51. "
        "Hint: shingles are three words in a row; divide by the size of the union."
    )
    assert _plain(answer(["a b c d e f", "f e d c b a"], 0.1)) == [0, 1], (
        "a text read backwards counts as similar. "
        "Hint: compare runs of three words, not single words."
    )
    assert _plain(answer(["a b c", "a b c a b c a b c"], 0.34)) == [0, 1], (
        "'a b c' and three times the same are not both kept at 0.34. "
        "Hint: shingles form a set: each counts once."
    )
    assert _plain(answer(["a b c", "a b c a b c a b c"], 0.33)) == [0], (
        "'a b c' and three times the same are both kept at 0.33, though they share 1 "
        "of 3 different shingles. Hint: shingles form a set: each counts once."
    )
    short = answer(["yes", "no", "yes", "oh no", ""], 0.9)
    assert _plain(short) == [0, 1, 3, 4], (
        "of 'yes', 'no', 'yes', 'oh no' and '' it does not keep 0, 1, 3 and 4. "
        "Hint: a text of fewer than three words has one shingle: all of it."
    )
    assert _plain(answer(["oh no", "no oh"], 0.9)) == [0, 1], (
        "'oh no' and 'no oh' are not both kept. "
        "Hint: the one shingle of a short text has its words in their order."
    )
    # The second resembles the first, the third the second only.
    chain = ["a b c d e f g h", "c d e f g h i j", "e f g h i j k l"]
    assert _plain(answer(chain, 0.5)) == [0, 2], (
        "of three texts, the third like the second only, it does not keep the first "
        "and third. Hint: compare with the texts that were kept, not with all."
    )
    far = ["a b c d", "e f g h", "i j k l", "a b c d"]
    assert _plain(answer(far, 0.9)) == [0, 1, 2], (
        "a copy further on is kept. "
        "Hint: compare with all texts that were kept, not only with the last."
    )


def check_2(answer):
    """split_by_group(groups, test_share, seed): a test mask, no group split."""
    rng = np.random.default_rng(7)
    skewed = np.repeat(np.arange(55) * 3, [30] * 5 + [1] * 50)
    cases = [(rng.integers(0, 40, 200) * 3 + 5, 0.2), (np.arange(100), 0.3)]
    cases += [(rng.permutation(skewed), share) for share in (0.1, 0.25, 0.5)]
    for seed, (groups, share) in itertools.product(range(4), cases):
        in_test = _mask(answer(groups.copy(), share, seed), len(groups))
        both = set(groups[in_test]) & set(groups[~in_test])
        assert not both, (
            f"a group is on both sides, for example {min(both, default=0)}. Hint: "
            "choose among np.unique(groups), then take all members of the chosen."
        )
        wanted, count = round(share * len(groups)), in_test.sum()
        largest = np.bincount(groups[in_test]).max(initial=0)
        assert count - largest < wanted <= count, (
            f"of {len(groups)} examples in groups of unequal size, {count} are in the "
            f"test set instead of {wanted} or a few more. Hint: add group after group "
            "and count their members, not the groups, until there are enough."
        )
    large = [_mask(answer(skewed, 0.05, s), 200)[:150].any() for s in range(30)]
    assert any(large) and not all(large), (
        f"{'all' if any(large) else 'none'} of 30 splits have one of the large groups "
        "in the test set. Hint: the order of the groups is drawn; it does not depend "
        "on their sizes."
    )
    groups = rng.integers(0, 50, 200)
    first = _mask(answer(groups.copy(), 0.2, 1), 200)
    assert np.array_equal(first, _mask(answer(groups.copy(), 0.2, 1), 200)), (
        "the same seed gave two different splits. "
        "Hint: draw the order from np.random.default_rng(seed)."
    )
    others = [_mask(answer(groups.copy(), 0.2, seed), 200) for seed in range(2, 6)]
    assert any(not np.array_equal(first, other) for other in others), (
        "five seeds gave the same split. "
        "Hint: shuffle the groups with np.random.default_rng(seed)."
    )
    as_list = _mask(answer(groups.tolist(), 0.2, 1), 200)
    assert np.array_equal(first, as_list), (
        "a list does not give the same split as an array. "
        "Hint: begin with np.asarray(groups)."
    )


def check_3(answer):
    """label_suspects(labels, probabilities): the rule of confident learning."""
    labels = np.array([0, 0, 0, 1, 1, 1])
    probabilities = np.array(
        [[0.9, 0.1], [0.8, 0.2], [0.1, 0.9], [0.3, 0.7], [0.2, 0.8], [0.75, 0.25]]
    )
    hint = "return a list of positions, such as [2, 5]"
    found = answer(labels, probabilities)
    right_form = isinstance(found, list | tuple | np.ndarray) and np.ndim(found) == 1
    assert right_form, f"it returned {_short(found)}. Hint: {hint}."
    # The thresholds are 0.6 and 7 / 12.
    _suspects(found, [2, 5])
    # Class 0 is never sure: its threshold, 0.45, is reached without a majority.
    probabilities = np.array(
        [
            [0.40, 0.30, 0.30],
            [0.50, 0.30, 0.20],
            [0.46, 0.54, 0.00],
            [0.05, 0.95, 0.00],
            [0.02, 0.06, 0.92],
            [0.05, 0.80, 0.15],
        ]
    )
    labels = np.array([0, 0, 1, 1, 2, 2])
    found = _plain(answer(labels, probabilities))
    assert 2 in found, (
        "a picture is missing that has 0.54 for its label and 0.46 for a class with "
        "the threshold 0.45. Hint: only classes that reach their thresholds count."
    )
    _suspects(found, [5, 2])
    # Both suspects look like class 1, the second with less for its own label.
    probabilities = np.array(
        [
            [0.90, 0.10, 0.00],
            [0.30, 0.70, 0.00],
            [0.10, 0.65, 0.25],
            [0.30, 0.60, 0.10],
            [0.00, 0.10, 0.90],
        ]
    )
    _suspects(answer(np.array([0, 0, 0, 1, 2]), probabilities), [2, 1])
    probabilities = np.array([[0.6, 0.4], [0.6, 0.4], [0.4, 0.6]])
    assert _plain(answer(np.array([0, 0, 0]), probabilities)) == [], (
        "a class that no picture has as label makes suspects. "
        "Hint: its threshold is infinite; the mean of nothing is NaN."
    )
    probabilities = np.array(
        [[0.25, 0.5, 0.25], [0.25, 0.5, 0.25], [0.75, 0.125, 0.125]]
    )
    assert _plain(answer(np.array([0, 1, 0]), probabilities)) == [0], (
        "a probability equal to the threshold does not count. "
        "Hint: a class reaches its threshold with >=."
    )
    # The thresholds are 0.35 and 0.6, and both pictures reach both.
    probabilities = np.array([[0.4, 0.6], [0.35, 0.65]])
    assert _plain(answer(np.array([1, 0]), probabilities)) == [1], (
        "a picture that reaches two thresholds is a suspect though its label is the "
        "more probable. Hint: of the classes that are reached, take the most probable."
    )
    probabilities = np.array([[0.9, 0.1], [0.05, 0.95], [0.5, 0.5]])
    assert _plain(answer(np.array([0, 1, 1]), probabilities)) == [], (
        "a picture that reaches no threshold is a suspect. "
        "Hint: look for classes that are reached before you take the most probable."
    )


def _plain(positions):
    return [int(position) for position in positions]


def _suspects(found, wanted):
    found = _plain(found)
    assert sorted(found) == sorted(wanted), (
        f"it suspects {_short(found)} instead of {wanted}. Hint: the threshold of "
        "class k is probabilities[labels == k, k].mean(). Of the classes that reach "
        "theirs, take the most probable."
    )
    assert found == wanted, (
        f"it returned {_short(found)} instead of {wanted}. Hint: sort by the "
        "probability of the given label, the smallest first."
    )


def _mask(result, count):
    result = np.asarray(result)
    assert result.shape == (count,) and result.dtype == bool, (
        f"for {count} examples it returned shape {result.shape}, type {result.dtype}. "
        "Hint: return a boolean array with one value per example, e.g. "
        "np.isin(groups, ...)."
    )
    return result


def _short(value):
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


WRONG = {  # replacements in a solution, or another body for it
    "keep_different__minds_capitals": [("text.lower()", "text")],
    "keep_different__compares_words": [
        ("max(len(words) - 2, 1)", "max(len(words), 1)"),
        ("start + 3", "start + 1"),
    ],
    "keep_different__pairs_of_words": [
        ("len(words) - 2", "len(words) - 1"),
        ("start + 3", "start + 2"),
    ],
    "keep_different__divides_by_the_smaller": [
        ("len(mine | s)", "min(len(mine), len(s))")
    ],
    "keep_different__keeps_at_the_threshold": [("< threshold", "<= threshold")],
    "keep_different__compares_with_all": [
        ("            sets.append(mine)\n", "        sets.append(mine)\n")
    ],
    "keep_different__compares_with_the_last": [("in sets)", "in sets[-1:])")],
    "keep_different__short_texts_have_none": [
        ("max(len(words) - 2, 1)", "len(words) - 2"),
        ("len(mine | s)", "max(len(mine | s), 1)"),
    ],
    "keep_different__returns_texts": [("append(position)", "append(text)")],
    "keep_different__returns_a_mask": [
        ("return kept", "return [i in kept for i in range(len(texts))]")
    ],
    "split_by_group__splits_examples": (
        "return np.random.default_rng(seed).random(len(groups)) < test_share"
    ),
    "split_by_group__ignores_the_seed": [("default_rng(seed)", "default_rng(0)")],
    "split_by_group__draws_without_the_seed": [("default_rng(seed)", "default_rng()")],
    "label_suspects__most_probable_of_all_classes": [
        ("np.where(probabilities >= thresholds, probabilities, -1)", "probabilities")
    ],
    "label_suspects__any_other_class": [
        (
            "np.where(probabilities >= thresholds, probabilities, -1)",
            "(probabilities >= thresholds)"
            " & ~np.eye(len(thresholds), dtype=bool)[labels]",
        ),
        ("reached.max(axis=1) >= 0", "reached.any(axis=1)"),
    ],
    "label_suspects__reaches_none": [("(reached.max(axis=1) >= 0) & ", "")],
    "label_suspects__threshold_of_one_half": [
        ("probabilities[labels == k, k].mean()", "0.5")
    ],
    "label_suspects__mean_over_all_pictures": [
        ("probabilities[labels == k, k]", "probabilities[:, k]")
    ],
    "label_suspects__first_class_that_is_reached": [
        ("thresholds, probabilities, -1)", "thresholds, 1, -1)")
    ],
    "label_suspects__does_not_sort": [
        ("suspects[np.argsort(given)].tolist()", "suspects.tolist()")
    ],
    "label_suspects__most_probable_first": [
        ("np.argsort(given)", "np.argsort(-given)")
    ],
    "label_suspects__sorts_by_the_other_class": [
        ("np.argsort(given)", "np.argsort(-reached.max(axis=1)[suspects])")
    ],
    "label_suspects__empty_classes_make_suspects": [("np.inf", "0.0")],
    "label_suspects__above_the_threshold": [(">= thresholds", "> thresholds")],
    "label_suspects__returns_a_mask": [
        ("return suspects[np.argsort(given)].tolist()", "return other.tolist()")
    ],
}


def split_by_group__cuts_a_group_at_the_end(groups, test_share, seed):
    groups = np.asarray(groups)
    order = np.random.default_rng(seed).permutation(np.unique(groups))
    ranks = np.argsort(np.argsort([list(order).index(g) for g in groups]))
    return ranks < test_share * len(groups)


def split_by_group__takes_one_group(groups, test_share, seed):
    group = np.random.default_rng(seed).choice(np.unique(groups))
    return np.asarray(groups) == group


def split_by_group__takes_a_share_of_the_groups(groups, test_share, seed):
    order = np.random.default_rng(seed).permutation(np.unique(groups))
    return np.isin(groups, order[: round(test_share * len(order))])


def split_by_group__stops_before_the_share(groups, test_share, seed):
    groups = np.asarray(groups)
    in_test = np.zeros(len(groups), bool)
    for group in np.random.default_rng(seed).permutation(np.unique(groups)):
        if (in_test | (groups == group)).sum() > test_share * len(groups):
            break
        in_test |= groups == group
    return in_test


def split_by_group__returns_positions(groups, test_share, seed):
    order = np.random.default_rng(seed).permutation(np.unique(groups))
    return np.flatnonzero(np.isin(groups, order[: int(test_share * len(order))]))


def split_by_group__smallest_first(groups, test_share, seed):
    groups = np.asarray(groups)
    order = np.random.default_rng(seed).permutation(np.unique(groups))
    in_test = np.zeros(len(groups), bool)
    for group in sorted(order, key=lambda group: np.sum(groups == group)):
        if in_test.sum() >= test_share * len(groups):
            break
        in_test |= groups == group
    return in_test


def keep_different__counts_repeats(texts, threshold):
    from collections import Counter

    kept, bags = [], []
    for position, text in enumerate(texts):
        words = text.lower().split()
        starts = range(max(len(words) - 2, 1))
        mine = Counter(tuple(words[start : start + 3]) for start in starts)
        if all((mine & b).total() / (mine | b).total() < threshold for b in bags):
            kept.append(position)
            bags.append(mine)
    return kept


def split_by_group__counts_groups(groups, test_share, seed):
    names = np.unique(groups)
    order = np.random.default_rng(seed).permutation(names)
    order = sorted(order, key=lambda g: np.sum(np.asarray(groups) == g))[::-1]
    return np.isin(groups, order[: int(test_share * len(names)) + 1])
