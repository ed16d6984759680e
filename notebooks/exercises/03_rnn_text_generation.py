"""Exercises of lesson 03: solutions, then checkers, then wrong answers."""

from course_utils.judge import close

import numpy as np


def lstm_step(x, h, c, kernel, recurrent_kernel, bias):
    def sigmoid(values):
        return 1 / (1 + np.exp(-values))

    i, f, g, o = np.split(x @ kernel + h @ recurrent_kernel + bias, 4, axis=-1)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c


def top_p(probabilities, p):
    order = np.argsort(-probabilities)
    sums = np.cumsum(probabilities[order])
    kept = order[sums - probabilities[order] < p - 1e-12]
    result = np.zeros(len(probabilities))
    result[kept] = probabilities[kept]
    return result / result.sum()


def longest_copy(text, source):
    longest = 0
    for start in range(len(text)):
        while (
            start + longest < len(text) and text[start : start + longest + 1] in source
        ):
            longest += 1
    return longest


def check_1(answer):
    """One step of an LSTM."""
    rng = np.random.default_rng(1)
    x, h, c = (rng.normal(size=(2, size)) for size in (5, 3, 3))
    kernel, recurrent_kernel = rng.normal(size=(5, 12)), rng.normal(size=(3, 12))
    bias = rng.normal(size=12)
    result = answer(x, h, c, kernel, recurrent_kernel, bias)
    assert isinstance(result, tuple | list) and len(result) == 2, (
        "it does not return two arrays. Hint: end it with `return new_h, new_c`."
    )
    zeros = np.zeros((1, 2))
    shut = np.array([-50.0, -50, 50, 50, 0, 0, 50, 50])  # forget nothing, add nothing
    memory = np.array([[0.3, -2.0]])
    _, kept = answer(zeros, zeros, memory, np.zeros((2, 8)), np.zeros((2, 8)), shut)
    assert close(kept, memory), (
        "with an open forget gate f and a closed input gate i, c does not stay as it "
        "is. Hint: the order of the four parts is i, f, g, o."
    )
    parts = np.split(x @ kernel + h @ recurrent_kernel + bias, 4, axis=-1)
    i, f, g, o = parts
    new_c = c / (1 + np.exp(-f)) + np.tanh(g) / (1 + np.exp(-i))
    assert close(result[1], new_c), (
        "the second result is not the new c. Hint: c' is sigmoid(f) * c + sigmoid(i) * "
        "tanh(g), with the parts of x @ kernel + h @ recurrent_kernel + bias."
    )
    assert close(result[0], np.tanh(new_c) / (1 + np.exp(-o))), (
        "the first result is not the new h. Hint: h' is sigmoid(o) * tanh(c'), with "
        "the new c' and not the old c."
    )


def check_2(answer):
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


def check_3(answer):
    """The longest copied passage."""
    source = "it is a truth universally acknowledged"
    assert answer("a truth, he said", source) == 7, (
        "'a truth, he said' has 'a truth' in common with the source, 7 characters, and "
        "that is not your result. Hint: try every start; lengthen while it is found."
    )
    assert answer("so is a truth", source) == 11, (
        "a copy that ends the text is not found whole. "
        "Hint: a slice may reach the end of the text: text[start:len(text)]."
    )
    assert answer("a tree is a truth untold", source) == 14, (
        "the first copy is taken instead of the longest. "
        "Hint: go on after the first start that is found."
    )
    assert answer("xyz xyz", "abc") == 0 and answer("", source) == 0, (
        "texts without a common character do not give 0. Hint: begin with 0."
    )
    assert answer(source, source) == len(source), (
        "a text is not a copy of itself. Hint: the whole text can be one copy."
    )


WRONG = {  # replacements in a solution, or another body for it
    "lstm_step__keras_gru_order": [("i, f, g, o", "f, i, g, o")],
    "lstm_step__old_cell_state": [
        ("    c = sigmoid(f) * c", "    new = sigmoid(f) * c"),
        ("np.tanh(c), c", "np.tanh(c), new"),
    ],
    "lstm_step__only_h": [("np.tanh(c), c", "np.tanh(c)")],
    "lstm_step__no_tanh": [("np.tanh(c), c", "c, c")],
    "lstm_step__no_bias": [(" + bias", "")],
    "top_p__stops_one_early": [
        ("sums - probabilities[order] < p - 1e-12", "sums <= p")
    ],
    "top_p__not_normalised": [(" / result.sum()", "")],
    "top_p__changes_its_input": [
        ("result / result.sum()", "np.divide(result, result.sum(), out=probabilities)")
    ],
    "longest_copy__stops_at_the_first": [
        (
            "            longest += 1",
            "            longest += 1\n        if longest:\n            break",
        )
    ],
    "longest_copy__misses_the_end": [
        ("start + longest < len(text)", "start + longest + 1 < len(text)")
    ],
    "longest_copy__words": (
        "return max((len(w) for w in text.split() if w in source), default=0)"
    ),
    "longest_copy__whole_or_nothing": "return len(text) if text in source else 0",
}


def top_p__threshold(probabilities, p):
    result = np.where(probabilities >= p * probabilities.max(), probabilities, 0)
    return result / result.sum()
