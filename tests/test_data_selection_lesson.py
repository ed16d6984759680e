"""Lesson 01: of equal items the first stays."""

from collections import defaultdict

import lessons
import pytest


@pytest.mark.parametrize(
    ("items", "kept"),
    [("aabbc", "024"), ("abccab", "012"), ("aaabc", "034"), ("abc", "012"), ("", "")],
)
def test_of_equal_items_the_first_stays(items, kept):
    used = ["duplicate_groups", "without_copies"]
    names = lessons.definitions("01", used, defaultdict=defaultdict)
    assert names["without_copies"](list(items)) == [int(index) for index in kept]
