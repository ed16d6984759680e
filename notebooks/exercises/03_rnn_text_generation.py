"""Exercises of lesson 03: solutions, then checkers, then wrong answers."""

import warnings

from course_utils.judge import close

import numpy as np


def bits_of(probabilities):
    with np.errstate(divide="ignore"):
        return float(np.mean(-np.log2(probabilities)))


def with_temperature(probabilities, temperature):
    if temperature == 0:
        result = np.zeros(len(probabilities))
        result[np.argmax(probabilities)] = 1.0
        return result
    # Divided by the largest first, so that a high power cannot turn all into 0.
    powers = (probabilities / np.max(probabilities)) ** (1 / temperature)
    return powers / powers.sum()


def top_p(probabilities, p):
    order = np.argsort(-probabilities)
    sums = np.cumsum(probabilities[order])
    kept = order[sums - probabilities[order] < p - 1e-12]
    result = np.zeros(len(probabilities))
    result[kept] = probabilities[kept]
    return result / result.sum()


def check_1(answer):
    """Bits per character from the probabilities of what came."""
    assert close(answer(np.full(10, 0.5)), 1.0), (
        "ten probabilities of 1/2 do not give 1 bit. Hint: a probability of 1/2 costs "
        "-log2(1/2) = 1 bit; take log2, not the natural log."
    )
    assert close(answer(np.array([0.5, 0.125])), 2.0), (
        "probabilities 1/2 and 1/8 do not give (1 + 3) / 2 = 2 bits. "
        "Hint: take the logarithm of each probability first, then the mean."
    )
    assert close(answer(np.ones(4)), 0.0), (
        "being sure and right does not cost 0 bits. "
        "Hint: -log2(1) is 0: add nothing inside the logarithm."
    )
    with warnings.catch_warnings(action="error"):
        value = answer(np.array([0.5, 0.0]))
    assert np.isposinf(value), (
        "a probability of 0 does not give infinity in silence. "
        "Hint: np.errstate(divide='ignore') keeps NumPy quiet where log2 meets a 0."
    )


def check_2(answer):
    """Probabilities at another temperature."""
    some = np.array([0.6, 0.3, 0.1])
    before = some.copy()
    assert close(np.sum(answer(some, 0.7)), 1.0), (
        "the result does not sum to 1. "
        "Hint: divide by the sum after raising to the power."
    )
    assert close(answer(some, 1.0), some), (
        "temperature 1 changes the probabilities. Hint: p ** (1 / 1) is p."
    )
    assert close(answer(some, 0.5), some**2 / np.sum(some**2)), (
        "at temperature 0.5 the probabilities are not squared. "
        "Hint: the exponent is 1 / temperature, not temperature."
    )
    assert close(answer(some, 2.0), some**0.5 / np.sum(some**0.5)), (
        "at temperature 2 the probabilities are not square-rooted. "
        "Hint: the exponent is 1 / temperature."
    )
    assert close(answer(some, 0), [1, 0, 0]), (
        "temperature 0 does not give everything to the most likely entry. "
        "Hint: treat 0 as a case of its own, before you divide by it: np.argmax."
    )
    tiny = answer(np.array([1e-8, 2e-8, 1 - 3e-8]) * 1.0, 0.01)
    flat = answer(np.full(80, 1 / 80), 0.004)
    assert close(np.sum(tiny), 1.0) and close(flat, np.full(80, 1 / 80)), (
        "a low temperature such as 0.004 gives 0 / 0. "
        "Hint: divide by the largest probability before raising to a high power."
    )
    assert close(some, before, 0), (
        "your function changes its input. Hint: work on a copy."
    )


def check_3(answer):
    """The nucleus of top-p."""
    some = np.array([0.1, 0.5, 0.15, 0.25])
    before = some.copy()
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
    assert close(np.sum(answer(np.array([0.4, 0.35, 0.25]), 0.7)), 1.0), (
        "the result does not sum to 1. Hint: divide by what is left."
    )
    assert close(some, before, 0), (
        "your function changes its input. Hint: work on a copy."
    )


WRONG = {  # replacements in a solution, or another body for it
    "bits_of__natural_logarithm": [("np.log2", "np.log")],
    "bits_of__logarithm_of_the_mean": [
        ("np.mean(-np.log2(probabilities))", "-np.log2(np.mean(probabilities))")
    ],
    "bits_of__sum": [("np.mean", "np.sum")],
    "bits_of__small_number_added": [
        ("log2(probabilities", "log2(probabilities + 1e-9")
    ],
    "bits_of__warns": "return float(np.mean(-np.log2(probabilities)))",
    "with_temperature__not_normalised": [(" / powers.sum()", "")],
    "with_temperature__multiplies": [("(1 / temperature)", "temperature")],
    "with_temperature__divides_by_zero": [("temperature == 0", "temperature is None")],
    "with_temperature__underflows": [(" / np.max(probabilities)", "")],
    "top_p__stops_one_early": [
        ("sums - probabilities[order] < p - 1e-12", "sums <= p")
    ],
    "top_p__not_normalised": [(" / result.sum()", "")],
    "top_p__changes_its_input": [
        ("result / result.sum()", "np.divide(result, result.sum(), out=probabilities)")
    ],
}


def top_p__threshold(probabilities, p):
    result = np.where(probabilities >= p * probabilities.max(), probabilities, 0)
    return result / result.sum()
