"""Checkers of lesson 02: one merge, overlapping windows, mojibake."""

import copy

from course_utils.exercises import close, expect

import numpy as np


def check_1(answer):
    words, counts = [list("low"), list("lower"), list("wow")], [5, 2, 4]
    before = copy.deepcopy(words)
    merged = _words(answer(words, counts))
    expect(
        words == before,
        "it changes the words that it was given",
        "build new lists instead of writing into the old ones",
    )
    # "ow" stands in all three words: 11 times; "lo" 7 times.
    expect(
        merged == [["l", "ow"], ["l", "ow", "e", "r"], ["w", "ow"]],
        f"'low' 5 times, 'lower' twice, 'wow' 4 times: it returned {merged}, but 'o' "
        "and 'w' stand together most often",
        "replace that pair in every word by the one token 'ow', keep the rest",
    )
    merged = _words(answer([list("cd"), list("cdd"), list("ab")], [1, 1, 9]))
    expect(
        merged == [["c", "d"], ["c", "d", "d"], ["ab"]],
        "a pair in one word that occurs 9 times must win over a pair in two rare words",
        "add counts[n] for each pair of word n, not 1",
    )
    merged = _words(answer([list("xaya"), list("xabab")], [1, 3]))
    expect(
        merged == [["x", "a", "y", "a"], ["x", "ab", "ab"]],
        f"x a b a b became {merged[1:]}: every occurrence of the pair must be merged",
        "after a merge go on behind the pair, until the end of the word",
    )
    merged = _words(answer([list("aaa")], [1]))
    expect(
        merged == [["aa", "a"]],
        f"a a a became {merged}, not [['aa', 'a']]",
        "go from left to right, and use no token twice",
    )
    merged = _words(answer([["th", "e"], ["t", "he"]], [2, 1]))
    expect(
        merged == [["the"], ["t", "he"]],
        "tokens of several letters are not handled as they are",
        "a pair is two neighbouring tokens, however long: compare ('th', 'e')",
    )
    merged = _words(answer([list("zy"), list("ab")], [3, 3]))
    expect(
        merged == [["zy"], ["a", "b"]],
        "with a tie the pair that comes first in the words must win",
        "a dict keeps the order; max(..., key=...) returns the first of equals",
    )
    merged = _words(answer([["a"], ["b"]], [1, 2]))
    expect(
        merged == [["a"], ["b"]],
        "words of one token have no pair and must stay as they are",
        "return the words when there is nothing to merge; never join two words",
    )


def _words(result):
    expect(
        isinstance(result, list) and all(isinstance(w, list | tuple) for w in result),
        "the result is not a list of words, each a list of tokens",
        "return all words, in their old order",
    )
    return [list(word) for word in result]


def check_2(answer):
    ids = np.arange(100, 120)
    pair = answer(ids, 4, 4)
    expect(
        isinstance(pair, tuple | list) and len(pair) == 2,
        "it does not return two things",
        "end with `return inputs, targets`",
    )
    inputs, targets = map(np.asarray, pair)
    expect(
        inputs.ndim == 2 and inputs.shape[1] == 4 and targets.shape == inputs.shape,
        f"for length 4 the shapes are {inputs.shape} and {targets.shape}",
        "both must be (N, length), with one row for each window",
    )
    expect(
        close(inputs[0], [100, 101, 102, 103]),
        "the first inputs are not the first ids",
        "window n holds ids[n * stride : n * stride + length]",
    )
    expect(
        close(targets[0], [101, 102, 103, 104]),
        f"inputs 100 to 103 have the targets {targets[0].tolist()}",
        "targets[t] is the id after inputs[t]: the same slice, begun one id later",
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
    expect(
        len(inputs) == len(targets) == len(starts),
        f"{when}, {len(ids)} ids give {len(inputs)} windows of {length}, "
        f"not {len(starts)}",
        "a window fits if its last target is still one of the ids: "
        "start + length < len(ids)",
    )
    expect(
        close(inputs, [ids[s : s + length] for s in starts])
        and close(targets, [ids[s + 1 : s + length + 1] for s in starts]),
        f"{when} the windows hold the wrong ids",
        "window n starts at n * stride, its targets one id later",
    )


def check_3(answer):
    for text in ["plain text", "", "naïve café", "“Oh!” — she", "£5 or 5 €"]:
        expect(
            answer(text) == text,
            f"the good text {text!r} became {answer(text)!r}",
            "if the text cannot be encoded as Latin-1 or decoded as UTF-8, it is good: "
            "return it as it is",
        )
    for times in [1, 2, 3]:
        for text in ["naïve café", "“Oh!” — she", "£5", "Привет 🎉", "plain"]:
            broken = text
            for _ in range(times):
                broken = broken.encode("utf-8").decode("latin-1")
            expect(
                answer(broken) == text,
                f"{text!r}, misread {times} times, became {answer(broken)!r}",
                "undo it with .encode('latin-1').decode('utf-8'), again and again "
                "until that fails or changes nothing",
            )
