"""What every error of the course must be."""

from contextlib import contextmanager

from course_utils import CourseError

import pytest


@contextmanager
def one_sentence(match):
    """The code inside raises a CourseError: one line of at most 300 characters."""
    with pytest.raises(CourseError, match=match) as error:
        yield
    text = str(error.value)
    assert len(text) <= 300 and "\n" not in text, text
