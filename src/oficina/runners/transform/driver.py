"""The program of a batch transform job: ``python driver.py SETTINGS``; starts the model server beside it.

Reads the files below ``input``, sends their records, and writes what comes back below ``output``, in the
order of the records and only where a whole file went well. Files are numbered: their names are for people.
"""

from __future__ import annotations

import gzip
import json
import os
import signal
import sys
import time
import zlib
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

if __package__ in (None, ""):
    sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    __package__ = "transform"
    __import__("transform")

from .batches import Batch, Batcher
from .patience import PatientFile
from .records import BadRecord
from .server import ModelFailed, ModelServer, ServerGone
from .shaping import Shaper

FAILURE = Path("/opt/ml/output/failure")
UNREADABLE = (BadRecord, EOFError, zlib.error, OSError)
"""What reading an input raises that is not what its job says."""


class Output:
    """What comes of one input: a draft that gets its name when it is whole, or why there is none."""

    def __init__(self, name: str, path: Path) -> None:
        self.name = name
        self.path = path
        self.draft = path.with_suffix(".part")
        self.failure: str | None = None
        self._file: PatientFile | None = None

    def write(self, pieces: list[bytes]) -> None:
        """Appends to the draft. Raises OSError when it cannot be."""
        try:
            for piece in pieces:
                self.open().write(piece)
        except OSError as error:
            raise self.unwritable(error) from error

    def open(self) -> PatientFile:
        """The draft, opened."""
        if self._file is None:
            self._file = PatientFile(self.draft, "ab")
        return self._file

    def fail(self, sentence: str) -> None:
        """Gives it up; the first sentence counts."""
        if self.failure is None:
            self.failure = f"{self.name}: {sentence}"
            print(f"transform: {self.failure}", flush=True)

    def unwritable(self, error: OSError) -> OSError:
        """The same error in words that name the file as people do."""
        return OSError(f"{self.name}: its result cannot be written: {error.strerror}")

    def finish(self) -> None:
        """Ends it, whole or not at all. Raises OSError when it cannot be."""
        try:
            self.open().close()
        except OSError as error:
            raise self.unwritable(error) from error
        if self.failure is None:
            self.draft.rename(self.path)
        else:
            self.draft.unlink()


