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

from course_utils import CourseError, artifacts, monitoring
from course_utils.serving import models, schemas, watch
from course_utils.serving.engine import Engine, ImageRow, TextRow

import fastapi
import numpy as np
import PIL.Image
from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse, Response, StreamingResponse
from fastapi.staticfiles import StaticFiles
from fastapi_offline import FastAPIOffline
from starlette.exceptions import HTTPException
from starlette.middleware.trustedhost import TrustedHostMiddleware

PAGE = Path(__file__).parent / "page"
SAFE = "default-src 'self'; img-src 'self' data:; frame-ancestors "
# Without a key, other names are refused: a site can let its own name lead to 127.0.0.1
# (DNS rebinding). The last one is Colab's, which shows the page in a frame.
LOCAL = ["127.0.0.1", "localhost", "*.googleusercontent.com"]
TEXT = models.Transformer, models.Recurrent, models.Chat
FAILED = "The model failed: see the log of the server."
MAX_FEEDBACK = 10e6  # bytes that the file of feedback may reach


def create_app(names=None, api_key=None, num_waiting=32, frame_ancestors="'none'"):
    """The application, for `running` or any ASGI server.

    names: models or aliases (monitoring.go_live) to serve, all that are there by
    default; api_key: what clients must then send; num_waiting: rows that may wait for a
    model beyond those that it works on; others are refused (429); frame_ancestors: the
    sites that may show the page within theirs. Raises CourseError for unknown names.
    """
    found = dict.fromkeys(monitoring.live()) | models.find()
    if unknown := sorted(set(names or []) - set(found)):
        choice = f"choose from {', '.join(found)}"
        raise CourseError(f"{unknown[0][:40]!r} cannot be served: {choice:.200}.")
    engines, metrics = {}, watch.Metrics()

    def start(name, kind):
        if kind and name not in engines:
            engines[name] = Engine(name, kind, num_waiting)
            metrics.watch(name, engines[name])

    for name in names or found:
        start(name, found[name])

    def version(name):
        """What answers for a name: where it is an alias, the model that is live now."""
        versions = monitoring.live()
        if name not in versions or name not in (names or versions):
            return name
        if versions[name] not in engines:  # saved since the server was started
            start(versions[name], models.find().get(versions[name]))
        return versions[name]

    @asynccontextmanager
    async def lifespan(app):
        yield
        for engine in engines.values():
            engine.close()

    app = FastAPIOffline(title="Models", lifespan=lifespan, redoc_url=None)
    hosts = ["*"] if api_key else LOCAL
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=hosts, www_redirect=False)
    app.add_middleware(watch.Watch, metrics=metrics)
    for kind in [HTTPException, RequestValidationError, CourseError, Exception]:
        app.add_exception_handler(kind, explain)

    def check_key(request: Request):
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        if api_key and not hmac.compare_digest(
            given.encode("latin-1"), api_key.encode()
        ):
            raise refused(
                401, "Send the API key of this server.", None, "invalid_api_key"
            )

    errors = {status: {"model": schemas.Error} for status in ("4XX", "5XX")}
    api = dict(responses=errors, dependencies=[fastapi.Depends(check_key)])

    async def choose(name, *kinds):
        """The engine of a model, or of the first one of these kinds, loaded."""
        try:
            name = await asyncio.to_thread(version, name)
        except CourseError as error:  # live.json was damaged
            raise refused(503, str(error), "model", "model_not_loaded") from error
        known = [each for each in [*engines] if engines[each].kind in kinds]
        if not known or name not in [None, *known]:
            message = f"No such model here: choose from {', '.join(known)}."
            raise refused(404, message, "model", "model_not_found")
        try:
            await engines[name or known[0]].load()
        except CourseError as error:  # SmolLM2 without a network, for example
            raise refused(503, str(error), "model", "model_not_loaded") from error
        return engines[name or known[0]]

    @app.get("/", include_in_schema=False)
    def page():
        headers = {"Content-Security-Policy": SAFE + frame_ancestors}
        return FileResponse(PAGE / "index.html", headers=headers)

    app.mount("/page", StaticFiles(directory=PAGE))

    @app.get("/health")
    async def health() -> dict:
        return {"status": "ok"}

    @app.get("/metrics", **api)
    async def show_metrics():
        return Response(metrics.text(), media_type=watch.MEDIA_TYPE)

    @app.get("/v1/models", **api)
    def list_models() -> dict:
        entries = {name: engines[name].describe() for name in [*engines]}
        for alias in monitoring.live():
            if (name := version(alias)) in engines:
                entries[alias] = engines[name].describe() | {"id": alias}
        return {"object": "list", "data": [*entries.values()]}

    @app.post("/v1/completions", **api)
    async def completions(body: schemas.Completion, request: Request):
        return await write(request, await choose(body.model, *TEXT), body, metrics)

    @app.post("/v1/chat/completions", **api)
    async def chat_completions(body: schemas.ChatCompletion, request: Request):
        return await write(
            request, await choose(body.model, models.Chat), body, metrics
        )

    @app.post("/v1/images/generations", **api)
    async def images(body: schemas.Pictures, request: Request):
        return await draw(request, await choose(body.model, models.Image), body)

    @app.post("/feedback", **api)
    def feedback(body: schemas.Feedback) -> dict:
        name = version(body.model)
        if name not in engines:
            raise refused(404, "There is no such model.", "model", "model_not_found")
        path = artifacts.root() / "feedback.jsonl"
        if path.exists() and path.stat().st_size > MAX_FEEDBACK:
            raise refused(429, "The file of feedback is full.")
        path.parent.mkdir(parents=True, exist_ok=True)
        entry = {"time": round(time.time())} | body.model_dump(exclude_none=True)
        entry["model"] = name
        with open(path, "a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")
        return {"stored": True}

    return app


