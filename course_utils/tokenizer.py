"""Byte-pair encoding: train on a text, text to ids and back (taught in lesson 02)."""

import collections
import itertools
import re

from course_utils import CourseError

# A merge never crosses the border of a word; a word keeps the space before it.
PIECE = re.compile(r" ?\w+| ?[^\w\s]+|\s+")
NUM_BYTES = 256


def train(text, vocabulary_size):
    """The merges [(id, id), ...] of a byte-pair encoding, in the order learnt.

    Ids 0 to 255 are the bytes of UTF-8; merge i makes id 256 + i of the most frequent
    pair (Sennrich et al. 2016). Raises CourseError for a text too short for so many.
    """
    word_counts = collections.Counter(PIECE.findall(text))
    words = {word: list(word.encode()) for word in word_counts}
    pair_counts, found_in = collections.Counter(), collections.defaultdict(set)
    merges = []

    def count(word, sign):
        for pair in itertools.pairwise(words[word]):
            pair_counts[pair] += sign * word_counts[word]
            found_in[pair].add(word)

    for word in words:
        count(word, 1)
    for new_id in range(NUM_BYTES, vocabulary_size):
        pair = max(pair_counts, key=pair_counts.get, default=None)
        if pair_counts[pair] < 2:
            cure = f"give a longer text, or a vocabulary_size below {vocabulary_size}"
            raise CourseError(f"No pair is left after {len(merges)} merges: {cure}.")
        merges.append(pair)
        for word in sorted(found_in.pop(pair)):
            count(word, -1)
            words[word] = _merge(words[word], pair, new_id)
            count(word, 1)
    return merges


def _merge(ids, pair, new_id):
    merged = []
    for id in ids:
        if merged and (merged[-1], id) == pair:
            merged[-1] = new_id
        else:
            merged.append(id)
    return merged


def encode(text, merges):
    """Token ids, a list, of any text in UTF-8; `decode` gives it back exactly."""
    order = {tuple(pair): index for index, pair in enumerate(merges)}
    pieces, ids = PIECE.findall(text), {}
    for piece in set(pieces):
        tokens = list(piece.encode())
        while pairs := [p for p in itertools.pairwise(tokens) if p in order]:
            pair = min(pairs, key=order.get)
            tokens = _merge(tokens, pair, NUM_BYTES + order[pair])
        ids[piece] = tokens
    return [token for piece in pieces for token in ids[piece]]


def token_bytes(merges):
    """The bytes of each token: a list of 256 + len(merges)."""
    tokens = [bytes([byte]) for byte in range(NUM_BYTES)]
    for first, second in merges:
        tokens.append(tokens[first] + tokens[second])
    return tokens


def decode(ids, merges):
    """The text of token ids; half a character, as a model may write it, becomes `�`."""
    tokens = token_bytes(merges)
    return b"".join(tokens[id] for id in ids).decode(errors="replace")