class Transform:
    """One job on one host."""

    def __init__(self, settings: dict[str, Any], server: ModelServer) -> None:
        told = server.parameters()
        self.settings = settings
        self.server = server
        self.shaper = Shaper(settings)
        self.batcher = Batcher(settings, told, self.shaper)
        self.workers = int(settings["concurrency"] or told.get("MaxConcurrentTransforms") or 1)
        self.line = settings["assemble"] == "Line"
        # What is to be taken apart into records must come in a form that has them.
        anything = settings["content_type"] if self.shaper.per_record else "*/*"
        self.headers = {
            "Content-Type": settings["content_type"],
            "Accept": settings["accept"] or anything,
        }
        self.failures: list[str] = []

    def run(self) -> int:
        """Transforms every file; how many there were. Raises ServerGone, OSError."""
        source, target = Path(self.settings["input"]), Path(self.settings["output"])
        waiting: deque[tuple[Output, Future[list[bytes]] | None]] = deque()
        pool = ThreadPoolExecutor(self.workers)
        try:
            for file in self.settings["files"]:
                output = Output(file["name"], target / f"{file['place']}.out")
                for batch in self._batches(output, source / file["place"]):
                    waiting.append((output, pool.submit(self._answer, output, batch)))
                    # A few requests ahead: the model never waits, and memory does not grow with the file.
                    while len(waiting) > 2 * self.workers:
                        self._take(*waiting.popleft())
                waiting.append((output, None))
            while waiting:
                self._take(*waiting.popleft())
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
        return len(self.settings["files"])

    def _batches(self, output: Output, path: Path) -> Iterator[Batch]:
        try:
            for batch in self.batcher.batches(str(path)):
                if output.failure is not None:
                    return
                yield batch
        except UNREADABLE as error:
            output.fail(str(error) if isinstance(error, BadRecord) else f"it cannot be read: {error}")

    def _take(self, output: Output, coming: Future[list[bytes]] | None) -> None:
        """Writes the next answer, or ends a file that has had its last."""
        if coming is None:
            output.finish()
            if output.failure is not None:
                self.failures.append(output.failure)
            return
        try:
            pieces = coming.result()
        except (ModelFailed, BadRecord) as failure:
            output.fail(str(failure))
            return
        if output.failure is None:
            output.write(pieces)

    def _answer(self, output: Output, batch: Batch) -> list[bytes]:
        """What is written for a batch. Raises ModelFailed, BadRecord, ServerGone."""
        if output.failure is not None:
            return []
        if callable(batch.body):
            return self._streamed(output, batch)
        try:
            answer = self._invoke(batch.body)
        except ModelFailed as failure:
            raise self._narrowed(batch, failure) from failure
        except ServerGone as gone:
            raise ServerGone(f"{output.name}: {batch.said()}: {gone}") from gone
        if self.shaper.per_record:
            return self._shaped(batch, answer)
        return [answer, b"\n"] if self.line and answer and not answer.endswith(b"\n") else [answer]

    def _streamed(self, output: Output, batch: Batch) -> list[bytes]:
        """The one request of a file that goes in chunks: its answer goes to the draft as it comes."""
        settings = self.settings
        patience = settings["timeout_seconds"], settings["retries"]
        try:
            self.server.invoke(batch.body, self.headers, *patience, lambda: PatientFile(output.draft, "wb"))
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise BadRecord(f"it cannot be read: {error}") from error
        except ServerGone as gone:
            raise ServerGone(f"{output.name}: {gone}") from gone
        return []

    def _invoke(self, body: bytes) -> bytes:
        settings = self.settings
        return self.server.invoke(body, self.headers, settings["timeout_seconds"], settings["retries"])

    def _narrowed(self, batch: Batch, failure: ModelFailed) -> ModelFailed:
        """The same failure, told of the one record that the model refuses where halving finds it."""
        assert not callable(batch.body)
        parts = batch.parts or batch.body.splitlines(keepends=True)
        low, high = 0, len(parts)
        while 400 <= failure.status < 500 and high - low > 1:
            middle = (low + high) // 2
            for begin, end in ((low, middle), (middle, high)):
                try:
                    self._invoke(b"".join(parts[begin:end]))
                except ModelFailed as found:
                    failure, low, high = found, begin, end
                    break
            else:
                break  # each half is right by itself
        return ModelFailed(f"{batch._replace(first=batch.first + low, length=high - low).said()}: {failure}")

    def _shaped(self, batch: Batch, answer: bytes) -> list[bytes]:
        try:
            predictions = self.shaper.predictions(answer, batch.length)
        except BadRecord as error:
            raise BadRecord(f"{batch.said()}: {error}") from error
        end = b"\n" if self.line or self.batcher.split == "Line" else b""
        kept = []
        for number, record in enumerate(batch.records):
            try:
                kept.append(self.shaper.answer(record, predictions[number]) + end)
            except BadRecord as error:
                raise BadRecord(f"record {batch.first + number + 1}: {error}") from error
        return kept


def main(path: str) -> int:
    """Runs the job that the settings tell; the exit code. What failed is in the job's failure file."""
    settings = {**json.loads(Path(path).read_text(encoding="utf-8")), "began": time.time()}
    server = ModelServer(settings["command"], settings["port"])

    def stop(*_: object) -> None:
        server.close()
        os._exit(143)

    signal.signal(signal.SIGTERM, stop)
    try:
        server.wait()
        transform = Transform(settings, server)
        count = transform.run()
    except (ServerGone, OSError) as failure:
        return _failed(str(failure), 1)
    finally:
        server.close()
    failed = len(transform.failures)
    print(f"transform: {count - failed} of {count} files transformed", flush=True)
    if not failed:
        return 0
    more = f" ({failed - 1} more of {count} files failed; the log names them)" if failed > 1 else ""
    # The job's other hosts go on: what they transform is of use (developer guide, Batch Transform Errors).
    return _failed(transform.failures[0][: 900 - len(more)] + more, 0)


def _failed(sentence: str, code: int) -> int:
    print(f"transform: {sentence}", flush=True)
    with PatientFile(FAILURE, "wb") as file:
        file.write(f"ClientError: {sentence}".encode())
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
