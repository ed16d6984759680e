"""Lesson 01: what its small functions find, against cases done by hand."""

import lzma
import re
from collections import Counter, defaultdict

from course_utils import metrics

import lessons
import numpy as np
import pytest

USED = ["jaccard", "shingles", "melodies_and_answers", "copy", "count", "constant"]


@pytest.fixture(scope="module")
def lesson():
    names = dict(re=re, np=np, lzma=lzma, metrics=metrics)
    names |= dict(Counter=Counter, defaultdict=defaultdict, chorales=[])
    return lessons.definitions("01", [*USED, "bits"], **names)


def test_shingles_and_their_similarity(lesson):
    shingles, jaccard = lesson["shingles"], lesson["jaccard"]
    first, second = shingles("A b, c d.", 3), shingles("b c\nd e", 3)
    assert first == {"a b c", "b c d"} and second == {"b c d", "c d e"}
    assert jaccard(first, second) == 1 / 3 and jaccard(first, first) == 1
    assert shingles("two words") == set()


def test_composers(lesson):
    window = lesson["window"]
    notes = np.array([[60, 55, 52, 48], [62, 55, 50, 43], [60, 55, 52, 48]])
    lesson["chorales"][:] = [{"pitches": np.repeat(notes + t, 4, 0)} for t in (0, 5)]
    melodies, answers = lesson["melodies_and_answers"]([0])
    assert melodies.shape == (3, 2 * window + 1) and not melodies[:, window].any()
    assert melodies[1, window - 1 : window + 2].tolist() == [-2, 0, -2]
    assert answers.tolist() == [[-5, -8, -12], [-7, -12, -19], [-5, -8, -12]]
    asked, truth = lesson["melodies_and_answers"]([1])  # the same, in another key
    assert np.array_equal(asked, melodies) and np.array_equal(truth, answers)
    assert np.array_equal(lesson["copy"](melodies, answers, asked), truth)
    assert lesson["count"](melodies, answers, asked)[1] == [-7, -12, -19]
    assert lesson["constant"](melodies, answers, asked) == 3 * [[-5, -8, -12]]
    asked[:, window + 1] = 99  # a move that training lacks
    assert lesson["count"](melodies, answers, asked) == 3 * [3 * [None]]


def test_bits_are_fewer_where_the_compressor_has_read_the_text(lesson):
    rng = np.random.default_rng(1)
    text, other = ["".join(rng.choice([*"abcdefgh"], 2000)) for _ in range(2)]
    assert lesson["bits"](text, text) < 0.2 < 2.9 < lesson["bits"](other, text) < 3.6
