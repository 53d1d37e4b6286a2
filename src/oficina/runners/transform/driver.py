"""The program of a batch transform job: ``python driver.py SETTINGS``; starts the model server beside it.

Reads the files below ``input``, sends their records, and writes ``<name>.out`` below ``output``.
"""

from __future__ import annotations

import gzip
import json
import os
import signal
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

if __package__ in (None, ""):
    sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    __package__ = "transform"
    __import__("transform")

from .jsonpath import BadPath
from .records import BadRecord, Shaper, split
from .server import ModelFailed, ModelServer

MEGABYTE = 1024 * 1024
FAILURE = Path("/opt/ml/output/failure")


class Transform:
    """One job on one host."""

    def __init__(self, settings: dict[str, Any], server: ModelServer) -> None:
        told = server.parameters() if settings["ask_parameters"] else {}
        self.settings = settings
        self.server = server
        self.shaper = Shaper(settings)
        self.strategy = settings["strategy"] or told.get("BatchStrategy") or "MULTI_RECORD"
        self.limit = int((settings["max_payload"] or told.get("MaxPayloadInMB") or 6) * MEGABYTE)
        self.workers = int(settings["concurrency"] or told.get("MaxConcurrentTransforms") or 1)
        self.headers = {"Content-Type": settings["content_type"], "Accept": settings["accept"]}

    def run(self) -> int:
        """Transforms every file; how many there were."""
        source, target = Path(self.settings["input"]), Path(self.settings["output"])
        files = sorted(path for path in source.rglob("*") if path.is_file())
        for path in files:
            name = path.relative_to(source).as_posix()
            out = target / (name + ".out")
            out.parent.mkdir(parents=True, exist_ok=True)
            self._file(name, path, out)
        return len(files)

    def _file(self, name: str, path: Path, out: Path) -> None:
        data = path.read_bytes()
        if self.settings["compression"] == "Gzip":
            data = gzip.decompress(data)
        try:
            records = split(data, self.settings["split"])
        except BadRecord as error:
            raise ModelFailed(f"{name}: {error}") from error
        batches = list(self._batches(name, records))
        newline = b"\n" if self.settings["assemble"] == "Line" else b""
        draft = out.with_name(out.name + ".part")
        with ThreadPoolExecutor(self.workers) as pool, draft.open("wb") as file:
            for answer in pool.map(lambda batch: self._answer(name, *batch), batches):
                file.write(answer)
                if newline and answer and not answer.endswith(b"\n"):
                    file.write(newline)
        draft.rename(out)

    def _batches(self, name: str, records: list[bytes]) -> Iterator[tuple[int, list[bytes], bytes]]:
        """The number of the first record, the records, and what the model is sent of them."""
        several = self.strategy.upper().replace("_", "") == "MULTIRECORD" and self.settings["split"] != "None"
        separator = b"\n" if self.settings["split"] == "Line" else b""
        first, size = 0, 0
        held: list[bytes] = []
        body: list[bytes] = []
        for number, record in enumerate(records):
            wanted = self._request(name, number, record)
            if len(wanted) > self.limit:
                raise ModelFailed(
                    f"{name}: record {number + 1} has {len(wanted)} bytes, more than MaxPayloadInMB allows."
                )
            if held and (not several or size + len(wanted) + len(separator) > self.limit):
                yield first, held, separator.join(body) + separator
                first, held, body, size = number, [], [], 0
            held.append(record)
            body.append(wanted)
            size += len(wanted) + len(separator)
        if held:
            yield first, held, separator.join(body) + separator

    def _request(self, name: str, number: int, record: bytes) -> bytes:
        try:
            return self.shaper.request(record)
        except BadRecord as error:
            raise ModelFailed(f"{name}: record {number + 1}: {error}") from error

    def _answer(self, name: str, first: int, records: list[bytes], body: bytes) -> bytes:
        try:
            answer = self.server.invoke(
                body, self.headers, self.settings["timeout_seconds"], self.settings["retries"]
            )
        except ModelFailed as failure:
            last = first + len(records)
            which = f"record {last}" if len(records) == 1 else f"records {first + 1} to {last}"
            raise ModelFailed(f"{name}: {which}: {failure}") from failure
        if not self.shaper.per_record:
            return answer
        lines = [line for line in answer.splitlines() if line.strip()]
        predictions = [answer] if len(records) == 1 else lines
        if len(predictions) != len(records):
            raise ModelFailed(
                f"{name}: the model gave {len(predictions)} predictions for {len(records)} records, which "
                "cannot be joined or filtered; use BatchStrategy SingleRecord."
            )
        return b"\n".join(self._kept(name, first, records, predictions)) + b"\n"

    def _kept(self, name: str, first: int, records: list[bytes], predictions: list[bytes]) -> Iterator[bytes]:
        for number, (record, prediction) in enumerate(zip(records, predictions)):  # noqa: B905  # Python 3.9
            try:
                yield self.shaper.answer(record, prediction)
            except BadRecord as error:
                raise ModelFailed(f"{name}: record {first + number + 1}: {error}") from error


def main(path: str) -> int:
    """Runs the job that the settings tell; the exit code."""
    settings = json.loads(Path(path).read_text())
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    server = ModelServer(settings["command"], settings["port"])
    try:
        server.wait()
        count = Transform(settings, server).run()
    except (ModelFailed, BadPath) as failure:
        print(f"transform: {failure}", flush=True)
        FAILURE.write_text(f"ClientError: {failure}")
        return 1
    finally:
        server.close()
    print(f"transform: {count} files transformed", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
