"""Exercises of lesson 16b: solutions, then checkers, then wrong answers."""

import numpy as np


def without_near_copies(texts, limit):
    """Texts, the similarity from which one is a copy -> the list of those kept."""
    kept = []
    for text in texts:
        words = set(text.lower().split())
        others = [set(other.lower().split()) for other in kept]
        if all(len(words & o) / len(words | o) < limit for o in others):
            kept.append(text)
    return kept


def contaminated(generated, test, n):
    """Generated texts, test texts, words of a run -> numbers of generated texts."""

    def runs(text):
        words = text.lower().split()
        return {tuple(words[i : i + n]) for i in range(len(words) - n + 1)}

    known = set().union(*map(runs, test))
    return [number for number, text in enumerate(generated) if runs(text) & known]


def example_weights(is_generated, share):
    """(N,) booleans, share of all weight for the generated -> weights (N,)."""
    generated = np.asarray(is_generated)
    size, made = len(generated), generated.sum()
    if made in (0, size):
        return np.ones(size)
    return np.where(generated, share * size / made, (1 - share) * size / (size - made))


def check_1(answer):
    """Drop texts that are nearly copies of those kept."""

    def kept(texts, limit=0.5):
        given = list(texts)
        result = answer(given, limit)
        assert isinstance(result, list | tuple), (
            f"the result is a {type(result).__name__}, not a list. Hint: append to a "
            "list and return it."
        )
        assert given == texts, (
            "the list that your function was given has changed. Hint: begin with an "
            "empty list and append to that."
        )
        return list(result)

    assert kept(["red fox"]) == ["red fox"], (
        "a text alone is not kept. Hint: nothing was kept before the first text, so "
        "nothing is like it: all(...) of no others is True."
    )
    assert kept(["red fox", "red bus"]) == ["red fox", "red bus"], (
        "with the limit 0.5, 'red bus' is dropped after 'red fox': one word in both, "
        "three in either. Hint: divide by the number of words in either, a | b."
    )
    same = kept(["a small red fox", "small red fox a"])
    assert same != ["small red fox a"], (
        "of two texts of the same words, the second is kept. Hint: go through the "
        "texts in their order; the first of two copies stays."
    )
    assert same == ["a small red fox"], (
        "the same words in another order are kept twice. Hint: compare sets of words: "
        "their similarity is 1."
    )
    assert kept(["cat", "cat"], 1.0) == ["cat"], (
        "with the limit 1, an exact copy is kept. Hint: its similarity is 1 (divide by "
        "`len(a | b)`), which is not below the limit: keep only if similarity < limit."
    )
    assert kept(["Red Fox", "red fox"])[1:] == [], (
        "'red fox' is kept after 'Red Fox'. Hint: compare text.lower()."
    )
    assert kept(["Red Fox", "red fox"]) == ["Red Fox"], (
        "'Red Fox' does not come back as it was, or the second was kept instead of it. "
        "Hint: use lower() only to compare; the first of two copies stays."
    )
    assert kept(["go go go stop", "go stop"]) == ["go go go stop"], (
        "'go stop' is kept after 'go go go stop'. Hint: each word counts once: "
        "set(text.split())."
    )
    assert kept(["go on", "go go up"]) == ["go on", "go go up"], (
        "'go go up' is dropped after 'go on': one word in both, three in either. Hint: "
        "each word counts once, in both texts."
    )
    assert kept(["catalogue", "cat a log"]) == ["catalogue", "cat a log"], (
        "'cat a log' is dropped after 'catalogue'. Hint: compare words, not characters."
    )
    chain = ["a b c", "b c d", "c d e"]
    assert kept(chain) == ["a b c", "c d e"], (
        "of 'a b c', 'b c d', 'c d e' not the first and the last are kept. Hint: "
        "compare with the texts kept so far; the second was dropped, so it does not "
        "count."
    )
    assert kept(["a b", "x y", "b a"]) == ["a b", "x y"], (
        "of 'a b', 'x y', 'b a' not the first two are kept. Hint: compare with all "
        "texts kept so far, not just with the last one."
    )


