"""Lesson 01: what its small functions find, against cases done by hand."""

import re

import lessons
import numpy as np
import pytest

USED = ["jaccard", "shingles", "copied", "intervals", "melody_runs", "leaked", "draw"]


@pytest.fixture(scope="module")
def lesson():
    return lessons.definitions("01", USED, re=re, np=np)


def test_shingles_and_their_similarity(lesson):
    shingles, jaccard = lesson["shingles"], lesson["jaccard"]
    first, second = shingles("A b, c d.", 3), shingles("b c\nd e", 3)
    assert first == {"a b c", "b c d"} and second == {"b c d", "c d e"}
    assert jaccard(first, second) == 1 / 3 and jaccard(first, first) == 1
    assert shingles("two words") == set()


def test_draws_the_best_caption_and_nothing_for_unknown_words(lesson):
    lesson["emoji"] = {
        "image": np.zeros((3, 32, 32, 3)) + np.arange(3)[:, None, None, None]
    }
    lesson["captions"] = ["red apple", "red heart", "green heart"]
    image, similarity = lesson["draw"]("heart red")
    assert (image == 1).all() and similarity == 1
    image, similarity = lesson["draw"]("green tree")
    assert (image == 2).all() and similarity == 1 / 3
    image, similarity = lesson["draw"]("tree")
    assert (image == 255).all() and similarity == 0


def test_copies_only_from_what_it_may_know(lesson):
    lesson["similarity"] = np.array([[1, 0.9, 0.2, 0.5], [0.9, 1, 0, 0.1]])
    copied, asked = lesson["copied"], np.array([0, 1])
    assert copied(asked, np.array([3, 2])).tolist() == [3, 3]
    assert copied(asked, np.array([2, 1, 0])).tolist() == [0, 1]


def test_melodies_share_runs_in_any_key_without_rests_and_held_steps(lesson):
    notes = np.array([60, 60, 0, 62, 62, 64, 60])
    holds = np.array([False, True, False, False, False, False, False])
    piece = dict(pitches=notes[:, None].astype("uint8"), holds=holds[:, None])
    assert lesson["intervals"](piece) == [2, 0, 2, -4]
    runs = lesson["melody_runs"]([2, 0, 2, -4], 2)
    assert runs == {(2, 0), (0, 2), (2, -4)}
    assert lesson["melody_runs"]([1, 2], 3) == set()
    pieces = [{(1, 2)}, {(3, 4)}, {(1, 2), (5, 6)}, set()]
    assert lesson["leaked"]([0, 1], pieces) == 50
    assert lesson["leaked"]([0, 2], pieces) == 0  # relatives on the same side
