"""Exercises of lesson 15b: solutions, then checkers, then wrong answers."""

# 15b.4, in a new cell at the end of the lesson:
#
# rng, some = np.random.default_rng(0), test["words"]
# for draw in range(num_draws):
#     shots = [*minuses[2 * draw : 2 * draw + 2], *pluses[2 * draw : 2 * draw + 2]]
#     print(verdicts([(q, o, 1 - a) for q, o, a in shots]).mean(axis=1))
#     scores = score(some, shots)  # of the true "--++"
#     for count in (1, 10, 50):
#         drawn = [rng.permutation(scores)[:count] for _ in range(200)]
#         print(count, np.mean([hits(scores - bias(few), some) for few in drawn]))
#
# Swapped, 88, 72 and 54% are right, batch-calibrated 88, 85 and 82%; with true labels
# 51, 53 and 51%, then 89, 88 and 88%. So the order of the labels matters more here
# than their truth. For `bias`, one word gives 75 to 76% on average, ten 86 to 88%, and
# 50 nearly what all 100 give.

import contextlib

from course_utils.judge import Verdict

import numpy as np


def vote(answers):
    """Numbers, None where there was none -> the most frequent number."""
    numbers = [answer for answer in answers if answer is not None]
    return max(numbers, key=numbers.count)


def difference(right_a, right_b, rng):
    """Right or not (N,), twice; a NumPy generator -> low, high of b - a, in points."""
    gains = 100 * (np.asarray(right_b, float) - np.asarray(right_a, float))
    chosen = rng.integers(0, len(gains), (2000, len(gains)))
    low, high = np.quantile(gains[chosen].mean(axis=1), [0.025, 0.975])
    return low, high


def questions_needed(accuracy, half_width):
    """Expected accuracy, half an interval's width, both 0 to 1 -> questions, an int."""
    number = 1.96**2 * accuracy * (1 - accuracy) / half_width**2
    return max(1, int(np.ceil(number - 1e-9)))


@contextlib.contextmanager
def _hint(fault, told):
    """What is told of an answer that fails with `fault` in its verdict"""
    try:
        yield
    except Verdict as verdict:
        raise AssertionError(told) if fault in str(verdict) else verdict from None


def check_1(answer):
    """A vote among answers."""
    assert np.ndim(answer([7, 12, 12])) == 0, (
        "the vote of 7, 12, 12 is not one number. Hint: most_common gives pairs "
        "(number, count): return the number alone."
    )
    assert answer([7, 12, 12]) == 12, (
        "of 7, 12, 12 the vote is not 12. Hint: count each number; the most frequent "
        "one wins, not a mean, a median or the first."
    )
    assert answer([30, 12, 12, 45, 50]) == 12, (
        "of 30, 12, 12, 45, 50 the vote is not 12. Hint: the most frequent number, "
        "not the middle or the mean."
    )
    outvoted = (
        "three answers without a number outvote two of 5. Hint: leave out None before "
        "you count."
    )
    with _hint("returned None", outvoted):
        assert answer([None, None, None, 5, 5]) == 5, outvoted
    assert answer([0, 0, None, 3]) == 0, (
        "of 0, 0, None, 3 the vote is not 0. Hint: 0 is a number: test `is not None`."
    )
    for tie in ([9, 4, 4, 9], [9, 4, 9, 4], [2, 8, 8, 2, 5]):
        assert answer(tie) == tie[0], (
            f"of {tie} the vote is not {tie[0]}. Hint: in a tie, the number that came "
            "first wins; a set or np.unique loses the order."
        )
    assert answer([-3, 1, -3]) == -3, (
        "of -3, 1, -3 the vote is not -3. Hint: numbers may be negative: np.bincount "
        "cannot count them."
    )


def check_2(answer):
    """A paired bootstrap."""
    rng = np.random.default_rng(0)
    base = rng.random(400) < 0.6
    better = base | (rng.random(400) < 0.15)  # never worse
    gain = 100 * (better.mean() - base.mean())

    booleans = (
        "NumPy does not subtract arrays of True and False. Hint: make numbers of them "
        "first: right_b.astype(float) - right_a.astype(float)."
    )

    def ends(a, b, seed=1):
        with _hint("boolean subtract", booleans):
            result = answer(a.copy(), b.copy(), np.random.default_rng(seed))
        assert np.shape(result) == (2,), (
            f"the result has the shape {np.shape(result)}, not (2,). Hint: return low, "
            "high."
        )
        return np.array(result, float)

    low, high = ends(base, better)
    assert low <= high, "the first end is above the second. Hint: return low, high."
    assert not (abs(high) < 1 and gain > 2), (
        f"the gain is {gain:.1f} points, the interval {low:.3f} to {high:.3f}. Hint: "
        "in points, so multiply by 100."
    )
    assert high > 0, (
        f"b is {gain:.1f} points better, and the interval is {low:.1f} to {high:.1f}. "
        "Hint: the difference is b - a."
    )
    assert low < gain < high, (
        f"the interval {low:.1f} to {high:.1f} does not hold the measured gain, "
        f"{gain:.1f}. Hint: resample questions with replacement, and take quantiles "
        "of the mean differences."
    )
    spread = 100 * np.std(better.astype(float) - base)
    expected = 2 * 1.96 * spread / 20
    assert high - low < 2.3 * expected, (
        f"the interval is {high - low:.1f} points wide; about {expected:.1f} are "
        "right. Hint: draw the same questions for both prompts, as many as there are, "
        "and take the mean of each draw."
    )
    assert high - low < 1.2 * expected, (
        f"the interval is {high - low:.1f} points wide; about {expected:.1f} are "
        "right. Hint: 95% of the means lie inside: quantiles 0.025 and 0.975, not the "
        "least and the greatest."
    )
    assert high - low > 0.9 * expected, (
        f"the interval is {high - low:.1f} points wide; about {expected:.1f} are "
        "right. Hint: with replacement, as many questions as there are, and quantiles "
        "0.025 and 0.975."
    )
    rng, fresh = np.random.default_rng(1), np.random.default_rng(1)
    answer(base, better, rng)
    assert rng.bit_generator.state != fresh.bit_generator.state, (
        "your function draws nothing from the generator that it is given. Hint: draw "
        "questions with `rng`, not with another generator, nor take 1.96 standard "
        "errors by a formula."
    )
    low, high = ends(base, base)
    assert low == high == 0, (
        "two prompts with the same answers differ. Hint: use the same questions for "
        "both."
    )


