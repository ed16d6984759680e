"""Solutions to the exercises of lesson 02."""

import numpy as np


def merge_once(words, counts):
    pair_counts = {}
    for word, count in zip(words, counts, strict=True):
        for pair in zip(word, word[1:], strict=False):
            pair_counts[pair] = pair_counts.get(pair, 0) + count
    if not pair_counts:
        return words
    best = max(pair_counts, key=pair_counts.get)
    merged_words = []
    for word in words:
        merged, position = [], 0
        while position < len(word):
            if tuple(word[position : position + 2]) == best:
                merged.append(best[0] + best[1])
                position += 2
            else:
                merged.append(word[position])
                position += 1
        merged_words.append(merged)
    return merged_words


def make_windows(ids, length, stride):
    starts = np.arange(0, len(ids) - length, stride)
    positions = starts[:, None] + np.arange(length)  # (N, length)
    return ids[positions], ids[positions + 1]


def undo_mojibake(text):
    while True:
        try:
            better = text.encode("latin-1").decode("utf-8")
        except UnicodeError:
            return text
        if better == text:
            return text
        text = better
