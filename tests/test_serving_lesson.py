"""Lessons 18 and 18b: a server by hand, its repairs, slots, loads."""

import ast
import asyncio
import codecs
import contextlib
import hmac
import html
import json
import socket
import subprocess
import sys
import threading
import time
import types
from pathlib import Path

from course_utils import artifacts, decoding
from course_utils import tokenizer as bpe

import fastapi
import lessons
import nbformat
import numpy as np
import openai
import pydantic
import pytest
import requests
import tensorflow as tf
import uvicorn
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, StreamingResponse

GPT = "austen_transformer"


@pytest.fixture(scope="module")
def names():
    """What both lessons have imported and loaded."""
    with lessons.shipped_only():
        gpt, merges = artifacts.load(GPT), artifacts.card(GPT)["merges"]
    found = dict(gpt=gpt, merges=merges, read=decoding.reader(gpt), bpe=bpe, tf=tf)
    found |= dict(decoding=decoding, codecs=codecs, hmac=hmac, html=html)
    found |= dict(np=np, json=json, time=time, socket=socket, threading=threading)
    found |= dict(
        contextlib=contextlib, requests=requests, asyncio=asyncio, openai=openai
    )
    found |= dict(fastapi=fastapi, pydantic=pydantic, uvicorn=uvicorn)
    found |= dict(RequestValidationError=RequestValidationError)
    found |= dict(JSONResponse=JSONResponse, StreamingResponse=StreamingResponse)
    return found | dict(HTMLResponse=HTMLResponse)


def defined(number, **names):
    """The functions of a lesson, one of which has lost its decorator."""
    names = lessons.definitions(number, **names)
    if number == "18":
        names["serve"] = contextlib.contextmanager(names["serve"])
    return names


@pytest.fixture(scope="module")
def first(names):
    return defined("18", **names)


@pytest.fixture(scope="module")
def second(names):
    return defined("18b", model=GPT, **names)


def greedy(gpt, ids, num_new):
    """Without a cache"""
    ids = [*ids]
    for _ in range(num_new):
        ids.append(int(gpt(np.array([ids]))[0, -1].numpy().argmax()))
    return ids[-num_new:]


def test_text_by_hand_is_that_of_the_network(first, names):
    ids = bpe.encode("It is a truth", names["merges"])
    assert [*first["write"]("It is a truth", 6, 0)] == greedy(names["gpt"], ids, 6)
    assert len([*first["write"]("", 3, 1.0)]) == 3


def test_draws_follow_the_softmax(first):
    logits = np.log(np.array([0.6, 0.3, 0.1], "float32"))
    counts = np.bincount([first["choose"](logits, 1.0) for _ in range(3000)])
    np.testing.assert_allclose(counts / 3000, [0.6, 0.3, 0.1], atol=0.03)
    assert first["choose"](logits, 0) == 0


GOOD = {"prompt": "She was", "max_tokens": 2}
WRONG = [b"", b"{", b"[]", b"1", {}, {"max_tokens": 2}]
WRONG += [GOOD | {"prompt": value} for value in (5, None, "\ud800", "x" * 2001)]
WRONG += [GOOD | {"max_tokens": value} for value in (0, -1, 201, 1.5, "2", True, 10**9)]
nan, inf = float("nan"), float("inf")
WRONG += [GOOD | {"temperature": value} for value in (-1, 2.1, nan, inf, "hot", [1])]
WRONG += [GOOD | {"extra": 1}, GOOD | {"prompt": "of the " * 150}]
WRONG += [GOOD | {"x" * 9999: 1}, GOOD | {"\ud800": 1}]


def test_the_mended_server_refuses_what_is_wrong(first):
    with first["serve"](first["mended"]()) as url:
        for body in WRONG:
            status, text = first["send"](url, body)
            assert status == 400, (body, status, text)
            message = json.loads(text)["error"]["message"]
            assert len(text) < 300 and message[0] not in ":0123456789"
        client = openai.OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0)
        with pytest.raises(openai.BadRequestError, match="max_tokens"):
            client.completions.create(model="gpt", prompt="a", max_tokens=-1)
        answer = client.completions.create(model="gpt", **GOOD, temperature=0)
        assert answer.choices[0].text and answer.choices[0].finish_reason == "length"
        assert requests.get(f"{url}/v1/none").status_code == 404