def check_3(answer):
    """How many questions an interval needs."""
    result = answer(0.5, 0.1)
    assert isinstance(result, int | np.integer) and not isinstance(result, bool), (
        f"the result is a {type(result).__name__}, not an int. Hint: int(np.ceil(...))."
    )
    assert result != 193 and result != 25 and result != 385, (
        f"for 50% ± 10 points it is {result}, not 97. Hint: the half width is 1.96 "
        "standard errors, and a standard error is the square root of p(1 - p) / n."
    )
    assert result != 96, (
        "for 50% ± 10 points it is 96, just too few. Hint: round up, by np.ceil."
    )
    assert result == 97, (
        f"for 50% ± 10 points it is {result}, not 97. Hint: solve "
        "1.96 · sqrt(p(1 - p) / n) = half_width for n, and round up."
    )
    assert answer(0.9, 0.1) == 35, (
        "for 90% ± 10 points it is not 35. Hint: p(1 - p) depends on the accuracy."
    )
    assert answer(0.5, 0.01) == 9604, (
        "for 50% ± 1 point it is not 9,604. Hint: a tenth of the width needs a hundred "
        "times as many: half_width**2. A whole number must not be rounded up further."
    )
    assert answer(0.1, 0.1) == 35, (
        "for 10% ± 10 points it is not 35. Hint: p(1 - p) is the same for 10% and 90%."
    )


WRONG = {  # replacements in a solution, or another body for it
    "vote__counts_none": [(" if answer is not None", "")],
    "vote__pair": (
        "from collections import Counter\n"
        "    numbers = [answer for answer in answers if answer is not None]\n"
        "    return Counter(numbers).most_common(1)[0]"
    ),
    "vote__last_in_a_tie": [("max(numbers,", "max(numbers[::-1],")],
    "vote__forgets_zero": [("if answer is not None", "if answer")],
    "vote__median": [
        ("max(numbers, key=numbers.count)", "sorted(numbers)[len(numbers) // 2]")
    ],
    "vote__first": [("max(numbers, key=numbers.count)", "numbers[0]")],
    "vote__ties_to_the_smallest": [("max(numbers", "max(sorted(numbers)")],
    "vote__a_set": [("max(numbers", "max(sorted(set(numbers))[::-1]")],
    "vote__bincount": [
        (
            "max(numbers, key=numbers.count)",
            "int(np.bincount([n for n in numbers if n >= 0]).argmax())",
        )
    ],
    "difference__resamples_each": (
        "a, b = 100 * np.asarray(right_a, float), 100 * np.asarray(right_b, float)\n"
        "    n = len(a)\n"
        "    draw_a = a[rng.integers(0, n, (2000, n))].mean(axis=1)\n"
        "    draw_b = b[rng.integers(0, n, (2000, n))].mean(axis=1)\n"
        "    return np.quantile(draw_b - draw_a, [0.025, 0.975])"
    ),
    "difference__a_minus_b": [
        (
            "np.asarray(right_b, float) - np.asarray(right_a, float)",
            "np.asarray(right_a, float) - np.asarray(right_b, float)",
        )
    ],
    "difference__shares": [("100 * (", "1 * (")],
    "difference__without_mean": [(".mean(axis=1)", "")],
    "difference__without_replacement": [
        (
            "rng.integers(0, len(gains), (2000, len(gains)))",
            "np.array([rng.permutation(len(gains)) for _ in range(2000)])",
        )
    ],
    "difference__least_and_greatest": [
        (
            "np.quantile(gains[chosen].mean(axis=1), [0.025, 0.975])",
            "(f(gains[chosen].mean(axis=1)) for f in (np.min, np.max))",
        )
    ],
    "difference__99_percent": [("[0.025, 0.975]", "[0.005, 0.995]")],
    "difference__subtracts_booleans": [
        (
            "np.asarray(right_b, float) - np.asarray(right_a, float)",
            "right_b - right_a",
        )
    ],
    "difference__narrow": [("[0.025, 0.975]", "[0.16, 0.84]")],
    "difference__own_generator": [
        ("rng.integers", "np.random.default_rng(0).integers")
    ],
    "difference__formula": (
        "gains = 100 * (np.asarray(right_b, float) - np.asarray(right_a, float))\n"
        "    half = 1.96 * gains.std(ddof=1) / np.sqrt(len(gains))\n"
        "    return gains.mean() - half, gains.mean() + half"
    ),
    "difference__high_first": [("return low, high", "return high, low")],
    "questions_needed__rounded_down": [("np.ceil(number - 1e-9)", "number")],
    "questions_needed__float": [("int(np.ceil(number - 1e-9))", "np.ceil(number)")],
    "questions_needed__one_standard_error": [("1.96**2 * ", "")],
    "questions_needed__worst_case": [("accuracy * (1 - accuracy)", "0.25")],
    "questions_needed__not_squared": [("half_width**2", "half_width * 0.1")],
    "questions_needed__whole_width": [("half_width**2", "(half_width / 2) ** 2")],
}
