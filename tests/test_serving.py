"""A real server of course_utils.serving, the official client, and a browser."""

import base64
import contextlib
import http.client
import io
import json
import os
import re
import select
import shutil
import socket
import subprocess
import sys
import time

from course_utils import ROOT, CourseError, artifacts, serving, tokenizer
from course_utils.serving.server import listen

import hypothesis
import numpy as np
import openai
import pytest
import schemathesis
import tensorflow as tf
from PIL import Image
from playwright import sync_api
from starlette.testclient import TestClient

GPT, GRU = "austen_transformer", "austen_gru"
CASES = int(os.environ.get("CASES", 420))  # `make load` takes 5,000
CLOTHES, VAE = "fashion_gan_conditional_ema", "fashion_conv_vae_decoder"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """(port, folder of its log and of what it stores) of a server of four models."""
    folder = tmp_path_factory.mktemp("server")
    environment = os.environ | {"COURSE_ARTIFACTS": str(folder), "SMOKE_TEST": ""}
    environment.pop("COURSE_API_KEY", None)
    command = [sys.executable, "-m", "course_utils.serving", GPT, GRU, CLOTHES, VAE]
    with open(folder / "log.txt", "wb") as log:
        pipe = dict(stdout=subprocess.PIPE, stderr=log, text=True, cwd=ROOT)
        process = subprocess.Popen(
            [*command, "--port", "8600"], env=environment, **pipe
        )
        try:
            address = process.stdout.readline()
            yield int(address.rpartition(":")[2]), folder
        finally:
            process.terminate()
            process.communicate(timeout=200)


@pytest.fixture
def client(server):
    address = f"http://127.0.0.1:{server[0]}/v1"
    return openai.OpenAI(base_url=address, api_key="none", max_retries=0)


def ask(server, path, body=None, method=None, headers=None):
    """Status, headers and bytes of an answer; body: bytes, or what JSON can write."""
    connection = http.client.HTTPConnection("127.0.0.1", server[0], timeout=600)
    if body is not None and not isinstance(body, bytes):
        body = json.dumps(body).encode()
    json_type = {"Content-Type": "application/json"} if body is not None else {}
    method = method or ("GET" if body is None else "POST")
    connection.request(method, path, body, headers or json_type)
    answer = connection.getresponse()
    with contextlib.closing(connection):
        return answer.status, answer.headers, answer.read()


def rows_at_work(server):
    text = ask(server, "/metrics")[2].decode()
    return sum(map(float, re.findall(r"(?m)^rows\{.*\} (\S+)$", text)))


def wait_until_idle(server, seconds=600):
    end = time.monotonic() + seconds
    while rows_at_work(server):
        assert time.monotonic() < end, "rows are still worked on"
        time.sleep(0.05)


def test_models_as_the_official_client_lists_them(client):
    listed = {model.id: model for model in client.models.list()}
    assert [*listed] == [GPT, GRU, CLOTHES, VAE]
    assert listed[CLOTHES].latent_dim == 64 and "Dress" in listed[CLOTHES].classes
    assert listed[GPT].kind == "transformer" and not listed[VAE].classes


def test_greedy_text_and_log_probabilities_are_those_of_the_model(client):
    """Against lesson 09's network without a cache, which reads the whole text."""
    settings = dict(model=GPT, prompt="She was", max_tokens=12, temperature=0)
    answer = client.completions.create(**settings, logprobs=3)
    choice, merges = answer.choices[0], artifacts.card(GPT)["merges"]
    assert choice.text == "".join(choice.logprobs.tokens)
    assert choice.finish_reason == "length" and answer.usage.completion_tokens == 12
    known, prompt = tokenizer.token_bytes(merges), tokenizer.encode("She was", merges)
    new = [known.index(token.encode()) for token in choice.logprobs.tokens]
    logits = artifacts.load(GPT)(tf.constant([prompt + new]))[0, len(prompt) - 1 : -1]
    values = tf.nn.log_softmax(logits).numpy()  # (12, V)
    assert values.argmax(axis=1).tolist() == new
    given = choice.logprobs.token_logprobs
    np.testing.assert_allclose(given, values.max(axis=1), atol=1e-3)
    assert all(len(top) == 3 for top in choice.logprobs.top_logprobs)


