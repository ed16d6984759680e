"""Checkers of the exercises: lesson_NN.py holds check_1, check_2, ... of lesson NN.

A checker calls `answer(...)` on several inputs and states with `expect` what must
hold. It runs in a fresh process that imports NumPy and nothing heavier.
"""

import numpy as np


def expect(condition, failed, hint):
    """Ends the check with "`failed`. Hint: `hint`." unless `condition` holds."""
    if not condition:
        raise AssertionError(f"{failed.rstrip('.')}. Hint: {hint.rstrip('.')}.")


def close(actual, expected, tolerance=1e-6):
    """True when `actual` has the shape and, within `tolerance`, the values of
    `expected`; False also for what is no array of numbers."""
    try:
        actual = np.asarray(actual, float)
    except (TypeError, ValueError):
        return False
    expected = np.asarray(expected, float)
    return actual.shape == expected.shape and np.allclose(
        actual, expected, rtol=tolerance, atol=tolerance, equal_nan=True
    )


def pair(result):
    """`result` as an array of two numbers, or None if it is nothing of the kind."""
    try:
        values = np.asarray(result, float)
    except (TypeError, ValueError):
        return None
    return values if values.shape == (2,) else None
