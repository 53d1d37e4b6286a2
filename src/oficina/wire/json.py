"""The protocols json 1.0 and 1.1: ``X-Amz-Target`` names the operation, JSON carries the rest."""

from __future__ import annotations

import base64
import binascii
from typing import Any

import orjson

from oficina.errors import AwsError
from oficina.model.shapes import Member, Shape
from oficina.wire import times
from oficina.wire.exchange import Exchange
from oficina.wire.fault import Fault
from oficina.wire.http import Response
from oficina.wire.numbers import fits

DEEPEST = 100
"""How deep a request may be nested."""


def parse(exchange: Exchange) -> dict[str, Any]:
    """The members of the request."""
    raw = exchange.text()
    shape = exchange.operation.input if exchange.operation else None
    if shape is None or not raw.strip():
        return {}
    return read_body(shape, raw)


def read_body(shape: Shape, raw: bytes) -> dict[str, Any]:
    """A JSON text as the members of a structure. Raises AwsError SerializationException when it is not."""
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise _serialization(f"The request is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise _serialization("Unexpected token: the request is not a JSON object")
    if raw.count(b"{") + raw.count(b"[") > DEEPEST and _depth(value) > DEEPEST:
        raise _serialization(f"The request is nested more than {DEEPEST} deep")
    return read_structure(shape, value)


def _depth(value: Any) -> int:
    """How deep a JSON value is nested, counted without recursion."""
    depth, level = 0, [value]
    while level:
        depth += 1
        below: list[Any] = []
        for one in level:
            if isinstance(one, dict):
                below += one.values()
            elif isinstance(one, list):
                below += one
        level = below
    return depth


def _serialization(message: str) -> AwsError:
    return AwsError("SerializationException", message)


def read_structure(shape: Shape, value: dict[str, Any]) -> dict[str, Any]:
    """The members of a structure that the shape knows, in their Python types."""
    if shape.traits.get("document"):
        return value
    found = {}
    members = {member.wire: member for member in shape.members.values()}
    for name, item in value.items():
        member = members.get(name)
        if member is not None and item is not None:
            found[member.name] = _read(member, item)
    return found


_NAMES = {
    str: "STRING_VALUE",
    int: "NUMBER_VALUE",
    float: "NUMBER_VALUE",
    list: "START_ARRAY",
    dict: "START_OBJECT",
}
_WANTED = {
    "string": "a String",
    "integer": "an Integer",
    "long": "a Long",
    "float": "a Float",
    "double": "a Double",
    "boolean": "a Boolean",
    "blob": "a Blob",
    "timestamp": "a Timestamp",
    "list": "a List",
    "map": "a Map",
    "structure": "a Structure",
}


def _wrong(shape: Shape, value: Any) -> AwsError:
    if isinstance(value, bool):
        name = "TRUE_VALUE" if value else "FALSE_VALUE"
    else:
        name = _NAMES.get(type(value), "VALUE")
    return _serialization(f"{name} can not be converted to {_WANTED[shape.type]}")


def _read(member: Member, value: Any) -> Any:
    shape = member.shape
    match shape.type:
        case "structure" if isinstance(value, dict):
            return read_structure(shape, value)
        case "list" if isinstance(value, list):
            return [_read(shape.member, item) for item in value if item is not None]
        case "map" if isinstance(value, dict):
            return {str(key): _read(shape.value, item) for key, item in value.items() if item is not None}
        case "string" if isinstance(value, str):
            return value
        case "boolean" if isinstance(value, bool):
            return value
        case "integer" | "long" if isinstance(value, (int, float)) and not isinstance(value, bool):
            if value == int(value) and fits(shape.type, value):
                return int(value)
        case "float" | "double":
            return _float(shape, value)
        case "blob" if isinstance(value, str):
            return _blob(shape, value)
        case "timestamp":
            return _time(shape, value)
    if shape.traits.get("document"):
        return value
    raise _wrong(shape, value)


def _float(shape: Shape, value: Any) -> float:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    if value in ("NaN", "Infinity", "-Infinity"):
        return float(value)
    raise _wrong(shape, value)


def _blob(shape: Shape, value: str) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except binascii.Error as error:
        raise _wrong(shape, value) from error


def _time(shape: Shape, value: Any) -> float:
    try:
        return times.read(value)
    except ValueError as error:
        raise _wrong(shape, value) from error


def dump(shape: Shape, value: dict[str, Any]) -> bytes:
    """A projected answer as JSON."""
    if _has_renames(shape):
        value = _rename(shape, value)
    return orjson.dumps(value, default=_default)


def _default(value: Any) -> Any:
    if isinstance(value, (bytes, bytearray)):
        return base64.b64encode(value).decode()
    raise TypeError(f"{type(value).__name__} has no JSON")


_RENAMES: dict[int, bool] = {}


def _has_renames(shape: Shape, inside: tuple[int, ...] = ()) -> bool:
    """Whether any member below differs on the wire: in name, or by a time that is not epoch seconds."""
    known = _RENAMES.get(id(shape))
    if known is not None or id(shape) in inside:
        return bool(known)
    inside = (*inside, id(shape))
    members = _inner(shape)
    found = any(
        member.wire not in (member.name, "member", "key", "value")
        or member.timestamp_format in ("iso8601", "rfc822")
        or _has_renames(member.shape, inside)
        for member in members
    )
    _RENAMES[id(shape)] = found
    return found


def _inner(shape: Shape) -> list[Member]:
    match shape.type:
        case "structure":
            return list(shape.members.values())
        case "list":
            return [shape.member]
        case "map":
            return [shape.value]
    return []


def _rename(shape: Shape, value: Any) -> Any:
    match shape.type:
        case "structure":
            return {shape.members[name].wire: _out(shape.members[name], item) for name, item in value.items()}
        case "list":
            return [_out(shape.member, item) for item in value]
        case "map":
            return {key: _out(shape.value, item) for key, item in value.items()}
    return value


def _out(member: Member, value: Any) -> Any:
    if member.type == "timestamp":
        return times.write(value, member.timestamp_format or "unixTimestamp")
    return _rename(member.shape, value)


def _content_type(exchange: Exchange) -> str:
    version = exchange.service.model.metadata.get("jsonVersion", "1.1") if exchange.service else "1.1"
    return f"application/x-amz-json-{version}"


def write(exchange: Exchange) -> Response:
    """The answer."""
    shape = exchange.operation.output if exchange.operation else None
    content = dump(shape, exchange.answer or {}) if shape is not None else b"{}"
    if shape is None or not shape.members:
        content = b"{}" if exchange.answer is not None and shape is not None else b""
    return Response(200, [("Content-Type", _content_type(exchange))], content)


def error(exchange: Exchange, failure: AwsError) -> Response:
    """The answer that says no."""
    fault = Fault.of(exchange, failure)
    body = {"__type": fault.name, "message": failure.message, "Message": failure.message, **failure.members}
    headers = [("Content-Type", _content_type(exchange)), ("x-amzn-ErrorType", fault.name)]
    if exchange.service and "awsQueryCompatible" in exchange.service.model.metadata:
        code = exchange.service.query_codes.get(fault.code, fault.code)
        headers.append(("x-amzn-query-error", f"{code};{fault.side}"))
    return Response(fault.status, headers, orjson.dumps(body, default=_default))
