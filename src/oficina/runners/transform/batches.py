"""Records put together as requests, as BatchStrategy and MaxPayloadInMB say."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from typing import Any, BinaryIO, NamedTuple, cast

from .records import BadRecord, Record, blocks, read, too_large
from .server import Body
from .shaping import Shaper

MEGABYTE = 1024 * 1024
DEFAULT_MEGABYTES = 6
"""MaxPayloadInMB where neither the job nor the model says one (API reference, CreateTransformJob)."""


class Batch(NamedTuple):
    """One request: the number of its first record from 0, how many there are, and what is sent.

    ``records`` are as they stand in the file, for joining; ``parts`` what is sent of each. They are empty
    where nothing needs them.
    """

    first: int
    length: int
    body: Body
    records: list[bytes]
    parts: list[bytes]

    def said(self) -> str:
        """The records in words."""
        last = self.first + self.length
        return f"record {last}" if self.length == 1 else f"records {self.first + 1} to {last}"


class Batcher:
    """How the files of a job become requests."""

    def __init__(self, settings: dict[str, Any], told: dict[str, Any], shaper: Shaper) -> None:
        strategy = str(settings["strategy"] or told.get("BatchStrategy") or "MULTI_RECORD")
        limit = settings["max_payload"]
        limit = told.get("MaxPayloadInMB", DEFAULT_MEGABYTES) if limit is None else limit
        self.split: str = settings["split"]
        self.gzip = settings["compression"] == "Gzip"
        self.several = strategy.upper().replace("_", "") == "MULTIRECORD" and self.split != "None"
        self.limit = int(float(limit) * MEGABYTE)
        self.shaper = shaper

    @property
    def streams(self) -> bool:
        """Whether a whole file goes as one request, in chunks, however long it is."""
        plain = not self.shaper.per_record and self.shaper.input_path is None
        return self.limit == 0 and plain and (self.several or self.split == "None")

    def open(self, path: str) -> BinaryIO:
        """An input for reading, without its compression."""
        return cast("BinaryIO", gzip.open(path, "rb")) if self.gzip else open(path, "rb")

    def batches(self, path: str) -> Iterator[Batch]:
        """The requests of a file. Raises BadRecord, and what reading raises."""
        if self.streams:
            yield Batch(0, 1, lambda: self.open(path), [], [])
            return
        with self.open(path) as file:
            simple = self.split == "Line" and self.several and self.limit and not self.shaper.per_record
            yield from self._blocks(file) if simple and self.shaper.input_path is None else self._packed(file)

    def _blocks(self, file: BinaryIO) -> Iterator[Batch]:
        """The usual case, in which no line needs to be looked at."""
        first = 0
        try:
            for block in blocks(file, self.limit):
                count = block.count(b"\n")
                if count:
                    yield Batch(first, count, block, [], [])
                    first += count
        except BadRecord as error:
            raise BadRecord(f"record {first + 1}: {error}") from error

    def _packed(self, file: BinaryIO) -> Iterator[Batch]:
        separator = b"\n" if self.split == "Line" else b""
        most = self.limit or DEFAULT_MEGABYTES * MEGABYTE
        first, size = 0, 0
        records: list[bytes] = []
        parts: list[bytes] = []
        for number, record in enumerate(self._read(file)):
            part = self._part(number, record)
            if parts and (not self.several or size + len(part) + len(separator) > most):
                yield Batch(first, len(parts), b"".join(parts), records, parts)
                first, size, records, parts = number, 0, [], []
            records.append(record.raw)
            parts.append(part + separator)
            size += len(parts[-1])
        if parts:
            yield Batch(first, len(parts), b"".join(parts), records, parts)

    def _read(self, file: BinaryIO) -> Iterator[Record]:
        """The records; a fault names the one that it is in."""
        count = 0
        # A filter may make a record small enough; what it makes of it is looked at then.
        most = (self.limit or None) if self.shaper.input_path is None else None
        try:
            for record in read(file, self.split, most):
                yield record
                count += 1
        except BadRecord as error:
            raise BadRecord(f"record {count + 1}: {error}") from error

    def _part(self, number: int, record: Record) -> bytes:
        """What is sent of a record: several go with the padding of their format, a single one without."""
        try:
            part = self.shaper.request(record.raw if self.several else record.payload)
            if self.limit and len(part) > self.limit:
                raise BadRecord(too_large(self.limit))
        except BadRecord as error:
            raise BadRecord(f"record {number + 1}: {error}") from error
        return part
