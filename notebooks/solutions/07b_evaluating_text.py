"""Solutions of lesson 07b."""

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
