"""Byte-pair encoding: merges by hand, lesson 02's code, exact round trips."""

import collections
import itertools
import json
import os
import subprocess
import sys

from course_utils import datasets, tokenizer

import lessons
import numpy as np
import pytest
from sentences import one_sentence


@pytest.fixture(scope="module")
def novel():
    return datasets.load_text("jane_austen", "validation")


@pytest.fixture(scope="module")
def merges(novel):
    merges = tokenizer.train(novel[:20_000], 356)
    read_back = json.loads(json.dumps(merges))  # lists instead of tuples
    assert list(map(tuple, read_back)) == merges
    return read_back


def test_merges_worked_out_by_hand():
    # Pieces: low, " low", " lower" once each, " newest" three times.
    text = "low low lower newest newest newest"
    expected = [
        tuple(b"we"),  # 4 times: lower 1, newest 3; no other pair more than 3 times
        tuple(b"lo"),  # 3 times, like five pairs of " newest", but seen before them
        tuple(b" n"),  # 3; "lo" with w comes only 2 times now
        tuple(b"st"),  # 3, seen before the pairs that the new tokens make
        (ord("e"), 256),  # 3, the first of those
    ]
    assert tokenizer.train(text, 261) == expected
    ids = [257, 256, ord("r"), 258, 260, 259]
    assert tokenizer.encode("lower newest", expected) == ids
    assert tokenizer.decode(ids, expected) == "lower newest"
    tokens = tokenizer.token_bytes(expected)
    assert tokens[256:] == [b"we", b"lo", b" n", b"st", b"ewe"]
    # A pair of equals is merged from the left.
    assert tokenizer.train("aaaaa", 257) == [(97, 97)]
    assert tokenizer.encode("aaaaa", [(97, 97)]) == [256, 256, 97]
    assert tokenizer.encode("aaaaa", [(97, 97), (256, 97)]) == [256, 257]
    # And merges apply in the order learnt.
    a, b, c = b"abc"
    assert tokenizer.encode("abc", [(b, c), (a, b)]) == [a, 256]
    assert tokenizer.encode("abc", [(a, b), (b, c)]) == [256, c]
    # The last merge would make one token of "abc", but the first leaves no "ab".
    assert tokenizer.encode("abc", [(b, c), (a, b), (257, c)]) == [a, 256]


def test_merges_and_ids_are_those_of_lesson_02(novel):
    needed = dict(Counter=collections.Counter, itertools=itertools)
    only = ["count_pairs", "merge", "encode"]
    lesson = lessons.definitions("02", only, **needed)
    counts = collections.Counter(tokenizer.PIECE.findall(novel))
    words = {word: list(word.encode()) for word in counts}
    merges = tokenizer.train(novel, 256 + 40)
    for new_id, learnt in enumerate(merges, 256):
        pairs = lesson["count_pairs"](words, counts)
        pair = max(pairs, key=pairs.get)
        assert pair == learnt
        words = {w: lesson["merge"](words[w], pair, new_id) for w in words}
    for word in list(counts)[:500]:
        assert lesson["encode"](word, merges) == tokenizer.encode(word, merges)


def test_every_process_learns_the_same_merges():
    # Many pairs are equally frequent in a short text, and sets have a random order.
    learn = "from course_utils import ROOT, tokenizer\ntext = ROOT / 'README.md'\n"
    learn += "print(tokenizer.train(text.read_text(encoding='utf-8'), 600))"
    environments = [{**os.environ, "PYTHONHASHSEED": seed} for seed in "0123"]
    command = [sys.executable, "-c", learn]
    assert len({subprocess.check_output(command, env=e) for e in environments}) == 1


HARD = """one\r\ntwo\r three\n\n\n four\t\tfive|\0a\0 \0| |     | \n \t |
\x1c\x1d\x85\u2028|zero\u200bwidth\u00a0\ufeffspace\u3000|世界上最好的。 你好
👩\u200d👩\u200d👧 👍🏽 🇩🇪|\u0301 e\u0301 \u0301\u0301|naïveté, £5 — “Œuvre”
|\U0010ffff\ufffd\ue000|a_b__c  -- 'tis ..,;""".split("|")


def test_every_text_comes_back_exactly(merges):
    random, texts = np.random.default_rng(0), {*HARD, ""}
    for end in [0x80, 0x3000, 0xD800]:  # beyond this come halves of characters
        texts |= {"".join(map(chr, row)) for row in random.integers(0, end, (50, 40))}
    assert len(texts) > 150
    for text in texts:
        assert tokenizer.decode(tokenizer.encode(text, merges), merges) == text
    for text in HARD:
        own = tokenizer.train(text * 50 + " the" * 50, 258)
        assert tokenizer.decode(tokenizer.encode(text, own), own) == text
    # Half a character is the replacement character.
    ids = tokenizer.encode("caf\u00e9 \U0001f389", merges)
    assert tokenizer.decode(ids[:-1], merges) == "café �"
    assert tokenizer.decode([0xFF, 97, 0xC3], []) == "�a�"


def test_a_text_too_short_for_the_vocabulary():
    texts = {"": 257, "a": 257, "one two": 257, "ab ab ab": 259, "the end": 10**9}
    for text, size in texts.items():
        with one_sentence(f"No pair is left after . merges: give .* below {size}"):
            tokenizer.train(text, size)
    assert len(tokenizer.train("ab ab ab", 258)) == 2  # ab, then space + ab
    assert tokenizer.train("", 256) == []


def test_a_merge_never_crosses_the_border_of_a_piece():
    e, space, s, comma = b"e s,"
    crossing = [(e, space), (e, comma), (comma, space), (s, e)]
    assert tokenizer.encode("see, see", crossing) == [259, e, comma, space, 259, e]
    # Afterwards every comma stands between two " se", and is not merged with them.
    text = "se," * 50 + " se," * 50
    assert tokenizer.train(text, 258) == [(s, e), (space, 256)]
    with one_sentence("after 2 merges"):
        tokenizer.train(text, 259)
