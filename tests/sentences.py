"""What every error of the course must be."""

from contextlib import contextmanager

from course_utils import CourseError

import pytest


def is_one_sentence(text):
    return len(text) <= 300 and text.endswith(".") and "\n" not in text


@contextmanager
def one_sentence(match):
    """The code inside raises a CourseError: one line of at most 300 characters."""
    with pytest.raises(CourseError, match=match) as error:
        yield
    assert is_one_sentence(str(error.value)), error.value
