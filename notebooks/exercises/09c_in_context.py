"""Exercises of lesson 09c: solutions, then checkers, then wrong answers."""

from course_utils.judge import close

import numpy as np


def induction_head(tokens, weights):
    """tokens (T,), weights (heads, T, T) -> number of the head, from 0"""
    found = []
    for i in range(len(tokens)):
        after = [j + 1 for j in range(i) if tokens[j] == tokens[i]]
        if after:
            found.append(weights[:, i, after].sum(axis=1))
    return int(np.argmax(np.mean(found, axis=0)))


def chance_over_the_row(row, first):
    """row (T,), 1 <= first < T -> expected accuracy over positions first ... T - 1"""
    total = 0.0
    for t in range(first, len(row)):
        seen = set(row[:t])
        total += (row[t] in seen) / len(seen)
    return total / (len(row) - first)


def mean_ablation(contexts, kernel, head):
    """contexts (N, heads, T, d), kernel (heads, d, width) -> (N, T, width)"""
    contexts = contexts.copy()
    contexts[:, head] = contexts[:, head].mean(axis=(0, 1))
    return np.einsum("nhtd,hdw->ntw", contexts, kernel)


def _looking(where):
    """Weights (T, T): query i gives a share to each key in where[i], the rest to 0."""
    weights = np.zeros((len(where), len(where)))
    for i, keys in enumerate(where):
        for key in keys:
            weights[i, key] += 0.9 / len(keys)
        weights[i, 0] += 1 - weights[i].sum()
    return weights


def _heads(tokens):
    """Maps of heads that do one thing each, by name."""
    size = range(len(tokens))
    earlier = [[j for j in range(i) if tokens[j] == tokens[i]] for i in size]
    return {
        "a previous-token head": _looking([[max(i - 1, 0)] for i in size]),
        "a head that attends to the earlier occurrence itself": _looking(earlier),
        "a head that attends to the position before the earlier occurrence": _looking(
            [[max(j - 1, 0) for j in each] for each in earlier]
        ),
        "a head that attends to itself": np.eye(len(tokens)),
        "the induction head": _looking([[j + 1 for j in each] for each in earlier]),
    }


def check_1(answer):
    """The induction head, from tokens and attention maps."""
    tokens = np.array([4, 1, 3, 2, 5, 1, 3, 0, 2, 4, 1, 6, 5, 2, 3])
    heads = _heads(tokens)
    names, maps = [*heads], np.stack([*heads.values()])
    for shift in range(len(names)):
        order = np.roll(np.arange(len(names)), shift)
        expected = int(np.flatnonzero(order == len(names) - 1)[0])
        given = np.asarray(answer(tokens, maps[order]))
        assert given.shape == () and given.dtype.kind in "iuf", (
            f"the result has the shape {given.shape} and is not one number. "
            "Hint: return the number of the head, with np.argmax over heads."
        )
        fits = float(given) == int(given) and 0 <= given < len(names)
        assert fits, (
            f"for {len(names)} heads it returned {float(given):.3g}. "
            "Hint: the number of a head counts from 0; np.argmax gives it."
        )
        taken = names[order[int(given)]]
        assert int(given) == expected, (
            f"it takes {taken}. Hint: weights[head, query, key]; where tokens[j] == "
            "tokens[i] and j < i, the key to look at is j + 1, for the query i."
        )
    # Heads that know the last, the first, and all earlier occurrences.
    tokens = np.array([1, 2, 1, 3, 1, 4, 1, 5, 1, 6])
    size = range(len(tokens))
    earlier = [[j + 1 for j in range(i) if tokens[j] == tokens[i]] for i in size]
    everywhere = _looking(earlier)
    last = 0.6 * _looking([each[-1:] for each in earlier])
    first = 0.6 * _looking([each[:1] for each in earlier])
    assert answer(tokens, np.stack([last, first, everywhere])) == 2, (
        "a token that occurred several times is not treated as the text says. "
        "Hint: add the weights on the positions after all its earlier occurrences."
    )
    # The total over earlier occurrences, not the mean of them.
    tokens, maps = np.array([1, 2, 1, 3, 1]), np.zeros((2, 5, 5))
    maps[0, 2, 1], maps[1, 4, [1, 3]] = 0.5, 0.4
    assert answer(tokens, maps) == 1, (
        "two weights of 0.4 after two earlier occurrences count less than one of 0.5. "
        "Hint: the total over the earlier occurrences, then the mean over queries."
    )
    # Positions whose token is new must not count: there is nothing to find.
    tokens = np.array([1, 2, 3, 4, 5, 1, 2])
    good = _looking([[0], [0], [0], [0], [0], [1], [2]])
    beside = _looking([[0], [1], [2], [3], [4], [0], [0]])
    assert answer(tokens, np.stack([beside, good])) == 1, (
        "a head that only looks at itself while tokens are new is preferred. "
        "Hint: only queries whose token occurred before count."
    )
    future = np.array([7, 8, 9, 7, 1])
    maps = np.stack([np.full((5, 5), 0.0), np.full((5, 5), 0.0)])
    maps[0, 3, 1] = 0.5  # 7, then 8
    maps[1, 0, 4] = 0.9  # what comes after a later occurrence
    assert answer(future, maps) == 0, (
        "it counts what comes after a later occurrence. Hint: only j < i."
    )


