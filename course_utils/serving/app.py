"""The routes: those of OpenAI's API, and health, metrics, feedback and the page."""

import asyncio
import base64
import functools
import hmac
import io
import json
import time
import uuid
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from course_utils import CourseError, artifacts
from course_utils.serving import engine, models, schemas, watch

import numpy as np
import PIL.Image
from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse, Response, StreamingResponse
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

PAGE = Path(__file__).parent / "page"
TEXT, CHAT, IMAGE = models.TEXT, [models.Chat], [models.Image]
MAX_FEEDBACK = 10e6  # bytes that the file of feedback may reach
SAFE = "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'"


def create_app(names=None, api_key=None, num_waiting=32):
    """The application, for `running` or any ASGI server.

    names: models to serve, all that `models.find` finds by default; api_key: what
    clients must then send; num_waiting: rows that may wait for a model beyond those
    that it works on; others are refused (429). Raises CourseError for unknown names.
    """
    found = models.find()
    if unknown := sorted(set(names or []) - set(found)):
        choice = f"choose from {', '.join(found)}"
        raise CourseError(f"{unknown[0][:40]!r} cannot be served: {choice:.200}.")
    served = {n: engine.Served(n, found[n], num_waiting) for n in names or found}

    @asynccontextmanager
    async def lifespan(app):
        yield
        for each in served.values():
            each.close()

    app = FastAPI(title="Models of the course", lifespan=lifespan, redoc_url=None)
    app.state.served, app.state.metrics = served, watch.Metrics(served)
    app.add_middleware(watch.Watch, metrics=app.state.metrics)
    for kind in [HTTPException, RequestValidationError, Exception]:
        app.add_exception_handler(kind, explain)

    def check_key(request: Request):
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        if api_key and not hmac.compare_digest(given.encode("latin-1"), api_key.encode()):
            raise refused(
                401, "Send the API key of this server.", code="invalid_api_key"
            )

    errors = {status: {"model": schemas.Error} for status in ("4XX", "5XX")}
    api = dict(responses=errors, dependencies=[Depends(check_key)])

    async def choose(name, kinds):
        """The named model, or the first one of these kinds, loaded."""
        known = [n for n, each in served.items() if each.kind in kinds]
        if not known or name not in [None, *known]:
            message = f"No such model here: choose from {', '.join(known)}."
            raise refused(404, message, "model", "model_not_found")
        try:
            await served[name or known[0]].load()
        except CourseError as error:  # SmolLM2 without a network, for example
            raise refused(503, str(error), "model", "model_not_loaded") from error
        return served[name or known[0]]

    @app.get("/", include_in_schema=False)
    def page():
        return FileResponse(
            PAGE / "index.html", headers={"Content-Security-Policy": SAFE}
        )

    app.mount("/page", StaticFiles(directory=PAGE))

    @app.get("/health")
    async def health() -> dict:
        return {"status": "ok"}

    @app.get("/metrics", **api)
    async def metrics():
        return Response(app.state.metrics.text(), media_type=watch.MEDIA_TYPE)

    @app.get("/v1/models", **api)
    async def list_models() -> dict:
        return {"object": "list", "data": [each.describe() for each in served.values()]}

    @app.post("/v1/completions", **api)
    async def completions(body: schemas.Completion, request: Request):
        prompts = [body.prompt] if isinstance(body.prompt, str) else body.prompt
        each = await choose(body.model, TEXT)
        return await answer(
            request, each, prompts, body, body.max_tokens, body.logprobs
        )

    @app.post("/v1/chat/completions", **api)
    async def chat_completions(body: schemas.ChatCompletion, request: Request):
        each = await choose(body.model, CHAT)
        prompt = each.model.template(
            [message.model_dump() for message in body.messages]
        )
        limit = body.max_completion_tokens or body.max_tokens or 256
        num_logprobs = body.top_logprobs if body.logprobs else None
        return await answer(request, each, [prompt], body, limit, num_logprobs)

    @app.post("/v1/images/generations", **api)
    async def images(body: schemas.Pictures, request: Request):
        return await draw(request, await choose(body.model, IMAGE), body)

    @app.post("/feedback", **api)
    def feedback(body: schemas.Feedback) -> dict:
        if body.model not in served:
            raise refused(404, "There is no such model.", "model", "model_not_found")
        path = artifacts.root() / "feedback.jsonl"
        if path.exists() and path.stat().st_size > MAX_FEEDBACK:
            raise refused(429, "The file of feedback is full.")
        path.parent.mkdir(parents=True, exist_ok=True)
        entry = {"time": round(time.time())} | body.model_dump(exclude_none=True)
        with open(path, "a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")
        return {"stored": True}

    return app


