"""The protocol query: a form with ``Action`` and dotted names in, XML out (STS, IAM, CloudWatch of old)."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

from oficina.errors import AwsError
from oficina.model.shapes import Member, Shape
from oficina.wire import xml
from oficina.wire.body import read_all
from oficina.wire.exchange import Exchange
from oficina.wire.http import Response


def form(exchange: Exchange) -> dict[str, str]:
    """The fields of the form, from the body and the URL."""
    if exchange.raw is None:
        exchange.raw = read_all(exchange.request.body)
    fields = dict(parse_qsl(exchange.request.query, keep_blank_values=True))
    return fields | dict(parse_qsl(exchange.raw.decode(), keep_blank_values=True))


def parse(exchange: Exchange) -> dict[str, Any]:
    """The members of the request."""
    shape = exchange.operation.input if exchange.operation else None
    return {} if shape is None else _structure(shape, form(exchange), "")


def _structure(shape: Shape, fields: dict[str, str], prefix: str) -> dict[str, Any]:
    found = {}
    for name, member in shape.members.items():
        value = _read(member, fields, prefix + member.wire)
        if value is not None:
            found[name] = value
    return found


def _read(member: Member, fields: dict[str, str], name: str) -> Any:
    match member.type:
        case "structure":
            inside = any(key.startswith(name + ".") for key in fields)
            return _structure(member.shape, fields, name + ".") if inside else None
        case "list":
            return _list(member, fields, name)
        case "map":
            return _map(member, fields, name)
    return xml.scalar(member, fields[name]) if name in fields else None


def _list(member: Member, fields: dict[str, str], name: str) -> list[Any] | None:
    inner = member.shape.member
    stem = name if member.flattened else f"{name}.{inner.traits.get('locationName', 'member')}"
    items: list[Any] = []
    while (item := _read(inner, fields, f"{stem}.{len(items) + 1}")) is not None:
        items.append(item)
    return items if items or name in fields else None


def _map(member: Member, fields: dict[str, str], name: str) -> dict[str, Any] | None:
    shape = member.shape
    key, value = shape.key.traits.get("locationName", "key"), shape.value.traits.get("locationName", "value")
    stem = name if member.flattened else f"{name}.entry"
    found: dict[str, Any] = {}
    while (one := fields.get(f"{stem}.{len(found) + 1}.{key}")) is not None:
        found[one] = _read(shape.value, fields, f"{stem}.{len(found) + 1}.{value}")
    return found or None


def write(exchange: Exchange) -> Response:
    """The answer."""
    operation = exchange.operation
    assert operation is not None
    assert exchange.service is not None
    space = f' xmlns="{exchange.service.model.xml_namespace or ""}"'
    inside = xml.write_members(operation.output, exchange.answer or {}) if operation.output else ""
    if operation.result_wrapper:
        inside = xml.element(operation.result_wrapper, inside)
    inside += xml.element("ResponseMetadata", xml.element("RequestId", exchange.id))
    document = xml.element(f"{operation.name}Response", inside, space)
    return Response(200, [("Content-Type", "text/xml")], (xml.DECLARATION + document).encode())


def error(exchange: Exchange, failure: AwsError) -> Response:
    """The answer that says no."""
    model = exchange.service.model if exchange.service else None
    space = f' xmlns="{model.xml_namespace}"' if model and model.xml_namespace else ""
    fault = "Sender" if failure.status < 500 else "Receiver"
    parts = {"Type": fault, "Code": failure.code, "Message": failure.message, **failure.members}
    inside = "".join(xml.element(name, xml.text(value)) for name, value in parts.items())
    document = xml.element(
        "ErrorResponse", xml.element("Error", inside) + xml.element("RequestId", exchange.id), space
    )
    return Response(failure.status, [("Content-Type", "text/xml")], (xml.DECLARATION + document).encode())
