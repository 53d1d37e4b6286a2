"""What answers for a model of several containers: ``python relay.py SETTINGS``.

In Serial mode what one container answers is what the next is asked (developer guide, "Inference pipelines");
in Direct mode the caller names the container (developer guide, "Multi-container endpoints").
"""

from __future__ import annotations

import http.client
import json
import os
import socket
import sys
import threading
from collections.abc import Iterable
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

PING_SECONDS = 2.0
SECONDS = 3600.0
"""The longest answer; whoever asks has less patience."""
TARGET = "X-Amzn-SageMaker-Target-Container-Hostname"
WHO = "X-Oficina-Container"
"""The header that says which container refused a request."""
LOST = (OSError, http.client.HTTPException)


class Container:
    """One of the model's containers, on a port of this machine."""

    def __init__(self, name: str, port: int) -> None:
        self.name = name
        self.port = port
        self._local = threading.local()

    def get(self, path: str, seconds: float) -> tuple[int, bytes]:
        """Status and answer; status 0 when there is none."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=seconds)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read()
        except LOST:
            return 0, b""
        finally:
            connection.close()

    def ask(self, body: bytes, headers: dict[str, str]) -> tuple[int, bytes, http.client.HTTPMessage]:
        """Status, answer and its headers. Raises what is in LOST."""
        kept: http.client.HTTPConnection | None = getattr(self._local, "connection", None)
        if kept is not None:
            try:
                return self._ask(kept, body, headers)
            except LOST:
                pass  # perhaps only the idle connection was closed: once more on a new one
        fresh = http.client.HTTPConnection("127.0.0.1", self.port, timeout=SECONDS)
        self._local.connection = fresh
        return self._ask(fresh, body, headers)

    def _ask(
        self, connection: http.client.HTTPConnection, body: bytes, headers: dict[str, str]
    ) -> tuple[int, bytes, http.client.HTTPMessage]:
        try:
            connection.request("POST", "/invocations", body, headers)
            # A plain server sends the body only when its head is acknowledged, 40 ms later otherwise.
            connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
            answer = connection.getresponse()
            return answer.status, answer.read(), answer.headers
        except LOST:
            connection.close()
            self._local.connection = None
            raise


class Relay(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    containers: list[Container] = []  # noqa: RUF012  # set once, before there are requests
    direct = False

    def do_GET(self) -> None:
        """``/ping`` of all, and execution parameters that suit all."""
        if self.path == "/ping":
            healthy = all(each.get("/ping", PING_SECONDS)[0] == 200 for each in self.containers)
            self._answer(200 if healthy else 503)
        elif self.path == "/execution-parameters":
            told = suitable(each.get("/execution-parameters", 10.0) for each in self.containers)
            self._answer(200 if told else 404, json.dumps(told).encode() if told else b"")
        else:
            self._answer(404)

    def do_POST(self) -> None:
        """The chain, or the container that is named."""
        body, asked = self._body(), self.containers
        if self.direct:
            asked = [each for each in self.containers if each.name == self.headers.get(TARGET)]
        if not asked:
            names = ", ".join(each.name for each in self.containers)
            self._answer(400, f"{TARGET} must be one of {names}.".encode())
            return
        try:
            self._answer(*self._through(asked, body))
        except LOST:
            # As if the one that is asked had gone away, which it has.
            self.close_connection = True

    def _through(self, asked: list[Container], body: bytes) -> tuple[int, bytes, dict[str, str]]:
        """Status, body and headers of the last container, or of the first that refuses. Raises LOST's."""
        passed, kind = _amazons(self.headers), self.headers.get("Content-Type", "")
        for container in asked:
            headers = {**passed, "Content-Type": kind} if kind else dict(passed)
            if container is asked[-1] and "Accept" in self.headers:
                headers["Accept"] = self.headers["Accept"]
            status, body, told = container.ask(body, headers)
            kind = told.get("Content-Type", "")
            if status != 200:
                return status, body, {"Content-Type": kind, WHO: container.name}
            passed |= _amazons(told)
        return 200, body, {"Content-Type": kind, **_amazons(told)}

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        pieces = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            pieces.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(pieces)

    def _answer(self, status: int, body: bytes = b"", headers: dict[str, str] | None = None) -> None:
        self.send_response_only(status)
        for name, value in (headers or {}).items():
            if value:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing for each request."""


def _amazons(headers: Message) -> dict[str, str]:
    """The headers that go along: custom attributes, the caller's ids."""
    return {name: value for name, value in headers.items() if name.lower().startswith("x-amzn-")}


def suitable(told: Iterable[tuple[int, bytes]]) -> dict[str, Any]:
    """Execution parameters that no container finds too much; none when none has any."""
    found: dict[str, Any] = {}
    for status, text in told:
        try:
            one = json.loads(text) if status == 200 else {}
        except ValueError:
            continue
        for name in ("MaxConcurrentTransforms", "MaxPayloadInMB"):
            if name in one:
                found[name] = min(one[name], found.get(name, one[name]))
        if one.get("BatchStrategy") and found.get("BatchStrategy") != "SINGLE_RECORD":
            found["BatchStrategy"] = one["BatchStrategy"]
    return found


def main(path: str) -> int:
    """Answers until it is ended."""
    settings = json.loads(Path(path).read_text(encoding="utf-8"))
    Relay.containers = [Container(each["name"], each["port"]) for each in settings["containers"]]
    Relay.direct = settings["mode"] == "Direct"
    ThreadingHTTPServer.request_queue_size = 128
    ThreadingHTTPServer(("127.0.0.1", int(os.environ["SAGEMAKER_BIND_TO_PORT"])), Relay).serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