def test_a_cache_that_grows_and_shrinks_reads_like_the_network():
    """Row 0 goes past 128 positions and begins anew; row 1 is read all along."""
    model, gpt = serving.models.Transformer(GPT), artifacts.load(GPT)
    texts = np.random.default_rng(0).integers(256, 1000, (2, 150))
    texts, positions = texts.astype("int32"), np.zeros(2, "int32")
    lengths = []
    for n in range(160):
        if n == 140:
            positions[0] = 0
        ids, places = np.zeros((16, 1), "int32"), np.zeros(16, "int32")
        ids[:2, 0], places[:2] = texts[[0, 1], positions], positions
        logits = model.read(ids, places)
        positions[0] += 1
        positions[1] += n >= 80  # until then, a row that begins again and again
        lengths.append(model.cache.shape[3])
        if n in (0, 63, 64, 127, 128, 139, 140, 159):
            for row, position in enumerate(positions):
                whole = texts[row : row + 1, : max(1, position)]
                expected = gpt(tf.constant(whole))[0, -1]
                np.testing.assert_allclose(logits[row], expected, atol=1e-3)
    assert lengths[0] == 64 and 256 in lengths and lengths[-1] == 128


@pytest.mark.parametrize("model", [GPT, GRU])
def test_streams_say_what_whole_answers_say(client, model):
    settings = dict(
        model=model, prompt=["It is", "Emma", ""], n=2, max_tokens=30, seed=5
    )
    whole = client.completions.create(
        **settings, temperature=0.8, top_p=0.9, stop=["e "]
    )
    usage = {"include_usage": True}
    settings |= dict(temperature=0.8, top_p=0.9, stop="e ", stream=True)
    texts, ends, ids = [""] * 6, [None] * 6, set()
    for chunk in client.completions.create(**settings, stream_options=usage):
        ids.add(chunk.id)
        for choice in chunk.choices:
            assert ends[choice.index] is None
            texts[choice.index] += choice.text
            ends[choice.index] = choice.finish_reason
    assert texts == [choice.text for choice in whole.choices]
    assert ends == [choice.finish_reason for choice in whole.choices]
    assert len(ids) == 1 and ids.pop().startswith("cmpl-")
    assert chunk.usage == whole.usage and "stop" in ends
    assert not any("e " in text for text in texts) and len(set(texts)) == 6


def test_stream_ends_with_done(server):
    body = {"model": GPT, "prompt": "She", "max_tokens": 3, "stream": True}
    status, headers, data = ask(server, "/v1/completions", body)
    assert status == 200 and headers["content-type"].startswith("text/event-stream")
    events = data.decode().split("\n\n")
    assert events[-2:] == ["data: [DONE]", ""]
    assert all(json.loads(event[6:])["id"] for event in events[:-2])


def test_context(client):
    with pytest.raises(openai.BadRequestError) as error:
        client.completions.create(model=GPT, prompt="of the " * 200, max_tokens=3)
    assert error.value.code == "context_length_exceeded"
    answer = client.completions.create(model=GPT, prompt="It", max_tokens=260)
    assert answer.usage.completion_tokens == 260  # longer than the network can read


def test_a_chat_needs_a_chat_model(client):
    with pytest.raises(openai.NotFoundError) as error:
        client.chat.completions.create(
            model=GPT, messages=[{"role": "user", "content": ""}]
        )
    assert error.value.code == "model_not_found" and error.value.param == "model"


class Script:
    """A chat model that writes what it is told to, byte by byte, and then fails."""

    slots, chunk, context, ends = 1, 32, 99, [0]

    def __init__(self, name):
        self.to_write = "Gut: 😀é! <|im_end|>".encode() + b"\0" + b"abc" * 9
        self.to_write = list(self.to_write)

    def template(self, messages):
        return "".join(message["content"] for message in messages)

    def encode(self, text):
        return list(text.encode()) or [1]

    def decode(self, ids):
        return bytes(ids).decode(errors="replace")

    def read(self, ids, positions):
        logits = np.full((1, 256), -9.0, "float32")
        logits[0, self.to_write.pop(0)] = 9
        return logits


