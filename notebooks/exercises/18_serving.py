"""Exercises of lesson 18: solutions, then checkers, then wrong answers."""


def events(pieces):
    """A list of bytes, in the order of their arrival -> list of texts."""
    found, rest = [], b""
    for piece in pieces:
        rest += piece
        while b"\n\n" in rest:
            event, _, rest = rest.partition(b"\n\n")
            data = event.decode().removeprefix("data: ")
            if data == "[DONE]":
                return found
            found.append(data)
    return found


def admitted(moments, rate, size):
    """Seconds of the requests, in order -> for each, True if it passes."""
    tokens, before, passed = size, moments[0] if moments else 0, []
    for moment in moments:
        tokens = min(size, tokens + rate * (moment - before))
        before = moment
        passed.append(tokens >= 1)
        if passed[-1]:
            tokens -= 1
    return passed


def persist(ask, retries, sleep, random):
    """Functions ask, sleep, random and a number -> the last status."""
    status = ask()
    for n in range(retries):
        if status != 429 and status < 500:
            return status
        sleep(random() * 2**n)
        status = ask()
    return status


def check_1(answer):
    """Server-sent events from pieces of bytes."""

    def read(pieces):
        result = answer([*pieces])
        fits = isinstance(result, list) and all(isinstance(t, str) for t in result)
        assert fits, (
            "the result is no list of texts. Hint: collect them in a list, and "
            ".decode() the bytes."
        )
        return result

    stream = b'data: {"a": 1}\n\ndata: {"b": 2}\n\ndata: [DONE]\n\n'
    whole = ['{"a": 1}', '{"b": 2}']
    found = read([stream])
    assert "[DONE]" not in found, (
        "'[DONE]' is among the texts. Hint: it marks the end, and is no data."
    )
    assert not any(text.startswith("data:") for text in found), (
        "'data: ' is still there. Hint: event.removeprefix('data: ')."
    )
    assert found == whole, (
        f"of three events in one piece, {found} is read, not {whole}. Hint: an empty "
        "line, that is, two line ends, ends an event: split at b'\\n\\n'."
    )
    found = read([b'data: {"a"', b": 1}\n", b'\ndata: {"b": 2}\n\nda', stream[34:]])
    assert found == whole, (
        f"of events cut between pieces, {found} is read, not {whole}. Hint: keep what "
        "is left of a piece, and put it before the next one."
    )
    found = read([stream[n : n + 1] for n in range(len(stream))])
    assert found == whole, (
        f"byte by byte, {found} is read, not {whole}. Hint: the end of an event, two "
        "bytes, may be cut, too: look for it in what is left with the new piece."
    )
    stream = "data: Zoë 😀\n\ndata: [DONE]\n\n".encode()
    try:
        found = read([stream[n : n + 1] for n in range(len(stream))])
    except UnicodeDecodeError:
        found = None
    assert found == ["Zoë 😀"], (
        "a text with 'ë', cut within that character, is not read. Hint: decode whole "
        "events; a piece may hold a part of a character only."
    )
    assert read([b"data: a\n\ndata: b\n\nda", b"ta: c"]) == ["a", "b"], (
        "an event without its end counts. Hint: without the empty line, it is not "
        "whole: the connection broke."
    )
    assert read([b"data: a\n\ndata: [DONE]\n\ndata: b\n\n"]) == ["a"], (
        "what comes after [DONE] counts. Hint: return at [DONE]."
    )
    found = read([b"data: say [DONE]\n\ndata: data: x\n\n", b"data: [DONE]\n\n"])
    assert found == ["say [DONE]", "data: x"], (
        f"of the texts 'say [DONE]' and 'data: x', {found} is read. Hint: only an "
        "event that is [DONE] ends the stream, and only its first 'data: ' goes."
    )
    assert read([b"data: \n\ndata:  a \n\n"]) == ["", " a "], (
        "an empty text, or spaces around one, are lost. Hint: no strip; only the empty "
        "line and the first 'data: ' go."
    )
    assert read([]) == [], "without pieces, the result is not []. Hint: begin with []."


