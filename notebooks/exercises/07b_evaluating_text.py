"""Exercises of lesson 07b: solutions, then checkers, then wrong answers."""

from course_utils.judge import close

import numpy as np


def comparable(perplexity, num_tokens, other_tokens, num_characters):
    """(perplexity per other token, bits per character) of the same text: two floats."""
    bits = num_tokens * np.log2(perplexity)
    return 2 ** (bits / other_tokens), bits / num_characters


def clipped_precision(candidate, reference, n):
    """Share from 0 to 1, for two lists of words; 0 if the candidate has no such run."""
    from collections import Counter

    def runs(words):
        return Counter(tuple(words[i : i + n]) for i in range(len(words) - n + 1))

    found = runs(candidate)
    shared = found & runs(reference)  # of each run the smaller count
    return shared.total() / max(1, found.total())


def check_1(answer):
    """Perplexity per other token, and bits per character."""
    result = answer(8.0, 100, 100, 300)
    assert np.shape(result) == (2,), (
        "the result is not a pair of numbers. "
        "Hint: return perplexity, bits_per_character."
    )
    assert close(result[0], 8.0), (
        "for as many other tokens as own ones the perplexity must stay as it is. "
        "Hint: only the ratio of the two numbers of tokens may count."
    )
    assert not close(result[1], np.log(8)) and not close(result[1], np.log(8) / 3), (
        "the bits are nats. Hint: a bit is a logarithm to base 2: np.log2."
    )
    assert close(result[1], 1.0), (
        "100 tokens of perplexity 8 take 300 bits, so 300 characters take 1 bit each. "
        "Hint: bits of the whole text = num_tokens * log2(perplexity); then divide."
    )
    assert close(answer(8.0, 100, 50, 150), [64.0, 2.0]), (
        "half as many tokens for the same 300 bits must give perplexity 64. "
        "Hint: 2 ** (bits of the whole text / other_tokens): the bits stay, the number "
        "by which they are divided changes."
    )
    assert close(answer(1.0, 7, 3, 20), [1.0, 0.0]), (
        "a model that is always sure must give perplexity 1 and 0 bits. "
        "Hint: log2(1) is 0, and 2 ** 0 is 1."
    )


def check_2(answer):
    """Clipped n-gram precision."""
    reference = "the cat sat on the mat".split()
    assert close(answer(list(reference), reference, 1), 1.0), (
        "a candidate that equals the reference must get 1. Hint: count the runs of the "
        "candidate, and how many of them the reference has."
    )
    assert close(answer("a cat sat".split(), reference, 1), 2 / 3), (
        "two of the three words of 'a cat sat' are in the reference: 2/3. "
        "Hint: divide by the number of runs in the candidate, not in the reference."
    )
    assert close(answer("the the the the".split(), reference, 1), 0.5), (
        "'the the the the' must get 2/4, because the reference has only two of them. "
        "Hint: a run counts min(times in the candidate, times in the reference)."
    )
    assert close(answer("the dog sat on a mat".split(), reference, 1), 4 / 6), (
        "four of the six words of 'the dog sat on a mat' count. "
        "Hint: count runs with their number of times, not as a set."
    )
    assert close(answer("the mat sat on the cat".split(), reference, 2), 4 / 5), (
        "four of the five pairs of 'the mat sat on the cat' are in the reference. "
        "Hint: a run of n words is words[i : i + n], for every i from 0 to len(words) "
        "- n."
    )
    assert close(answer(["the"], reference, 2), 0.0), (
        "a candidate without any run of n words must get 0. "
        "Hint: look for an empty candidate before you divide."
    )


WRONG = {  # replacements in a solution, or another body for it
    "comparable__nats": [("np.log2", "np.log"), ("2 **", "np.e **")],
    "comparable__times_the_ratio": [
        ("2 ** (bits / other_tokens)", "perplexity * num_tokens / other_tokens")
    ],
    "comparable__ratio_upside_down": [
        ("2 ** (bits / other_tokens)", "perplexity ** (other_tokens / num_tokens)")
    ],
    "comparable__bits_of_one_token": [
        ("bits / num_characters", "bits / num_tokens / num_characters")
    ],
    "comparable__one_number": [(", bits / num_characters", "")],
    "clipped_precision__not_clipped": [
        ("runs(reference)", "Counter(99 * list(runs(reference)))")
    ],
    "clipped_precision__sets": [
        ("= runs(candidate)", "= Counter(set(runs(candidate)))")
    ],
    "clipped_precision__recall": [("max(1, found.total())", "runs(reference).total()")],
    "clipped_precision__last_run_forgotten": [("- n + 1", "- n")],
    "clipped_precision__divides_by_nothing": [
        ("max(1, found.total())", "found.total()")
    ],
    "clipped_precision__words_only": [("i + n]", "i + 1]"), (" - n + 1", "")],
}