def refused(status, message, param=None, code=None):
    """An error that `explain` answers in OpenAI's form."""
    error = HTTPException(
        status, message, {"Retry-After": "1"} if status == 429 else None
    )
    error.param, error.code = param, code
    return error


async def explain(request, error):
    """An answer in OpenAI's form, without a copy of what was sent."""
    if isinstance(error, RequestValidationError):
        first = error.errors()[0]
        place = (
            ".".join(map(str, first["loc"][1:])).encode(errors="replace").decode()[:60]
        )
        error = refused(400, f"{place or 'The body'}: {first['msg']}", place or None)
    status = getattr(error, "status_code", 500)
    kind = "server_error" if status >= 500 else "invalid_request_error"
    body = {"message": str(getattr(error, "detail", "The server failed: see its log."))}
    body["type"] = {401: "authentication_error", 429: "rate_limit_error"}.get(
        status, kind
    )
    body |= {key: getattr(error, key, None) for key in ("param", "code")}
    return JSONResponse({"error": body}, status, getattr(error, "headers", None))


class Stream(StreamingResponse):
    """Ends its rows when it ends, also when the client leaves."""

    async def __call__(self, *connection):
        try:
            await super().__call__(*connection)
        finally:
            for row in self.rows:
                row.end("cancelled")


async def submit(request, each, rows, changed):
    """Have rows worked on, and wait for them unless they are streamed."""
    try:
        each.engine.submit(rows)
    except engine.Busy:
        message = f"{each.name} is busy (or n too large): try again in a moment."
        raise refused(429, message, code="rate_limit_exceeded") from None
    while not (rows[0].streamed or all(row.finish for row in rows)):
        with suppress(TimeoutError):
            await asyncio.wait_for(changed.wait(), 0.25)
        changed.clear()
        if await request.is_disconnected():
            for row in rows:
                row.end("cancelled")
    if any(row.finish == "error" for row in rows):
        raise refused(500, "The model failed: see the log of the server.")


def waker():
    """An event, and a function by which another thread sets it."""
    changed = asyncio.Event()
    set_soon = asyncio.get_running_loop().call_soon_threadsafe
    return changed, functools.partial(set_soon, changed.set)


