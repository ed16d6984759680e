"""Counts and times each request, writes a line of log, refuses bodies too large."""

import asyncio
import logging
import time

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, exposition
from starlette.exceptions import HTTPException

MAX_BODY = 256 * 1024
MEDIA_TYPE = exposition.CONTENT_TYPE_LATEST
log = logging.getLogger("course_utils.serving")


class Metrics:
    """No label holds anything that a client sent: routes and models are ours."""

    def __init__(self):
        self.registry = CollectorRegistry()
        kept = dict(registry=self.registry)
        self.requests = Counter("requests", "Answered", ["route", "status"], **kept)
        self.seconds = Histogram("request_seconds", "To the end", ["route"], **kept)
        self.tokens = Counter("tokens", "Read or written", ["model", "kind"], **kept)
        self.rows = Gauge("rows", "At work or waiting", ["model"], **kept)

    def watch(self, name, engine):
        self.rows.labels(name).set_function(lambda: len(engine.rows()))

    def count_tokens(self, name, num_read, num_new, num_unknown):
        counts = {"read": num_read, "written": num_new, "unknown": num_unknown}
        for kind, count in counts.items():  # the unknown ones were read, too
            self.tokens.labels(name, kind).inc(count)

    def text(self):
        return exposition.generate_latest(self.registry)


class Watch:
    """ASGI middleware."""

    def __init__(self, app, metrics):
        self.app, self.metrics = app, metrics

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        begin, status, size = time.perf_counter(), 500, 0

        async def limited():
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > MAX_BODY:
                raise HTTPException(413, f"A body has at most {MAX_BODY} bytes.")
            return message

        async def noted(message):
            nonlocal status
            status = message.get("status", status)
            await send(message)

        try:
            await self.app(scope, limited, noted)
        except asyncio.CancelledError:
            log.info("cut off, as the server stops")
        finally:
            route = getattr(scope.get("route"), "path", "other")
            seconds = time.perf_counter() - begin
            self.metrics.requests.labels(route, status).inc()
            self.metrics.seconds.labels(route).observe(seconds)
            log.info("%s %d %.3f s", route, status, seconds)