def refused(status, message, param=None, code=None):
    """An error that `explain` answers in OpenAI's form."""
    headers = {429: {"Retry-After": "1"}, 401: {"WWW-Authenticate": "Bearer"}}
    error = HTTPException(status, message, headers.get(status))
    error.param, error.code = param, code
    return error


async def explain(request, error):
    """An answer in OpenAI's form, without a copy of what was sent."""
    if isinstance(error, RequestValidationError):
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"][1:]))[:60] or None
        place = place and place.encode(errors="replace").decode()
        error = refused(400, f"{place or 'The body'}: {first['msg']}", place)
    if isinstance(error, CourseError):  # live.json was damaged
        error = refused(503, str(error), None, "model_not_loaded")
    status = getattr(error, "status_code", 500)
    kind = "invalid_request_error" if status < 500 else "server_error"
    kind = {401: "authentication_error", 429: "rate_limit_error"}.get(status, kind)
    told = {"message": getattr(error, "detail", "The server failed: see its log.")}
    told |= {"type": kind, "param": getattr(error, "param", None)}
    told |= {"code": getattr(error, "code", None)}
    return JSONResponse({"error": told}, status, getattr(error, "headers", None))


class Stream(StreamingResponse):
    """Ends its rows when it ends, also when the client leaves."""

    def __init__(self, rows, lines):
        # Proxies shall pass on each event at once.
        headers = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
        super().__init__(lines, 200, headers, "text/event-stream")
        self.rows = rows

    async def __call__(self, *connection):
        try:
            await super().__call__(*connection)
        finally:
            for row in self.rows:
                row.end("cancelled")


def waker():
    """An event, and a function by which another thread sets it."""
    changed = asyncio.Event()
    set_soon = asyncio.get_running_loop().call_soon_threadsafe
    return changed, functools.partial(set_soon, changed.set)


def submit(engine, rows):
    if len(rows) > engine.limit:
        message = f"{engine.name} takes at most {engine.limit} at once: ask for fewer."
        raise refused(400, message, "n")
    if not engine.submit(rows):
        message = f"{engine.name} is busy: try again in a moment."
        raise refused(429, message, None, "rate_limit_exceeded")


async def finish(request, rows, changed):
    """Wait for rows; they are ended if the client leaves."""
    while not all(row.finish for row in rows):
        with suppress(TimeoutError):
            await asyncio.wait_for(changed.wait(), 0.25)
        changed.clear()
        if await request.is_disconnected():
            for row in rows:
                row.end("cancelled")
    if any(row.finish == "error" for row in rows):
        raise refused(500, FAILED)


