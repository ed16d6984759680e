"""Exercises of lesson 18b: solutions, then checkers, then wrong answers."""

import math

import numpy as np


def stream_times(asked, moments):
    """A moment, and a list of moments in order -> two numbers."""
    num_pauses = len(moments) - 1
    pause = (moments[-1] - moments[0]) / num_pauses if num_pauses else 0
    return moments[0] - asked, pause


def highest_load(runs, target, share):
    """Pairs of a load and a list of latencies -> a load, or 0."""
    kept, broken = set(), set()
    for load, latencies in runs:
        in_time = np.mean(np.array(latencies) <= target)  # NaN <= target is False
        if in_time >= share:
            kept.add(load)
        else:
            broken.add(load)
    return max(kept - broken, default=0)


def simulate(moments, seconds, num_slots, limit):
    """Moments in order -> a list with a number or None for each."""
    # With 225 requests a second, a capacity of 150 and a limit of 32, the median is
    # 0.30 s and about 32 % are refused; with a limit of 8, 0.15 s and 33 %. A queue
    # refuses what it cannot answer, so it refuses as many as the server at about the
    # capacity (1 - share refused) * requests a second.
    free, begins, latencies = [-math.inf] * num_slots, [], []
    for moment in moments:
        begin = max(moment, min(free))
        num_waiting = sum(other > moment for other in begins)
        if begin > moment and num_waiting >= limit:
            latencies.append(None)
            continue
        free[free.index(min(free))] = begin + seconds
        begins.append(begin)
        latencies.append(begin + seconds - moment)
    return latencies


def check_1(answer):
    """Time to first token, and time per output token."""

    def found(asked, moments):
        given = [*moments]
        result = answer(asked, given)
        assert given == [*moments], (
            "the list that your function was given has changed. Hint: moments[0] "
            "looks at the first moment, moments.pop(0) takes it away."
        )
        fits = isinstance(result, tuple | list | np.ndarray) and len(result) == 2
        assert fits and all(isinstance(x, int | float | np.number) for x in result), (
            f"the result is {result!r}, not two numbers. Hint: return first, pause."
        )
        return [*map(float, result)]

    def same(result, first, pause):
        return np.allclose(result, [first, pause])

    told = "asked for at 10 s, tokens at 13, 14, 15 and 19 s: "
    first, pause = result = found(10, [13, 14, 15, 19])
    assert not same(result, 2, 3), (
        f"{told}the result is {result}. Hint: the time to first token comes first."
    )
    assert np.isclose(first, 3), (
        f"{told}the time to first token is {first:g}, not 3. Hint: from the moment of "
        "asking to that of the first token."
    )
    assert not np.isclose(pause, 2.25), (
        f"{told}the time per output token is 2.25. Hint: that is the latency, divided "
        "by the tokens; the pauses begin with the first token."
    )
    assert not np.isclose(pause, 1.5), (
        f"{told}the time per output token is 1.5. Hint: four tokens have three pauses."
    )
    assert np.isclose(pause, 2), (
        f"{told}the time per output token is {pause:g}, not 2. Hint: the mean of the "
        "pauses 1, 1 and 4: the time from the first token to the last, by their number."
    )
    result = found(0.5, [0.75, 1])
    assert same(result, 0.25, 0.25), (
        f"asked for at 0.5 s, tokens at 0.75 and 1 s: {result}, not 0.25 and 0.25. "
        "Hint: two tokens have one pause."
    )
    result = found(1, [4])
    assert same(result, 3, 0), (
        f"asked for at 1 s, one token at 4 s: {result}, not 3 and 0. Hint: one token "
        "has no pause, and nothing may be divided by 0."
    )
    result = found(2, [2, 2.5, 2.5, 8])
    assert same(result, 0, 2), (
        f"asked for at 2 s, tokens at 2, 2.5, 2.5 and 8 s: {result}, not 0 and 2. "
        "Hint: tokens that come at the same moment count each."
    )


