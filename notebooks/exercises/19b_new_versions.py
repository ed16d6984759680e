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


def assign(user, shares, trial):
    """A name, {version: share}, the name of a trial -> the user's version."""
    import hashlib

    digest = hashlib.sha256(f"{trial}/{user}".encode()).digest()
    number, end = int.from_bytes(digest[:8], "big") / 2**64, 0
    for version, share in shares.items():
        end += share
        if number < end:
            return version
    return version  # the shares add up to a little less than 1


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


def check_2(answer):
    """The same version for the same user, in the right shares."""
    users = [f"user {n}" for n in range(2000)]

    def assigned(shares, trial="spring"):
        given = dict(shares)
        found = [answer(user, given, trial) for user in users]
        assert given == shares, (
            "it changes the dictionary that it was given. Hint: only read it."
        )
        assert all(version in shares for version in found), (
            f"it returns {next(v for v in found if v not in shares)!r:.40}. Hint: "
            "return one of the names of versions, the keys of `shares`."
        )
        return found

    shares = {"old": 0.9, "new": 0.1}
    found = assigned(shares)
    assert found == assigned(shares), (
        "the same user gets different versions. Hint: no random numbers; the hash "
        "of the name decides."
    )
    assert len({*found}) > 1, (
        "all users get the same version. Hint: the number must lie between 0 and 1: "
        "divide 8 bytes by 2**64."
    )
    count = found.count("new")
    assert 100 < count < 320, (
        f"of 2,000 users, {count} get the version whose share is 0.1. Hint: add up the "
        "shares; the first part goes from 0 to 0.9, the next from there to 1."
    )
    other = assigned(shares, "autumn")
    assert other != found, (
        "in another trial, the same users are in. Hint: hash the trial, too."
    )
    both = sum(a == b == "new" for a, b in zip(found, other, strict=True))
    assert both < 60, (
        "two trials choose nearly the same users. Hint: hash both as one text."
    )
    shares = {"b": 0.5, "a": 0.2, "c": 0.3}  # in no order
    found = assigned(shares)
    counts = {version: found.count(version) for version in shares}
    assert all(abs(counts[v] - 2000 * s) < 120 for v, s in shares.items()), (
        f"with shares 0.5, 0.2 and 0.3, the counts of 2,000 users are {counts}. Hint: "
        "compare the number with the sum of the shares so far."
    )
    expected = [assign(user, shares, "spring") for user in users]
    ordered = {v: shares[v] for v in sorted(shares, key=shares.get)}
    by_size = [assign(user, ordered, "spring") for user in users]
    assert found != by_size, (
        "the parts are sorted by size. Hint: follow the order of `shares`."
    )
    assert found == expected, (
        "the shares fit, but the users are not those of the lesson's hash. Hint: "
        'SHA-256 of f"{trial}/{user}".encode(), the first 8 bytes, "big".'
    )
    narrow, wide = assigned({"new": 0.05, "old": 0.95}), assigned({"new": 1.0})
    assert {*wide} == {"new"}, "a share of 1 is not everybody. Hint: sum the shares."
    wide = assigned({"new": 0.2, "old": 0.8})
    assert all(b == "new" for a, b in zip(narrow, wide, strict=True) if a == "new"), (
        "some users who are in at 5 % are out at 20 %. Hint: follow the order of "
        "`shares`."
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
    "assign__random": ("return np.random.choice(list(shares), p=[*shares.values()])"),
    "assign__hash_of_python": (
        "number, end = hash((trial, user)) % 10**6 / 10**6, 0\n"
        "    for version, share in shares.items():\n"
        "        end += share\n"
        "        if number < end:\n"
        "            return version\n"
        "    return version"
    ),
    "assign__without_the_trial": [('f"{trial}/{user}"', "user")],
    "assign__trial_last": [("{trial}/{user}", "{user}/{trial}")],
    "assign__last_bytes": [("digest[:8]", "digest[-8:]")],
    "assign__little_endian": [('"big"', '"little"')],
    "assign__whole_number": [(" / 2**64", "")],
    "assign__too_few_bytes": [("digest[:8]", "digest[:4]")],
    "assign__not_added_up": [("end += share", "end = share")],
    "assign__by_size": [
        ("shares.items()", "sorted(shares.items(), key=lambda s: s[1])")
    ],
    "assign__the_largest_only": [("    if number < end:", "    if share > 0.4:")],
    "assign__equal_parts": [
        ("end += share", "end += 1 / len(shares)"),
    ],
    "assign__changes_shares": [
        ("end += share", "end += share\n        shares[version] = end")
    ],
}
