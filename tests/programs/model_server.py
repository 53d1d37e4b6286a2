"""A model server in a few lines, for tests: what it does is in the environment and in what it is asked."""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

MODEL = Path("/opt/ml/model")
NEXT = threading.Semaphore(0)
"""What a stream waits for at a piece ``?``."""


class Handler(BaseHTTPRequestHandler):
    """Answers ``/ping`` and ``/invocations``."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_words: object) -> None:
        """Nothing for each request."""

    def do_GET(self) -> None:
        self.reply(200 if os.environ.get("HEALTHY", "yes") == "yes" else 503, b"")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        word, _, rest = body.decode("latin-1").partition(" ")
        getattr(self, f"do_{word}", self.tell)(rest)

    def tell(self, _rest: str) -> None:
        """What is here, and what was asked."""
        files = {str(path.relative_to(MODEL)): path.read_text() for path in MODEL.glob("**/*.txt")}
        said = {
            "mark": os.environ.get("MARK"),
            "pid": os.getpid(),
            "headers": {name.lower(): value for name, value in self.headers.items()},
            "files": files,
            "environment": dict(os.environ),
        }
        self.reply(200, json.dumps(said).encode(), "application/json")

    def do_echo(self, rest: str) -> None:
        self.reply(200, rest.encode("latin-1"), self.headers.get("Content-Type", "text/plain"))

    def do_status(self, rest: str) -> None:
        status, _, text = rest.partition(" ")
        self.reply(int(status), text.encode(), "text/plain")

    def do_attributes(self, rest: str) -> None:
        self.reply(200, b"", "text/plain", {"X-Amzn-SageMaker-Custom-Attributes": rest})

    def do_die(self, _rest: str) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def do_wait(self, rest: str) -> None:
        time.sleep(float(rest))
        self.reply(200, b"waited")

    def do_next(self, _rest: str) -> None:
        NEXT.release()
        self.reply(200, b"")

    def do_stream(self, rest: str) -> None:
        """Pieces in chunks; ``?`` waits for a ``next``, ``!`` ends the connection in the middle."""
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for piece in rest.split(","):
            if piece == "?":
                NEXT.acquire()
                continue
            if piece == "!":
                self.close_connection = True
                self.connection.close()
                return
            self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece.encode()))
            self.wfile.flush()
            time.sleep(0.2)
        self.wfile.write(b"0\r\n\r\n")

    def reply(
        self,
        status: int,
        body: bytes,
        content_type: str = "text/plain",
        headers: dict[str, str] | None = None,
    ) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": content_type, **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def wait_at(gate: int) -> None:
    """Waits as long as somebody listens at a port of this machine."""
    try:
        with socket.create_connection(("127.0.0.1", gate)) as connection:
            connection.recv(1)
    except OSError:
        return


print(f"the model server {os.environ.get('MARK')} starts with {sys.argv[1:]}", flush=True)
if os.environ.get("FAILS"):
    print("no weights found", flush=True)
    sys.exit(3)
time.sleep(float(os.environ.get("SLOW", "0")))
if "GATE" in os.environ:
    wait_at(int(os.environ["GATE"]))
ThreadingHTTPServer(
    ("127.0.0.1", int(os.environ.get("PORT") or os.environ["SAGEMAKER_BIND_TO_PORT"])), Handler
).serve_forever()
