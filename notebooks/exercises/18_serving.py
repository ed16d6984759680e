"""Exercises of lesson 18: solutions, then checkers, then wrong answers."""

import math

import pydantic


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


def schema(pydantic):
    """The module -> a class that accepts such requests only."""

    class Request(pydantic.BaseModel):
        model_config = pydantic.ConfigDict(strict=True, extra="forbid")
        prompt: str
        stop: list[str] = pydantic.Field([], min_length=1, max_length=4)
        n: int = pydantic.Field(1, ge=1, le=4)

    return Request


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
    """A schema of requests."""
    model = answer(pydantic)
    assert isinstance(model, type) and issubclass(model, pydantic.BaseModel), (
        "the result is no schema. Hint: define class Request(pydantic.BaseModel): ... "
        "within the function, and return the class itself."
    )

    def accepts(body):
        try:
            return model.model_validate(body)
        except pydantic.ValidationError:
            return None
        except Exception as error:
            raise AssertionError(
                f"of {body!s:.80}, the class raises {type(error).__name__}: a fault of "
                "the server. Hint: types and Field will do."
            ) from error

    def takes(hint, *bodies):
        for body in bodies:
            assert accepts(body) is not None, f"{body!s:.80} is refused. Hint: {hint}"

    def refuses(hint, *bodies):
        for body in bodies:
            assert accepts(body) is None, f"{body!s:.80} is accepted. Hint: {hint}"

    good = {"prompt": "a"}
    takes("name it prompt; give stop and n defaults, first in Field(...).", good)
    takes("1 and 4 are among them: ge and le.", *[good | {"n": n} for n in (1, 4)])
    hint = "list[str], min_length=1 and max_length=4."
    takes(hint, good | {"stop": ["b"]}, good | {"stop": ["b", "c", "d", "e"]})
    takes("any text is a prompt.", {"prompt": ""}, {"prompt": "😀" * 999})
    whole = good | {"stop": ["b"], "n": 2}
    for body, full in ((good, good | {"stop": [], "n": 1}), (whole, whole)):
        found = accepts(body).model_dump()
        assert found == full, (
            f"{body} becomes {found}, not {full}. Hint: the names are prompt, stop and "
            "n; stop is [] and n is 1 if they are left out."
        )
    refuses("prompt must be there: no default.", {}, {"n": 1})
    refuses('extra="forbid" in model_config.', good | {"N": 1}, good | {"top_p": 1})
    hint = "n: int, with strict=True in model_config, or FastAPI would make '3' a 3."
    refuses(hint, *[good | {"n": n} for n in ("3", True, 2.0)])
    refuses("n is an int.", *[good | {"n": n} for n in (1.5, math.nan, [2])])
    refuses("ge=1 and le=4.", *[good | {"n": n} for n in (0, -1, 5, 10**30)])
    hint = "min_length=1 and max_length=4 of the list, not of its texts."
    refuses(hint, *[good | {"stop": stop} for stop in ([], ["b"] * 5)])
    hint = "stop is a list[str]."
    refuses(hint, *[good | {"stop": stop} for stop in ("b", [1], [["b"]], {})])
    refuses("prompt is a str.", *[{"prompt": p} for p in (5, ["a"], {"a": 1})])
    hint = "None is none of these: leave out Optional and | None."
    refuses(hint, {"prompt": None}, good | {"n": None}, good | {"stop": None})


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
    "schema__ignores_the_unknown": [(', extra="forbid"', "")],
    "schema__allows_the_unknown": [('"forbid"', '"allow"')],
    "schema__not_strict": [("strict=True, ", "")],
    "schema__nothing_configured": [
        (
            '        model_config = pydantic.ConfigDict(strict=True, extra="forbid")\n',
            "",
        )
    ],
    "schema__number_without_bounds": [("pydantic.Field(1, ge=1, le=4)", "1")],
    "schema__bounds_left_out": [("ge=1, le=4", "gt=1, lt=4")],
    "schema__no_upper_bound": [(", le=4", "")],
    "schema__any_number": [("n: int", "n: float")],
    "schema__number_must_be_there": [("Field(1, ge", "Field(ge")],
    "schema__stop_must_be_there": [("Field([], min", "Field(min")],
    "schema__prompt_may_be_missing": [("prompt: str", 'prompt: str = ""')],
    "schema__prompt_not_empty": [
        ("prompt: str", "prompt: str = pydantic.Field(min_length=1)")
    ],
    "schema__prompt_of_any_kind": [("prompt: str", "prompt: object")],
    "schema__list_of_anything": [("list[str]", "list")],
    "schema__text_or_list": [("list[str]", "str | list[str]")],
    "schema__one_text": [("list[str]", "str")],
    "schema__empty_list": [("min_length=1, ", "")],
    "schema__list_without_end": [(", max_length=4", "")],
    "schema__bounds_on_each_text": [
        (
            "list[str] = pydantic.Field([], min_length=1, max_length=4)",
            "list[pydantic.constr(min_length=1, max_length=4)] = []",
        )
    ],
    "schema__none": [("list[str] =", "list[str] | None =")],
    "schema__none_by_default": [
        ("list[str] = pydantic.Field([]", "list[str] | None = pydantic.Field(None")
    ],
    "schema__an_object": [("return Request", 'return Request(prompt="a")')],
    "schema__no_schema": """class Request:
        prompt: str
        stop: list[str] = []
        n: int = 1

    return Request""",
    "schema__a_description": """return {"prompt": str, "stop": list[str], "n": int}""",
    "schema__checked_by_hand": """class Request(pydantic.BaseModel):
        model_config = pydantic.ConfigDict(strict=True, extra="forbid")
        prompt: str
        stop: list[str] = []
        n: int = 1

        @pydantic.model_validator(mode="before")
        @classmethod
        def check(cls, body):
            return body if 1 <= body["n"] <= 4 and body["stop"] else None

    return Request""",
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
