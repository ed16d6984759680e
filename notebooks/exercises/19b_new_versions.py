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


def plan(num_new, num_old, num_steps, batch, share, rng):
    """Counts, a share between 0 and 1, a generator -> int (num_steps, batch)."""

    def rounds(count, per_step):
        needed = math.ceil(num_steps * per_step / count)
        orders = [rng.permutation(count) for _ in range(needed)]
        return np.concatenate(orders)[: num_steps * per_step].reshape(num_steps, -1)

    per_step = round(share * batch)
    new, old = rounds(num_new, per_step), rounds(num_old, batch - per_step)
    return np.concatenate([new, num_new + old], axis=1)


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


def check_3(answer):
    """Batches with a fixed number of new texts, each used as often as the others."""

    def planned(num_new, num_old, num_steps, batch, share, seed=0):
        rng = np.random.default_rng(seed)
        result = np.asarray(answer(num_new, num_old, num_steps, batch, share, rng))
        assert result.shape == (num_steps, batch), (
            f"the result has the shape {result.shape}, not {(num_steps, batch)}. Hint: "
            "a row for each step, a number for each text of a batch."
        )
        assert np.issubdtype(result.dtype, np.integer), (
            f"the numbers are of type {result.dtype}. Hint: they number the texts."
        )
        assert 0 <= result.min() and result.max() < num_new + num_old, (
            f"the numbers go from {result.min()} to {result.max()}, not from 0 to "
            f"{num_new + num_old - 1}. Hint: add num_new to those of old texts."
        )
        return result

    found = planned(10, 100, 20, 8, 0.25)
    new = found < 10
    assert new.any(), (
        "no batch has new texts. Hint: round(share * batch) of each row are below "
        "num_new."
    )
    assert not new.all(), (
        "no batch has old texts. Hint: their numbers begin at num_new."
    )
    per_step = new.sum(axis=1)
    assert len({*per_step.tolist()}) == 1, (
        f"batches have {per_step.min()} to {per_step.max()} new texts. Hint: the same "
        "number in each: build the new columns and the old ones apart."
    )
    assert per_step[0] != 6, (
        "new and old are exchanged. Hint: `share` is that of the new ones."
    )
    assert per_step[0] == 2, (
        f"each batch has {per_step[0]} new texts, not 2. Hint: round(share * batch)."
    )
    counts = np.bincount(found[new], minlength=10)
    assert (counts == 4).all(), (
        f"of 10 new texts in 40 places, one comes {counts.max()} times, another "
        f"{counts.min()}. Hint: go through all of them (rng.permutation), then again."
    )
    firsts = found[new].reshape(4, 10)  # the rounds, in the order of the steps
    assert all(len({*row}) == 10 for row in firsts.tolist()), (
        "a new text comes again before all others have come. Hint: lay whole "
        "permutations one after another, and fill the batches in that order."
    )
    assert len({*map(tuple, firsts.tolist())}) > 1, (
        "each round has the same order. Hint: a new permutation for each round."
    )
    old = found[~new]
    assert len({*old.tolist()}) == 100, (
        f"of 100 old texts, only {len({*old.tolist()})} come in 120 places. Hint: "
        "treat the old ones as the new ones."
    )
    # Of 6 places a batch, 16 batches are in the first round, and a part of the 17th.
    assert len({*old[:96].tolist()}) == 96 and len({*old[:102].tolist()}) == 100, (
        "an old text comes again before all others have come. Hint: whole "
        "permutations, one after another."
    )
    assert (np.diff(old[:100]) != 1).any() and (np.diff(firsts[0]) != 1).any(), (
        "the texts come in the order of their numbers. Hint: rng.permutation."
    )
    found = planned(7, 50, 11, 8, 0.4)  # 33 new in rounds of 7; 3.2 rounded
    per_step = (found < 7).sum(axis=1)
    assert (per_step == 3).all(), (
        f"with a share of 0.4 and 8 texts, a batch has {per_step[0]} new ones, not 3. "
        "Hint: round(share * batch)."
    )
    per_step = (planned(6, 20, 4, 8, 0.2) < 6).sum(axis=1)  # 1.6 rounded
    assert (per_step == 2).all(), (
        f"with a share of 0.2 and 8 texts, a batch has {per_step[0]} new ones, not 2. "
        "Hint: round(share * batch), not int."
    )
    counts = np.bincount(found[found < 7], minlength=7)
    assert counts.max() - counts.min() == 1, (
        "with 33 places for 7 new texts, some come two times more often than others. "
        "Hint: the last round may be cut, no other."
    )
    found = planned(500, 9, 4, 8, 0.5)  # fewer places than new texts
    assert len(np.unique(found[found < 500])) == 16, (
        "with more new texts than places, some come twice. Hint: no text again "
        "before all have come."
    )
    assert (planned(10, 100, 20, 8, 0.25, 1) != planned(10, 100, 20, 8, 0.25)).any(), (
        "another generator gives the same plan. Hint: draw each order from `rng`."
    )
    assert (planned(10, 100, 20, 8, 0.25) == planned(10, 100, 20, 8, 0.25)).all(), (
        "the same seed gives different plans. Hint: draw from `rng` alone."
    )


WRONG = {  # replacements in a solution, or another body for it
    "plan__rounds_down": [("round(share", "int(share")],
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
    "plan__with_replacement": (
        "per_step = round(share * batch)\n"
        "    new = rng.integers(num_new, size=(num_steps, per_step))\n"
        "    old = rng.integers(num_old, size=(num_steps, batch - per_step))\n"
        "    return np.concatenate([new, num_new + old], axis=1)"
    ),
    "plan__only_the_step": (
        "per_step = round(share * batch)\n"
        "    return np.array([[*rng.permutation(num_new)[:per_step],\n"
        "            *(num_new + rng.choice(num_old, batch - per_step))]\n"
        "            for _ in range(num_steps)])"
    ),
    "plan__old_without_offset": [("num_new + old", "old")],
    "plan__offset_of_the_old": [("num_new + old", "num_old + old")],
    "plan__share_of_all": (
        "order = rng.random((num_steps, batch)) < share\n"
        "    return np.where(order, rng.integers(num_new, size=order.shape),\n"
        "                    num_new + rng.integers(num_old, size=order.shape))"
    ),
    "plan__exchanged": [("round(share * batch)", "batch - round(share * batch)")],
    "plan__rounded_up": [("round(share * batch)", "math.ceil(share * batch)")],
    "plan__one_order": [
        (
            "orders = [rng.permutation(count) for _ in range(needed)]",
            "orders = [rng.permutation(count)] * needed",
        )
    ],
    "plan__not_shuffled": [("rng.permutation(count)", "np.arange(count)")],
    "plan__transposed": [("axis=1)", "axis=1).T")],
    "plan__flat": [("axis=1)", "axis=1).ravel()")],
    "plan__down_the_columns": [
        (".reshape(num_steps, -1)", ".reshape(-1, num_steps).T")
    ],
    "plan__own_generator": [("rng.permutation", "np.random.permutation")],
    "plan__fixed_seed": [
        (
            "    per_step = round(share",
            "    rng = np.random.default_rng(0)\n    per_step = round(share",
        )
    ],
    "plan__few_old": [("num_new + old]", "num_new + old % 20]")],
    "plan__all_new": [
        (
            "    return np.concatenate([new, num_new + old], axis=1)",
            "    return rounds(num_new, batch)",
        )
    ],
}