def check_2(answer):
    """The highest load that keeps an objective."""
    nan = math.nan

    def found(*settings):
        result = answer(*settings)
        assert isinstance(result, int | float | np.number), (
            f"the result is {result!r}, no number. Hint: return one of the loads, or 0."
        )
        return float(result)

    runs = [(0.5, [0.1, 0.2, 0.2, 0.3]), (1, [0.2, 0.3, 0.4, 0.9])]
    result = found(runs, 0.5, 1)
    assert result == 0.5, (
        f"at load 1, one of four answers takes 0.9 s, the target is 0.5 s and all must "
        f"be in time: the result is {result:g}, not 0.5. Hint: count the answers "
        "within the target; a mean hides the tail."
    )
    result = found([(0.5, [0.1] * 10), (2, [0.1] * 5 + [nan] * 5)], 0.5, 0.9)
    assert result == 0.5, (
        f"at load 2, five of ten requests are refused (NaN): the result is {result:g}, "
        "not 0.5. Hint: the share is of all requests; a refused one is not in time."
    )
    result = found(runs, 0.5, 0.75)
    assert result == 1, (
        f"at load 1, three of four are in time, and a share of 0.75 is enough: the "
        f"result is {result:g}, not 1. Hint: at least `share`, so 0.75 keeps it."
    )
    result = found([(0.5, [0.1] * 10), (1, [0.1] * 19 + [nan])], 0.5, 0.95)
    assert result == 1, (
        f"at load 1, one of 20 requests is refused, and 95 % suffice: the result is "
        f"{result:g}, not 1. Hint: NaN <= target is False; any other arithmetic with "
        "NaN gives NaN."
    )
    result = found([(1, [0.5, 0.5])], 0.5, 1)
    assert result == 1, (
        f"answers after exactly the target of 0.5 s: the result is {result:g}, not 1. "
        "Hint: within 0.5 s means at most 0.5 s."
    )
    result = found([(0.8, [0.1, 0.1]), (0.5, [0.1, 0.1])], 0.5, 0.9)
    assert result == 0.8, (
        f"loads 0.8 and 0.5 both keep it: the result is {result:g}, not 0.8. Hint: the "
        "runs come in any order; return the highest load, not the last."
    )
    result = found([(0.5, [0.1] * 4), (1, [0.1] * 4), (1, [0.9] * 4)], 0.5, 0.9)
    assert result == 0.5, (
        f"of two runs at load 1, one keeps it: the result is {result:g}, not 0.5. "
        "Hint: all runs at a load must keep it."
    )
    result = found([(1, [0.9] * 4), (1, [0.1] * 96), (0.5, [0.1] * 4)], 0.5, 0.9)
    assert result == 0.5, (
        f"of two runs at load 1, the shorter one fails: the result is {result:g}, not "
        "0.5. Hint: look at each run for itself; pooled, a long one hides a short one."
    )
    result = found([(1, [2.0, 3.0]), (0.5, [nan, nan])], 0.5, 0.5)
    assert result == 0, (
        f"no load keeps it: the result is {result:g}, not 0. Hint: max(..., default=0)."
    )
    result = found([(0.5, [9.0]), (1, [0.1])], 0.5, 1)
    assert result == 1, (
        f"load 0.5 fails and load 1 keeps it: the result is {result:g}, not 1. Hint: "
        "look at all loads; do not stop at the first that fails."
    )
    result = found([(1, [0.4] * 9 + [60])], 0.5, 0.9)
    assert result == 1, (
        f"nine of ten answers are in time, the tenth takes 60 s, and 90 % suffice: the "
        f"result is {result:g}, not 1. Hint: count the answers in time, and do not "
        "average latencies."
    )


