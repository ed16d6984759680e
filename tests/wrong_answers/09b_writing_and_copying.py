"""Plausible wrong answers to the exercises of lesson 09b."""

import numpy as np


def next_beams__each_its_best(scores, log_probabilities):
    return np.arange(len(scores)), np.argmax(log_probabilities, axis=1)


def next_beams__each_its_best_in_order(scores, log_probabilities):
    tokens = np.argmax(log_probabilities, axis=1)
    rows = np.argsort(-(scores + np.max(log_probabilities, axis=1)))
    return rows, tokens[rows]


def next_beams__scores_forgotten(scores, log_probabilities):
    best = np.argsort(-log_probabilities, axis=None)[: len(scores)]
    return np.divmod(best, log_probabilities.shape[1])


def next_beams__multiplied(scores, log_probabilities):
    products = scores[:, None] * log_probabilities
    best = np.argsort(-products, axis=None)[: len(scores)]
    return np.divmod(best, products.shape[1])


def next_beams__least_likely(scores, log_probabilities):
    sums = scores[:, None] + log_probabilities
    return np.divmod(np.argsort(sums, axis=None)[: len(scores)], sums.shape[1])


def next_beams__likeliest_last(scores, log_probabilities):
    sums = scores[:, None] + log_probabilities
    return np.divmod(np.argsort(sums, axis=None)[-len(scores) :], sums.shape[1])


def next_beams__in_any_order(scores, log_probabilities):
    sums = scores[:, None] + log_probabilities
    best = np.sort(np.argpartition(-sums, len(scores) - 1, axis=None)[: len(scores)])
    return np.divmod(best[::-1], sums.shape[1])


def next_beams__divided_by_beams(scores, log_probabilities):
    sums = scores[:, None] + log_probabilities
    return np.divmod(np.argsort(-sums, axis=None)[: len(scores)], len(scores))


def next_beams__tokens_and_rows(scores, log_probabilities):
    sums = scores[:, None] + log_probabilities
    rows, tokens = np.divmod(np.argsort(-sums, axis=None)[: len(scores)], sums.shape[1])
    return tokens, rows


def next_beams__fractions(scores, log_probabilities):
    sums = scores[:, None] + log_probabilities
    best = np.argsort(-sums, axis=None)[: len(scores)]
    return best / sums.shape[1], best % sums.shape[1]


def next_beams__flat_places(scores, log_probabilities):
    sums = scores[:, None] + log_probabilities
    return np.argsort(-sums, axis=None)[: len(scores)]


def next_beams__probabilities_added(scores, log_probabilities):
    sums = np.exp(scores)[:, None] + np.exp(log_probabilities)
    return np.divmod(np.argsort(-sums, axis=None)[: len(scores)], sums.shape[1])


def next_beams__underflows(scores, log_probabilities):
    products = np.exp(scores)[:, None] * np.exp(log_probabilities)
    return np.divmod(np.argsort(-products, axis=None)[: len(scores)], products.shape[1])


def next_beams__all_continuations(scores, log_probabilities):
    sums = scores[:, None] + log_probabilities
    return np.divmod(np.argsort(-sums, axis=None), sums.shape[1])


def next_beams__changes_its_input(scores, log_probabilities):
    log_probabilities += scores[:, None]
    best = np.argsort(-log_probabilities, axis=None)[: len(scores)]
    return np.divmod(best, log_probabilities.shape[1])


def copy_guess__first_occurrence(tokens):
    if tokens[-1] not in tokens[:-1]:
        return None
    return tokens[tokens.index(tokens[-1]) + 1]


def copy_guess__the_token_before(tokens):
    for place in range(len(tokens) - 2, -1, -1):
        if tokens[place] == tokens[-1]:
            return tokens[place - 1]
    return None


def copy_guess__the_token_itself(tokens):
    for place in range(len(tokens) - 2, -1, -1):
        if tokens[place] == tokens[-1]:
            return tokens[place]
    return None


def copy_guess__the_place(tokens):
    for place in range(len(tokens) - 2, -1, -1):
        if tokens[place] == tokens[-1]:
            return place
    return None


def copy_guess__neighbour_skipped(tokens):
    for place in range(len(tokens) - 3, -1, -1):
        if tokens[place] == tokens[-1]:
            return tokens[place + 1]
    return None


def copy_guess__place_0_skipped(tokens):
    for place in range(len(tokens) - 2, 0, -1):
        if tokens[place] == tokens[-1]:
            return tokens[place + 1]
    return None


def copy_guess__finds_the_last_itself(tokens):
    place = max(i for i, token in enumerate(tokens) if token == tokens[-1])
    return tokens[place + 1]


def copy_guess__zero_is_false(tokens):
    guess = 0
    for before, after in zip(tokens, tokens[1:], strict=False):
        if before == tokens[-1]:
            guess = after
    return guess if guess else None


def copy_guess__most_frequent(tokens):
    from collections import Counter

    pairs = zip(tokens, tokens[1:], strict=False)
    after = Counter(b for a, b in pairs if a == tokens[-1])
    return after.most_common(1)[0][0] if after else None


def copy_guess__minus_one(tokens):
    for place in range(len(tokens) - 2, -1, -1):
        if tokens[place] == tokens[-1]:
            return tokens[place + 1]
    return -1


def copy_guess__repeats_if_new(tokens):
    guess = tokens[-1]
    for before, after in zip(tokens, tokens[1:], strict=False):
        if before == tokens[-1]:
            guess = after
    return guess


def copy_guess__raises_if_new(tokens):
    distance = tokens[-2::-1].index(tokens[-1])
    return tokens[len(tokens) - 1 - distance]


def copy_guess__takes_the_last_away(tokens):
    last = tokens.pop()
    for place in range(len(tokens) - 1, -1, -1):
        if tokens[place] == last:
            return (tokens + [last])[place + 1]
    return None


def copy_guess__forgot_to_return(tokens):
    followers = {}
    for before, after in zip(tokens, tokens[1:], strict=False):
        followers[before] = after
    followers.get(tokens[-1])
