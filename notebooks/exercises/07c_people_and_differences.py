"""Exercises of lesson 07c: solutions, then checkers, then wrong answers."""

import math

from course_utils.judge import close

import numpy as np


def coin_test(wins, number):
    """Two-sided probability, from 0 to 1, that a fair coin is at least as uneven."""
    distance = abs(wins - number / 2)
    far = [k for k in range(number + 1) if abs(k - number / 2) >= distance]
    return sum(math.comb(number, k) for k in far) / 2**number


def sign_flip_test(differences, signs):
    """p-value from differences (N,) and signs (rows, N) of 1 and -1: a float."""
    observed = abs(np.sum(differences))
    sums = abs(np.asarray(signs) @ np.asarray(differences))
    return float(np.mean(sums >= observed - 1e-9))


def check_1(answer):
    """The exact two-sided test against a fair coin."""
    assert close(answer(1, 2), 1.0), (
        "1 of 2 is exactly half and half, so every result is at least as far: 1. "
        "Hint: half and half itself counts: 'at least as far' is >=."
    )
    assert not close(answer(5, 5), 1 / 32), (
        "5 of 5 is as far from half and half as 0 of 5, and both must count. "
        "Hint: add up both directions: abs(k - number / 2) >= abs(wins - number / 2)."
    )
    assert close(answer(5, 5), 2 / 32), (
        "5 of 5 must give 2/32: only 0 and 5 heads are as uneven. "
        "Hint: k heads of n have the probability math.comb(n, k) / 2**n."
    )
    assert close(answer(0, 4), 2 / 16) and close(answer(2, 10), answer(8, 10)), (
        "few wins are as uneven as many: 2 of 10 must give what 8 of 10 gives. "
        "Hint: take the absolute distance from number / 2."
    )
    assert close(answer(8, 10), 112 / 1024), (
        "8 of 10 must give 112/1024: 0, 1, 2, 8, 9 and 10 heads. Hint: the result "
        "itself belongs to 'at least as far', and so do all further ones."
    )
    assert close(answer(6, 10), 772 / 1024) and close(answer(5, 10), 1.0), (
        "6 of 10 gives the wrong probability. "
        "Hint: sum over all k from 0 to number, and never count one k twice."
    )
    assert close(answer(600, 1000), coin_test(600, 1000), 1e-9), (
        "600 of 1000 gives the wrong probability. "
        "Hint: math.comb gives exact integers: add these, and divide once at the end."
    )


def check_2(answer):
    """The permutation test by flipped signs."""
    all_signs = 1 - 2 * np.array([[n >> k & 1 for k in range(4)] for n in range(16)])
    result = answer(np.array([1.0, 1.0, 1.0, 1.0]), all_signs)
    assert np.shape(result) == (), (
        f"the result has the shape {np.shape(result)}, but it must be one number. "
        "Hint: sum over the beginnings (axis 1), then take the share of all rows."
    )
    assert not close(result, 1 / 16), (
        "four times 1 is as far from 0 as four times -1, and only one of them counts. "
        "Hint: compare absolute values of the sums."
    )
    assert not close(result, 0.0), (
        "rows that are exactly as far as the observed sum do not count. "
        "Hint: at least as far is >=."
    )
    assert result <= 1, (
        f"the result is {float(result):.3g}, and a p-value is at most 1. "
        "Hint: take the share of the rows, not their number."
    )
    assert close(result, 2 / 16), (
        f"four differences of 1 with all 16 signs give {float(result):.3g}, not 2/16. "
        "Hint: only the rows with all signs alike have a sum as far from 0 as 4."
    )
    result = answer(np.array([3.0, -1.0, 0.0, 1.0]), all_signs)
    assert not close(result, answer(np.array([3.0, 1.0, 0.0, 1.0]), all_signs)), (
        "the signs of the differences themselves make no difference. "
        "Hint: the observed sum is that of the differences as they are."
    )
    assert close(result, 12 / 16), (
        f"differences 3, -1, 0, 1 with all 16 signs give {float(result):.3g}, not "
        "12/16. Hint: their sum is 3, and three of four rows reach at least 3 or -3."
    )
    assert close(answer(np.array([-2.0, -2.0, 1.0, 0.0]), all_signs), 8 / 16), (
        "a negative observed sum gives a wrong share. "
        "Hint: take the absolute value of the observed sum, too."
    )
    tenths = answer(np.array([0.1, 0.2, 0.3, -0.6]), all_signs)
    assert close(tenths, 1.0), (
        "an observed sum of 0, up to rounding, does not give 1. "
        "Hint: every sum is at least as far from 0 as 0: allow for 1e-9."
    )
    assert close(answer(np.zeros(4), all_signs), 1.0), (
        "without any difference the p-value is not 1. "
        "Hint: every row is as far from 0 as the observed sum."
    )


WRONG = {  # replacements in a solution, or another body for it
    "coin_test__one_sided": [("abs(k - number / 2) >= distance", "k >= wins")],
    "coin_test__twice_one_sided": [("abs(k -", "(k -"), ("sum", "2 * sum")],
    "coin_test__only_this_result": "return 2 * math.comb(number, wins) / 2**number",
    "coin_test__further_only": [(">= distance", "> distance")],
    "coin_test__normal_curve": (
        "return math.erfc(abs(wins - number / 2) / math.sqrt(number / 2))"
    ),
    "coin_test__not_absolute": [
        ("abs(k - number / 2) >= distance", "max(k, number - k) >= wins")
    ],
    "sign_flip_test__one_sided": [
        ("abs(np.sum(differences))", "np.sum(differences)"),
        ("abs(np.asarray(signs) @ np.asarray(differences))", "signs @ differences"),
    ],
    "sign_flip_test__further_only": [(">= observed - 1e-9", "> observed + 1e-9")],
    "sign_flip_test__of_each_beginning": "observed = abs(differences)\n"
    "    return np.mean(abs(signs * differences) >= observed - 1e-9, axis=0)",
    "sign_flip_test__complement": [(">= observed - 1e-9", "< observed - 1e-9")],
    "sign_flip_test__absolute_differences": [
        ("abs(np.sum(differences))", "np.sum(abs(differences))")
    ],
    "sign_flip_test__number_of_rows": [("np.mean(sums", "np.sum(sums")],
    "sign_flip_test__observed_not_absolute": [
        ("abs(np.sum(differences))", "np.sum(differences)")
    ],
    "sign_flip_test__rounding": [("observed - 1e-9", "observed")],
}