def check_3(answer):
    """A queue with slots and a limit."""

    def found(moments, *settings):
        given = [*moments]
        result = answer(given, *settings)
        assert given == [*moments], (
            "the list that your function was given has changed. Hint: loop over it, "
            "and keep what you need in lists of your own."
        )
        assert isinstance(result, list) and len(result) == len(moments), (
            f"{len(moments)} texts give {result!r:.60}. Hint: a list with one entry "
            "for each text, also for those that are refused."
        )
        numbers = [x for x in result if x is not None]
        fits = all(isinstance(x, int | float | np.number) for x in numbers)
        assert fits and not np.isnan(numbers).any(), (
            f"the result is {result!r:.80}. Hint: numbers, and None where refused."
        )
        return [None if x is None else round(float(x), 6) for x in result]

    result = found([1, 11], 3, 1, 5)
    assert result == [3, 3], (
        f"two texts of 3 s, at 1 and 11 s, in one slot: {result}, not 3 and 3. Hint: "
        "who finds a free slot begins at once; a latency counts from its own moment."
    )
    result = found([1, 2, 3], 3, 1, 5)
    assert result != [3, 3, 3], (
        "three texts of 3 s come one after another to one slot, and none waits. Hint: "
        "a latency is the wait and the writing."
    )
    assert result != [0, 2, 4], (
        "the latencies are only the waits. Hint: add the seconds that a text takes."
    )
    assert result == [3, 5, 7], (
        f"three texts of 3 s, at 1, 2 and 3 s, in one slot: {result}, not 3, 5 and 7. "
        "Hint: the second begins at 4 s, the third at 7 s."
    )
    result = found([0, 1, 2, 3], 4.5, 2, 9)
    assert result == [4.5, 4.5, 7, 7], (
        f"four texts of 4.5 s, at 0, 1, 2 and 3 s, in two slots: {result}, not 4.5, "
        "4.5, 7 and 7. Hint: who waits begins when the first slot is free (min); each "
        "slot is free at its own moment."
    )
    result = found([0, 0, 0, 0], 2, 1, 1)
    assert result == [2, 4, None, None], (
        f"four texts at once, one slot, one may wait: {result}, not 2, 4, None and "
        "None. Hint: one is written and one waits; count only those who wait."
    )
    result = found([0, 0, 0, 0, 0], 2, 2, 1)
    assert result == [2, 2, 4, None, None], (
        f"five texts at once, two slots, one may wait: {result}, not 2, 2, 4, None and "
        "None. Hint: those who are written do not wait."
    )
    result = found([0, 0.5, 1, 2.5], 2, 1, 0)
    assert result == [2, None, None, 2], (
        f"one slot, nobody may wait, texts of 2 s at 0, 0.5, 1 and 2.5 s: {result}, "
        "not 2, None, None and 2. Hint: who is refused takes no slot."
    )
    result = found([0, 1, 2, 10.5], 10, 2, 0)
    assert result == [10, 10, None, 10], (
        f"two slots, nobody may wait, texts of 10 s at 0, 1, 2 and 10.5 s: {result}, "
        "not 10, 10, None and 10. Hint: the slot that is free first, not one in turn."
    )
    result = found([0, 1, 2, 10, 11, 12], 3, 1, 1)
    assert result == [3, 5, None, 3, 5, None], (
        f"one slot, one may wait, texts of 3 s at 0, 1, 2, 10, 11 and 12 s: {result}. "
        "Hint: who has begun no longer waits, so that the last three fare as the "
        "first three."
    )
    result = found([0, 0, 0, 5], 3, 1, 2)
    assert result == [3, 6, 9, 7], (
        f"one slot, two may wait, texts of 3 s at 0, 0, 0 and 5 s: {result}, not 3, 6, "
        "9 and 7. Hint: at 5 s, the second is written and only the third waits."
    )
    result = found([0, 2], 2, 1, 0)
    assert result == [2, 2], (
        f"one slot, nobody may wait, texts of 2 s at 0 and 2 s: {result}, not 2 and 2. "
        "Hint: a slot that becomes free at this very moment is free."
    )
    assert found([], 1, 1, 1) == [], "without texts, the result is not []."


