"""A package index on this machine, and other places that fail as those elsewhere do now and then."""

from __future__ import annotations

import contextlib
import hashlib
import http.server
import io
import threading
import zipfile
from collections.abc import Iterator, Mapping, Sequence

WHEEL = "small-1.0-py3-none-any.whl"
Bodies = Mapping[str, tuple[str, bytes]]
"""Kind and content by path."""


def _wheel() -> bytes:
    """The package ``small``, which says ``small.here``."""
    files = {
        "small.py": "here = True\n" + "#\n" * 100_000,
        "small-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: small\nVersion: 1.0\n",
        "small-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "small-1.0.dist-info/RECORD"
    files[record] = "".join(f"{name},,\n" for name in (*files, record))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as wheel:
        for name, text in files.items():
            wheel.writestr(name, text)
    return packed.getvalue()


class _Handler(http.server.BaseHTTPRequestHandler):
    """Answers each address with the failures first, one after the other."""

    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        """A page of the index, or the package."""
        kind, body = self.server.bodies.get(self.path, ("", b""))
        failures = self.server.left.setdefault(self.path, list(self.server.failures))
        failure = failures.pop(0) if kind and failures else ""
        if failure == "closed":
            self.close_connection = True
            return
        self.send_response(int(failure) if failure.isdigit() else 200 if kind else 404)
        self.send_header("Content-Type", kind or "text/plain")
        self.send_header("Content-Length", "0" if failure.isdigit() else str(len(body)))
        self.end_headers()
        if failure == "half":
            body, self.close_connection = body[: len(body) // 2], True
        if not failure.isdigit():
            self.wfile.write(body)

    def do_HEAD(self) -> None:
        """How long the package is."""
        kind, body = self.server.bodies.get(self.path, ("", b""))
        self.send_response(200 if kind else 404)
        self.send_header("Content-Type", kind or "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, bodies: Bodies, failures: Sequence[str]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.bodies = bodies
        self.failures = failures
        self.left: dict[str, list[str]] = {}


@contextlib.contextmanager
def index(*failures: str) -> Iterator[str]:
    """The address of an index with the package ``small``, version 1.0; it fails as told."""
    wheel = _wheel()
    link = f'<a href="/{WHEEL}#sha256={hashlib.sha256(wheel).hexdigest()}">{WHEEL}</a>'
    bodies = {"/simple/small/": ("text/html", link.encode()), f"/{WHEEL}": ("application/zip", wheel)}
    with serving(bodies, *failures) as address:
        yield f"{address}/simple"


@contextlib.contextmanager
def serving(bodies: Bodies, *failures: str) -> Iterator[str]:
    """The address of a server with contents by path.

    Each of them fails as told before it comes whole: by a status, by an answer that is ``closed`` before it
    has begun, or by one that ends ``half`` way.
    """
    server = _Server(bodies, failures)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
