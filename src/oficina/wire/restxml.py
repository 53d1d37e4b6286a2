"""The protocol rest-xml, as S3 speaks it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from oficina.errors import AwsError
from oficina.store import digests
from oficina.wire import rest, xml
from oficina.wire.body import read_all
from oficina.wire.exchange import Exchange
from oficina.wire.http import Response

_XML = ("Content-Type", "application/xml")


def parse(exchange: Exchange) -> dict[str, Any]:
    """The members of the request; a streaming payload is the body itself."""
    shape = exchange.operation.input if exchange.operation else None
    if shape is None:
        return {}
    found = rest.read_locations(exchange, shape)
    payload = shape.payload
    if payload is None:
        return found
    if payload.type == "blob":
        found[payload.name] = exchange.request.body if payload.streaming else read_all(exchange.request.body)
        return found
    raw = read_all(exchange.request.body) if exchange.raw is None else exchange.raw
    exchange.raw = raw
    if exchange.operation and "httpChecksum" in exchange.operation.traits:
        _verify(exchange.request.headers, raw)
    if payload.type == "string":
        found[payload.name] = raw.decode(errors="replace")
    elif raw.strip():
        found[payload.name] = xml.read_structure(payload.shape, xml.parse(raw))
    return found


def _verify(headers: Mapping[str, str], raw: bytes) -> None:
    """Raises AwsError BadDigest when a document is not the one whose digest its sender gave."""
    md5 = headers.get("content-md5")
    if md5 is not None and md5 != digests.checksum("MD5", raw):
        raise AwsError("BadDigest", "The Content-MD5 you specified did not match what we received.")
    for algorithm in digests.ALGORITHMS:
        given = headers.get(f"x-amz-checksum-{algorithm.lower()}")
        if given is not None and given != digests.checksum(algorithm, raw):
            raise AwsError(
                "BadDigest", f"The {algorithm} you specified did not match the calculated checksum."
            )


def write(exchange: Exchange) -> Response:
    """The answer."""
    operation, answer = exchange.operation, exchange.answer or {}
    shape = operation.output if operation else None
    status = rest.status_of(exchange)
    headers = _ids(exchange)
    status = answer.get("_status", status)
    if shape is None or operation is None:
        return Response(status, headers)
    headers += rest.write_headers(shape, answer)
    headers += answer.get("_headers", ())
    if "_content" in answer:
        return Response(status, [*headers, _XML], answer["_content"].encode())
    payload = shape.payload
    if payload is not None and payload.type in ("blob", "string"):
        content = answer.get(payload.name, b"")
        return Response(status, headers, content.encode() if isinstance(content, str) else content)
    members = [member for member in shape.members.values() if not member.location]
    if not members or operation.method == "HEAD":
        return Response(status, headers)
    return Response(status, [*headers, _XML], _document(exchange, shape, answer).encode())


def _document(exchange: Exchange, shape: Any, answer: dict[str, Any]) -> str:
    space = ' xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'
    payload = shape.payload
    if payload is not None:
        name = payload.traits.get("locationName") or payload.shape.name
        inner = answer.get(payload.name) or {}
        return xml.DECLARATION + xml.element(name, xml.write_members(payload.shape, inner), space)
    name = (
        shape.traits.get("locationName")
        or shape.name.removesuffix("Output").removesuffix("Request") + "Result"
    )
    return xml.DECLARATION + xml.element(answer.get("_root", name), xml.write_members(shape, answer), space)


def _ids(exchange: Exchange) -> list[tuple[str, str]]:
    return [("x-amz-request-id", exchange.id.replace("-", "")[:16].upper()), ("x-amz-id-2", exchange.id)]


def error(exchange: Exchange, failure: AwsError) -> Response:
    """The answer that says no."""
    members = {"Code": failure.code, "Message": failure.message, **failure.members}
    members |= {"RequestId": exchange.id.replace("-", "")[:16].upper(), "HostId": exchange.id}
    parts = "".join(
        xml.element(name, xml.text(value)) for name, value in members.items() if not name.startswith("_")
    )
    headers = [*_ids(exchange), *failure.members.get("_headers", ())]
    if failure.status == 304:
        return Response(failure.status, headers)
    headers.append(_XML)
    content = (xml.DECLARATION + xml.element("Error", parts)).encode()
    return Response(failure.status, headers, content)
