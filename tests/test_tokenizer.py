"""Byte-pair encoding: merges by hand, lesson 02's code, exact round trips."""

import itertools
import json
import os
import re
import subprocess
import sys
from collections import Counter, defaultdict

from course_utils import DATA_DIR, CourseError, tokenizer

import lessons
import numpy as np
import pytest
import tensorflow_datasets as tfds


@pytest.fixture(scope="module")
def novel():
    data = tfds.load("jane_austen", data_dir=DATA_DIR, split="validation")
    return "\n\n".join(x["text"].decode() for x in data.as_numpy_iterator())


@pytest.fixture(scope="module")
def merges(novel):
    return tokenizer.train(novel[:20_000], 356)


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
    tokens = tokenizer.token_bytes(expected)
    assert tokens[256:] == [b"we", b"lo", b" n", b"st", b"ewe"]
    assert tokenizer.decode(ids, expected) == "lower newest"


def test_a_pair_of_equals_is_merged_from_the_left():
    assert tokenizer.train("aaaaa", 257) == [(97, 97)]
    assert tokenizer.encode("aaaaa", [(97, 97)]) == [256, 256, 97]
    assert tokenizer.encode("aaaaa", [(97, 97), (256, 97)]) == [256, 257]


def test_merges_and_ids_are_those_of_lesson_02(novel):
    used = ["merge", "train_bpe", "bpe_encode"]
    needed = dict(Counter=Counter, defaultdict=defaultdict, itertools=itertools)
    lesson = lessons.definitions("02", used, PIECE=tokenizer.PIECE, **needed)
    train, other = novel[:100_000], novel[100_000:150_000]
    counts = Counter(lesson["PIECE"].findall(train))
    lesson["merges"] = lesson["train_bpe"](counts, 150)
    merges = tokenizer.train(train, 256 + 150)
    assert merges == list(lesson["merges"])
    assert tokenizer.encode(other, merges) == lesson["bpe_encode"](other, 150)


def test_every_process_learns_the_same_merges():
    # Many pairs are equally frequent in a short text, and sets have a random order.
    learn = (
        "from course_utils import ROOT, tokenizer\n"
        "text = (ROOT / 'README.md').read_text(encoding='utf-8')\n"
        "print(tokenizer.train(text, 600))"
    )
    learnt = {
        subprocess.run(
            [sys.executable, "-c", learn],
            env={**os.environ, "PYTHONHASHSEED": str(seed)},
            stdout=subprocess.PIPE,
            check=True,
        ).stdout
        for seed in range(4)
    }
    assert len(learnt) == 1


def test_pieces_are_those_of_lesson_02():
    source = lessons.notebook("02").read_text(encoding="utf-8")
    assert json.dumps(f'PIECE = re.compile(r"{tokenizer.PIECE.pattern}")\n') in source


@pytest.mark.parametrize(
    "name, fields",
    [
        ("jane_austen", ["novel", "text"]),
        ("noto_emoji", ["caption"]),
        ("bach_chorales", ["name", "title"]),
    ],
)
def test_every_text_of_the_course_comes_back_exactly(merges, name, fields):
    decoders = tfds.decode.PartialDecoding(dict.fromkeys(fields, True))
    data = tfds.load(name, data_dir=DATA_DIR, decoders=decoders)
    texts = {
        x[field].decode()
        for split in data.values()
        for x in split.as_numpy_iterator()
        for field in fields
    }
    assert len(texts) > 200
    for text in texts:
        ids = tokenizer.encode(text, merges)
        assert tokenizer.decode(ids, merges) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "     ",
        " \n \t ",
        "one\r\ntwo\r three\n\n\n four\t\tfive",
        "\0a\0 \0",
        "\x1c\x1d\x85\u2028",  # line ends that `str.splitlines` knows
        "zero\u200bwidth\u00a0\ufeffspace\u3000",
        "世界上最好的。 你好",
        "👩‍👩‍👧‍👦 👍🏽 🏳️‍🌈🇩🇪",  # joiners, a skin tone, flags
        "\u0301 e\u0301 \u0301\u0301",  # accents, the first and last without a letter
        "naïveté, £5 — “Œuvre”",
        "\U0010ffff\ufffd\ue000",
        "a_b__c  -- 'tis ..,;",
    ],
)
def test_hard_texts_come_back_exactly(merges, text):
    assert tokenizer.decode(tokenizer.encode(text, merges), merges) == text
    own = tokenizer.train(text * 50 + " the" * 50, 258)
    assert tokenizer.decode(tokenizer.encode(text, own), own) == text


