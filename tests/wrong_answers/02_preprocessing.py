"""Plausible mistakes in the exercises of lesson 02: each must fail with a hint."""

import numpy as np


def merge_once__counts_ignored(words, counts):
    pair_counts = {}
    for word in words:
        for pair in zip(word, word[1:], strict=False):
            pair_counts[pair] = pair_counts.get(pair, 0) + 1
    best = max(pair_counts, key=pair_counts.get)
    merged_words = []
    for word in words:
        merged, position = [], 0
        while position < len(word):
            if tuple(word[position : position + 2]) == best:
                merged.append("".join(best))
                position += 2
            else:
                merged.append(word[position])
                position += 1
        merged_words.append(merged)
    return merged_words


def merge_once__first_occurrence_only(words, counts):
    pair_counts = {}
    for word, count in zip(words, counts, strict=True):
        for pair in zip(word, word[1:], strict=False):
            pair_counts[pair] = pair_counts.get(pair, 0) + count
    best = max(pair_counts, key=pair_counts.get)
    merged_words = []
    for word in words:
        word = list(word)
        for position in range(len(word) - 1):
            if (word[position], word[position + 1]) == best:
                word[position : position + 2] = ["".join(best)]
                break
        merged_words.append(word)
    return merged_words


def merge_once__changes_its_input(words, counts):
    pair_counts = {}
    for word, count in zip(words, counts, strict=True):
        for pair in zip(word, word[1:], strict=False):
            pair_counts[pair] = pair_counts.get(pair, 0) + count
    best = max(pair_counts, key=pair_counts.get)
    for word in words:
        position = 0
        while position < len(word) - 1:
            if (word[position], word[position + 1]) == best:
                word[position : position + 2] = ["".join(best)]
            position += 1
    return words


def merge_once__replaces_in_the_text(words, counts):
    pair_counts = {}
    for word, count in zip(words, counts, strict=True):
        for pair in zip(word, word[1:], strict=False):
            pair_counts[pair] = pair_counts.get(pair, 0) + count
    best = "".join(max(pair_counts, key=pair_counts.get))
    merged = []
    for word in words:
        left, found, right = "".join(word).partition(best)
        merged.append([*left, found, *right] if found else list(word))
    return merged


def merge_once__fails_without_a_pair(words, counts):
    pair_counts = {}
    for word, count in zip(words, counts, strict=True):
        for pair in zip(word, word[1:], strict=False):
            pair_counts[pair] = pair_counts.get(pair, 0) + count
    best = max(pair_counts, key=pair_counts.get)
    merged_words = []
    for word in words:
        merged, position = [], 0
        while position < len(word):
            if tuple(word[position : position + 2]) == best:
                merged.append("".join(best))
                position += 2
            else:
                merged.append(word[position])
                position += 1
        merged_words.append(merged)
    return merged_words


def make_windows__targets_are_inputs(ids, length, stride):
    starts = np.arange(0, len(ids) - length, stride)
    inputs = np.stack([ids[start : start + length] for start in starts])
    return inputs, inputs


def make_windows__targets_are_the_next_window(ids, length, stride):
    starts = np.arange(0, len(ids) - 2 * length, stride)
    inputs = np.stack([ids[start : start + length] for start in starts])
    targets = np.stack([ids[start + length : start + 2 * length] for start in starts])
    return inputs, targets


def make_windows__stride_ignored(ids, length, stride):
    number = (len(ids) - 1) // length
    inputs = ids[: number * length].reshape(number, length)
    return inputs, ids[1 : number * length + 1].reshape(number, length)


def make_windows__last_window_lost(ids, length, stride):
    starts = np.arange(0, len(ids) - length - 1, stride)
    inputs = np.stack([ids[start : start + length] for start in starts])
    return inputs, np.stack([ids[start + 1 : start + length + 1] for start in starts])


def make_windows__last_target_wraps_round(ids, length, stride):
    starts = np.arange(0, len(ids) - length + 1, stride)
    shifted = np.roll(ids, -1)
    inputs = np.stack([ids[start : start + length] for start in starts])
    return inputs, np.stack([shifted[start : start + length] for start in starts])


def undo_mojibake__once_only(text):
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text


def undo_mojibake__good_text_fails(text):
    return text.encode("latin-1").decode("utf-8")


def undo_mojibake__drops_what_does_not_fit(text):
    return text.encode("latin-1", "ignore").decode("utf-8", "ignore")


def undo_mojibake__table_of_known_cases(text):
    for old, new in {"â\x80\x9c": "“", "â\x80\x9d": "”", "Ã©": "é"}.items():
        text = text.replace(old, new)
    return text
