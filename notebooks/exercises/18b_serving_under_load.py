"""Exercises of lesson 18b: solutions, then checkers, then wrong answers."""

import math

import numpy as np


def stream_times(asked, moments):
    """A moment, and a list of moments in order -> two numbers."""
    num_pauses = len(moments) - 1
    pause = (moments[-1] - moments[0]) / num_pauses if num_pauses else 0
    return moments[0] - asked, pause


def peak(begins, ends):
    """Two lists of moments -> the largest number of requests at once."""
    changes = [(end, -1) for end in ends] + [(begin, 1) for begin in begins]
    number = highest = 0
    for _, change in sorted(changes):
        number += change
        highest = max(highest, number)
    return highest


def simulate(moments, seconds, num_slots, limit):
    """Moments in order -> a list with a number or None for each."""
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
    """The largest number of requests at once."""

    def found(pairs):
        result = answer([begin for begin, _ in pairs], [end for _, end in pairs])
        assert isinstance(result, int | np.integer), (
            f"the result is {result!r}, no whole number. Hint: return a count."
        )
        return result

    result = found([(0, 10), (1, 3), (2, 4), (5, 6)])
    assert result != 4, (
        "of four requests, of which the last begins when two have ended, 4 are at "
        "once. Hint: one that has ended counts no more, and whom a long request meets "
        "need not be there at the same moment."
    )
    assert result == 3, (
        f"of requests from 0 to 10, 1 to 3, 2 to 4 and 5 to 6 s, {result} are at once, "
        "not 3. Hint: add 1 at each begin, take 1 off at each end, keep the highest."
    )
    result = found([(0, 1), (1, 2), (2, 3)])
    assert result == 1, (
        f"of three requests one after another, {result} are at once. Hint: at the same "
        "moment, ends come before begins."
    )
    result = found([(5, 6), (0, 10), (2, 4), (1, 3)])
    assert result == 3, (
        f"in another order of the requests, {result} are at once. Hint: sort the "
        "begins and ends, together."
    )
    result = found([(0, 9), (1, 2), (3, 4), (5, 6)])
    assert result == 2, (
        f"a long request meets three short ones, one at a time: {result}, not 2. Hint: "
        "whom a request meets need not be there at the same moment."
    )
    result = found([(0, 0.5), (0.25, 0.75), (0.375, 0.5)])
    assert result == 3, (
        f"of three requests within a second, {result} are at once, not 3. Hint: "
        "moments are no whole numbers."
    )
    result = found([(0, 2), (0, 2), (0, 2), (1, 2)])
    assert result == 4, (
        f"three that begin at the same moment, and one more: {result}, not 4. Hint: "
        "each counts; no set and no dictionary of moments."
    )
    result = found([(0, 1), (0, 1)])
    assert result == 2, (
        f"of two requests with the same moments, {result} are at once, not 2. Hint: "
        "one that begins at the same moment counts, too."
    )
    result = found([(0, 1000), (500, 500.2), (500.1, 500.3)])
    assert result == 3, (
        f"two short requests meet within a long one: {result}, not 3. Hint: go through "
        "the moments at which requests begin and end, not through evenly spaced ones."
    )
    assert found([]) == 0, "without requests, the result is not 0."


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
    "peak__all": "return len(begins)",
    "peak__begins_first": [
        ("sorted(changes)", "sorted(changes, key=lambda c: (c[0], -c[1]))")
    ],
    "peak__never_ends": [("[(end, -1) for end in ends] + ", "")],
    "peak__not_sorted": [("sorted(changes)", "changes")],
    "peak__last": [("return highest", "return number")],
    "peak__meets": """pairs = [*zip(begins, ends)]
    met = [sum(b < e2 and b2 < e for b2, e2 in pairs) for b, e in pairs]
    return max(met, default=0)""",
    "peak__mean": """total = sum(ends) - sum(begins)
    return total / (max(ends) - min(begins))""",
    "peak__whole_seconds": """counts = [0] * 99
    for begin, end in zip(begins, ends):
        for second in range(int(begin), int(end)):
            counts[second] += 1
    return max(counts)""",
    "peak__same_begins_once": [("for begin in begins]", "for begin in set(begins)]")],
    "peak__end_still_counts": """pairs = [*zip(begins, ends)]
    counts = [sum(b <= t <= e for b, e in pairs) for t in begins]
    return max(counts, default=0)""",
    "peak__looks_now_and_then": """if not begins:
        return 0
    moments = np.linspace(min(begins), max(ends), 1000)
    return int(max(sum(b <= t < e for b, e in zip(begins, ends)) for t in moments))""",
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
