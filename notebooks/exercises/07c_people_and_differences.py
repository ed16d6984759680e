"""Exercises of lesson 07c: solutions, then checkers, then wrong answers."""

from course_utils.judge import close

import numpy as np


def kappa_with_ties(one, other):
    """Cohen's kappa of two raters' answers (N,), each 0, 1 or 2: a float."""
    one, other = np.asarray(one), np.asarray(other)
    agreement = np.mean(one == other)
    chance = sum(np.mean(one == k) * np.mean(other == k) for k in range(3))
    return float((agreement - chance) / (1 - chance))


def sign_flip_test(differences, signs):
    """p-value from differences (N,) and signs (rows, N) of 1 and -1: a float."""
    observed = abs(np.sum(differences))
    sums = abs(np.asarray(signs) @ np.asarray(differences))
    return float(np.mean(sums >= observed - 1e-9))


def check_1(answer):
    """Cohen's kappa for three answers."""
    one = np.array([0, 0, 0, 0, 0, 1, 1, 1, 2, 2])  # shares 0.5, 0.3, 0.2
    other = np.array([0, 0, 0, 1, 2, 1, 1, 0, 2, 2])  # shares 0.4, 0.3, 0.3
    agreement, chance = 0.7, 0.5 * 0.4 + 0.3 * 0.3 + 0.2 * 0.3
    result = answer(one, other)
    assert np.shape(result) == (), (
        f"the result has the shape {np.shape(result)}, but it must be one number. "
        "Hint: agreement and chance are both means over all answers."
    )
    assert not close(result, agreement), (
        "the result is the share of equal answers, chance included. "
        "Hint: kappa is (a - c) / (1 - c) with agreement a and chance c."
    )
    assert not close(result, agreement - chance), (
        "identical raters would not get 1. "
        "Hint: divide by 1 - c, what is possible beyond chance."
    )
    for guess in (1 / 2, 1 / 3):
        assert not close(result, (agreement - guess) / (1 - guess)), (
            f"the chance is taken as {guess:.2f}, as if all buttons were pressed "
            "equally often. Hint: use the share of each button with each rater."
        )
    pooled = 0.45**2 + 0.3**2 + 0.25**2
    assert not close(result, (agreement - pooled) / (1 - pooled)), (
        "the shares of both raters are averaged, but kappa keeps them apart. "
        "Hint: multiply the first rater's share of a button by the second rater's."
    )
    two_only = 0.5 * 0.4 + 0.3 * 0.3
    assert not close(result, (agreement - two_only) / (1 - two_only)), (
        "two raters can also agree on a tie by chance. "
        "Hint: sum over all three answers, 0, 1 and 2."
    )
    kept = (one < 2) & (other < 2)
    assert not close(result, kappa_with_ties(one[kept], other[kept])), (
        "ties are left out, but a tie is an answer, too. "
        "Hint: count agreement and chance over all answers."
    )
    assert close(result, (agreement - chance) / (1 - chance)), (
        f"for agreement 0.7 and chance 0.35 the result is {result!s:.20}, not 0.538. "
        "Hint: chance is the sum over the answers of one rater's share times the "
        "other's."
    )
    assert close(answer(one, one), 1.0), (
        "a rater and itself do not get 1. Hint: agreement is the mean of one == other."
    )
    assert close(answer(one[:8], other[:8]), kappa_with_ties(one[:8], other[:8])), (
        "it fails where the first rater never calls a tie. "
        "Hint: that rater's share of ties is then 0."
    )
    assert close(answer(other[:8], one[:8]), kappa_with_ties(other[:8], one[:8])), (
        "it fails where the second rater never calls a tie. "
        "Hint: that rater's share of ties is then 0."
    )
    opposite = answer(np.array([0, 0, 1, 1, 2]), np.array([1, 1, 0, 0, 0]))
    assert close(opposite, -2 / 3), (
        "raters who never agree get a wrong value. "
        "Hint: kappa is negative where they agree less often than by chance."
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
    "kappa_with_ties__of_two_answers": [
        (
            "sum(np.mean(one == k) * np.mean(other == k) for k in range(3))",
            "one.mean() * other.mean() + (1 - one.mean()) * (1 - other.mean())",
        )
    ],
    "kappa_with_ties__agreement": [
        ("(agreement - chance) / (1 - chance)", "agreement")
    ],
    "kappa_with_ties__not_divided": [(" / (1 - chance)", "")],
    "kappa_with_ties__one_third": [
        ("sum(np.mean(one == k) * np.mean(other == k) for k in range(3))", "1 / 3")
    ],
    "kappa_with_ties__one_half": [
        ("sum(np.mean(one == k) * np.mean(other == k) for k in range(3))", "1 / 2")
    ],
    "kappa_with_ties__without_chance_ties": [("range(3)", "range(2)")],
    "kappa_with_ties__ties_left_out": [
        (
            "    agreement",
            "    kept = (one < 2) & (other < 2)\n"
            "    one, other = one[kept], other[kept]\n    agreement",
        )
    ],
    "kappa_with_ties__pooled": [
        (
            "np.mean(one == k) * np.mean(other == k)",
            "np.mean(np.append(one, other) == k) ** 2",
        )
    ],
    "kappa_with_ties__shares_of_one": [("np.mean(other == k)", "np.mean(one == k)")],
    "kappa_with_ties__counts": [
        (
            "np.mean(one == k) * np.mean(other == k)",
            "np.sum(one == k) * np.sum(other == k)",
        )
    ],
    "kappa_with_ties__one_for_each_button": (
        "return [np.mean((one == k) == (other == k)) for k in range(3)]"
    ),
    "kappa_with_ties__never_negative": [("float(", "max(0.0, ")],
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