async def answer(request, each, prompts, body, limit, num_logprobs):
    """Continue prompts, each body.n times."""
    chat = isinstance(body, schemas.ChatCompletion)
    encoded = await asyncio.to_thread(lambda: [*map(each.model.encode, prompts)])
    num_read, limits = sum(map(len, encoded)), (limit, num_logprobs)
    if max(map(len, encoded)) >= each.model.context:
        message = f"{each.name} reads at most {each.model.context - 1} tokens."
        raise refused(400, message, "prompt", "context_length_exceeded")
    changed, notify = waker()
    rows = [ids for ids in encoded for _ in range(body.n)]
    rows = [
        engine.TextRow(notify, each.model, ids, body, index, *limits)
        for index, ids in enumerate(rows)
    ]
    await submit(request, each, rows, changed)
    head = {
        "id": f"{'chat' * chat}cmpl-{uuid.uuid4().hex}",
        "created": int(time.time()),
    }
    head["object"] = "chat.completion" if chat else "text_completion"
    head["object"] += ".chunk" * (chat and body.stream)
    head["model"] = each.name

    def usage():
        written = sum(len(row.new) for row in rows)
        counts = {"prompt_tokens": num_read, "completion_tokens": written}
        return counts | {"total_tokens": num_read + written}

    def choice(row):
        """What has not been sent of a row; None if there is nothing."""
        finish, (text, logprobs) = row.finish, row.news()
        if not (text or finish):
            return None
        part = {"index": row.index, "finish_reason": finish, "logprobs": None}
        if num_logprobs is not None:
            part["logprobs"] = (chat_logprobs if chat else text_logprobs)(logprobs)
        if not chat:
            return part | {"text": text}
        kind = "delta" if body.stream else "message"
        return part | {kind: {"role": "assistant", "content": text}}

    async def events():
        alive = rows
        while alive:
            await changed.wait()
            changed.clear()
            for row in alive:
                if row.finish == "error":
                    yield {
                        "error": {
                            "message": "The model failed.",
                            "type": "server_error",
                        }
                    }
                elif part := choice(row):
                    yield head | {"choices": [part]}
            alive = [row for row in alive if not row.sent_all]
            await asyncio.sleep(0.03)  # several tokens in one event are cheaper
        if body.stream_options and body.stream_options.include_usage:
            yield head | {"choices": [], "usage": usage()}

    async def lines():
        async for event in events():
            yield f"data: {json.dumps(event)}\n\n"
        yield "data: [DONE]\n\n"

    if not body.stream:
        return head | {"choices": [choice(row) for row in rows], "usage": usage()}
    stream = Stream(lines(), media_type="text/event-stream")
    stream.rows = rows
    return stream


def text_logprobs(entries):
    """Log probabilities in the form of completions; entries as in `TextRow`."""
    columns = {"tokens": [], "token_logprobs": [], "top_logprobs": []}
    for (token, value), *top in entries:
        for column, entry in zip(
            columns.values(), [token, value, dict(top)], strict=True
        ):
            column.append(entry)
    return columns


def chat_logprobs(entries):
    def form(token, value):
        return {"token": token, "logprob": value, "bytes": list(token.encode())}

    tops = [[form(*entry) for entry in top] for _, *top in entries]
    firsts = [form(*first) for first, *_ in entries]
    parts = zip(firsts, tops, strict=True)
    return {"content": [first | {"top_logprobs": top} for first, top in parts]}


async def draw(request, each, body):
    """Pictures from random latents, or from those of the request."""
    latent_dim, classes = each.latent_dim, each.classes
    names = [name.casefold() for name in classes]
    wanted = body.prompt.casefold().strip()
    if wanted not in ["random", *names]:
        message = f"The prompt must be one of: {', '.join(['random', *classes])}."
        raise refused(400, message, "prompt", "unknown_class")
    n = len(body.latents or []) or body.n
    random = np.random.default_rng(None if body.seed is None else body.seed % 2**64)
    latents = body.latents or random.standard_normal((n, latent_dim)).round(3).tolist()
    if {*map(len, latents)} != {latent_dim}:
        message = f"latents: {each.name} needs {latent_dim} numbers for each picture."
        raise refused(400, message, "latents")
    labels = random.integers(max(1, len(classes)), size=n).tolist()
    labels = [names.index(wanted)] * n if wanted in names else labels
    changed, notify = waker()
    rows = [
        engine.ImageRow(notify, *pair) for pair in zip(latents, labels, strict=True)
    ]
    await submit(request, each, rows, changed)
    data = await asyncio.to_thread(
        lambda: [encode(row.picture, body.size) for row in rows]
    )
    data = [
        {"b64_json": text, "latent": z} for text, z in zip(data, latents, strict=True)
    ]
    if classes:
        data = [d | {"class": classes[i]} for d, i in zip(data, labels, strict=True)]
    return {"created": int(time.time()), "data": data}


def encode(picture, size):
    """uint8 (height, width, channels) as PNG in base64, enlarged without smoothing."""
    image, file = PIL.Image.fromarray(picture.squeeze()), io.BytesIO()
    if size != "auto":
        image = image.resize([*map(int, size.split("x"))], PIL.Image.Resampling.NEAREST)
    image.save(file, "png")
    return base64.b64encode(file.getvalue()).decode()
