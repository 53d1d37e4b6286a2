"""Records of a batch transform's input, read as its SplitType says and never all at once."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

RECORD_MAGIC = 0xCED7230A
"""What a RecordIO record begins with (Apache MXNet's recordio format)."""
_BLANK_LINE = re.compile(rb"(?:^|\n)[ \t\r]*\n")


class BadRecord(Exception):
    """A record that cannot be read, sent, filtered or joined; the sentence says why."""


class Record(NamedTuple):
    """One record: as it stands in the file, and without the padding that its format wraps it in."""

    raw: bytes
    payload: bytes


def read(file: BinaryIO, kind: str, most: int | None) -> Iterator[Record]:
    """The records of a file by its SplitType (None, Line, RecordIO, TFRecord).

    ``most`` is the largest record in bytes; None allows any. Raises BadRecord.
    """
    if kind == "Line":
        return _lines(file, most)
    if kind == "RecordIO":
        return _recordio(file, most)
    if kind == "TFRecord":
        return _tfrecord(file, most)
    return _whole(file, most)


def blocks(file: BinaryIO, most: int) -> Iterator[bytes]:
    """Whole lines of a file, as many at once as ``most`` bytes hold, without the blank ones.

    Raises BadRecord for a line that is longer than that.
    """
    held = b""
    while True:
        held += file.read(most + 1 - len(held))  # one more for a line's end, which is no part of its payload
        if len(held) <= most:
            break
        end = held.rfind(b"\n") + 1
        if not end:
            raise BadRecord(too_large(most))
        yield _tidy(held[:end])
        held = held[end:]
    if held.strip():
        yield _tidy(held if held.endswith(b"\n") else held + b"\n")


def _tidy(block: bytes) -> bytes:
    if b"\r" not in block and not _BLANK_LINE.search(block):
        return block
    return b"".join(line.rstrip(b"\r") + b"\n" for line in block.split(b"\n") if line.strip())


def too_large(most: int) -> str:
    """What is said of a record that is larger than a request may be."""
    return f"it has more than the {most} bytes that MaxPayloadInMB allows"


def _lines(file: BinaryIO, most: int | None) -> Iterator[Record]:
    size = -1 if most is None else most + 2  # a line's end is no part of its payload
    while True:
        line = file.readline(size)
        if not line:
            return
        record = line.rstrip(b"\r\n")
        if most is not None and len(record) > most:
            raise BadRecord(too_large(most))
        if record.strip():
            yield Record(record, record)


def _whole(file: BinaryIO, most: int | None) -> Iterator[Record]:
    data = file.read() if most is None else file.read(most + 1)
    if most is not None and len(data) > most:
        raise BadRecord(f"{too_large(most)}; a SplitType would let it go in parts")
    if data:
        yield Record(data, data)


def _recordio(file: BinaryIO, most: int | None) -> Iterator[Record]:
    raw, parts, at = b"", [], 0
    while True:
        head = file.read(8)
        if not head and not raw:
            return
        if len(head) < 8 or struct.unpack_from("<I", head)[0] != RECORD_MAGIC:
            raise BadRecord(f"there is no RecordIO record at byte {at}")
        told = struct.unpack_from("<I", head, 4)[0]
        flag, length = told >> 29, told & 0x1FFFFFFF
        data = _exactly(file, length + (-length % 4), most)
        raw += head + data
        parts.append(data[:length])
        at += len(head) + len(data)
        if flag in (0, 3):  # a whole record, or the last part of one that held the magic number
            yield Record(raw, head[:4].join(parts))
            raw, parts = b"", []


def _tfrecord(file: BinaryIO, most: int | None) -> Iterator[Record]:
    while True:
        head = file.read(12)
        if not head:
            return
        if len(head) < 12:
            raise BadRecord("the file ends in the middle of a TFRecord")
        length = struct.unpack_from("<Q", head)[0]
        data = _exactly(file, length + 4, most)
        yield Record(head + data, data[:-4])


def _exactly(file: BinaryIO, size: int, most: int | None) -> bytes:
    if most is not None and size > most + 8:
        raise BadRecord(too_large(most))
    data = file.read(size)
    if len(data) < size:
        raise BadRecord("the file ends in the middle of a record")
    return data