WRONG = {  # replacements in a solution, or another body for it
    "simulate__slots_in_turn": [
        ("min(free))\n        num", "free[len(latencies) % num_slots])\n        num"),
        ("free.index(min(free))", "len(latencies) % num_slots"),
    ],
    "stream_times__from_the_question": [
        ("moments[-1] - moments[0]", "moments[-1] - asked")
    ],
    "stream_times__normalized": """latency = moments[-1] - asked
    return moments[0] - asked, latency / len(moments)""",
    "stream_times__as_many_pauses_as_tokens": [("/ num_pauses", "/ len(moments)")],
    "stream_times__moment": [("moments[0] - asked, pause", "moments[0], pause")],
    "stream_times__latency": [("return moments[0]", "return moments[-1]")],
    "stream_times__other_order": [
        ("moments[0] - asked, pause", "pause, moments[0] - asked")
    ],
    "stream_times__no_pause": [(" if num_pauses else 0", "")],
    "stream_times__mean_of_none": """pause = float(np.nan)
    if len(moments) > 1:
        pause = np.mean(np.diff(moments))
    return moments[0] - asked, pause""",
    "stream_times__median": """pauses = np.diff(moments)
    return moments[0] - asked, np.median(pauses) if len(pauses) else 0""",
    "stream_times__longest": """pauses = np.diff(moments)
    return moments[0] - asked, max(pauses, default=0)""",
    "stream_times__tokens_per_second": """seconds = moments[-1] - moments[0]
    return moments[0] - asked, (len(moments) - 1) / seconds if seconds else 0""",
    "stream_times__all_pauses": """pauses = np.diff([asked, *moments])
    return moments[0] - asked, pauses.mean()""",
    "stream_times__takes_the_first_away": """first = moments.pop(0)
    pause = (moments[-1] - first) / len(moments) if moments else 0
    return first - asked, pause""",
    "stream_times__only_the_first": [(", pause", "")],
    "highest_load__answered_only": [
        (
            "np.array(latencies) <= target)",
            "np.array([x for x in latencies if x == x]) <= target)",
        )
    ],
    "highest_load__mean": [
        ("np.mean(np.array(latencies) <= target)", "share"),
        ("in_time >= share", "np.nanmean(latencies) <= target"),
    ],
    "highest_load__percentile_of_the_answered": [
        ("np.mean(np.array(latencies) <= target)", "share"),
        ("in_time >= share", "np.nanpercentile(latencies, 100 * share) <= target"),
    ],
    "highest_load__percentile_with_nan": [
        ("np.mean(np.array(latencies) <= target)", "share"),
        ("in_time >= share", "np.percentile(latencies, 100 * share) <= target"),
    ],
    "highest_load__less_than_the_target": [("<= target)  #", "< target)  #")],
    "highest_load__more_than_the_share": [("in_time >= share", "in_time > share")],
    "highest_load__one_run_suffices": [("kept - broken", "kept")],
    "highest_load__last": """for load, latencies in runs:
        if np.mean(np.array(latencies) <= target) >= share:
            best = load
        else:
            break
    return best""",
    "highest_load__stops_at_the_first_failure": """kept = 0
    for load in sorted({load for load, _ in runs}):
        some = [np.array(found) <= target for other, found in runs if other == load]
        if min(map(np.mean, some)) < share:
            return kept
        kept = load
    return kept""",
    "highest_load__pooled": """pooled = {}
    for load, latencies in runs:
        pooled.setdefault(load, []).extend(latencies)
    kept = [k for k, v in pooled.items() if np.mean(np.array(v) <= target) >= share]
    return max(kept, default=0)""",
    "highest_load__no_default": [(", default=0", "")],
    "highest_load__the_share": [("return max(kept", "return in_time or max(kept")],
    "highest_load__none": [
        ("kept - broken, default=0)", "kept - broken, default=None)")
    ],
    "simulate__not_yet_free": [("begin > moment and", "min(free) >= moment and")],
    "simulate__no_limit": [("num_waiting >= limit", "False")],
    "simulate__one_too_many": [("num_waiting >= limit", "num_waiting > limit")],
    "simulate__counts_the_written": [
        ("other > moment for", "other + seconds > moment for")
    ],
    "simulate__all_who_waited": [
        (
            "sum(other > moment for other in begins)",
            "sum(x is not None and x > seconds for x in latencies)",
        )
    ],
    "simulate__refuses_at_the_limit_with_a_free_slot": [("begin > moment and ", "")],
    "simulate__refused_takes_a_slot": [
        (
            "latencies.append(None)\n",
            "latencies.append(None)\n"
            "            free[free.index(min(free))] = begin + seconds\n",
        )
    ],
    "simulate__nobody_waits": [("max(moment, min(free))", "moment")],
    "simulate__waits_only": [("begin + seconds - moment)", "begin - moment)")],
    "simulate__moment_of_the_end": [("begin + seconds - moment)", "begin + seconds)")],
    "simulate__waits_for_all": [("max(moment, min(free))", "max(moment, max(free))")],
    "simulate__one_slot": [("] * num_slots", "]")],
    "simulate__slot_begins_when_free": [("max(moment, min(free))", "min(free)")],
    "simulate__leaves_the_refused_out": [
        ("latencies.append(None)\n            continue", "continue")
    ],
    "simulate__nan": [("append(None)", "append(math.nan)")],
    "simulate__refuses_all_who_must_wait": [(" and num_waiting >= limit", "")],
    "simulate__limit_with_the_slots": [
        ("num_waiting >= limit", "num_waiting >= limit - num_slots")
    ],
}
