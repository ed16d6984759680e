"""Checkers of lesson 07b: perplexity of other tokens, clipped n-gram precision."""

from course_utils.exercises import close, expect, pair

import numpy as np


def check_1(answer):
    """Perplexity per other token, and bits per character."""
    result = pair(answer(8.0, 100, 100, 300))
    expect(
        result is not None,
        "the result is not a pair of numbers",
        "return perplexity, bits_per_character",
    )
    expect(
        close(result[0], 8.0),
        "for as many other tokens as own ones the perplexity must stay as it is",
        "only the ratio of the two numbers of tokens may count",
    )
    expect(
        not close(result[1], np.log(8)) and not close(result[1], np.log(8) / 3),
        "the bits are nats",
        "a bit is a logarithm to base 2: np.log2",
    )
    expect(
        close(result[1], 1.0),
        "100 tokens of perplexity 8 take 300 bits, so 300 characters take 1 bit each",
        "bits of the whole text = num_tokens * log2(perplexity); then divide",
    )
    result = pair(answer(8.0, 100, 50, 150))
    expect(
        close(result, [64.0, 2.0]),
        "half as many tokens for the same 300 bits must give perplexity 64",
        "2 ** (bits of the whole text / other_tokens): the bits stay, the number by "
        "which they are divided changes",
    )
    expect(
        close(pair(answer(1.0, 7, 3, 20)), [1.0, 0.0]),
        "a model that is always sure must give perplexity 1 and 0 bits",
        "log2(1) is 0, and 2 ** 0 is 1",
    )


def check_2(answer):
    """Clipped n-gram precision."""
    reference = "the cat sat on the mat".split()
    expect(
        close(answer(list(reference), reference, 1), 1.0),
        "a candidate that equals the reference must get 1",
        "count the runs of the candidate, and how many of them the reference has",
    )
    expect(
        close(answer("a cat sat".split(), reference, 1), 2 / 3),
        "two of the three words of 'a cat sat' are in the reference: 2/3",
        "divide by the number of runs in the candidate, not in the reference",
    )
    expect(
        close(answer("the the the the".split(), reference, 1), 0.5),
        "'the the the the' must get 2/4, because the reference has only two of them",
        "a run counts min(times in the candidate, times in the reference)",
    )
    expect(
        close(answer("the dog sat on a mat".split(), reference, 1), 4 / 6),
        "four of the six words of 'the dog sat on a mat' count",
        "count runs with their number of times, not as a set",
    )
    expect(
        close(answer("the mat sat on the cat".split(), reference, 2), 4 / 5),
        "four of the five pairs of 'the mat sat on the cat' are in the reference",
        "a run of n words is words[i : i + n], for every i from 0 to len(words) - n",
    )
    short = answer(["the"], reference, 2)
    expect(
        close(short, 0.0),
        "a candidate without any run of n words must get 0",
        "look for an empty candidate before you divide",
    )
