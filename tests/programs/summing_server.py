"""A model server for batches: of each CSV row the sum, of each JSON line the sum of its ``x``.

Words in the rows make it misbehave; MARK in its environment makes it tell of itself instead.
"""

from __future__ import annotations

import json
import os
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SEEN: set[str] = set()
"""The rows that asked for trouble once."""


class Model(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Ping, and what a batch should be like."""
        told = {"MaxConcurrentTransforms": 2, "BatchStrategy": "MULTI_RECORD", "MaxPayloadInMB": 6}
        told |= json.loads(os.environ.get("TELLS", "{}"))
        self.answer(200, json.dumps(told) if "parameters" in self.path else "")

    def do_POST(self) -> None:
        """The predictions, a line each."""
        text = self.body().decode()
        lines = [line for line in text.splitlines() if line.strip()]
        if "die" in text:
            os._exit(9)
        if "wait" in text:
            print("a row waits", flush=True)
            time.sleep(float(os.environ.get("WAIT", "0.3")))
        self.answer(*self.reply(text, lines))

    def reply(self, text: str, lines: list[str]) -> tuple[int, str]:
        """Status and body."""
        mark = os.environ.get("MARK")
        if "bad" in text:
            return 400, "a row is bad"
        if "once" in text and text not in SEEN:
            SEEN.add(text)
            return 503, "not now"
        if mark == "sizes":
            return 200, "".join(f"{len(lines)}\n" for _ in lines)
        if mark == "request":
            return 200, json.dumps({"body": text, **self.told()})
        return 200, "".join(f"{self.predict(line)}\n" for line in lines)

    def predict(self, line: str) -> str:
        """A row's sum; of words, the words."""
        if self.headers["Content-Type"] != "text/csv":
            return json.dumps({"sum": sum(json.loads(line)["x"])})
        try:
            return str(sum(map(float, line.split(","))))
        except ValueError:
            return line

    def told(self) -> dict[str, object]:
        """What came with a request, and where it came to."""
        wanted = ("Content-Type", "Accept", "Transfer-Encoding")
        given = {name: self.headers[name] for name in wanted if name in self.headers}
        batch = {name: value for name, value in os.environ.items() if name.startswith("SAGEMAKER_")}
        return {"headers": given, "environment": {**batch, "A": os.environ.get("A")}}

    def body(self) -> bytes:
        """The whole of it, whatever way it comes."""
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers["Content-Length"]))
        pieces = []
        while size := int(self.rfile.readline(), 16):
            pieces.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(pieces)

    def answer(self, status: int, text: str) -> None:
        """Sends it."""
        self.send_response(status)
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: object) -> None:
        """Says nothing."""


if __name__ == "__main__":
    port = int(os.environ.get("PORT") or os.environ["SAGEMAKER_BIND_TO_PORT"])
    ThreadingHTTPServer(("127.0.0.1", port), Model).serve_forever()