def test_a_stream_gives_the_same_text(first):
    with first["serve"](first["mended"]()) as url:
        client = openai.OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0)
        asked = dict(model="gpt", prompt="It is a truth", max_tokens=6, temperature=0)
        whole = client.completions.create(**asked).choices[0].text
        chunks = client.completions.create(**asked, stream=True)
        pieces = [chunk.choices[0].text for chunk in chunks]
        status, text = first["send"](url, GOOD | {"stream": True})
    assert len(pieces) == 6 and "".join(pieces) == whole
    assert status == 200 and text.endswith("data: [DONE]\n\n")
    assert text.count("data: ") == 3


def test_a_stream_waits_for_the_rest_of_a_character(first):
    told = [*first["as_events"](iter("é 😀".encode() + b"\xf0"))]
    texts = [json.loads(event[6:])["choices"][0]["text"] for event in told[:-1]]
    assert texts == ["é", " ", "😀", "\ufffd"] and told[-1] == "data: [DONE]\n\n"


def test_the_mended_page_escapes_and_has_a_limit(first):
    attack = "<script>alert('stolen')</script>"
    with first["serve"](first["mended"]()) as url:
        answer = requests.get(url, {"prompt": attack})
        assert answer.status_code == 200 and "<script" not in answer.text
        assert html.escape(attack) in answer.text
        assert requests.get(url, {"prompt": "😀" * 50}).status_code == 200
        assert requests.get(url, {"prompt": "a" * 51}).status_code == 400


def test_a_guard_asks_for_the_key_where_the_network_works(first):
    guards = [fastapi.Depends(first["check_key"])]
    with first["serve"](first["mended"](guards)) as url:
        for key in ("", "a-guess", "é", "a-long-secret-"):
            assert first["send"](url, GOOD, key)[0] == 401, key
        assert first["send"](url, GOOD, "a-long-secret")[0] == 200
        assert requests.get(url).headers["WWW-Authenticate"] == "Bearer"
        assert requests.get(f"{url}/health").status_code == 200


def test_nothing_more_is_written_for_a_stream_that_was_left(first):
    def write(prompt, num_new, temperature):
        for _ in range(num_new):
            time.sleep(0.02)  # the whole text takes four seconds
            yield 65

    names = defined("18", **first)
    names |= dict(write=write, good=GOOD)
    assert names["written"](stream=True) < 150
    assert names["written"](stream=False) == 200


def test_health_answers_while_the_network_works(first):
    working, done = threading.Event(), threading.Event()

    def write(*_):
        working.set()
        assert done.wait(60)
        yield 65

    names = defined("18", **first)
    names["write"] = write
    with names["serve"](names["mended"]()) as url:
        job = threading.Thread(target=names["send"], args=(url, GOOD))
        job.start()
        assert working.wait(60)
        assert requests.get(f"{url}/health").text == '{"status":"ok"}'
        assert job.is_alive()
        done.set()
        job.join()
    with pytest.raises(requests.ConnectionError):  # no port stays behind
        requests.get(f"{url}/health", timeout=5)


def written(name):
    """The text of a file that lesson 18b writes."""
    cells = nbformat.read(lessons.notebook("18b"), as_version=4).cells
    begin = f"%%writefile {name}\n"
    (text,) = [c.source for c in cells if c.source.startswith(begin)]
    return text.removeprefix(begin)


def write_by_hand(network):
    """The function `write` of the server by hand, which begins with an empty cache."""
    (write,) = [
        node
        for node in ast.parse(written("by_hand.py")).body
        if isinstance(node, ast.FunctionDef) and node.name == "write"
    ]
    names = dict(np=np, network=network)
    exec(ast.unparse(write), names)
    return names["write"]