def check_2(answer):
    """Find generated texts that share a run of words with the test set."""

    def found(generated, test, n):
        result = answer(list(generated), list(test), n)
        assert isinstance(result, list | tuple | set | np.ndarray), (
            f"the result is a {type(result).__name__}, not a list. Hint: collect the "
            "numbers of the texts in a list."
        )
        result = list(result)
        numbers = [isinstance(i, int | np.integer) for i in result]
        assert all(numbers) and not any(isinstance(i, bool) for i in result), (
            "the result holds something that is no number. Hint: return the indices of "
            "the texts, which enumerate(generated) gives."
        )
        return result

    test = ["the quick brown fox jumps", "over the lazy dog"]
    result = found(["a lazy cat", "the quick brown cat"], test, 3)
    assert result != [2], (
        "the numbers count from 1. Hint: count from 0, as enumerate(generated) does."
    )
    assert result, (
        "nothing is found, though 'the quick brown cat' has three words in a row of "
        "the first test text. Hint: one run in one test text is enough."
    )
    assert result == [1], (
        "of 'a lazy cat' and 'the quick brown cat', not number 1 alone is found with "
        "n = 3. Hint: compare runs of n successive words with those of the test texts."
    )
    assert found(["quick brown fox"], test, 3) == [0], (
        "'quick brown fox', three words of a test text, is not found with n = 3. "
        "Hint: a text of m words has m - n + 1 runs, which begin at 0, 1, … m - n."
    )
    assert found(["brown quick the fox"], test, 3) == [], (
        "'brown quick the fox' is found with n = 3, though only its words occur, in "
        "another order. Hint: compare tuples of successive words."
    )
    assert found(["THE lazy Dog"], test, 3) == [0], (
        "'THE lazy Dog' is not found. Hint: compare text.lower()."
    )
    assert found(["fox jumps over the"], test, 3) == [], (
        "'fox jumps over the' is found with n = 3, though no one test text has three "
        "of its words in a row. Hint: make the runs of each test text separately."
    )
    assert found(["the", "lazy dog"], test, 3) == [], (
        "a text of fewer than n words is found. Hint: it has no run of n words; words"
        "[i : i + n] may be shorter at the end."
    )
    assert found(["he quick brown foxy"], test, 3) == [], (
        "'he quick brown foxy' is found with n = 3. Hint: compare whole words, not "
        "parts of the text."
    )
    assert found(["see over the lazy", "no", "fox jumps"], test, 2) == [0, 2], (
        "with n = 2, not the numbers 0 and 2 are found. Hint: look at all test texts "
        "and at all runs of each."
    )
    assert found(["the lazy the lazy dog"], test, 2) == [0], (
        "a text with several runs of the test set is not returned exactly once. Hint: "
        "ask whether any of its runs is known."
    )
    assert found(["a b"], [], 2) == [], (
        "without test texts, something is found. Hint: begin with an empty set."
    )


def check_3(answer):
    """Weights that balance real and generated examples."""

    def weights(flags, share):
        flags = np.array(flags)
        before = flags.copy()
        result = np.asarray(answer(flags, share))
        assert (flags == before).all(), (
            "the array that your function was given has changed. Hint: make a new one, "
            "for example with np.where."
        )
        assert result.shape == flags.shape and result.dtype.kind in "fiu", (
            f"the result has the shape {result.shape} and the type {result.dtype}, not "
            f"{flags.shape} numbers. Hint: np.where(is_generated, one, other)."
        )
        assert np.isfinite(result).all(), (
            "a weight is not finite. Hint: when all are generated, or all real, return "
            "np.ones before you divide."
        )
        return result.astype(float)

    flags = [True, False, True, True, False, True, True, True]  # 6 generated, 2 real
    found = weights(flags, 0.4)
    made = np.array(flags)
    assert np.ptp(found[made]) < 1e-9 > np.ptp(found[~made]), (
        "generated examples, or real ones, differ in weight. Hint: two numbers are "
        "enough: one for all generated, one for all real examples."
    )
    assert not np.isclose(found[~made].sum(), 0.4 * found.sum()), (
        "the real examples have the share that the generated ones should have. Hint: "
        "`share` is that of the generated ones."
    )
    assert not np.isclose(found[made][0] * 2, found[~made][0] * 9), (
        "the weights of generated and real examples are swapped. Hint: np.where takes "
        "first what holds where is_generated is True."
    )
    part = found[made].sum() / found.sum()
    assert np.isclose(part, 0.4), (
        f"with share 0.4, 6 generated and 2 real examples, the generated ones have "
        f"{part:.2f} of the weight. Hint: divide the share of each group by its number."
    )
    assert np.isclose(found.mean(), 1), (
        f"the mean weight is {found.mean():.3g}, not 1. Hint: divide all weights by "
        "their mean."
    )
    for share in (0.0, 0.5, 0.9, 1.0):
        expected = example_weights(made, share)
        assert np.allclose(weights(flags, share), expected), (
            f"with share {share}, the weights are not {expected[0]:.3g} for generated "
            f"and {expected[1]:.3g} for real examples. Hint: share * N / number of "
            "generated, (1 - share) * N / number of real."
        )
    edges = [
        ([True] * 3, 0.3),
        ([False] * 4, 0.3),
        ([True] * 3, 0.0),
        ([False] * 4, 1.0),
    ]
    for flags, share in edges:
        assert np.allclose(weights(flags, share), 1), (
            "when all are generated, or all real, the weights are not all 1. Hint: "
            "treat this case first: np.ones(len(is_generated))."
        )


