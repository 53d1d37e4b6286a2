"""A model server for chains: it answers what it was asked, line by line, with its own MARK behind it."""

from __future__ import annotations

import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class Model(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Ping, and the execution parameters that TELLS has."""
        told = os.environ.get("TELLS", "{}") if "parameters" in self.path else ""
        self.answer(200, told, "application/json")

    def do_POST(self) -> None:
        """The lines with the mark; words in them make trouble or let it tell of itself."""
        mark = os.environ["MARK"]
        text = self.rfile.read(int(self.headers["Content-Length"])).decode()
        if f"die {mark}" in text:
            os._exit(9)
        if f"refuse {mark}" in text:
            return self.answer(400, f"{mark} does not want this", "text/plain")
        if "tell" in text:
            text += json.dumps(
                {
                    "model": Path("/opt/ml/model/name.txt").read_text(),
                    "content": self.headers["Content-Type"],
                    "accept": self.headers["Accept"],
                    "attributes": self.headers["X-Amzn-SageMaker-Custom-Attributes"],
                    "batch": os.environ.get("SAGEMAKER_BATCH"),
                    "own": os.environ.get("OWN"),
                }
            )
        return self.answer(200, "".join(f"{line}>{mark}\n" for line in text.splitlines()), f"text/{mark}")

    def answer(self, status: int, text: str, kind: str) -> None:
        """Sends it."""
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: object) -> None:
        """Says nothing."""


if __name__ == "__main__":
    print(f"{os.environ['MARK']} serves", flush=True)
    if "FAILS" in os.environ:
        raise SystemExit("no weights found")
    port = int(os.environ["SAGEMAKER_BIND_TO_PORT"])
    ThreadingHTTPServer(("127.0.0.1", port), Model).serve_forever()