def check_2(answer):
    """A token bucket."""

    def passed(moments, rate, size):
        result = answer([*moments], rate, size)
        fits = isinstance(result, list) and len(result) == len(moments)
        assert fits, (
            "the result is no list with an entry for each request. Hint: append True "
            "or False for each."
        )
        return [bool(entry) for entry in result]

    found = passed([0, 0, 0, 0], 1, 3)
    assert found == [True, True, True, False], (
        f"of four requests at once with room for 3 tokens, {found} pass. Hint: the "
        "bucket begins full, a request takes a token, and 1 token is enough for one."
    )
    found = passed([0, 0, 1, 1.5, 2], 1, 1)
    assert found == [True, False, True, False, True], (
        f"at 0, 0, 1, 1.5 and 2 s with one token a second and room for one, {found} "
        "pass. Hint: add rate times the seconds since the request before, passed or "
        "refused, and keep parts of tokens."
    )
    found = passed([0, 0, 100, 100, 100], 1, 2)
    assert found == [True, True, True, True, False], (
        f"after a long pause with room for 2 tokens, {found} pass. Hint: never more "
        "than size tokens: min(size, ...)."
    )
    found = passed([0, 0.25, 0.5, 0.75, 1, 1.25], 1, 1)
    assert found == [True, False, False, False, True, False], (
        f"at a request each quarter of a second, one token a second, {found} pass. "
        "Hint: a refused request takes no token; the time runs on from each request."
    )
    found = passed([0, 0.25, 0.5, 0.75], 4, 1)
    assert found == [True] * 4, (
        f"at exactly the rate of 4 a second, {found} pass. Hint: rate is tokens a "
        "second: rate * seconds."
    )
    found = passed([0, 0.5, 1, 1.5, 2, 2.5, 3], 0.5, 1.5)
    assert found == [True, False, True, False, False, False, True], (
        f"with half a token a second and room for 1.5, {found} pass. Hint: tokens come "
        "in parts: no int, no rounding."
    )
    assert passed([50, 50, 51], 1, 1) == [True, False, True], (
        "a first request at 50 s is not treated as one at 0 s. Hint: the bucket is "
        "full at the first request, whenever that is."
    )
    assert passed([], 1, 1) == [], (
        "without requests, the result is not []. Hint: there is no moments[0] then."
    )


def check_3(answer):
    """Exponential backoff with jitter."""

    def run(statuses, retries, draws=(0.5,) * 9):
        told, left, draws = [], [*statuses], [*draws]

        def ask():
            told.append("ask")
            assert left, (
                "it asks more often than 1 + retries times, or after a good answer. "
                "Hint: for n in range(retries), and return as soon as the status is "
                "neither 429 nor from 500 on."
            )
            return left.pop(0)

        result = answer(ask, retries, told.append, lambda: draws.pop(0))
        return result, told

    result, told = run([200], 3)
    assert told[:1] == ["ask"], (
        "the first thing is not a call of ask. Hint: status = ask(), without a pause."
    )
    assert result == 200, (
        f"the first status is 200, and {result!r} is returned. Hint: return the status."
    )
    assert told == ["ask"], (
        "it waits after a good answer. Hint: wait only before a retry."
    )
    result, told = run([429, 200], 3)
    assert result == 200 and told == ["ask", 0.5, "ask"], (
        f"of 429, then 200, {result!r} is returned, and the calls were {told}. Hint: "
        "wait random() * 2**0 seconds, and ask again."
    )
    for status in (500, 503):
        result, told = run([status, 200], 3)
        assert result == 200 and len(told) == 3, (
            f"a {status} is not asked again. Hint: 429, or from 500 on."
        )
    for status in (400, 404):
        assert run([status], 3) == (status, ["ask"]), (
            f"a {status} is asked again. Hint: the same request will be wrong again: "
            "retry after 429 and from 500 on only."
        )
    draws = [0.5, 0.25, 1, 0.125]
    result, told = run([429, 429, 500, 429, 200], 9, draws)
    waits = [entry for entry in told if entry != "ask"]
    assert waits != [1, 2, 4, 8], (
        "all clients would come again at the same moments. Hint: multiply each pause "
        "by a new random()."
    )
    assert waits == [0.5, 0.5, 4, 1], (
        f"where random gives {draws}, the pauses are {waits}, not [0.5, 0.5, 4, 1]. "
        "Hint: random() * 2**n with n = 0, 1, 2, ..., a new draw for each."
    )
    result, told = run([429] * 3, 2)
    assert told[-1:] == ["ask"], (
        "it waits after the last answer, for nothing. Hint: wait before a retry only."
    )
    assert (result, told.count("ask")) == (429, 3), (
        f"with 2 retries and always 429, it asks {told.count('ask')} times and returns "
        f"{result!r}. Hint: once, and then at most retries times; the last status."
    )
    assert run([503], 0) == (503, ["ask"]), (
        "with 0 retries, it does not ask exactly once. Hint: the first call of ask is "
        "no retry."
    )


