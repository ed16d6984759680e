"""Runs the application, on the next free port, and drops sockets that only wait."""

import argparse
import contextlib
import logging
import os
import socket
import sys
import threading
import time

from course_utils import CourseError
from course_utils.serving import app as application

import uvicorn
from uvicorn.protocols.http import h11_impl

PATIENCE = 10  # seconds that a request may take to arrive


class Protocol(h11_impl.H11Protocol):
    """Closes connections on which no whole request arrives in time."""

    timer = None

    def connection_made(self, transport):
        super().connection_made(transport)
        self.watch()

    def data_received(self, data):
        super().data_received(data)
        self.watch()

    def on_response_complete(self):
        super().on_response_complete()
        self.watch()

    def connection_lost(self, error):
        super().connection_lost(error)
        if self.timer:
            self.timer.cancel()

    def watch(self):
        cycle = self.cycle
        working = cycle and not cycle.response_complete and not cycle.more_body
        if working and self.timer:
            self.timer.cancel()
            self.timer = None
        elif not working and not self.timer:
            self.timer = self.loop.call_later(PATIENCE, self.transport.abort)


def listen(host, port):
    """A socket that listens on the first free port from `port` on."""
    reason = "ports go from 0 to 65535"
    for each in range(port, min(port + 50, 2**16) if port >= 0 else port):
        try:
            opened = socket.create_server((host, each), backlog=512)
        except OSError as error:
            reason = error.strerror
            continue
        # An answer goes in two parts; the second must not wait for word of the first.
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return opened
    raise CourseError(f"Cannot listen on {host[:40]} from port {port} on: {reason}.")


def _server(app):
    settings = dict(http=Protocol, ws="none", log_level="warning", access_log=False)
    # Clients keep connections for 5 seconds: the side that waits less must be theirs.
    settings |= dict(timeout_keep_alive=PATIENCE, timeout_graceful_shutdown=2)
    return uvicorn.Server(uvicorn.Config(app, lifespan="on", **settings))


def _attach(server):
    """End the server when standard input ends, as it does with whoever holds it."""
    sys.stdin.read()
    server.should_exit = True


def main(arguments=None):
    """`python -m course_utils.serving`: print the address, and serve until Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m course_utils.serving")
    parser.add_argument(
        "models", nargs="*", help="names; all that are found by default"
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000, help="or the next free one")
    parser.add_argument(
        "--attached", action="store_true", help="end when standard input does"
    )
    sites = dict(default="'none'", help="sites that may show the page within theirs")
    parser.add_argument("--frame-ancestors", **sites)
    options, key = parser.parse_args(arguments), os.environ.get("COURSE_API_KEY")
    if options.host not in ("127.0.0.1", "localhost") and not key:
        parser.error("others can reach that host: set COURSE_API_KEY to a secret first")
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    try:
        frames = dict(frame_ancestors=options.frame_ancestors)
        app = application.create_app(options.models or None, key, **frames)
        with listen(options.host, options.port) as opened:
            print(f"http://{options.host}:{opened.getsockname()[1]}", flush=True)
            server = _server(app)
            if options.attached:
                threading.Thread(target=_attach, args=(server,), daemon=True).start()
            with contextlib.suppress(KeyboardInterrupt):
                server.run(sockets=[opened])
    except CourseError as error:
        parser.error(str(error))


@contextlib.contextmanager
def running(app, port=8000):
    """Serve from a thread of this process while the block runs; gives the address."""
    server = _server(app)
    with listen("127.0.0.1", port) as opened:
        thread = threading.Thread(target=server.run, args=([opened],), daemon=True)
        thread.start()
        while thread.is_alive() and not server.started:
            time.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{opened.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(10)