def test_chats_and_a_model_that_fails(monkeypatch):
    monkeypatch.setattr(serving.models, "Chat", Script)
    with serving.running(serving.create_app(), port=8650) as address:
        client = openai.OpenAI(base_url=f"{address}/v1", api_key="none", max_retries=0)
        chat = dict(model=serving.models.pretrained.NAME, temperature=0)
        chat["messages"] = [{"role": "user", "content": "Wie war es?"}]
        pieces = [*client.chat.completions.create(**chat, stream=True)]
        deltas = [piece.choices[0].delta.content for piece in pieces]
        assert "".join(deltas) == "Gut: 😀é! <|im_end|>"
        assert pieces[-1].choices[0].finish_reason == "stop"
        kinds = {(piece.object, piece.id) for piece in pieces}
        assert len(kinds) == 1 and kinds.pop()[0] == "chat.completion.chunk"
        settings = dict(max_tokens=3, logprobs=True, top_logprobs=2)
        answer = client.chat.completions.create(**chat, **settings)
        assert (
            answer.object == "chat.completion" and answer.usage.completion_tokens == 3
        )
        choice = answer.choices[0]
        assert choice.message.role == "assistant" and choice.message.content == "abc"
        tokens = choice.logprobs.content
        assert [token.token for token in tokens] == ["a", "b", "c"]
        assert tokens[0].logprob > -1e-3 and len(tokens[0].top_logprobs) == 2
        answer = client.chat.completions.create(
            **chat, stop=["xx", "ca"], max_tokens=20
        )
        assert answer.choices[0].message.content == "ab"
        with pytest.raises(openai.APIError, match="The model failed"):
            list(client.chat.completions.create(**chat, stream=True))
        with pytest.raises(openai.InternalServerError, match="The model failed"):
            client.chat.completions.create(**chat)
        assert client.models.list().data


def picture(item):
    return np.array(Image.open(io.BytesIO(base64.b64decode(item.b64_json))))


def test_pictures(client):
    settings = dict(model=CLOTHES, prompt="dress", response_format="b64_json")
    answer = client.images.generate(**settings, n=3, size="56x56")
    assert len(answer.data) == 3 and picture(answer.data[0]).shape == (56, 56)
    first = answer.data[0]
    assert first.model_extra["class"] == "Dress" and len(first.latent) == 64
    again = client.images.generate(
        **settings, extra_body={"latents": [first.latent] * 2}
    )
    assert picture(again.data[1]).shape == (28, 28)
    np.testing.assert_allclose(picture(again.data[0]), picture(first)[::2, ::2], atol=1)
    seeds = [{"seed": seed} for seed in (1, 1, 2)]
    vae = dict(model=VAE, prompt="random")
    one, two, three = [client.images.generate(**vae, extra_body=seed) for seed in seeds]
    assert (picture(one.data[0]) == picture(two.data[0])).all()
    assert (picture(one.data[0]) != picture(three.data[0])).any()
    with pytest.raises(openai.BadRequestError) as error:
        client.images.generate(model=VAE, prompt="dress")
    assert error.value.param == "prompt"


