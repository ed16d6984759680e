"""Exercises of lesson 19b: solutions, then checkers, then wrong answers."""

import math

import numpy as np


def decide(readers, choir, max_loss, min_gain):
    """Two lists of differences, two limits -> "promote", "reject" or "wait"."""
    verdicts = []
    for values, limit in [(readers, max_loss), (choir, -min_gain)]:
        half = 1.96 * np.std(values, ddof=1) / math.sqrt(len(values))
        low, high = np.mean(values) - half, np.mean(values) + half
        verdicts.append("promote" if high < limit else "reject" if low > limit else "")
    if "reject" in verdicts:
        return "reject"
    return "wait" if "" in verdicts else "promote"


def check_1(answer):
    """A decision rule with three answers."""

    def decided(readers, choir, max_loss=0.05, min_gain=0.5):
        given = [*readers], [*choir]
        result = answer(*given, max_loss, min_gain)
        assert given == (readers, choir), (
            "it changes the lists that it was given. Hint: make arrays of them."
        )
        assert result in ("promote", "reject", "wait"), (
            f'it returns {result!r:.40}. Hint: return "promote", "reject" or "wait".'
        )
        return result

    def around(mean, error, count=25):
        """Values with this mean and, with ddof=1, this standard error."""
        values = np.linspace(-1, 1, count)
        values *= error * math.sqrt(count) / np.std(values, ddof=1)
        return (mean + values).tolist()

    sure, gain, harm = around(0.0, 0.005), around(-3.0, 0.1), around(0.3, 0.01)
    found = decided(sure, gain)
    assert found == "promote", (
        f'with no loss and a gain of 3 bits, both sure, it says "{found}". Hint: '
        "negative differences are gains; the choir's limit is -min_gain."
    )
    assert decided(harm, gain) == "reject", (
        "readers lose 0.3 bits for sure, and it does not reject. Hint: one interval "
        "wholly above its limit is enough."
    )
    assert decided(sure, around(0.2, 0.05)) == "reject", (
        "the choir loses, too, and it does not reject. Hint: the choir's interval "
        "lies above -min_gain."
    )
    assert decided(harm, around(0.2, 0.05)) == "reject", (
        "both lose, and it does not reject. Hint: either one is enough."
    )
    found = decided(around(0.04, 0.02), gain)
    assert found != "promote", (
        "the readers' interval, 0.04 ± 0.04, reaches over the limit, and it says "
        '"promote". Hint: the upper ends of both, mean + 1.96 standard errors, must '
        "lie below their limits."
    )
    assert found == "wait", (
        "the readers' interval, 0.04 ± 0.04, holds the limit, and it rejects. Hint: "
        "reject only where the lower end, too, is above the limit."
    )
    assert decided(around(0.03, 0.005, 400), gain) == "promote", (
        "with 400 values, whose mean has the error 0.005, it does not dare. Hint: the "
        "standard error is the standard deviation, divided by the root of their number."
    )
    assert decided(around(0.045, 0.02, 400), gain) == "wait", (
        "with 400 values, whose mean has the error 0.02, it is too sure. Hint: divide "
        "the standard deviation by the root of their number, and only once."
    )
    found = decided(around(0.06, 0.02), gain)
    assert found == "wait", (
        f"the readers' interval, 0.06 ± 0.04, holds the limit, and it says {found!r}. "
        "Hint: reject only where the lower end is above the limit, too."
    )
    found = decided(sure, around(-0.6, 0.2))
    assert found == "wait", (
        f"the choir's interval, -0.6 ± 0.4, holds -0.5, and it says {found!r}. Hint: "
        "both intervals must be on the good side, not one."
    )
    assert decided(around(0.04, 0.02), around(0.2, 0.05)) == "reject", (
        "one interval is open and the other is bad, and it waits. Hint: look for a "
        "bad one first; more data would not save the version."
    )
    # 1.96 errors reach the limit, 1.64 do not; those of ddof=0 do not reach it, either.
    assert decided(around(0.05 - 0.018, 0.01), gain) == "wait", (
        "the interval is too narrow. Hint: 1.96 standard errors to each side."
    )
    assert decided(around(0.05 - 1.9 * 0.01, 0.01, 5), gain) == "wait", (
        "with 5 values, the interval is too narrow. Hint: np.std(..., ddof=1)."
    )
    assert decided(around(0.05 - 2.05 * 0.01, 0.01), gain) == "promote", (
        "with the limit 2.05 standard errors above the mean, it does not say "
        '"promote". Hint: 1.96 standard errors to each side.'
    )
    assert decided(sure, around(-0.3, 0.01)) == "reject", (
        "the choir gains 0.3 bits for sure, where 0.5 are asked for, and it does not "
        "reject. Hint: compare the lower end with -min_gain, not with 0."
    )
    found = decided(around(0.15, 0.01), around(-0.3, 0.02), 0.2, 0.2)
    assert found == "promote", (
        f"with other limits, 0.2 and 0.2, it says {found!r}. Hint: use max_loss and "
        "min_gain."
    )


WRONG = {  # replacements in a solution, or another body for it
    "decide__means": [("half = 1.96 * np.std", "half = 0 * np.std")],
    "decide__deviation_for_error": [(" / math.sqrt(len(values))", "")],
    "decide__divided_twice": [("math.sqrt(len(values))", "len(values)")],
    "decide__without_ddof": [(", ddof=1", "")],
    "decide__ninety_percent": [("1.96", "1.64")],
    "decide__too_wide": [("1.96", "2.58")],
    "decide__lower_ends": [
        ("if high < limit", "if low < limit"),
        ("if low > limit", "if high > limit"),
    ],
    "decide__sign_of_the_gain": [("-min_gain)", "min_gain)")],
    "decide__gain_reversed": [
        (
            '"promote" if high < limit else "reject" if low > limit else ""',
            '"promote" if abs(low) > min_gain else "reject"',
        )
    ],
    "decide__either": [
        (
            'return "wait" if "" in verdicts else "promote"',
            'return "promote" if "promote" in verdicts else "wait"',
        )
    ],
    "decide__never_waits": [('else "reject" if low > limit else ""', 'else "reject"')],
    "decide__never_rejects": [('else "reject" if low > limit else ""', 'else ""')],
    "decide__rejects_by_the_mean": [
        ('"reject" if low > limit', '"reject" if np.mean(values) > limit')
    ],
    "decide__waits_first": [
        ('if "reject" in verdicts:', 'if "reject" in verdicts and "" not in verdicts:')
    ],
    "decide__both_must_be_bad": [
        ('if "reject" in verdicts:', 'if verdicts == ["reject", "reject"]:'),
        ('"wait" if "" in verdicts', '"wait" if verdicts != ["promote"] * 2'),
    ],
    "decide__own_limits": [("readers, max_loss", "readers, 0.05")],
    "decide__a_bool": [
        ('"wait" if "" in verdicts else "promote"', '"" not in verdicts')
    ],
}
