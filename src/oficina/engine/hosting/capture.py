"""Data capture: what went in and out of a model, as JSON lines in the bucket (aws-contracts D.8).

A call only puts its record into a queue. One thread appends the records to spool files, which a killed server
leaves behind and the next one uploads, and makes an object of each spool file every two seconds. What a full
disk has no room for waits in memory; AWS captures nothing then (developer guide, "Data capture").
"""

from __future__ import annotations

import base64
import contextlib
import functools
import logging
import os
import queue
import random
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from oficina.engine import inputs
from oficina.engine.hosting.routes import Route
from oficina.errors import AwsError
from oficina.store import shortage
from oficina.store.kinds import Document
from oficina.store.store import Store

log = logging.getLogger(__name__)

FLUSH_SECONDS = 2.0
"""How long a record waits for company before it is in the bucket; AWS takes minutes."""
MOST_WAITING = 10_000
"""How many calls wait for room on the disk; those that come then are not captured."""
SPOOL = "capture"
"""The folder of spool files, below the home's ``endpoints``."""


@dataclass(frozen=True, slots=True)
class Record:
    """One call."""

    route: Route
    variant: str
    inference_id: str | None
    attributes: str | None
    given: bytes
    given_type: str
    answered: bytes
    answered_type: str
    time: float


@dataclass(slots=True)
class _Spool:
    """A file that grows, and where it will go."""

    path: Path
    file: BinaryIO
    begun: float