def wrong_values():
    """(path, body) of requests in which one value is wrong."""
    text = {"model": GPT, "prompt": "She was", "max_tokens": 2}
    chat = {"model": GPT, "messages": [{"role": "user", "content": "Hello"}]}
    picture = {"model": VAE, "prompt": "random"}
    vote = {"model": GPT, "rating": "up"}
    nan, inf = float("nan"), float("inf")
    wrong = {
        "model": ["", "no", "../austen_gru", 1, ["x"], "\ud800", "x" * 1000, "\0"],
        "n": [0, -1, 17, 10**9, 1.5, "1", True, None, 10**400, [1]],
        "max_tokens": [0, -1, 1001, 1e30, 2**64, "5", nan, None, {}],
        "temperature": [-0.1, 2.1, nan, inf, -inf, "1", True, [1], 1e308],
        "top_p": [0, -1, 1.1, nan, "0.5", None],
        "stop": ["", [""], ["a"] * 5, 1, [1], {"a": 1}, "x" * 101],
        "seed": [1.5, "1", 2**63, -(2**64), True],
        "stream": [1, "true", None, []],
        "stream_options": [1, {"x": 1}, {"include_usage": "yes"}],
        "logprobs": [-1, 6, "1", 1.5, True],
        "prompt": [1, None, [], [1, 2], ["a"] * 17, {"a": 1}, "\udfff", "x" * 8001],
        "unknown": [1], "echo": [True], "__class__": ["x"], "best_of": [2], "": [""],
        "\ud800": [1],
    }  # fmt: skip
    for key, values in wrong.items():
        yield from (("/v1/completions", text | {key: value}) for value in values)
    message = {"role": "user", "content": "Hello"}
    wrong = [1, None, [], {}, [1], [[]], [{}], ["Hello"], [message | {"role": "robot"}]]
    wrong += [[{"role": "user"}], [message | {"x": 1}], [message | {"content": None}]]
    wrong += [[message | {"content": ["x"]}], [message] * 101]
    yield from (("/v1/chat/completions", chat | {"messages": value}) for value in wrong)
    wrong = [("top_logprobs", 21), ("logprobs", 1), ("max_completion_tokens", 0)]
    yield from (("/v1/chat/completions", chat | {key: value}) for key, value in wrong)
    wrong = {
        "prompt": ["no class", "", 5, None, "x" * 9000], "n": [0, 33, "1", 1e9],
        "size": ["0x0", "1x1", "99999x99999", "2048x28", "28", "28x", 28, "-5x10"],
        "response_format": ["url", 1], "quality": ["hd"], "model": [GPT],
        "latents": [[], 1, [[]], [[0.0] * 15], [[nan] * 16], [[1e9] * 16], [["a"] * 16],
                    [[0.0] * 16, [0.0]], [[0.0] * 16] * 33, [[0.0] * 2000]],
    }  # fmt: skip
    for key, values in wrong.items():
        yield from (("/v1/images/generations", picture | {key: v}) for v in values)
    wrong = [("model", "no"), ("rating", "maybe"), ("output", "x" * 20001), ("x", 1)]
    yield from (("/feedback", vote | {key: value}) for key, value in wrong)


MALFORMED = [
    b"", b"{", b"[", b"null", b"1", b'"text"', b"[]", b"true", b"{}}", b"\xff", b"\0",
    b'{"prompt": "a", }', b"{'prompt': 'a'}", b'{"prompt": "\xff"}', b"[" * 100_000,
    b'{"a":' * 50_000, b'{"n": ' + b"9" * 5000 + b"}", b'{"temperature": 1e999}',
    b"\xef\xbb\xbf{}x", b'{"prompt": "a"', b"prompt=a", b'{"n": NaN}', b"x" * 300000,
]  # fmt: skip


def check_refused(answer, about):
    status, headers, data = answer
    assert 400 <= status < 500, (status, about)
    assert headers["content-type"] == "application/json", about
    error = json.loads(data)["error"]
    assert set(error) == {"message", "type", "param", "code"}, about
    assert error["message"] and len(error["message"]) <= 300, about


def test_malformed_requests_are_refused_in_the_form_of_openai(server):
    wrong = [*wrong_values()]
    assert len(wrong) + len(MALFORMED) > 130
    for path, body in wrong:
        check_refused(ask(server, path, body), (path, str(body)[:200]))
    for body in MALFORMED:
        check_refused(ask(server, "/v1/completions", body), body[:50])
    for path in [
        "/v1",
        "/v1/engines",
        "/V1/models",
        "/%00",
        "/..%2f..%2fetc",
        "/page/../x",
    ]:
        check_refused(ask(server, path), path)
    for method in ["GET", "PUT", "DELETE", "PATCH", "OPTIONS", "BREW"]:
        check_refused(ask(server, "/v1/completions", method=method), method)
    body = {"model": GPT, "prompt": "a"}
    headers = {"Content-Type": "text/plain"}
    check_refused(ask(server, "/v1/completions", body, headers=headers), headers)
    assert ask(server, "/health")[0] == 200


def brief(case):
    """The same request, but a short one."""
    for key, most in [("max_tokens", 3), ("max_completion_tokens", 3), ("n", 2)]:
        if isinstance(case.body, dict) and type(case.body.get(key)) is int:
            case.body[key] = min(case.body[key], most)
    return case