WRONG = {  # replacements in a solution, or another body for it
    "events__each_piece_alone": [("rest += piece", "rest = piece")],
    "events__with_done": [
        (
            'if data == "[DONE]":\n                return found\n            found',
            "found",
        )
    ],
    "events__with_data": [('.removeprefix("data: ")', "")],
    "events__done_anywhere": [('data == "[DONE]"', '"[DONE]" in data')],
    "events__goes_on_after_done": [
        ("return found\n            found", "continue\n            found")
    ],
    "events__decodes_pieces": """text = [p.decode(errors="replace") for p in pieces]
    text = "".join(text).partition("data: [DONE]\\n\\n")[0]
    return [part.removeprefix("data: ") for part in text.split("\\n\\n")[:-1]]""",
    "events__unfinished_counts": """text = b"".join(pieces).decode(errors="replace")
    found = [part.removeprefix("data: ") for part in text.split("\\n\\n") if part]
    return found[: found.index("[DONE]")] if "[DONE]" in found else found""",
    "events__strips": [("found.append(data)", "found.append(data.strip())")],
    "events__removes_all": [('.removeprefix("data: ")', '.replace("data: ", "")')],
    "events__bytes": [("found.append(data)", "found.append(data.encode())")],
    "events__one_an_arrival": [("while", "if")],
    "admitted__no_roof": [
        (
            "min(size, tokens + rate * (moment - before))",
            "tokens + rate * (moment - before)",
        )
    ],
    "admitted__begins_empty": [("before, passed = size", "before, passed = 0")],
    "admitted__refused_pay": [("if passed[-1]:", "if True:")],
    "admitted__time_of_the_passed_only": [
        ("before = moment\n        passed", "passed"),
        ("tokens -= 1", "tokens -= 1\n            before = moment"),
    ],
    "admitted__more_than_one": [("tokens >= 1", "tokens > 1")],
    "admitted__any_part": [("tokens >= 1", "tokens > 0")],
    "admitted__whole_tokens": [
        (
            "min(size, tokens + rate * (moment - before))",
            "int(min(size, tokens + rate * (moment - before)))",
        )
    ],
    "admitted__rate_divides": [
        ("rate * (moment - before)", "(moment - before) / rate")
    ],
    "admitted__fills_from_zero": [
        ("size, moments[0] if moments else 0, []", "0, -1, []"),
    ],
    "admitted__first_must_exist": [(" if moments else 0", "")],
    "admitted__numbers": [("return passed", "return sum(passed)")],
    "persist__no_jitter": [("random() * 2**n", "2**n")],
    "persist__constant": [("random() * 2**n", "random()")],
    "persist__linear": [("2**n", "(n + 1)")],
    "persist__one_draw": [
        ("status = ask()\n    for", "status, draw = ask(), random()\n    for"),
        ("random() * 2**n", "draw * 2**n"),
    ],
    "persist__begins_at_two": [("2**n", "2 ** (n + 1)")],
    "persist__only_429": [(" and status < 500", "")],
    "persist__also_400": [("status != 429 and status < 500", "status < 400")],
    "persist__waits_first": [
        ("status = ask()\n    for", "sleep(random())\n    status = ask()\n    for")
    ],
    "persist__one_retry_too_few": [("range(retries)", "range(retries - 1)")],
    "persist__one_too_many": [("range(retries)", "range(retries + 1)")],
    "persist__waits_at_the_end": [
        (
            "status = ask()\n    return status",
            "status = ask()\n    sleep(random())\n    return status",
        )
    ],
    "persist__always_429_at_the_end": [
        ("status = ask()\n    return status", "status = ask()\n    return 429")
    ],
    "persist__never_gives_up": """status, n = ask(), 0
    while status == 429 or status >= 500:
        sleep(random() * 2**n)
        status, n = ask(), n + 1
    return status""",
}
