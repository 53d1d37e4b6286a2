"""What rest-json and rest-xml share: members in the path, the query, the headers and the payload."""

from __future__ import annotations

import base64
import re
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, unquote

from oficina.errors import AwsError
from oficina.model.shapes import Member, Model, Operation, Shape
from oficina.wire import times
from oficina.wire.exchange import Exchange
from oficina.wire.http import Request
from oficina.wire.numbers import fits


class Route:
    """How one operation is recognised."""

    def __init__(self, operation: Operation) -> None:
        path, _, query = operation.uri.partition("?")
        self.operation = operation
        self.method = operation.method
        self.literals = dict(parse_qsl(query, keep_blank_values=True))
        pattern = re.sub(r"\\\{(\w+)\\\+\\\}", r"(?P<\1>.+)", re.escape(path).replace(r"\{", r"\{"))
        pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", pattern)
        self.pattern = re.compile(pattern + ("/?" if path != "/" else ""))
        self.query_members: list[str] = []
        self.header_members: list[str] = []
        shape = operation.input
        for name in shape.required if shape else ():
            member = shape.members[name] if shape else None
            if member is not None and member.location == "querystring":
                self.query_members.append(member.wire)
            elif member is not None and member.location == "header":
                self.header_members.append(member.wire.lower())
        self.weight = 4 * len(self.literals) + 2 * len(self.query_members) + len(self.header_members)

    def match(self, request: Request, query: dict[str, str]) -> dict[str, str] | None:
        """The members in the path when the request is this operation's, else None."""
        found = self.pattern.fullmatch(request.path)
        if found is None:
            return None
        for name, value in self.literals.items():
            if name not in query or (value and query[name] != value):
                return None
        if any(name not in query for name in self.query_members):
            return None
        if not self.literals and any(name not in request.headers for name in self.header_members):
            return None  # words in the query say enough: what lacks its header is refused as this operation
        try:
            return {name: unquote(value, errors="strict") for name, value in found.groupdict().items()}
        except UnicodeDecodeError as error:
            raise AwsError("InvalidURI", "Couldn't parse the specified URI.") from error


@cache
def routes(model: Model) -> dict[str, list[Route]]:
    """The routes of a service by method, the most particular first."""
    found: dict[str, list[Route]] = {}
    for name in model.operation_names:
        operation = model.operation(name)
        if operation is not None and not operation.traits.get("deprecated"):
            route = Route(operation)
            found.setdefault(route.method, []).append(route)
    for several in found.values():
        several.sort(
            key=lambda route: (-route.weight, len(route.pattern.groupindex), route.operation.uri.count("+"))
        )
    return found


def find(model: Model, request: Request) -> tuple[Operation, dict[str, str]] | None:
    """The operation that a request means and the members in its path."""
    query = dict(parse_qsl(request.query, keep_blank_values=True))
    for route in routes(model).get(request.method, ()):
        members = route.match(request, query)
        if members is not None:
            return route.operation, members
    return None


def read_locations(exchange: Exchange, shape: Shape) -> dict[str, Any]:
    """The members that stand in the path, the query and the headers."""
    request = exchange.request
    pairs = parse_qsl(request.query, keep_blank_values=True)
    query: dict[str, list[str]] = {}
    for key, value in pairs:
        query.setdefault(key, []).append(value)
    found: dict[str, Any] = {}
    for name, member in shape.members.items():
        value = _located(member, exchange, query)
        if value is not None:
            found[name] = value
    return found


def _located(member: Member, exchange: Exchange, query: dict[str, list[str]]) -> Any:
    headers = exchange.request.headers
    match member.location:
        case "uri":
            text = exchange.path_members.get(member.wire)
            return None if text is None else cast(member, text)
        case "querystring":
            return _from_query(member, query)
        case "header":
            text = headers.get(member.wire.lower())
            return None if text is None else cast(member, text)
        case "headers":
            prefix = member.wire.lower()
            return {key[len(prefix) :]: value for key, value in headers.items() if key.startswith(prefix)}
    return None


def _from_query(member: Member, query: dict[str, list[str]]) -> Any:
    if member.type == "map":
        return {key: values[0] for key, values in query.items()} or None
    values = query.get(member.wire)
    if values is None:
        return None
    if member.type == "list":
        return [cast(member.shape.member, value) for value in values]
    return cast(member, values[0])


def cast(member: Member, text: str) -> Any:
    """A text of the path, query or a header in the member's type. Raises AwsError when it has none."""
    try:
        match member.type:
            case "integer" | "long" if fits(member.type, int(text)):
                return int(text)
            case "integer" | "long":
                raise ValueError(text)
            case "float" | "double":
                return float(text)
            case "boolean":
                return text.lower() == "true"
            case "timestamp":
                return times.read(text)
            case "list":
                return [cast(member.shape.member, part.strip()) for part in text.split(",")]
            case "blob":
                return base64.b64decode(text)
        if member.traits.get("jsonvalue"):
            return base64.b64decode(text).decode()
    except ValueError as error:
        if member.type in ("integer", "long"):
            sentence = f"Provided {member.wire} not an integer or within integer range"
        else:
            sentence = f"Provided argument {member.wire} has an invalid value: {text}"
        raise AwsError("InvalidArgument", sentence) from error
    return text


def write_headers(shape: Shape, answer: dict[str, Any]) -> list[tuple[str, str]]:
    """The headers that an answer's members give."""
    found: list[tuple[str, str]] = []
    for name, member in shape.members.items():
        value = answer.get(name)
        if value is None:
            continue
        if member.location == "header":
            found.append((member.wire, _text(member, value)))
        elif member.location == "headers":
            found += [(member.wire + key, item) for key, item in value.items()]
    return found


def _text(member: Member, value: Any) -> str:
    match member.type:
        case "boolean":
            return str(value).lower()
        case "timestamp":
            return str(times.write(value, member.timestamp_format or "rfc822"))
        case "list":
            return ",".join(str(item) for item in value)
        case "blob":
            return base64.b64encode(value).decode()
    if member.traits.get("jsonvalue"):
        return base64.b64encode(str(value).encode()).decode()
    return str(value)


def status_of(exchange: Exchange) -> int:
    """The HTTP status of a good answer: the operation's, or the member's that stands for it."""
    operation = exchange.operation
    if operation is None:
        return 200
    for name, member in (operation.output.members if operation.output else {}).items():
        if member.location == "statusCode" and exchange.answer and exchange.answer.get(name):
            return int(exchange.answer[name])
    return operation.status