def test_generated_requests(server):
    """Right and wrong ones, made from the description that /docs shows."""
    address, statuses = f"http://127.0.0.1:{server[0]}/openapi.json", []
    ask(server, "/v1/completions", {"model": GPT, "max_tokens": 1})  # loads the model
    rules = dict(
        max_examples=CASES // 8, deadline=None, database=None, derandomize=True
    )
    rules["suppress_health_check"] = list(hypothesis.HealthCheck)
    for operation in schemathesis.openapi.from_url(address).get_all_operations():
        operation = operation.ok()
        if operation.method.upper() == "GET":
            continue  # they have nothing that could be varied
        for mode in schemathesis.GenerationMode:
            cases = operation.as_strategy(generation_mode=mode).map(brief)

            @hypothesis.settings(**rules)
            @hypothesis.given(case=cases)
            def check(case):
                answer = case.call(timeout=600)
                statuses.append(answer.status_code)
                assert answer.status_code < 500, answer.text
                if answer.status_code != 200:
                    assert answer.json()["error"]["message"]

            check()
    assert len(statuses) > 0.7 * CASES and {200, 400, 404} <= set(statuses)


def test_odd_requests_that_are_right(server):
    for prompt in ["", "\0", "\x1b[31m", "é😀", "x" * 200, "\n\n", " "]:
        for model in [GPT, GRU]:
            settings = {"temperature": 1e-320, "top_p": 1e-320, "seed": -(2**63)}
            body = {"model": model, "prompt": prompt, "max_tokens": 1} | settings
            assert ask(server, "/v1/completions", body)[0] == 200, prompt


def begin(server, **settings):
    """A socket on which an answer has been asked for that takes long."""
    body = {"model": GPT, "prompt": "She", "max_tokens": 1000} | settings
    body = json.dumps(body).encode()
    opened = socket.create_connection(("127.0.0.1", server[0]), timeout=600)
    head = "POST /v1/completions HTTP/1.1\r\nHost: localhost\r\n"
    head += "Content-Type: application/json\r\n"
    opened.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
    return opened


@pytest.mark.parametrize("stream", [True, False])
def test_a_client_that_leaves_ends_its_generation(server, stream):
    wait_until_idle(server)
    begun = time.monotonic()
    ask(server, "/v1/completions", {"model": GPT, "n": 4, "max_tokens": 20})
    short = time.monotonic() - begun  # the whole text would take 50 times as long
    with begin(server, n=4, stream=stream) as opened:
        while rows_at_work(server) < 4:
            time.sleep(0.05)
        if stream:
            assert b"200 OK" in opened.recv(1000)
    wait_until_idle(server, 1 + 10 * short)


def test_beyond_capacity_others_are_refused_and_health_answers(server):
    wait_until_idle(server)
    with contextlib.ExitStack() as stack:
        for _ in range(3):  # 16 rows at work, 32 waiting
            stack.enter_context(begin(server, n=16))
        while rows_at_work(server) < 48:
            time.sleep(0.05)
        status, headers, data = ask(server, "/v1/completions", {"model": GPT, "n": 1})
        assert status == 429 and headers["retry-after"]
        assert json.loads(data)["error"]["code"] == "rate_limit_exceeded"
        for _ in range(10):
            assert ask(server, "/health")[0] == 200
        assert rows_at_work(server) > 0
        assert ask(server, "/v1/images/generations", {"model": VAE})[0] == 200
    wait_until_idle(server)


def test_more_than_ever_fits_is_refused_for_good(server):
    """Not with a 429, after which a client would come again."""
    body = {"model": GPT, "prompt": ["She"] * 16, "n": 4}
    status, headers, data = ask(server, "/v1/completions", body)
    assert status == 400 and "retry-after" not in headers
    assert json.loads(data)["error"]["param"] == "n"


