"""Exercises of lesson 03: solutions, then checkers, then wrong answers."""

from course_utils.judge import close

import numpy as np


def top_p(probabilities, p):
    order = np.argsort(-probabilities)
    sums = np.cumsum(probabilities[order])
    kept = order[sums - probabilities[order] < p - 1e-12]
    result = np.zeros(len(probabilities))
    result[kept] = probabilities[kept]
    return result / result.sum()


def bits_of(ids, step):
    bits, state = 0.0, None
    for current, following in zip(ids[:-1], ids[1:], strict=True):
        probabilities, state = step(current, state)
        bits -= np.log2(probabilities[following])
    return float(bits)


def check_1(answer):
    """The nucleus of top-p."""
    some = np.array([0.1, 0.5, 0.15, 0.25])
    before = some.copy()
    found = answer(some.copy(), 0.6)
    assert np.shape(found) == (4,), (
        f"four probabilities give a result of shape {np.shape(found)}. "
        "Hint: keep all places, with 0 for what is cut off."
    )
    mixed = close(np.sort(found), [0, 0, 1 / 3, 2 / 3])
    assert not mixed or close(found, [0, 2 / 3, 0, 1 / 3]), (
        "the right probabilities stand in the wrong places. "
        "Hint: put each back where it came from: result[kept] = probabilities[kept]."
    )
    assert close(np.sum(answer(np.array([0.4, 0.35, 0.25]), 0.7)), 1.0), (
        "the result does not sum to 1. Hint: divide by what is left."
    )
    assert close(answer(some, 0.6), [0, 2 / 3, 0, 1 / 3]), (
        "p = 0.6 of [0.1, 0.5, 0.15, 0.25] does not keep 0.5 and 0.25 alone. "
        "Hint: sort from likely to unlikely and keep entries until their sum reaches "
        "p, the one that reaches it included."
    )
    assert close(answer(some, 1e-9), [0, 1, 0, 0]), (
        "a tiny p keeps nothing or too much. Hint: the most likely entry always stays: "
        "compare the sum before an entry with p."
    )
    assert close(answer(some, 1.0), some), (
        "p = 1 does not keep everything. "
        "Hint: no entry may be lost when all of them are needed."
    )
    assert close(answer(some, 0.5), [0, 1, 0, 0]), (
        "p = 0.5 keeps more than the one entry of 0.5. "
        "Hint: its sum is 0.5 already, so the fewest entries are this one."
    )
    assert close(answer(np.full(10, 0.1), 1.0), np.full(10, 0.1)), (
        "of ten equal entries, p = 1 does not keep all. "
        "Hint: sums of decimal fractions are not exact: allow for 1e-12."
    )
    assert np.count_nonzero(answer(np.full(4, 0.25), 0.5)) == 2, (
        "of four equal entries, p = 0.5 does not keep two. "
        "Hint: keep entries by their place in the order, not by a limit."
    )
    assert close(some, before, 0), (
        "your function changes its input. Hint: work on a copy."
    )


def _toy_step(id, state):
    """Likes the id that came two steps ago; V is 3."""
    earlier = (state or ())[-1:]
    probabilities = np.full(3, 0.25 if earlier else 1 / 3)
    for previous in earlier:
        probabilities[previous] = 0.5
    return probabilities, (*(state or ()), id)


def check_2(answer):
    """Bits of a text under a step model."""

    def halves(id, state):
        return np.array([0.5, 0.25, 0.25]), state

    found = answer([2, 0, 0], halves)
    assert np.ndim(found) == 0, (
        f"it returned {str(found)[:40]}, not one number. Hint: sum over the text."
    )
    assert not close(found, 3.0), (
        "two characters of probability 1/2 each cost 3 bits instead of 2. Hint: look "
        "up the probability of the next id, not of the one that was read, and skip "
        "the first id, which is given."
    )
    assert close(found, 2.0), (
        "two characters of probability 1/2 each do not cost 2 bits. Hint: sum -log2 of "
        "the probability of the character that comes, over all but the first."
    )
    assert close(answer([0, 1], halves), 2.0), (
        "a character of probability 1/4 does not cost 2 bits. Hint: look up the "
        "probability of the id that comes next, not of the likeliest or the last."
    )
    assert close(answer([0] * 3000, halves), 2999.0), (
        "a long text gives no sensible number. Hint: sum the logarithms; the product "
        "of many probabilities is too small for a computer."
    )
    with_state = -np.log2([1 / 3, 0.5, 0.5, 0.25]).sum()
    assert close(answer([0, 1, 0, 1, 1], _toy_step), with_state), (
        "with a model that remembers, the bits are wrong. "
        "Hint: give each call of step the state that the last call returned."
    )
    assert close(answer([1], halves), 0.0), (
        "a single character does not cost 0 bits. Hint: the first one is given."
    )


WRONG = {  # replacements in a solution, or another body for it
    "top_p__stops_one_early": [
        ("sums - probabilities[order] < p - 1e-12", "sums <= p")
    ],
    "top_p__not_normalised": [(" / result.sum()", "")],
    "top_p__sorted": [("return result", "result = np.sort(result)\n    return result")],
    "top_p__drops_the_rest": [
        ("return result / result.sum()", "return result[kept] / result.sum()")
    ],
    "top_p__changes_its_input": [
        ("result / result.sum()", "np.divide(result, result.sum(), out=probabilities)")
    ],
    "bits_of__forgets_the_state": [("step(current, state)", "step(current, None)")],
    "bits_of__natural_logarithm": [("np.log2", "np.log")],
    "bits_of__product": (
        "product, state = 1.0, None\n"
        "    for current, following in zip(ids[:-1], ids[1:]):\n"
        "        probabilities, state = step(current, state)\n"
        "        product *= probabilities[following]\n"
        "    with np.errstate(divide='ignore'):\n"
        "        return float(-np.log2(product))"
    ),
    "bits_of__of_the_likeliest": [("probabilities[following]", "probabilities.max()")],
    "bits_of__a_list": [("return float(bits)", "return [float(bits)] * len(ids)")],
    "bits_of__mean": [("return float(bits)", "return float(bits / (len(ids) - 1))")],
    "bits_of__probability_of_the_input": [
        ("probabilities[following]", "probabilities[current]")
    ],
}


def top_p__keeps_ties(probabilities, p):
    descending = np.sort(probabilities)[::-1]
    cut = descending[np.argmax(np.cumsum(descending) >= p - 1e-12)]
    result = np.where(probabilities >= cut, probabilities, 0)
    return result / result.sum()


def top_p__threshold(probabilities, p):
    result = np.where(probabilities >= p * probabilities.max(), probabilities, 0)
    return result / result.sum()
