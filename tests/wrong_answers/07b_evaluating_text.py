"""Plausible wrong answers to the exercises of lesson 07b."""

import numpy as np


def comparable__nats(perplexity, num_tokens, other_tokens, num_characters):
    nats = num_tokens * np.log(perplexity)
    return np.exp(nats / other_tokens), nats / num_characters


def comparable__times_the_ratio(perplexity, num_tokens, other_tokens, num_characters):
    bits = num_tokens * np.log2(perplexity)
    return perplexity * num_tokens / other_tokens, bits / num_characters


def comparable__ratio_upside_down(perplexity, num_tokens, other_tokens, num_characters):
    bits = num_tokens * np.log2(perplexity)
    return perplexity ** (other_tokens / num_tokens), bits / num_characters


def comparable__bits_of_one_token(perplexity, num_tokens, other_tokens, num_characters):
    bits = np.log2(perplexity)
    return 2 ** (bits * num_tokens / other_tokens), bits / num_characters


def comparable__one_number(perplexity, num_tokens, other_tokens, num_characters):
    return perplexity ** (num_tokens / other_tokens)


def clipped_precision__not_clipped(candidate, reference, n):
    runs = [tuple(candidate[i : i + n]) for i in range(len(candidate) - n + 1)]
    known = {tuple(reference[i : i + n]) for i in range(len(reference) - n + 1)}
    return sum(run in known for run in runs) / max(1, len(runs))


def clipped_precision__sets(candidate, reference, n):
    runs = {tuple(candidate[i : i + n]) for i in range(len(candidate) - n + 1)}
    known = {tuple(reference[i : i + n]) for i in range(len(reference) - n + 1)}
    return len(runs & known) / max(1, len(runs))


def clipped_precision__recall(candidate, reference, n):
    runs = [tuple(candidate[i : i + n]) for i in range(len(candidate) - n + 1)]
    known = [tuple(reference[i : i + n]) for i in range(len(reference) - n + 1)]
    shared = sum(min(runs.count(r), known.count(r)) for r in set(runs))
    return shared / max(1, len(known))


def clipped_precision__last_run_forgotten(candidate, reference, n):
    runs = [tuple(candidate[i : i + n]) for i in range(len(candidate) - n)]
    known = [tuple(reference[i : i + n]) for i in range(len(reference) - n)]
    shared = sum(min(runs.count(r), known.count(r)) for r in set(runs))
    return shared / max(1, len(runs))


def clipped_precision__divides_by_nothing(candidate, reference, n):
    runs = [tuple(candidate[i : i + n]) for i in range(len(candidate) - n + 1)]
    known = [tuple(reference[i : i + n]) for i in range(len(reference) - n + 1)]
    return sum(min(runs.count(r), known.count(r)) for r in set(runs)) / len(runs)


def clipped_precision__words_only(candidate, reference, n):
    shared = sum(min(candidate.count(w), reference.count(w)) for w in set(candidate))
    return shared / max(1, len(candidate))