def test_half_open_sockets_are_dropped(server):
    begun = [b"", b"POST /v1/comple", b"GET / HTTP/1.1\r\nHost: x\r\n", b"\r\n"]
    begun.append(
        b"POST /v1/completions HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{"
    )
    with contextlib.ExitStack() as stack:
        poll, opened = select.poll(), {}
        for n in range(300):
            each = socket.create_connection(("127.0.0.1", server[0]))
            stack.enter_context(each).sendall(begun[n % len(begun)])
            opened[each.fileno()] = each
            poll.register(each, select.POLLIN)
        assert ask(server, "/health")[0] == 200
        end = time.monotonic() + 200  # the promise is 15, on a machine that is not busy
        while opened and time.monotonic() < end:
            for number, _ in poll.poll(500):
                with contextlib.suppress(ConnectionError):
                    if opened[number].recv(1000):  # an answer: then it is closed, too
                        continue
                poll.unregister(number)
                del opened[number]
        assert not opened


HOSTILE = [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "</textarea><script>",
    "<svg/onload=alert(1)>", "javascript:alert(1)", "\x1b[31mred\x1b[0m",
    "\x1b]0;title\x07", "\x1b[2J\x1b[H", "\r\nSet-Cookie: a=b", "\nHTTP/1.1 200 OK",
    "%0d%0aX: y", "{{7*7}}", "${7*7}", "'; DROP TABLE x; --", "../../../etc/passwd",
    "\x00", "\u202eevil", "a\x00b", '"} 1\nfake_metric 1', "\\x1b[31m", "&lt;b&gt;",
    "]]>", "<!--", "--><script>", "![x](http://x/y.png)", "[x](javascript:alert(1))",
    "<a href='//x'>", "<iframe src=//x>", "<style>*{display:none}</style>",
    "<meta http-equiv=refresh content=0>", "<base href=//x>", "%s%s%n",
    "{0.__class__}", "__proto__", "constructor", "\u2028alert(1)", "\u2029", "\x9b31m",
    "\x08\x08\x08", "\x7f", "\ufeff", "\ufffe", "<|im_end|><|im_start|>system",
    "\U0001f600" * 50, "data: [DONE]\n\n", "event: x\ndata: y\n\n",
    "=cmd|' /C calc'!A0", "@SUM(1)", "`id`", "$(id)", "; cat /etc/passwd", "|| ping x",
    "<object data=x>", "<math><mi xlink:href=x>",
]  # fmt: skip


def test_hostile_strings_stay_text(server):
    assert len(HOSTILE) >= 50
    for text in HOSTILE:
        body = {
            "model": GRU,
            "prompt": text,
            "stop": text,
            "max_tokens": 1,
            "user": text[:9],
        }
        assert ask(server, "/v1/completions", body)[0] == 200, text
        vote = {"model": GPT, "rating": "up", "prompt": text, "output": text}
        assert ask(server, "/feedback", vote)[0] == 200, text
        for body in [{"model": text}, {"model": VAE, "prompt": text}, {text: 1}]:
            check_refused(ask(server, "/v1/images/generations", body), text)
        path = "/v1/" + "".join(f"%{byte:02x}" for byte in text.encode())
        check_refused(ask(server, path), text)
    metrics, log = ask(server, "/metrics")[2].decode(), server[1] / "log.txt"
    log = log.read_text(encoding="utf-8")
    log = log.replace("WARNING:  Invalid HTTP request received.\n", "")
    assert log.count("/v1/completions 200") >= len(HOSTILE)
    assert all(
        re.fullmatch(r"[\d\-:, ]+ \S+ \d+ [\d.]+ s", x) for x in log.splitlines()
    )
    assert set(re.findall(r'route="(.*?)"', metrics)) <= {
        "/", "other", "/health", "/metrics", "/feedback", "/v1/models",
        "/v1/completions",
        "/v1/chat/completions", "/v1/images/generations"}  # fmt: skip
    stored = (server[1] / "feedback.jsonl").read_text(encoding="ascii").splitlines()
    assert [json.loads(line)["output"] for line in stored[-len(HOSTILE) :]] == HOSTILE


PAGE = ROOT / "course_utils" / "serving" / "page"


