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


def roll_back_at(groups, losses, window, limit):
    """N names of groups, N losses, two numbers -> a request, or -1."""
    found = {}
    for n, (group, loss) in enumerate(zip(groups, losses, strict=True)):
        found.setdefault(group, []).append(loss)
        last = found[group][-window:]
        if len(last) == window and np.mean(last) > limit:
            return n
    return -1


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
        "wholly above its limit is enough, whatever the other group gains."
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
        "the readers' interval, 0.04 ± 0.04, contains the limit, and it rejects. Hint: "
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
        f"the readers' interval, 0.06 ± 0.04, contains the limit, and it says "
        f"{found!r}. Hint: reject only where the lower end is above the limit, too."
    )
    found = decided(sure, around(-0.6, 0.2))
    assert found == "wait", (
        f"the choir's interval, -0.6 ± 0.4, contains -0.5, and it says {found!r}. "
        "Hint: both intervals must be on the good side, not one."
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


def check_2(answer):
    """When each group is watched apart."""

    def told(groups, losses, window=3, limit=0.5):
        given = [*groups], [*losses]
        result = answer(*given, window, limit)
        assert given == ([*groups], [*losses]), (
            "it changes the lists that it was given. Hint: make lists of your own."
        )
        whole = isinstance(result, (int, np.integer)) and not isinstance(result, bool)
        assert whole, (
            f"it returns {result!r:.40}. Hint: a number of a request, from 0, or -1."
        )
        return result

    found = told("rrrrrr", [0, 0, 1, 1, 1, 1])
    assert found == 3, (
        f"one group, losses 0 0 1 1 1 1, window 3, limit 0.5: it returns {found}, not "
        "3. Hint: the mean of the last three, 0 1 1, is above the limit there."
    )
    found = told("rrrrrr", [0, 0, 0, 0, 0, 0])
    assert found == -1, (
        f"nobody loses, and it returns {found}. Hint: return -1 at the end."
    )
    found = told("rrr", [1, 1, 0], limit=0.7)
    assert found == -1, (
        f"losses 1 1 0, window 3, limit 0.7: it returns {found}. Hint: wait until a "
        "group has sent `window` requests."
    )
    found = told("rcrcrc", [1, -3, 1, -3, 1, -3])
    assert found == 4, (
        f"readers lose 1 each, the choir gains 3: it returns {found}, not 4. Hint: a "
        "mean over both hides the loss; keep a list for each group, and look when it "
        "has `window` losses."
    )
    found = told("rcrcrc", [0, 1, 0, 1, 0, 1])
    assert found == 5, (
        f"only the second group loses, and it returns {found}, not 5. Hint: watch "
        "every group that occurs, not the first."
    )
    found = told("crcrcrzzz", [0, 0, 0, 0, 0, 0, 1, 1, 1])
    assert found == 8, (
        f"a third group comes late and loses: it returns {found}, not 8. Hint: begin a "
        "list for each new name."
    )
    for groups in ("rccr", "crrc"):
        found = told(groups, [1, 1, 1, 1], window=2)
        assert found == 2, (
            f"groups {groups}, all losses 1, window 2: it returns {found}, not 2. "
            "Hint: go through the requests in order; the inner group is full first."
        )
    found = told("rrrr", [0.5, 0.5, 0.5, 0.5])
    assert found == -1, (
        f"the mean equals the limit, and it returns {found}. Hint: above the limit."
    )
    found = told("rrrrrrrr", [-9, 0, 0, 0, 0, 1, 1, 1])
    assert found == 6, (
        f"losses -9 0 0 0 0 1 1 1: it returns {found}, not 6. Hint: only the last "
        "`window` losses of a group count, not all."
    )
    found = told("rrrrr", [0, 9, 0, 0, 0], limit=3.5)
    assert found == -1, (
        f"losses 0 9 0 0 0, window 3, limit 3.5: it returns {found}. Hint: compare the "
        "mean, not the largest loss or the sum."
    )
    found = told("rcrcrcrc", [0, 0, 2, 0, 0, 0, 2, 0], window=2)
    assert found == 2, (
        f"with a window of 2, losses of the first group 0 2 0 2: it returns {found}, "
        "not 2. Hint: `window` and `limit` are given."
    )
    found = told("rrrrrr", [1, 1, 1, 0, 0, 0])
    assert found == 2, (
        f"losses 1 1 1 0 0 0: it returns {found}, not 2. Hint: return at the first "
        "alarm; later requests are answered by the old version."
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
    "roll_back_at__one_list": [
        ("found.setdefault(group, [])", 'found.setdefault("", [])'),
        ("found[group][-window:]", 'found[""][-window:]'),
    ],
    "roll_back_at__too_early": [("len(last) == window and ", "")],
    "roll_back_at__all_losses": [
        ("found[group][-window:]", "found[group]"),
        ("==", ">="),
    ],
    "roll_back_at__at_the_limit": [("> limit", ">= limit")],
    "roll_back_at__sum": [("np.mean(last)", "sum(last)")],
    "roll_back_at__largest": [("np.mean(last)", "max(last)")],
    "roll_back_at__first_group": [
        ("if len(last)", "if group == groups[0] and len(last)")
    ],
    "roll_back_at__group_by_group": """for group in sorted({*groups}):
        last = []
        for n, (name, loss) in enumerate(zip(groups, losses, strict=True)):
            if name == group:
                last = [*last, loss][-window:]
                if len(last) == window and np.mean(last) > limit:
                    return n
    return -1""",
    "roll_back_at__last_alarm": [
        ("found = {}", "found, alarm = {}, -1"),
        ("return n", "alarm = n"),
        ("return -1", "return alarm"),
    ],
    "roll_back_at__counts_from_1": [("return n", "return n + 1")],
    "roll_back_at__count_in_the_group": [("return n", "return len(found[group]) - 1")],
    "roll_back_at__a_bool": [
        ("return n", "return True"),
        ("return -1", "return False"),
    ],
    "roll_back_at__own_window": [("last = found", "window = 3\n        last = found")],
    "roll_back_at__own_limit": [("> limit", "> 0.5")],
    "roll_back_at__apart_blocks": [
        ("len(last) == window", "len(found[group]) % window == 0")
    ],
    "roll_back_at__changes_the_list": [
        ("if len(last)", "groups[0] = group\n        if len(last)")
    ],
}
