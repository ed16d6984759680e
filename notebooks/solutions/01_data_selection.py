"""Solutions of the exercises in lesson 01."""

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