def test_any_characters_come_back_exactly(merges):
    random = np.random.default_rng(0)
    for end in [0x80, 0x3000, 0xD800]:  # beyond this come halves of characters
        for codes in random.integers(0, end, (50, 40)):
            text = "".join(map(chr, codes))
            assert tokenizer.decode(tokenizer.encode(text, merges), merges) == text


def test_merges_apply_in_the_order_learnt():
    a, b, c = b"abc"
    assert tokenizer.encode("abc", [(b, c), (a, b)]) == [a, 256]
    assert tokenizer.encode("abc", [(a, b), (b, c)]) == [256, c]
    # The last merge would make one token of "abc", but the first leaves no "ab".
    assert tokenizer.encode("abc", [(b, c), (a, b), (257, c)]) == [a, 256]


def test_merges_read_back_from_json_do_the_same(novel, merges):
    read_back = json.loads(json.dumps(merges))
    assert read_back != merges  # lists instead of tuples
    ids = tokenizer.encode(novel[:5000], merges)
    assert tokenizer.encode(novel[:5000], read_back) == ids
    assert tokenizer.decode(ids, read_back) == novel[:5000]
    assert json.loads(json.dumps(ids)) == ids


def test_half_a_character_is_the_replacement_character(merges):
    ids = tokenizer.encode("caf\u00e9 \U0001f389", merges)
    assert tokenizer.decode(ids[:-1], merges) == "café �"
    assert tokenizer.decode(ids[-1:], merges) == "�"
    assert tokenizer.decode([0xFF, 97, 0xC3], []) == "�a�"


@pytest.mark.parametrize(
    "text, vocabulary_size",
    [("", 257), ("a", 257), ("one two", 257), ("ab ab ab", 259), ("the end", 10**9)],
)
def test_a_text_too_short_for_the_vocabulary(text, vocabulary_size):
    with pytest.raises(CourseError, match=f"below {vocabulary_size}") as error:
        tokenizer.train(text, vocabulary_size)
    message = str(error.value)
    assert len(message) <= 300 and "\n" not in message and message.count(". ") == 0


def test_the_error_names_how_many_merges_there_are():
    # ab, then space + ab; nothing is left.
    assert len(tokenizer.train("ab ab ab", 258)) == 2
    with pytest.raises(CourseError, match="after 2 merges"):
        tokenizer.train("ab ab ab", 259)
    assert tokenizer.train("", 256) == []


def test_a_larger_vocabulary_means_fewer_tokens(novel, merges):
    text = novel[:20_000]
    assert tokenizer.encode(text, []) == list(text.encode())
    counts = []
    for size in [256, 257, 300, 356]:
        smaller = tokenizer.train(text, size)
        assert smaller == merges[: size - 256]
        counts.append(len(tokenizer.encode(text, smaller)))
    assert all(more > fewer for more, fewer in itertools.pairwise(counts))
    assert counts[-1] < 0.6 * counts[0]


def test_no_token_of_a_word_crosses_a_space(merges):
    tokens = [token.decode() for token in tokenizer.token_bytes(merges)[256:]]
    words, marks = re.compile(r" ?[A-Za-z]+"), re.compile(r" ?[^A-Za-z\s]+|\s+")
    assert all(words.fullmatch(t) or marks.fullmatch(t) for t in tokens), tokens
    assert sum(token.startswith(" ") for token in tokens) > 10


def test_a_merge_never_crosses_the_border_of_a_piece():
    e, space, s, comma = b"e s,"
    crossing = [(e, space), (e, comma), (comma, space), (s, e)]
    ids = tokenizer.encode("see, see", crossing)
    assert ids == [259, e, comma, space, 259, e]
    # Afterwards every comma stands between two " se", and is not merged with them.
    learnt = tokenizer.train("se," * 50 + " se," * 50, 258)
    assert learnt == [(s, e), (space, 256)]
    with pytest.raises(CourseError, match="after 2 merges"):
        tokenizer.train("se," * 50 + " se," * 50, 259)
