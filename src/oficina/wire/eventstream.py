"""Event streams going out: ``application/vnd.amazon.eventstream`` frames.

A frame: total length, headers length, CRC-32 of those eight bytes, headers, payload, CRC-32 of all before.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Iterator
from typing import Any

import orjson

from oficina.errors import AwsError
from oficina.model.shapes import Shape
from oficina.wire import json

_STRING = 7


def frame(headers: dict[str, str], payload: bytes) -> bytes:
    """One message."""
    head = b"".join(
        struct.pack("!B", len(name))
        + name.encode()
        + struct.pack("!BH", _STRING, len(value.encode()))
        + value.encode()
        for name, value in headers.items()
    )
    prelude = struct.pack("!II", 16 + len(head) + len(payload), len(head))
    message = prelude + struct.pack("!I", zlib.crc32(prelude)) + head + payload
    return message + struct.pack("!I", zlib.crc32(message))


def write(shape: Shape, events: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    """Frames for events like ``{"PayloadPart": {"Bytes": b"…"}}``; an AwsError raised inside becomes one."""
    try:
        for event in events:
            for name, value in event.items():
                yield _event(shape, name, value)
    except AwsError as failure:
        headers = {
            ":message-type": "exception",
            ":exception-type": failure.code,
            ":content-type": "application/json",
        }
        yield frame(headers, orjson.dumps({"Message": failure.message, **failure.members}, default=str))


def _event(shape: Shape, name: str, value: dict[str, Any]) -> bytes:
    headers = {":message-type": "event", ":event-type": name}
    inner = shape.members[name].shape
    for key, member in inner.members.items():
        if member.traits.get("eventpayload"):
            if member.type == "blob":
                headers[":content-type"] = "application/octet-stream"
                return frame(headers, value.get(key, b""))
            headers[":content-type"] = "application/json"
            return frame(headers, json.dump(member.shape, value.get(key, {})))
    headers[":content-type"] = "application/json"
    return frame(headers, json.dump(inner, value))