def check_2(answer):
    """Chance over the symbols in the row."""
    known = np.array([0, 1, 2, 3, 0, 1, 2, 3, 0])
    value = np.asarray(answer(known, 4))
    assert value.shape == (), (
        f"the result has the shape {value.shape}, it is not one number. "
        "Hint: the mean over the positions from `first` on."
    )
    assert not close(value, 1.0), (
        "after the row 0 1 2 3 each repeated symbol counts as 1. "
        "Hint: one guess among four symbols is right with probability 1 / 4."
    )
    assert close(value, 0.25), (
        f"for the row 0 1 2 3 0 1 2 3 0 from position 4 it is {value:.3g}, not 1 / 4. "
        "Hint: 1 / (number of different symbols before the position), averaged over "
        "the positions from `first` on."
    )
    grows = np.array([5, 5, 6, 5, 7, 6])
    expected = np.mean([1, 0, 1 / 2, 0, 1 / 3])
    assert close(answer(grows, 1), expected), (
        f"for the row 5 5 6 5 7 6 from position 1 on it is not {expected:.3f}, the "
        "mean of 1, 0, 1/2, 0, 1/3. Hint: at each position count the different "
        "symbols of row[:t] anew; the mean includes the zeros."
    )
    late = np.array([0, 0, 0, 1])
    assert close(answer(late, 3), 0.0), (
        "a symbol that was not shown before counts as if it could be guessed. "
        "Hint: its probability is 0, because the guesser takes only symbols seen."
    )
    assert close(answer(np.array([9, 9, 9, 4]), 2), 0.5), (
        "for the row 9 9 9 4 from position 2 on it is not 1 / 2, the mean of 1 and 0. "
        "Hint: take the symbols from the row; count each symbol once."
    )


def check_3(answer):
    """One head replaced by its mean."""
    rng = np.random.default_rng(0)
    contexts, kernel = rng.normal(size=(3, 2, 5, 4)), rng.normal(size=(2, 4, 6))
    before = contexts.copy()
    result = np.asarray(answer(contexts, kernel, 1))
    assert close(contexts, before, 0), (
        "your function changes its input. Hint: work on contexts.copy()."
    )
    assert result.shape == (3, 5, 6), (
        f"the result has the shape {result.shape}, not (3, 5, 6), which is (N, T, "
        "width). Hint: for each head contexts[:, head] @ kernel[head]; add them up."
    )

    def total(contexts):
        return sum(contexts[:, h] @ kernel[h] for h in range(2))

    def replaced(head, values):
        changed = before.copy()
        changed[:, head] = values
        return total(changed)

    one = before[:, 1]
    told = {
        "head {} is still as it was": (total(before), "replace its contexts first."),
        "head {} adds nothing": (
            replaced(1, 0),
            "that is zero ablation; put in the mean of its contexts.",
        ),
        "each position has a mean of its own": (
            replaced(1, one.mean(axis=0)),
            "one mean over rows and positions, axes 0 and 1 of contexts[:, head].",
        ),
        "each row has a mean of its own": (
            replaced(1, one.mean(axis=1, keepdims=True)),
            "one mean over rows and positions, axes 0 and 1 of contexts[:, head].",
        ),
        "all numbers of a context are the same": (
            replaced(1, one.mean()),
            "each of the d numbers keeps a mean of its own.",
        ),
        "head 0 was replaced instead": (
            replaced(0, before[:, 0].mean(axis=(0, 1))),
            "heads count from 0: contexts[:, head].",
        ),
        "the mean is that of all heads": (
            replaced(1, before.mean(axis=(0, 1, 2))),
            "average contexts[:, head] alone.",
        ),
        "the other head is missing": (
            replaced(1, one.mean(axis=(0, 1))) - before[:, 0] @ kernel[0],
            "the other heads stay, and all are added up.",
        ),
    }
    for fault, (wrong, cure) in told.items():
        fault = fault.format(1)
        assert not close(result, wrong), f"{fault}. Hint: {cure}"
    for head in range(2):
        expected = replaced(head, before[:, head].mean(axis=(0, 1)))
        assert close(answer(contexts, kernel, head), expected), (
            f"with head {head} replaced by its mean the result is wrong. Hint: one "
            "mean (d,) over rows and positions; sum contexts[:, h] @ kernel[h] over h."
        )


