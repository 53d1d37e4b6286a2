"""A log stream as a file: lines of ``<epoch ms> <text>``, appended and never changed.

The process runner writes such a file while a job talks; CloudWatch Logs reads the same one, so an event is
kept once and is there the moment it is written. A newline inside an event is written as U+001E (record
separator) and read back as a newline. Lines stand in the order of their times, so a time is found by halving.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

PAGE_BYTES = 1024 * 1024
"""The most text of one answer of GetLogEvents (API reference: 1 MB, or 10,000 events)."""

_NEWLINE = "\x1e"
_NEAR = 8192
_BLOCK = 16 * 1024


@dataclass(frozen=True, slots=True)
class Event:
    """One event and where its line stands in the file."""

    timestamp: int
    message: str
    offset: int
    end: int


def line(timestamp: int, message: str) -> bytes:
    """An event as a line of the file."""
    return f"{timestamp} {message.replace(chr(10), _NEWLINE)}\n".encode("utf-8", "replace")


def stamp(raw: bytes) -> int:
    """The time of a line in milliseconds; 0 where a line has none."""
    head = raw[: raw.find(b" ")] if b" " in raw else raw.rstrip(b"\n")
    return int(head) if head.isdigit() else 0


def event(raw: bytes, offset: int) -> Event:
    """A line of the file, with its end, as an event."""
    text = raw.rstrip(b"\n").partition(b" ")[2] if stamp(raw) else raw.rstrip(b"\n")
    message = text.decode("utf-8", "replace").replace(_NEWLINE, "\n")
    return Event(stamp(raw), message, offset, offset + len(raw))


def size(path: str | Path) -> int:
    """The bytes of the file; 0 when it is not there yet."""
    try:
        return os.stat(path).st_size
    except FileNotFoundError:
        return 0


def seek(path: str | Path, timestamp: int) -> int:
    """Where the first line at or after a time (milliseconds) begins; the file's end when there is none."""
    low, high = 0, size(path)
    if not high:
        return 0
    with open(path, "rb") as file:
        while high - low > _NEAR:
            middle = (low + high) // 2
            file.seek(middle)
            file.readline()
            begin = file.tell()
            raw = file.readline()
            if begin >= high or not raw.endswith(b"\n") or stamp(raw) >= timestamp:
                high = middle
            else:
                low = begin + len(raw)
        return _walk(file, low, timestamp)


def _walk(file: BinaryIO, low: int, timestamp: int) -> int:
    file.seek(low)
    while (raw := file.readline()).endswith(b"\n"):
        if stamp(raw) >= timestamp:
            break
        low += len(raw)
    return low


def forward(path: str | Path, start: int, stop: int | None, limit: int) -> list[Event]:
    """Events from an offset on, up to the offset ``stop``, ``limit`` events or a page's bytes."""
    found: list[Event] = []
    if start >= size(path):
        return found
    with open(path, "rb") as file:
        file.seek(start)
        offset, taken = start, 0
        while len(found) < limit and taken < PAGE_BYTES and (stop is None or offset < stop):
            raw = file.readline()
            if not raw.endswith(b"\n"):
                break
            found.append(event(raw, offset))
            offset += len(raw)
            taken += len(raw)
    return found


def backward(path: str | Path, start: int, stop: int, limit: int) -> list[Event]:
    """The last events before the offset ``stop`` and not before ``start``, in the order of the file."""
    stop = min(stop, size(path))
    if start >= stop:
        return []
    with open(path, "rb") as file:
        raw, begin = b"", stop
        while begin > start and raw.count(b"\n") <= limit and len(raw) < PAGE_BYTES:
            step = min(max(_BLOCK, len(raw)), begin - start)
            begin -= step
            file.seek(begin)
            raw = file.read(step) + raw
    if begin > start:
        cut = raw.find(b"\n") + 1
        begin, raw = begin + cut, raw[cut:]
    raw = raw[: raw.rfind(b"\n") + 1]
    found, offset = [], begin
    for part in _lines(raw):
        found.append(event(part, offset))
        offset += len(part)
    return found[-limit:]


def _lines(raw: bytes) -> list[bytes]:
    """Lines by newline alone: a carriage return is text."""
    return [part + b"\n" for part in raw.split(b"\n")[:-1]]


def ends(path: str | Path) -> tuple[int, int] | None:
    """The times of the first and the last event; None when there is none."""
    first = forward(path, 0, None, 1)
    last = backward(path, 0, size(path), 1)
    return (first[0].timestamp, last[0].timestamp) if first and last else None


def append(path: str | Path, events: list[tuple[int, str]]) -> None:
    """Writes events at the end, in one write."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    with open(path, "ab", buffering=0) as file:
        file.write(b"".join(line(timestamp, message) for timestamp, message in events))


def insert(path: str | Path, events: list[tuple[int, str]]) -> None:
    """Puts events that are older than the last line where they belong, by writing the file anew."""
    lines = _lines(Path(path).read_bytes()) + [line(timestamp, message) for timestamp, message in events]
    lines.sort(key=stamp)
    fresh = Path(path).with_suffix(".new")
    fresh.write_bytes(b"".join(lines))
    os.replace(fresh, path)


def written(path: str | Path) -> int:
    """When the file was last written to, in milliseconds."""
    return os.stat(path).st_mtime_ns // 1_000_000
