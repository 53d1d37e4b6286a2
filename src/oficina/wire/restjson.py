"""The protocol rest-json: the path names the operation, JSON or plain bytes are the payload."""

from __future__ import annotations

from typing import Any

import orjson

from oficina.errors import AwsError
from oficina.model.shapes import Shape
from oficina.wire import eventstream, json, rest
from oficina.wire.exchange import Exchange
from oficina.wire.fault import Fault
from oficina.wire.http import Response


def parse(exchange: Exchange) -> dict[str, Any]:
    """The members of the request."""
    shape = exchange.operation.input if exchange.operation else None
    if shape is None:
        return {}
    found = rest.read_locations(exchange, shape)
    payload = shape.payload
    if payload is not None and payload.type == "blob" and payload.streaming and exchange.raw is None:
        found[payload.name] = exchange.request.body
        return found
    if payload is None:
        text = exchange.text()
        body = json.read_body(shape, text) if text.strip() else {}
        located = {name for name, member in shape.members.items() if member.location}
        return found | {name: value for name, value in body.items() if name not in located}
    if payload.type == "blob":
        found[payload.name] = exchange.hold()
    elif payload.type == "string":
        found[payload.name] = exchange.text().decode("utf-8", "replace")
    elif exchange.text().strip():
        found[payload.name] = json.read_body(payload.shape, exchange.text())
    return found


def write(exchange: Exchange) -> Response:
    """The answer."""
    shape = exchange.operation.output if exchange.operation else None
    answer = exchange.answer or {}
    status = rest.status_of(exchange)
    if shape is None:
        return Response(status, [("Content-Type", "application/json")], b"")
    headers = rest.write_headers(shape, answer)
    stream = shape.event_stream
    if stream is not None:
        headers.append(("Content-Type", "application/vnd.amazon.eventstream"))
        return Response(status, headers, eventstream.write(stream.shape, answer[stream.name]))
    if shape.payload is not None and shape.payload.type in ("blob", "string"):
        content = answer.get(shape.payload.name, b"")
        return Response(status, headers, content.encode() if isinstance(content, str) else content)
    headers.append(("Content-Type", "application/json"))
    return Response(status, headers, _body(shape, answer))


def _body(shape: Shape, answer: dict[str, Any]) -> bytes:
    payload = shape.payload
    if payload is not None:
        return json.dump(payload.shape, answer.get(payload.name, {}))
    inside = {name: value for name, value in answer.items() if not shape.members[name].location}
    return json.dump(shape, inside)


def error(exchange: Exchange, failure: AwsError) -> Response:
    """The answer that says no."""
    body = {"message": failure.message, "Message": failure.message, "code": failure.code, **failure.members}
    fault = Fault.of(exchange, failure)
    headers = [("Content-Type", "application/json"), ("x-amzn-ErrorType", fault.name)]
    return Response(fault.status, headers, orjson.dumps(body, default=str))
