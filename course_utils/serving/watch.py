"""Counts and times each request, writes a line of log, refuses bodies too large."""

import logging
import time

import prometheus_client as prometheus
from prometheus_client import exposition
from starlette.exceptions import HTTPException

MAX_BODY = 256 * 1024
MEDIA_TYPE = exposition.CONTENT_TYPE_LATEST
log = logging.getLogger("course_utils.serving")


class Metrics:
    """No label holds anything that a client sent: routes and models are ours."""

    def __init__(self, served):
        self.registry = registry = prometheus.CollectorRegistry()
        labels = ["route", "status"]
        self.requests = prometheus.Counter(
            "requests", "Requests", labels, registry=registry
        )
        self.seconds = prometheus.Histogram(
            "request_seconds", "Until the last byte", ["route"], registry=registry
        )
        rows = prometheus.Gauge(
            "rows", "In work or waiting", ["model"], registry=registry
        )
        tokens = ["model", "kind"]
        self.tokens = prometheus.Counter("tokens", "Tokens", tokens, registry=registry)
        for name, each in served.items():
            rows.labels(name).set_function(each.count)

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
        finally:
            route = getattr(scope.get("route"), "path", "other")
            seconds = time.perf_counter() - begin
            self.metrics.requests.labels(route, status).inc()
            self.metrics.seconds.labels(route).observe(seconds)
            log.info("%s %d %.3f s", route, status, seconds)