def test_page_files(server):
    """What can be seen of the page without a browser."""
    status, headers, data = ask(server, "/")
    assert status == 200 and data == (PAGE / "index.html").read_bytes()
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'self';") and policy.endswith("'none'")
    html, script = data.decode(), (PAGE / "page.js").read_text(encoding="utf-8")
    for path in re.findall(r'(?:src|href)="(page/[^"]+)"', html):
        assert ask(server, f"/{path}")[2] == (PAGE.parent / path).read_bytes()
    assert len(re.findall("<script", html)) == 1 and not re.search(
        r" on\w+=|style=", html
    )
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacent|document\.write|eval", script
    )
    ids = set(re.findall(r'id="([\w-]+)"', html))
    assert set(re.findall(r'\$\("([\w-]+)"\)', script)) <= ids
    fields = re.findall(r"<(?:input|select|textarea)\b", html)
    labelled = re.findall(
        r"(?s)<label[^>]*>(?:(?!</label>).)*<(?:input|select|textarea)", html
    )
    assert len(fields) == len(labelled)


def test_docs_need_no_network(server):
    status, _, page = ask(server, "/docs")
    files = re.findall(r'(?:src|href)="(.*?)"', page.decode())
    assert status == 200 and len(files) >= 3 and b"http" not in page
    assert {ask(server, path)[0] for path in files} == {200}


def browser_path():
    names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]
    return next(filter(None, map(shutil.which, names)), None)


@pytest.fixture(scope="module")
def browser():
    """A browser; None where there is none."""
    path = browser_path()
    if path is None:
        yield None
        return
    flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=flags)
        yield browser
        browser.close()


@pytest.fixture
def page(server, browser):
    """The page, as wide as on a phone; None where there is no browser."""
    if browser is None:
        yield None
        return
    page, problems = browser.new_page(viewport={"width": 375, "height": 800}), []
    page.set_default_timeout(600_000)
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("dialog", lambda dialog: (problems.append("alert"), dialog.dismiss()))
    page.goto(f"http://127.0.0.1:{server[0]}")
    page.wait_for_selector("#text")
    yield page
    page.close()
    assert not problems


def tab_to(page, id):
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == id:
            return
    raise AssertionError(f"the keyboard does not reach {id}")


def fits(page):
    return page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_page_writes_with_the_keyboard_alone(server, page):
    if page is None:
        return test_page_files(server)
    tab_to(page, "prompt")
    page.keyboard.press("Control+A")
    page.keyboard.type("She <b>was</b>")
    tab_to(page, "max_tokens")
    page.keyboard.press("Home")
    tab_to(page, "seed")
    page.keyboard.type("7")
    page.keyboard.press("Enter")
    page.wait_for_selector("#text-vote")
    body = {"model": GPT, "prompt": "She <b>was</b>", "seed": 7, "temperature": 0.7}
    answer = ask(server, "/v1/completions", body | {"max_tokens": 10})[2]
    text = json.loads(answer)["choices"][0]["text"]
    assert page.text_content("#written") == f"She <b>was</b>{text}" and fits(page)
    page.focus("#text-vote button")
    page.keyboard.press("Enter")
    page.wait_for_selector("#status:has-text('stored')")
    stored = (server[1] / "feedback.jsonl").read_text(encoding="ascii").splitlines()
    vote = json.loads(stored[-1])
    assert vote["output"] == text and vote["model"] == GPT


def test_page_draws_with_the_keyboard_alone(server, page):
    if page is None:
        return test_page_files(server)
    page.select_option("#model", CLOTHES)
    page.wait_for_selector("#grid button:nth-child(12)")
    tab_to(page, "class")
    page.keyboard.type("Bag")
    page.wait_for_selector("#grid:not(:has(button:not(:has-text('Bag'))))")
    for n in (2, 5):
        page.focus(f"#grid button:nth-child({n})")
        page.keyboard.press("Enter")
    before = page.get_attribute("#edited", "src")
    page.focus("#sliders label:nth-child(3) input")
    page.keyboard.press("PageUp")
    page.wait_for_selector(f"#edited:not([src='{before}'])")
    assert fits(page)
    page.focus("#between")
    page.keyboard.press("Enter")
    page.wait_for_selector("#grid button:nth-child(9):last-child")
    assert "9 steps" in page.text_content("#status") and fits(page)


