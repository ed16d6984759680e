"""Plausible wrong answers to the exercises in lesson 01; each must fail with a hint."""

import numpy as np


def same_text_groups__minds_capitals(texts):
    positions = {}
    for index, text in enumerate(texts):
        positions.setdefault(" ".join(text.split()), []).append(index)
    return [group for group in positions.values() if len(group) > 1]


def same_text_groups__only_strips(texts):
    positions = {}
    for index, text in enumerate(texts):
        positions.setdefault(text.lower().strip(), []).append(index)
    return [group for group in positions.values() if len(group) > 1]


def same_text_groups__removes_all_space(texts):
    positions = {}
    for index, text in enumerate(texts):
        positions.setdefault("".join(text.lower().split()), []).append(index)
    return [group for group in positions.values() if len(group) > 1]


def same_text_groups__keeps_single_texts(texts):
    positions = {}
    for index, text in enumerate(texts):
        positions.setdefault(" ".join(text.lower().split()), []).append(index)
    return list(positions.values())


def same_text_groups__returns_the_texts(texts):
    texts = [" ".join(text.lower().split()) for text in texts]
    return [[text] * texts.count(text) for text in set(texts) if texts.count(text) > 1]


def same_text_groups__returns_a_dictionary(texts):
    positions = {}
    for index, text in enumerate(texts):
        positions.setdefault(" ".join(text.lower().split()), []).append(index)
    return {text: group for text, group in positions.items() if len(group) > 1}


def same_text_groups__looks_at_neighbours_only(texts):
    texts = [" ".join(text.lower().split()) for text in texts]
    groups = []
    for index, text in enumerate(texts):
        if index and text == texts[index - 1]:
            groups[-1].append(index)
        else:
            groups.append([index])
    return [group for group in groups if len(group) > 1]


def split_by_family__splits_examples(families, test_fraction, seed):
    return np.random.default_rng(seed).random(len(families)) < test_fraction


def split_by_family__cuts_a_family_at_the_end(families, test_fraction, seed):
    families = np.asarray(families)
    order = np.random.default_rng(seed).permutation(np.unique(families))
    ranks = np.argsort(np.argsort([list(order).index(f) for f in families]))
    return ranks < test_fraction * len(families)


def split_by_family__counts_families(families, test_fraction, seed):
    names = np.unique(families)
    order = np.random.default_rng(seed).permutation(names)
    order = sorted(order, key=lambda f: np.sum(np.asarray(families) == f))[::-1]
    return np.isin(families, order[: int(test_fraction * len(names)) + 1])


def split_by_family__takes_one_family(families, test_fraction, seed):
    family = np.random.default_rng(seed).choice(np.unique(families))
    return np.asarray(families) == family


def split_by_family__ignores_the_seed(families, test_fraction, seed):
    families = np.asarray(families)
    in_test = np.zeros(len(families), bool)
    for family in np.unique(families):
        if in_test.sum() < test_fraction * len(families):
            in_test |= families == family
    return in_test


def split_by_family__draws_without_the_seed(families, test_fraction, seed):
    families = np.asarray(families)
    in_test = np.zeros(len(families), bool)
    for family in np.random.default_rng().permutation(np.unique(families)):
        if in_test.sum() < test_fraction * len(families):
            in_test |= families == family
    return in_test


def split_by_family__returns_positions(families, test_fraction, seed):
    order = np.random.default_rng(seed).permutation(np.unique(families))
    return np.flatnonzero(np.isin(families, order[: int(test_fraction * len(order))]))


def total_variation__without_the_half(labels, reference):
    return sum(
        abs(labels.count(k) / len(labels) - reference.count(k) / len(reference))
        for k in set(labels) | set(reference)
    )


def total_variation__compares_counts(labels, reference):
    return 0.5 * sum(
        abs(labels.count(k) - reference.count(k)) for k in set(labels) | set(reference)
    )


def total_variation__labels_of_the_first_list_only(labels, reference):
    return 0.5 * sum(
        abs(labels.count(k) / len(labels) - reference.count(k) / len(reference))
        for k in set(labels)
    )


def total_variation__without_absolute_values(labels, reference):
    return 0.5 * sum(
        labels.count(k) / len(labels) - reference.count(k) / len(reference)
        for k in set(labels) | set(reference)
    )


def total_variation__squares(labels, reference):
    return 0.5 * sum(
        (labels.count(k) / len(labels) - reference.count(k) / len(reference)) ** 2
        for k in set(labels) | set(reference)
    )


def total_variation__largest_difference(labels, reference):
    return max(
        abs(labels.count(k) / len(labels) - reference.count(k) / len(reference))
        for k in set(labels) | set(reference)
    )
