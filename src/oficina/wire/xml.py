"""XML as AWS writes and reads it: shapes to elements and back, for query and rest-xml."""

from __future__ import annotations

import base64
import math
import re
from typing import Any
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from oficina.errors import AwsError
from oficina.model.shapes import Member, Shape
from oficina.wire import times
from oficina.wire.numbers import fits

DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
_UNSPEAKABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
"""The characters that XML 1.0 has no spelling for."""
_SPECIAL = re.compile("[\x00-\x08\x0a-\x1f&<>\ufffe\uffff]")
_MORE = {"\r": "&#xD;", "\n": "&#xA;"}


def element(name: str, content: str, attributes: str = "") -> str:
    """An element around content that is escaped already."""
    return f"<{name}{attributes}>{content}</{name}>"


def text(value: Any) -> str:
    """A scalar as escaped text."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, (bytes, bytearray)):
        return base64.b64encode(value).decode()
    plain = str(value)
    return escape(_UNSPEAKABLE.sub("", plain), _MORE) if _SPECIAL.search(plain) else plain


def write_members(shape: Shape, value: dict[str, Any]) -> str:
    """The members of a structure that have no other place (header, path)."""
    parts = []
    for name, member in shape.members.items():
        item = value.get(name)
        if item is not None and not member.location and not member.traits.get("xmlAttribute"):
            parts.append(write(member, item))
    return "".join(parts)


def _attributes(shape: Shape, value: dict[str, Any]) -> str:
    found = ""
    for name, member in shape.members.items():
        if member.traits.get("xmlAttribute") and value.get(name) is not None:
            prefix, _, _ = member.wire.partition(":")
            if prefix == "xsi":
                found += ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
            found += f' {member.wire}="{text(value[name])}"'
    return found


def write(member: Member, value: Any, name: str | None = None) -> str:
    """A member as one or, when flattened, several elements."""
    shape, name = member.shape, name or member.wire
    match shape.type:
        case "structure":
            return element(name, write_members(shape, value), _attributes(shape, value))
        case "list":
            return _list(member, value, name)
        case "map":
            return _map(member, value, name)
        case "timestamp":
            return element(name, str(times.write(value, member.timestamp_format or "iso8601")))
    return element(name, text(value))


def _list(member: Member, value: list[Any], name: str) -> str:
    inner = member.shape.member
    if member.flattened:
        own = inner.traits.get("locationName") if not member.traits.get("locationName") else None
        return "".join(write(inner, item, own or name) for item in value)
    own = inner.traits.get("locationName", "member")
    return element(name, "".join(write(inner, item, own) for item in value))


def _map(member: Member, value: dict[str, Any], name: str) -> str:
    shape = member.shape
    key, inner = shape.key.traits.get("locationName", "key"), shape.value.traits.get("locationName", "value")
    entry = name if member.flattened else "entry"
    entries = "".join(
        element(entry, element(key, text(one)) + write(shape.value, item, inner))
        for one, item in value.items()
    )
    return entries if member.flattened else element(name, entries)


def parse(raw: bytes) -> ElementTree.Element:
    """A document without namespaces. Raises AwsError MalformedXML when it is not XML or holds a DTD."""
    malformed = AwsError(
        "MalformedXML",
        "The XML you provided was not well-formed or did not validate against our published schema",
    )
    if b"<!DOCTYPE" in raw or b"<!ENTITY" in raw:
        raise malformed
    try:
        root = ElementTree.fromstring(raw)
    except ElementTree.ParseError as error:
        raise malformed from error
    for node in root.iter():
        node.tag = str(node.tag).rpartition("}")[2]
    return root


def read_structure(shape: Shape, node: ElementTree.Element) -> dict[str, Any]:
    """The members of a structure."""
    found: dict[str, Any] = {}
    for name, member in shape.members.items():
        if member.location:
            continue
        if member.traits.get("xmlAttribute"):
            value = _attribute(member, node)
            if value is not None:
                found[name] = value
            continue
        children = node.findall(_tag(member))
        if children:
            found[name] = _read(member, children)
    return found


def _attribute(member: Member, node: ElementTree.Element) -> str | None:
    local = member.wire.rpartition(":")[2]
    return next((value for key, value in node.attrib.items() if key.rpartition("}")[2] == local), None)


def _tag(member: Member) -> str:
    if member.flattened and member.type == "list" and not member.traits.get("locationName"):
        return str(member.shape.member.traits.get("locationName", member.wire))
    return member.wire


def _read(member: Member, nodes: list[ElementTree.Element]) -> Any:
    shape, node = member.shape, nodes[0]
    match shape.type:
        case "structure":
            return read_structure(shape, node)
        case "list":
            items = nodes if member.flattened else list(node)
            return [_read(shape.member, [item]) for item in items]
        case "map":
            entries = nodes if member.flattened else list(node)
            key = shape.key.traits.get("locationName", "key")
            value = shape.value.traits.get("locationName", "value")
            return {entry.findtext(key) or "": _read(shape.value, entry.findall(value)) for entry in entries}
    return scalar(member, node.text or "")


def scalar(member: Member, value: str) -> Any:
    """A text in the member's type. Raises AwsError MalformedXML when it has none."""
    try:
        match member.type:
            case "integer" | "long" if fits(member.type, int(value)):
                return int(value)
            case "integer" | "long":
                raise ValueError(value)
            case "float" | "double":
                return float(value)
            case "boolean":
                return value.strip().lower() == "true"
            case "timestamp":
                return times.read(value.strip())
            case "blob":
                return base64.b64decode(value)
    except ValueError as error:
        raise AwsError("MalformedXML", f"{value} is not a {member.type}") from error
    return value