async def write(request, engine, body, metrics):
    """Continue the prompts of a completion or a chat, each body.n times."""
    model, (changed, notify) = engine.model, waker()
    prompts = body.prompts(model)
    encoded = await asyncio.to_thread(lambda: [model.encode(text) for text in prompts])
    if max(map(len, encoded)) >= model.context:
        message = f"{engine.name} reads at most {model.context - 1} tokens."
        raise refused(400, message, "prompt", "context_length_exceeded")
    copies = enumerate(ids for ids in encoded for _ in range(body.n))
    rows = [TextRow(notify, model, ids, index, body) for index, ids in copies]
    submit(engine, rows)
    prefix, *kinds = body.kind
    head = {"id": f"{prefix}-{uuid.uuid4().hex}", "object": kinds[body.stream]}
    head |= {"created": int(time.time()), "model": engine.name}

    def choice(row, finish, text, logprobs):
        choice = {"index": row.index, "finish_reason": finish}
        return choice | body.choice(text, logprobs)

    def usage():
        num_read, num_new = sum(map(len, encoded)), sum(len(row.new) for row in rows)
        unknown = getattr(model, "unknown", None)
        num_unknown = sum(ids.count(unknown) for ids in encoded)
        metrics.count_tokens(engine.name, num_read, num_new, num_unknown)
        usage = {"prompt_tokens": num_read, "completion_tokens": num_new}
        return usage | {"total_tokens": num_read + num_new}

    async def events():
        alive = rows
        while alive:
            await changed.wait()
            changed.clear()
            for row, (finish, text, *logprobs) in [(row, row.news()) for row in alive]:
                if finish == "error":
                    yield {"error": {"message": FAILED, "type": "server_error"}}
                    return
                if finish:
                    alive = [other for other in alive if other is not row]
                if text or finish:
                    yield head | {"choices": [choice(row, finish, text, *logprobs)]}
            await asyncio.sleep(0.03)  # several tokens in one event are cheaper
        counts = usage()
        if body.stream_options and body.stream_options.include_usage:
            yield head | {"choices": [], "usage": counts}

    async def lines():
        async for event in events():
            yield f"data: {json.dumps(event)}\n\n"
        yield "data: [DONE]\n\n"

    if body.stream:
        return Stream(rows, lines())
    await finish(request, rows, changed)
    choices = [choice(row, *row.news()) for row in rows]
    return head | {"choices": choices, "usage": usage()}


async def draw(request, engine, body):
    """Pictures from random latents, or from those of the request."""
    names = [name.casefold() for name in engine.classes]
    wanted, num_classes = body.prompt.casefold().strip(), len(names)
    if wanted not in ["random", *names]:
        message = f"The prompt must be one of: {', '.join(['random', *names])}."
        raise refused(400, message, "prompt", "unknown_class")
    random = np.random.default_rng(None if body.seed is None else body.seed % 2**64)
    shape = body.n, engine.latent_dim
    latents = body.latents or random.standard_normal(shape).tolist()
    if {*map(len, latents)} != {engine.latent_dim}:
        message = f"{engine.name} needs {engine.latent_dim} numbers for each picture."
        raise refused(400, message, "latents")
    labels = random.integers(num_classes or 1, size=len(latents)).tolist()
    if wanted in names:
        labels = [names.index(wanted)] * len(latents)
    changed, notify = waker()
    rows = [ImageRow(notify, *pair) for pair in zip(latents, labels, strict=True)]
    submit(engine, rows)
    await finish(request, rows, changed)
    made = await asyncio.to_thread(lambda: [encode(r.picture, body.size) for r in rows])
    pairs = zip(made, latents, strict=True)
    data = [{"b64_json": text, "latent": latent} for text, latent in pairs]
    for entry, label in zip(data, labels, strict=True):
        entry["class"] = engine.classes[label] if num_classes else None
    return {"created": int(time.time()), "data": data}


def encode(picture, size):
    """uint8 (height, width, channels) as PNG in base64, enlarged without smoothing."""
    image, file = PIL.Image.fromarray(picture.squeeze()), io.BytesIO()
    if size != "auto":
        image = image.resize([*map(int, size.split("x"))], PIL.Image.Resampling.NEAREST)
    image.save(file, "png")
    return base64.b64encode(file.getvalue()).decode()
