"""The protocol query: a form with ``Action`` and dotted names in, XML out (STS, IAM, CloudWatch of old)."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

from oficina.errors import AwsError
from oficina.model.shapes import Member, Shape
from oficina.wire import xml
from oficina.wire.exchange import Exchange
from oficina.wire.fault import Fault
from oficina.wire.http import Response


def form(exchange: Exchange) -> dict[str, str]:
    """The fields of the form, from the body and the URL."""
    if exchange.form is None:
        text = exchange.text().decode("utf-8", "replace")
        pairs = parse_qsl(exchange.request.query, keep_blank_values=True)
        exchange.form = dict(pairs + parse_qsl(text, keep_blank_values=True))
    return exchange.form


def parse(exchange: Exchange) -> dict[str, Any]:
    """The members of the request."""
    shape = exchange.operation.input if exchange.operation else None
    return {} if shape is None else _structure(shape, Fields(form(exchange)), "")


class Fields(dict[str, str]):
    """The fields of a form, and every beginning of a dotted name: ``A.B.1`` has ``A`` and ``A.B``."""

    def __init__(self, fields: dict[str, str]) -> None:
        super().__init__(fields)
        self.stems: set[str] = set()
        for name in fields:
            stem = name.rpartition(".")[0]
            while stem and stem not in self.stems:
                self.stems.add(stem)
                stem = stem.rpartition(".")[0]


def _structure(shape: Shape, fields: Fields, prefix: str) -> dict[str, Any]:
    found = {}
    for name, member in shape.members.items():
        value = _read(member, fields, prefix + member.wire)
        if value is not None:
            found[name] = value
    return found


def _read(member: Member, fields: Fields, name: str) -> Any:
    match member.type:
        case "structure":
            return _structure(member.shape, fields, name + ".") if name in fields.stems else None
        case "list":
            return _list(member, fields, name)
        case "map":
            return _map(member, fields, name)
    return xml.scalar(member, fields[name]) if name in fields else None


def _list(member: Member, fields: Fields, name: str) -> list[Any] | None:
    inner = member.shape.member
    stem = f"{name}.{inner.traits.get('locationName', 'member')}"
    if member.flattened:
        stem = name
        if "locationName" in inner.traits and "locationName" not in member.traits:
            stem = name.removesuffix(member.wire) + inner.wire
    items: list[Any] = []
    while (item := _read(inner, fields, f"{stem}.{len(items) + 1}")) is not None:
        items.append(item)
    return items if items or name in fields else None


def _map(member: Member, fields: Fields, name: str) -> dict[str, Any] | None:
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
    space = f' xmlns="{operation.service.xml_namespace or ""}"'
    inside = xml.write_members(operation.output, exchange.answer or {}) if operation.output else ""
    if operation.result_wrapper:
        inside = xml.element(operation.result_wrapper, inside)
    inside += xml.element("ResponseMetadata", xml.element("RequestId", exchange.id))
    document = xml.element(f"{operation.name}Response", inside, space)
    return Response(200, [("Content-Type", "text/xml")], (xml.DECLARATION + document).encode())


def error(exchange: Exchange, failure: AwsError) -> Response:
    """The answer that says no."""
    service = exchange.service
    model = service.query_model if service else None
    space = f' xmlns="{model.xml_namespace}"' if model and model.xml_namespace else ""
    fault = Fault.of(exchange, failure)
    code = service.query_codes.get(fault.code, fault.code) if service else fault.code
    parts = {"Type": fault.side, "Code": code, "Message": failure.message, **failure.members}
    inside = "".join(xml.element(name, xml.text(value)) for name, value in parts.items())
    document = xml.element(
        "ErrorResponse", xml.element("Error", inside) + xml.element("RequestId", exchange.id), space
    )
    return Response(fault.status, [("Content-Type", "text/xml")], (xml.DECLARATION + document).encode())
