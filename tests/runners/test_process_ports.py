"""A model process is healthy when it answers at its port by itself, as root and as an ordinary user."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from oficina.engine.hosting.instance import Instance
from oficina.engine.hosting.kinds import HostingFailed
from oficina.runners.process import Spec
from tests.runners.conftest import PATH, PYTHON
from tests.waiting import PATIENCE

SERVER = (
    "import sys\n"
    "from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer\n"
    "class Ping(BaseHTTPRequestHandler):\n"
    "    def do_GET(self):\n"
    "        self.send_response(200)\n"
    "        self.end_headers()\n"
    "ThreadingHTTPServer(('127.0.0.1', int(sys.argv[1])), Ping).serve_forever()\n"
)


class Ping(BaseHTTPRequestHandler):
    """Answers whatever is asked with 200."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture
def instance(home: Path) -> Iterator[Instance]:
    """A model process that is not started yet."""
    one = Instance("one", home / "endpoints" / "one", 30)
    yield one
    one.close(kill=True)


def spec(home: Path, *command: str) -> Spec:
    """What a model process is."""
    env = {"PATH": PATH}
    return Spec(name="m", arn="m", command=list(command), home=str(home), env=env, readonly=[sys.base_prefix])


@contextmanager
def somebody_else(port: list[int]) -> Iterator[None]:
    """Another process's server at a port."""
    with ThreadingHTTPServer(("127.0.0.1", port[0]), Ping) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield
        server.shutdown()


def test_a_process_that_answers_is_healthy(home: Path, instance: Instance) -> None:
    instance.start(lambda port: spec(home, PYTHON, "-c", SERVER, str(port)))

    instance.await_health(time.monotonic() + PATIENCE, lambda: False)

    assert instance.up


def test_who_took_the_port_of_a_process_does_not_answer_for_it(home: Path, instance: Instance) -> None:
    port: list[int] = []

    def make(number: int) -> Spec:
        port.append(number)
        return spec(home, "/bin/sh", "-c", "sleep 1000")

    instance.start(make)

    with somebody_else(port), pytest.raises(HostingFailed, match="did not answer"):
        instance.await_health(time.monotonic() + 0.5, lambda: False)

    assert not instance.up