WRONG = {  # replacements in a solution, or another body for it
    "induction_head__the_occurrence_itself": [("[j + 1 for", "[j for")],
    "induction_head__position_before": [("[j + 1 for", "[max(j - 1, 0) for")],
    "induction_head__last_occurrence_only": [
        ("weights[:, i, after].sum(axis=1)", "weights[:, i, after[-1]]")
    ],
    "induction_head__first_occurrence_only": [
        ("weights[:, i, after].sum(axis=1)", "weights[:, i, after[0]]")
    ],
    "induction_head__mean_over_occurrences": [(".sum(axis=1)", ".mean(axis=1)")],
    "induction_head__query_and_key_swapped": [
        ("weights[:, i, after].sum(axis=1)", "weights[:, after, i].sum(axis=1)")
    ],
    "induction_head__the_scores": [
        ("int(np.argmax(np.mean(found, axis=0)))", "np.mean(found, axis=0)")
    ],
    "induction_head__counts_from_one": [("int(np.argmax(", "1 + int(np.argmax(")],
    "induction_head__the_weakest": [("np.argmax", "np.argmin")],
    "induction_head__a_tuple": "return np.where(weights.sum(axis=(1, 2)) > 0)",
    "induction_head__previous_token": "return int(np.argmax(np.diagonal("
    "weights, -1, axis1=1, axis2=2).mean(axis=1)))",
    "induction_head__future_too": [
        ("for j in range(i)", "for j in range(len(tokens) - 1)")
    ],
    "induction_head__new_tokens_count": [
        ("        if after:\n            found", "        found"),
        (
            "for j in range(i) if tokens[j] == tokens[i]]",
            "for j in range(i) if tokens[j] == tokens[i]] or [i]",
        ),
    ],
    "chance_over_the_row__all_symbols": "return 1 / 32",
    "chance_over_the_row__whole_row": [("set(row[:t])", "set(row)")],
    "chance_over_the_row__the_target_too": [("set(row[:t])", "set(row[: t + 1])")],
    "chance_over_the_row__each_time_it_occurs": [("/ len(seen)", "/ t")],
    "chance_over_the_row__no_chance": [(" / len(seen)", "")],
    "chance_over_the_row__always_possible": [("(row[t] in seen)", "1")],
    "chance_over_the_row__divided_by_all": [("(len(row) - first)", "len(row)")],
    "chance_over_the_row__a_sum": [(" / (len(row) - first)", "")],
    "chance_over_the_row__one_late": [("range(first, len", "range(first + 1, len")],
    "chance_over_the_row__frozen": [("set(row[:t])", "set(row[:first])")],
    "chance_over_the_row__a_list": "return [1 / len(set(row[:t])) for t in range("
    "first, len(row))]",
    "mean_ablation__zero": [("contexts[:, head].mean(axis=(0, 1))", "0")],
    "mean_ablation__changes_its_input": [("contexts.copy()", "contexts")],
    "mean_ablation__nothing": [
        ("contexts[:, head].mean(axis=(0, 1))", "contexts[:, head]")
    ],
    "mean_ablation__mean_of_each_position": [("axis=(0, 1)", "axis=0")],
    "mean_ablation__mean_of_each_row": [("axis=(0, 1)", "axis=1, keepdims=True")],
    "mean_ablation__one_number": [("mean(axis=(0, 1))", "mean()")],
    "mean_ablation__mean_of_all_heads": [
        ("contexts[:, head].mean(axis=(0, 1))", "contexts.mean(axis=(0, 1, 2))")
    ],
    "mean_ablation__that_head_alone": [
        (
            '"nhtd,hdw->ntw", contexts, kernel',
            '"ntd,dw->ntw", contexts[:, head], kernel[head]',
        )
    ],
    "mean_ablation__other_heads_alone": [
        ("contexts[:, head].mean(axis=(0, 1))", "0"),
    ],
    "mean_ablation__heads_not_added": [("->ntw", "->nhtw")],
    "mean_ablation__counts_from_one": [
        ("contexts[:, head] =", "contexts[:, head - 1] ="),
        ("contexts[:, head].mean", "contexts[:, head - 1].mean"),
    ],
}
