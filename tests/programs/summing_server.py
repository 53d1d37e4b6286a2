"""A model server for batches: of each CSV row the sum, of each JSON line the sum of its ``x``."""

from __future__ import annotations

import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Model(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Ping, and what a batch should be like."""
        told = {"MaxConcurrentTransforms": 2, "BatchStrategy": "MULTI_RECORD", "MaxPayloadInMB": 6}
        self.answer(200, json.dumps(told) if "parameters" in self.path else "")

    def do_POST(self) -> None:
        """The predictions, a line each; the first line's batch size too when MARK asks for it."""
        text = self.rfile.read(int(self.headers["Content-Length"])).decode()
        lines = [line for line in text.splitlines() if line.strip()]
        if any("bad" in line for line in lines):
            self.answer(400, "a row is bad")
        elif os.environ.get("MARK") == "sizes":
            self.answer(200, "".join(f"{len(lines)}\n" for _ in lines))
        elif self.headers["Content-Type"] == "text/csv":
            self.answer(200, "".join(f"{sum(map(float, line.split(',')))}\n" for line in lines))
        else:
            self.answer(
                200, "".join(json.dumps({"sum": sum(json.loads(line)["x"])}) + "\n" for line in lines)
            )

    def answer(self, status: int, text: str) -> None:
        """Sends it."""
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: object) -> None:
        """Says nothing."""


if __name__ == "__main__":
    port = int(os.environ.get("SAGEMAKER_BIND_TO_PORT", "8080"))
    ThreadingHTTPServer(("127.0.0.1", port), Model).serve_forever()