class Capture:
    """The captured calls of a server."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._queue: queue.SimpleQueue[Record | threading.Event] = queue.SimpleQueue()
        self._held: deque[Record] = deque()
        """Calls that were taken from the queue and are not written yet."""
        self._spools: dict[tuple[str, ...], _Spool] = {}
        self._whole: list[Path] = []
        """Spool files that nothing is added to, to be uploaded."""
        self._started = False

    @property
    def folder(self) -> Path:
        """Where spool files are."""
        return self._store.folder("endpoints") / SPOOL

    @staticmethod
    def wants(route: Route) -> bool:
        """Whether this call is one of those to keep."""
        config = route.capture
        if config is None or not config.get("EnableCapture"):
            return False
        percent = config["InitialSamplingPercentage"]
        return bool(percent >= 100 or random.random() * 100 < percent)

    def add(self, record: Record) -> None:
        """Keeps a call; returns at once."""
        if self._queue.qsize() + len(self._held) < MOST_WAITING:
            self._queue.put(record)
        else:
            log.warning("a call of %s was not captured: too many wait to be written", record.route.name)

    def start(self) -> None:
        """Uploads what an earlier server left, then works until the process ends."""
        self._started = True
        threading.Thread(target=self._run, name="capture", daemon=True).start()

    def stop(self) -> None:
        """Uploads what is there and ends; returns when it is done."""
        if not self._started:
            return
        done = threading.Event()
        self._queue.put(done)
        done.wait(5.0)

    def forget(self) -> None:
        """Drops what is held, after everything was emptied."""
        with contextlib.suppress(queue.Empty):
            while True:
                self._queue.get_nowait()
        self._held.clear()

    def _run(self) -> None:
        self._take_up()
        while True:
            item = self._next()
            last = isinstance(item, threading.Event)
            if isinstance(item, Record):
                self._held.append(item)
            self._try(self._write)
            self._try(functools.partial(self._upload_due, everything=last))
            if isinstance(item, threading.Event):
                if self._held:
                    log.warning("%s captured calls were lost: there was no room for them", len(self._held))
                item.set()
                return

    def _next(self) -> Record | threading.Event | None:
        """What comes next; None when it is time to look again."""
        with contextlib.suppress(queue.Empty):
            return self._queue.get(timeout=self._pause())
        return None

    def _try(self, step: Callable[[], None]) -> None:
        try:
            step()
        except Exception as error:  # the edge of a thread: capturing goes on
            if shortage.is_shortage(error):
                log.warning("captured calls wait: %s", error)
            else:
                log.exception("a captured call was not kept")

    def _pause(self) -> float | None:
        if self._held or self._whole:
            return shortage.SECONDS
        if not self._spools:
            return None
        first = min(spool.begun for spool in self._spools.values())
        return max(0.01, first + FLUSH_SECONDS - time.monotonic())

    def _write(self) -> None:
        """Writes what is held; what there is no room for is held on."""
        while self._held:
            record = self._held[0]
            try:
                self._append(record)
            except Exception as error:
                if shortage.is_shortage(error):
                    raise
                log.exception("a captured call was not kept")
            if self._held and self._held[0] is record:
                self._held.popleft()

    def _append(self, record: Record) -> None:
        moment = datetime.fromtimestamp(record.time, UTC)
        route = record.route
        uri, hour = str((route.capture or {})["DestinationS3Uri"]), f"{moment:%Y/%m/%d/%H}"
        key = (route.account, uri, route.name, record.variant, hour)
        spool = self._spools.get(key)
        if spool is None or not spool.path.exists():  # everything may have been emptied meanwhile
            spool = self._spools[key] = self._begin(key, moment)
        _append_whole(spool.file, orjson.dumps(line(record)) + b"\n")

    def _begin(self, key: tuple[str, ...], moment: datetime) -> _Spool:
        """A new file; beside it stands where it will go."""
        account, uri, endpoint, variant, hour = key
        self.folder.mkdir(parents=True, exist_ok=True)
        name = str(uuid.uuid4())
        stamp = f"{moment:%M-%S}-{moment.microsecond // 1000:03d}"
        target = f"{uri.rstrip('/')}/{endpoint}/{variant}/{hour}/{stamp}-{name}.jsonl"
        path = self.folder / f"{name}.jsonl"
        side = path.with_suffix(".json")
        try:
            side.write_bytes(orjson.dumps({"account": account, "target": target}))
            return _Spool(path, path.open("ab", buffering=0), time.monotonic())
        except OSError:
            side.unlink(missing_ok=True)
            raise

    def _upload_due(self, everything: bool) -> None:
        now = time.monotonic()
        for key, spool in list(self._spools.items()):
            if everything or now >= spool.begun + FLUSH_SECONDS:
                del self._spools[key]
                spool.file.close()
                self._whole.append(spool.path)
        self._upload_whole()

    def _upload_whole(self) -> None:
        """Uploads the files that nothing is added to; those that there is no room for stay."""
        while self._whole:
            path = self._whole[0]
            try:
                self._upload(path)
            except Exception as error:
                if shortage.is_shortage(error):
                    raise
                log.exception("%s was not uploaded", path)  # one broken file must not keep the others
            self._whole.pop(0)

    def _take_up(self) -> None:
        if not self.folder.exists():
            return
        for path in sorted(self.folder.glob("*.jsonl")):
            _trim(path)
            self._whole.append(path)
        self._try(self._upload_whole)

    def _upload(self, path: Path) -> None:
        """Makes an object of a spool file; done twice after a crash it is the same object."""
        side = path.with_suffix(".json")
        if not path.exists():
            return  # everything was emptied meanwhile
        told = orjson.loads(side.read_bytes())
        try:
            bucket, name = inputs.split(told["target"])
            self._store.objects.copy_in(told["account"], bucket, name, path, "application/x-jsonlines")
        except AwsError as error:
            if shortage.is_shortage(error):
                raise
            log.warning("captured calls were lost: %s (%s)", error.message, told["target"])
        path.unlink(missing_ok=True)
        side.unlink(missing_ok=True)


def _append_whole(file: BinaryIO, data: bytes) -> None:
    """Adds all of a line or, on a full disk, nothing of it."""
    size = os.fstat(file.fileno()).st_size
    try:
        written = file.write(data)
        while written < len(data):
            written += file.write(data[written:])
    except OSError:
        os.ftruncate(file.fileno(), size)
        raise


def _trim(path: Path) -> None:
    """Cuts off the half of a line that a killed server left."""
    data = path.read_bytes()
    end = data.rfind(b"\n") + 1
    if end != len(data):
        with path.open("r+b") as file:
            file.truncate(end)


def line(record: Record) -> Document:
    """One call as a line of the captured data."""
    config: Document = record.route.capture or {}
    modes = {option["CaptureMode"] for option in config.get("CaptureOptions", ())}
    types = config.get("CaptureContentTypeHeader", {})
    data = {}
    if modes & {"Input", "InputAndOutput"}:
        data["endpointInput"] = _side("INPUT", record.given, record.given_type, types)
    if modes & {"Output", "InputAndOutput"}:
        data["endpointOutput"] = _side("OUTPUT", record.answered, record.answered_type, types)
    metadata: Document = {"eventId": str(uuid.uuid4())}
    if record.inference_id:
        metadata["inferenceId"] = record.inference_id
    if record.attributes:
        metadata["customAttributes"] = [record.attributes]
    metadata["inferenceTime"] = f"{datetime.fromtimestamp(record.time, UTC):%Y-%m-%dT%H:%M:%SZ}"
    return {"captureData": data, "eventMetadata": metadata, "eventVersion": "0"}


def _side(mode: str, data: bytes, content_type: str, types: Document) -> dict[str, Any]:
    encoding = _encoding(content_type, types)
    try:
        text = base64.b64encode(data).decode() if encoding == "BASE64" else data.decode()
    except UnicodeDecodeError:
        encoding, text = "BASE64", base64.b64encode(data).decode()
    return {"observedContentType": content_type, "mode": mode, "data": text, "encoding": encoding}


def _encoding(content_type: str, types: Document) -> str:
    """By the configuration's lists of content types; parameters such as a charset do not count."""
    kind = content_type.partition(";")[0].strip().lower()
    for name, encoding in (("CsvContentTypes", "CSV"), ("JsonContentTypes", "JSON")):
        if kind in (one.partition(";")[0].strip().lower() for one in types.get(name, ())):
            return encoding
    return "BASE64"
