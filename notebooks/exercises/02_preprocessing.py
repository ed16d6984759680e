"""Exercises of lesson 02: solutions, then checkers, then wrong answers."""

from course_utils.judge import close

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


def check_1(answer):
    words, counts = [list("low"), list("lower"), list("wow")], [5, 2, 4]
    before = [list(word) for word in words]
    merged = _words(answer(words, counts))
    assert words == before, (
        "it changes the words that it was given. "
        "Hint: build new lists instead of writing into the old ones."
    )
    # "ow" stands in all three words: 11 times; "lo" 7 times.
    assert merged == [["l", "ow"], ["l", "ow", "e", "r"], ["w", "ow"]], (
        f"'low' 5 times, 'lower' twice, 'wow' 4 times: it returned {merged}, but 'o' "
        "and 'w' stand together most often. "
        "Hint: replace that pair in every word by the one token 'ow', keep the rest."
    )
    merged = _words(answer([list("cd"), list("cdd"), list("ab")], [1, 1, 9]))
    assert merged == [["c", "d"], ["c", "d", "d"], ["ab"]], (
        "a pair in one word that occurs 9 times must win over a pair in two rare "
        "words. Hint: add counts[n] for each pair of word n, not 1."
    )
    merged = _words(answer([list("xaya"), list("xabab")], [1, 3]))
    assert merged == [["x", "a", "y", "a"], ["x", "ab", "ab"]], (
        f"x a b a b became {merged[1:]}: every occurrence of the pair must be merged. "
        "Hint: after a merge go on behind the pair, until the end of the word."
    )
    merged = _words(answer([list("aaa")], [1]))
    assert merged == [["aa", "a"]], (
        f"a a a became {merged}, not [['aa', 'a']]. "
        "Hint: go from left to right, and use no token twice."
    )
    merged = _words(answer([["th", "e"], ["t", "he"]], [2, 1]))
    assert merged == [["the"], ["t", "he"]], (
        "tokens of several letters are not handled as they are. "
        "Hint: a pair is two neighbouring tokens, however long: compare ('th', 'e')."
    )
    merged = _words(answer([list("zy"), list("ab")], [3, 3]))
    assert merged == [["zy"], ["a", "b"]], (
        "with a tie the pair that comes first in the words must win. "
        "Hint: a dict keeps the order; max(..., key=...) returns the first of equals."
    )
    merged = _words(answer([["a"], ["b"]], [1, 2]))
    assert merged == [["a"], ["b"]], (
        "words of one token have no pair and must stay as they are. "
        "Hint: return the words when there is nothing to merge; never join two words."
    )


def _words(result):
    lists = isinstance(result, list) and all(
        isinstance(w, list | tuple) for w in result
    )
    assert lists, (
        "the result is not a list of words, each a list of tokens. "
        "Hint: return all words, in their old order."
    )
    return [list(word) for word in result]


def check_2(answer):
    ids = np.arange(100, 120)
    pair = answer(ids, 4, 4)
    assert isinstance(pair, tuple | list) and len(pair) == 2, (
        "it does not return two things. Hint: end with `return inputs, targets`."
    )
    inputs, targets = map(np.asarray, pair)
    assert inputs.shape[1:] == (4,) and targets.shape == inputs.shape, (
        f"for length 4 the shapes are {inputs.shape} and {targets.shape}. "
        "Hint: both must be (N, length), with one row for each window."
    )
    assert close(inputs[0], [100, 101, 102, 103]), (
        "the first inputs are not the first ids. "
        "Hint: window n holds ids[n * stride : n * stride + length]."
    )
    assert close(targets[0], [101, 102, 103, 104]), (
        f"inputs 100 to 103 have the targets {targets[0].tolist()}. Hint: targets[t] "
        "is the id after inputs[t]: the same slice, begun one id later."
    )
    _compare(answer, ids, 4, 4, "without overlap")
    _compare(answer, ids, 4, 1, "with a stride of 1")
    _compare(answer, ids, 3, 5, "with a stride above the length")
    # 9 ids: the last window of 4 starts at 4, since its target ends at the last id.
    _compare(answer, ids[:9], 4, 4, "when the last target is the last id")
    _compare(answer, ids[:8], 4, 4, "when one id is missing for the last target")


def _compare(answer, ids, length, stride, when):
    starts = range(0, len(ids) - length, stride)
    inputs, targets = map(np.asarray, answer(ids, length, stride))
    assert len(inputs) == len(targets) == len(starts), (
        f"{when}, {len(ids)} ids give {len(inputs)} windows of {length}, not "
        f"{len(starts)}. Hint: a window fits if its last target is still one of the "
        "ids: start + length < len(ids)."
    )
    expected = [[ids[s + i : s + i + length] for s in starts] for i in (0, 1)]
    assert close([inputs, targets], expected), (
        f"{when} the windows hold the wrong ids. "
        "Hint: window n starts at n * stride, its targets one id later."
    )


def check_3(answer):
    for text in ["plain text", "", "naïve café", "“Oh!” — she", "£5 or 5 €"]:
        assert answer(text) == text, (
            f"the good text {text!r} became {answer(text)!r}. "
            "Hint: if the text cannot be encoded as Latin-1 or decoded as UTF-8, it is "
            "good: return it as it is."
        )
    for times in [1, 2, 3]:
        for text in ["naïve café", "“Oh!” — she", "£5", "Привет 🎉", "plain"]:
            broken = text
            for _ in range(times):
                broken = broken.encode("utf-8").decode("latin-1")
            assert answer(broken) == text, (
                f"{text!r}, misread {times} times, became {answer(broken)!r}. "
                "Hint: undo it with .encode('latin-1').decode('utf-8'), again and "
                "again until that fails or changes nothing."
            )


WRONG = {  # replacements in a solution, or another body for it
    "merge_once__counts_ignored": [("0) + count", "0) + 1")],
    "merge_once__first_occurrence_only": [
        ("== best:", "== best and len(merged) == position:")
    ],
    "merge_once__changes_its_input": [
        ("merged_words.append(merged)", "word[:] = merged"),
        ("return merged_words", "return words"),
    ],
    "merge_once__fails_without_a_pair": [
        ("if not pair_counts:\n        return words\n    ", "")
    ],
    "make_windows__targets_are_inputs": [("positions + 1", "positions")],
    "make_windows__targets_are_the_next_window": [
        ("- length, stride", "- 2 * length, stride"),
        ("positions + 1", "positions + length"),
    ],
    "make_windows__stride_ignored": [("- length, stride", "- length, length")],
    "make_windows__last_window_lost": [("- length, stride", "- length - 1, stride")],
    "make_windows__last_target_wraps_round": [
        ("- length, stride", "- length + 1, stride"),
        ("positions + 1", "(positions + 1) % len(ids)"),
    ],
    "undo_mojibake__once_only": [("text = better", "return better")],
    "undo_mojibake__good_text_fails": 'return text.encode("latin-1").decode("utf-8")',
    "undo_mojibake__drops_what_does_not_fit": [
        ('encode("latin-1")', 'encode("latin-1", "ignore")'),
        ('decode("utf-8")', 'decode("utf-8", "ignore")'),
    ],
}


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


def undo_mojibake__table_of_known_cases(text):
    for old, new in {"â\x80\x9c": "“", "â\x80\x9d": "”", "Ã©": "é"}.items():
        text = text.replace(old, new)
    return text