def test_prompt_is_read_before_anything_is_taken():
    seen = []

    def read(token, cache, position):
        seen.append((token.item(), position.item(), cache))
        logits = np.full((1, 1, 9), -99.0)
        logits[0, 0, (token.item() + 1) % 9] = 99
        return logits, cache + 1

    write = write_by_hand(types.SimpleNamespace(cache=0, read=read))
    assert write([4, 2, 7], 3) == [8, 0, 1]
    assert seen == [(4, 0, 0), (2, 1, 1), (7, 2, 2), (8, 3, 3), (0, 4, 4)]


def test_both_engines_write_the_text_of_the_network(names, tmp_path, monkeypatch):
    pytest.importorskip("ai_edge_litert")
    monkeypatch.chdir(tmp_path)
    cells = nbformat.read(lessons.notebook("18b"), as_version=4).cells
    (export,) = [c.source for c in cells if "TFLiteConverter" in c.source]
    exec(export, names | dict(Path=Path))
    assert 1e6 < Path("gpt.tflite").stat().st_size < 4e6
    ids = bpe.encode("It is a truth", names["merges"])
    for name in ("tensorflow", "litert"):
        engine = types.ModuleType(name)
        with lessons.shipped_only():
            exec(written(f"with_{name}.py"), vars(engine))
        write = write_by_hand(engine)
        assert write(ids, 6) == write(ids, 6) == greedy(names["gpt"], ids, 6)


def test_a_server_with_litert_does_not_import_tensorflow():
    code = "import sys; from course_utils import artifacts, tokenizer; "
    code += "print(*{'tensorflow', 'keras'} & {*sys.modules})"
    assert not subprocess.check_output([sys.executable, "-c", code], text=True).strip()


def loads(second, seconds):
    """The lesson's loads, of a server that takes `seconds`; how many are in flight."""
    flight = [0]

    async def ask(url, log, begin, due, num_tokens):
        flight.append(flight[-1] + 1)
        await asyncio.sleep(seconds)
        flight.append(flight[-1] - 1)
        ended = time.perf_counter() - begin
        entry = {"due": due, "ended": ended, "latency": ended - due, "url": url}
        log.append(entry | {"tokens": num_tokens})

    names = defined("18b", **second)
    names |= dict(ask=ask, duration=0.75, num_new=8, rng=np.random.default_rng(0))
    return names, flight


def test_a_closed_loop_has_its_clients_in_flight(second):
    names, flight = loads(second, 0.02)
    log = asyncio.run(names["closed_loop"](["a", "b"], 3, [2, 5]))
    assert max(flight) == 3 and {x["tokens"] for x in log} == {2, 5}
    assert {x["url"] for x in log} == {"a", "b"}
    assert min(x["latency"] for x in log) > 0.015
    assert all(0 <= x["due"] < 0.75 for x in log)
    half = names["steady"](log)
    assert 0 < len(half) < len(log)
    assert all(0.375 < x["ended"] <= 0.75 for x in half)
    assert names["values"](half, "tokens").tolist() == [x["tokens"] for x in half]


def test_an_open_loop_does_not_wait(second):
    names, flight = loads(second, 0.6)
    log = asyncio.run(names["open_loop"]("a", 100, 1.5))
    assert 110 < len(log) < 190 and max(flight) > 30
    due = [x["due"] for x in log]
    assert 0 < min(due) < 0.2 and 1.3 < max(due) < 1.5  # however late they were asked
    assert all(x["latency"] > 0.59 for x in log)


def test_a_refused_request_has_no_latency(second):
    class Client:
        async def post(self, url, json):
            assert url == "http://a/v1/completions" and json["max_tokens"] == 5
            await asyncio.sleep(0.05)
            return types.SimpleNamespace(status_code=statuses.pop())

    names, statuses, log = second | dict(client=Client()), [429, 200], []
    ask = lessons.definitions("18b", only=["ask"], **names)["ask"]
    begin = time.perf_counter()
    for _ in range(2):
        asyncio.run(ask("http://a", log, begin, 0.01, 5))
    answered, refused = log
    assert answered["latency"] == answered["ended"] - 0.01 > 0.03
    assert np.isnan(refused["latency"]) and refused["ended"] > answered["ended"]
