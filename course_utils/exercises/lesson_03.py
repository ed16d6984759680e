"""Checkers of lesson 03: bits per character, temperature, top-p."""

import warnings

from course_utils.exercises import close, expect

import numpy as np


def check_1(answer):
    """Bits per character from the probabilities of what came."""
    expect(
        close(answer(np.full(10, 0.5)), 1.0),
        "ten probabilities of 1/2 do not give 1 bit",
        "a probability of 1/2 costs -log2(1/2) = 1 bit; take log2, not the natural log",
    )
    expect(
        close(answer(np.array([0.5, 0.125])), 2.0),
        "probabilities 1/2 and 1/8 do not give (1 + 3) / 2 = 2 bits",
        "take the logarithm of each probability first, then the mean",
    )
    expect(
        close(answer(np.ones(4)), 0.0),
        "being sure and right does not cost 0 bits",
        "-log2(1) is 0: add nothing inside the logarithm",
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            value = answer(np.array([0.5, 0.0]))
        except (RuntimeWarning, ValueError, ZeroDivisionError):
            value = None
    expect(
        value is not None and np.isposinf(value),
        "a probability of 0 does not give infinity in silence",
        "np.errstate(divide='ignore') keeps NumPy quiet where log2 meets a 0",
    )


def check_2(answer):
    """Probabilities at another temperature."""
    some = np.array([0.6, 0.3, 0.1])
    before = some.copy()
    expect(
        close(np.sum(answer(some, 0.7)), 1.0),
        "the result does not sum to 1",
        "divide by the sum after raising to the power",
    )
    expect(
        close(answer(some, 1.0), some),
        "temperature 1 changes the probabilities",
        "p ** (1 / 1) is p",
    )
    expect(
        close(answer(some, 0.5), some**2 / np.sum(some**2)),
        "at temperature 0.5 the probabilities are not squared",
        "the exponent is 1 / temperature, not temperature",
    )
    expect(
        close(answer(some, 2.0), some**0.5 / np.sum(some**0.5)),
        "at temperature 2 the probabilities are not square-rooted",
        "the exponent is 1 / temperature",
    )
    expect(
        close(_or_none(answer, some, 0), [1, 0, 0]),
        "temperature 0 does not give everything to the most likely entry",
        "treat 0 as a case of its own, before you divide by it: np.argmax",
    )
    tiny = answer(np.array([1e-8, 2e-8, 1 - 3e-8]) * 1.0, 0.01)
    flat = answer(np.full(80, 1 / 80), 0.004)
    expect(
        close(np.sum(tiny), 1.0) and close(flat, np.full(80, 1 / 80)),
        "a low temperature such as 0.004 gives 0 / 0",
        "divide by the largest probability before raising to a high power",
    )
    expect(close(some, before, 0), "your function changes its input", "work on a copy")


def check_3(answer):
    """The nucleus of top-p."""
    some = np.array([0.1, 0.5, 0.15, 0.25])
    before = some.copy()
    expect(
        close(answer(some, 0.6), [0, 2 / 3, 0, 1 / 3]),
        "p = 0.6 of [0.1, 0.5, 0.15, 0.25] does not keep 0.5 and 0.25 alone",
        "sort from likely to unlikely and keep entries until their sum reaches p, "
        "the one that reaches it included",
    )
    expect(
        close(answer(some, 1e-9), [0, 1, 0, 0]),
        "a tiny p keeps nothing or too much",
        "the most likely entry always stays: compare the sum before an entry with p",
    )
    expect(
        close(answer(some, 1.0), some),
        "p = 1 does not keep everything",
        "no entry may be lost when all of them are needed",
    )
    expect(
        close(answer(some, 0.5), [0, 1, 0, 0]),
        "p = 0.5 keeps more than the one entry of 0.5",
        "its sum is 0.5 already, so the fewest entries are this one",
    )
    expect(
        close(np.sum(answer(np.array([0.4, 0.35, 0.25]), 0.7)), 1.0),
        "the result does not sum to 1",
        "divide by what is left",
    )
    expect(close(some, before, 0), "your function changes its input", "work on a copy")


def _or_none(answer, *arguments):
    try:
        with np.errstate(all="ignore"):
            return answer(*arguments)
    except (ZeroDivisionError, FloatingPointError):
        return None