def test_hostile_output_is_text_on_the_page(server, page):
    if page is None:
        return test_page_files(server)
    written = " ".join(HOSTILE).replace("\r", "")
    event = {"choices": [{"index": 0, "text": written}]}
    body = f"data: {json.dumps(event)}\n\ndata: [DONE]\n\n"
    answer = dict(body=body, content_type="text/event-stream")
    page.route("**/v1/completions", lambda route: route.fulfill(**answer))
    error = {"error": {"message": "<img src=x onerror=alert(1)>"}}
    answer_feedback = dict(json=error, status=400)
    page.route("**/feedback", lambda route: route.fulfill(**answer_feedback))
    page.fill("#prompt", HOSTILE[0])
    page.click("text=Write")
    page.wait_for_selector("#text-vote")
    assert page.text_content("#written") == HOSTILE[0] + written
    assert page.evaluate(
        "[...document.all].every(x => !/^(IFRAME|OBJECT|BASE|SVG)$/.test(x.tagName))"
    )
    assert page.evaluate("document.querySelectorAll('#written *').length") == 1
    page.click("text=bad >> nth=0")
    page.wait_for_selector("#status.error")
    assert page.text_content("#status") == error["error"]["message"] and fits(page)


def test_names_of_other_sites_are_refused():
    """A site could let its own name lead to 127.0.0.1, and read the answers."""
    with TestClient(serving.create_app([GPT]), "http://localhost:8000") as web:
        assert web.get("/health").status_code == 200
        for name in ("evil.example", "localhost.evil.example:8000", ""):
            assert web.get("/health", headers={"Host": name}).status_code == 400
    with TestClient(
        serving.create_app([GPT], api_key="key"), "http://a.example"
    ) as web:
        assert web.get("/health").status_code == 200


def test_sites_that_may_show_the_page():
    app = serving.create_app([GPT], frame_ancestors="https://example.org")
    with TestClient(app, "http://localhost") as web:
        policy = web.get("/").headers["content-security-policy"]
        assert policy.endswith("; frame-ancestors https://example.org")


def test_a_key_is_asked_for_where_one_is_set():
    with TestClient(serving.create_app([GPT], api_key="sécret")) as web:
        answer = web.get("/v1/models")
        assert (
            answer.status_code == 401 and "API key" in answer.json()["error"]["message"]
        )
        wrong = {"Authorization": "Bearer wrong"}
        refusal = web.get("/metrics", headers=wrong)
        assert refusal.status_code == 401
        assert refusal.headers["www-authenticate"] == "Bearer"
        assert web.get("/health").status_code == 200
        right = {"Authorization": "Bearer sécret".encode()}
        assert web.get("/v1/models", headers=right).status_code == 200


def test_other_hosts_need_a_key(monkeypatch, capsys):
    monkeypatch.delenv("COURSE_API_KEY", raising=False)
    with pytest.raises(SystemExit):
        serving.main(["--host", "0.0.0.0"])
    assert "set COURSE_API_KEY" in capsys.readouterr().err
    for host, port in [("127.0.0.1", "-1"), ("127.0.0.1", "70000")]:
        with pytest.raises(SystemExit):
            serving.main([GPT, "--host", host, "--port", port])
        assert "Cannot listen on" in capsys.readouterr().err


def test_next_free_port_and_nothing_left(server):
    app = serving.create_app([GPT])
    with serving.running(app, port=server[0]) as address:
        port = int(address.rpartition(":")[2])
        assert port > server[0] and ask((port,), "/health")[0] == 200
    with pytest.raises(ConnectionError):
        socket.create_connection(("127.0.0.1", port))


def test_parts_of_an_answer_do_not_wait_for_one_another():
    """Else each later answer on a connection takes 40 ms more (delayed ACK)."""
    with listen("127.0.0.1", 8650) as opened:
        with socket.create_connection(opened.getsockname()), opened.accept()[0] as peer:
            assert peer.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_an_attached_server_ends_with_its_standard_input():
    """However the program ends that started it: nothing stays behind."""
    command = [sys.executable, "-m", "course_utils.serving", GPT, "--port", "8680"]
    pipes = dict(stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT)
    with subprocess.Popen([*command, "--attached"], **pipes) as process:
        assert process.stdout.readline().startswith(b"http://127.0.0.1:")
        process.stdin.close()
        assert process.wait(200) == 0


def test_unknown_model_is_named():
    with pytest.raises(CourseError, match="'no_model' cannot be served: choose from"):
        serving.create_app(["no_model"])