WRONG = {  # replacements in a solution, or another body for it
    "without_near_copies__by_the_smaller": [
        ("len(words | o)", "min(len(words), len(o))")
    ],
    "without_near_copies__sum_of_sizes": [("len(words | o)", "(len(words) + len(o))")],
    "without_near_copies__up_to_the_limit": [("< limit", "<= limit")],
    "without_near_copies__capitals": [
        ("set(text.lower().split())", "set(text.split())"),
        ("set(other.lower().split())", "set(other.split())"),
    ],
    "without_near_copies__in_small_letters": [
        ("kept.append(text)", "kept.append(text.lower())")
    ],
    "without_near_copies__any": [("all(len", "any(len")],
    "without_near_copies__characters": [
        ("set(text.lower().split())", "set(text.lower())"),
        ("set(other.lower().split())", "set(other.lower())"),
    ],
    "without_near_copies__with_all_texts": (
        "sets = [set(t.lower().split()) for t in texts]\n"
        "    return [t for n, t in enumerate(texts) if all(\n"
        "        len(sets[n] & o) / len(sets[n] | o) < limit for o in sets[:n])]"
    ),
    "without_near_copies__the_last_only": [("in kept]", "in kept[-1:]]")],
    "without_near_copies__exact_only": "return list(dict.fromkeys(texts))",
    "contaminated__short_of_the_last": [("len(words) - n + 1", "len(words) - n")],
    "contaminated__too_short_runs": [("len(words) - n + 1", "len(words)")],
    "contaminated__capitals": [("text.lower().split()", "text.split()")],
    "contaminated__any_order": [
        ("tuple(words[i : i + n])", "frozenset(words[i : i + n])")
    ],
    "contaminated__one_long_text": [
        ("set().union(*map(runs, test))", 'runs(" ".join(test))')
    ],
    "contaminated__the_texts": [("[number for number, text", "[text for number, text")],
    "contaminated__substrings": (
        "out = []\n"
        "    for i, text in enumerate(generated):\n"
        "        w = text.lower().split()\n"
        '        rs = [" ".join(w[j : j + n]) for j in range(len(w) - n + 1)]\n'
        "        if any(r in t.lower() for r in rs for t in test):\n"
        "            out.append(i)\n"
        "    return out"
    ),
    "contaminated__whole_texts": (
        "return [i for i, t in enumerate(generated) if t in test]"
    ),
    "contaminated__bag_of_words": (
        "known = {w for t in test for w in t.lower().split()}\n"
        "    return [i for i, t in enumerate(generated)\n"
        "            if sum(w in known for w in t.lower().split()) >= n]"
    ),
    "contaminated__once_for_each_run": (
        "def runs(text):\n"
        "        words = text.lower().split()\n"
        "        count = len(words) - n + 1\n"
        "        return [tuple(words[i : i + n]) for i in range(count)]\n"
        "    known = {run for t in test for run in runs(t)}\n"
        "    return [i for i, t in enumerate(generated) for r in runs(t) if r in known]"
    ),
    "example_weights__of_the_real": [
        (
            "np.where(generated, share * size / made, "
            "(1 - share) * size / (size - made))",
            "np.where(generated, (1 - share) * size / made, "
            "share * size / (size - made))",
        )
    ],
    "example_weights__share_itself": (
        "g = np.asarray(is_generated)\n    return np.where(g, share, 1 - share)"
    ),
    "example_weights__all_ones": "return np.ones(len(is_generated))",
    "example_weights__sum_of_one": [
        ("share * size / made", "share / made"),
        ("(1 - share) * size / (size - made)", "(1 - share) / (size - made)"),
    ],
    "example_weights__mean_of_each_group": (
        "g = np.asarray(is_generated)\n    return np.where(g, 2 * share, 2 - 2 * share)"
    ),
    "example_weights__swapped": [("np.where(generated,", "np.where(~generated,")],
    "example_weights__not_finite_at_the_edges": (
        "g = np.asarray(is_generated)\n"
        "    ones, others = max(g.sum(), 1), max((~g).sum(), 1)\n"
        "    w = np.where(g, share / ones, (1 - share) / others)\n"
        "    return w / w.mean()"
    ),
    "example_weights__one_group_forgotten": [("made in (0, size)", "False")],
    "example_weights__one_group_gets_its_share": [
        ("return np.ones(size)", "return np.full(size, share if made else 1 - share)")
    ],
    "example_weights__changes_its_input": (
        "g = is_generated\n"
        "    w = np.where(g, share * len(g) / max(g.sum(), 1), "
        "(1 - share) * len(g) / max((~g).sum(), 1))\n"
        "    w = np.ones(len(g)) if len({*g.tolist()}) < 2 else w\n"
        "    g[:] = False\n"
        "    return w"
    ),
}
