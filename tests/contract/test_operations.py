"""Every operation in both directions, with botocore as the oracle; nothing is written by hand per operation.

An example of the input goes through botocore's serializer, and our wire must read the same; an example of the
output goes through our wire, and botocore's parser must read the same.
"""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any

import botocore.session
import pytest
from botocore import parsers, serialize
from botocore.awsrequest import AWSRequest, HeadersDict

from oficina.errors import AwsError
from oficina.model import check, project
from oficina.model.example import example
from oficina.model.shapes import Operation, Shape
from oficina.services import catalog
from oficina.wire.body import HeldBody, read_all
from oficina.wire.exchange import Exchange
from oficina.wire.gateway import PROTOCOLS
from oficina.wire.http import Request, Response
from oficina.wire.route import route

SERVICES = catalog.services()
REGION = "us-east-1"
EXPIRES = "Wed, 31 Jan 2024 23:59:59 GMT"
"""S3's ``Expires`` is text in the model; botocore makes a time of it."""


def spoken(name: str) -> list[str]:
    """The protocols of AWS that oficina speaks for a service."""
    metadata = SERVICES[name].model.metadata
    return [one for one in metadata.get("protocols", [metadata["protocol"]]) if one in PROTOCOLS]


CASES = [
    pytest.param(name, operation, protocol, id=f"{name}-{operation}-{protocol}")
    for name, service in SERVICES.items()
    for operation in service.model.operation_names
    if service.handler(operation) is not None
    for protocol in spoken(name)
]
ERRORS = [
    pytest.param(name, error, protocol, id=f"{name}-{error}-{protocol}")
    for name, service in SERVICES.items()
    for error in service.model.error_names
    for protocol in spoken(name)
]


@cache
def botocore_model(service: str) -> Any:
    """botocore's own view of a service."""
    return botocore.session.Session().get_service_model(service)


def operation_of(service: str, name: str) -> Operation:
    """Our view of an operation."""
    operation = SERVICES[service].model.operation(name)
    assert operation is not None
    return operation


def streams(service: str, operation: str) -> bool:
    """Whether an operation answers with a stream of events, which botocore reads in another way."""
    output = operation_of(service, operation).output
    return output is not None and output.event_stream is not None


ANSWERS = [case for case in CASES if not streams(str(case.values[0]), str(case.values[1]))]


def sample(shape: Shape | None) -> dict[str, Any]:
    """An example of a request or an answer."""
    found: dict[str, Any] = example(shape) if shape is not None else {}
    if shape is not None and "Expires" in found:
        found["Expires"] = EXPIRES
    found.pop("ContentMD5", None)  # the wire compares it with the body
    return found


def for_botocore(shape: Shape, value: Any) -> Any:
    """A value with times as botocore's callers give them."""
    match shape.type:
        case "structure":
            return {name: for_botocore(shape.members[name].shape, item) for name, item in value.items()}
        case "list":
            return [for_botocore(shape.member.shape, item) for item in value]
        case "map":
            return {key: for_botocore(shape.value.shape, item) for key, item in value.items()}
        case "timestamp":
            return datetime.fromtimestamp(value, UTC)
    return parsedate_to_datetime(value) if value == EXPIRES else value


def plain(value: Any) -> Any:
    """A value with times as numbers, and streams read."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, datetime):
        return value.timestamp()
    if hasattr(value, "drain"):
        return read_all(value)
    if hasattr(value, "read"):
        return value.read()
    return value


def request_of(service: str, operation: str, protocol: str, params: dict[str, Any]) -> Request:
    """What botocore puts on the wire for an operation."""
    model = botocore_model(service)
    made = serialize.create_serializer(protocol, include_validation=False).serialize_to_request(
        params, model.operation_model(operation)
    )
    wanted = AWSRequest(
        method=made["method"],
        url="http://localhost" + made["url_path"],
        headers=made["headers"],
        data=made["body"],
        params=made["query_string"],
    ).prepare()
    headers = {name.lower(): _text(value) for name, value in wanted.headers.items()}
    scope = SERVICES[service].scopes[0]
    headers["authorization"] = (
        f"AWS4-HMAC-SHA256 Credential=AKIA/20240101/{REGION}/{scope}/aws4_request,"
        " SignedHeaders=host, Signature=00"
    )
    headers["x-amz-date"] = "20240101T000000Z"
    target = wanted.url.removeprefix("http://localhost")
    path, _, query = target.partition("?")
    body: Any = wanted.body or b""
    data = body.encode() if isinstance(body, str) else bytes(body)
    return Request(wanted.method, target, path, query, headers, HeldBody(data))


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


@pytest.mark.parametrize(("service", "operation", "protocol"), CASES)
def test_what_botocore_sends_is_read_as_it_was_meant(service: str, operation: str, protocol: str) -> None:
    shape = operation_of(service, operation).input
    params = sample(shape)
    sent = for_botocore(shape, params) if shape is not None else {}
    exchange = Exchange(request_of(service, operation, protocol, sent))
    route(SERVICES, exchange, "")
    assert (exchange.operation_name, exchange.protocol, exchange.region) == (operation, protocol, REGION)
    assert plain(PROTOCOLS[protocol].parse(exchange)) == params


@pytest.mark.parametrize(("service", "operation", "protocol"), ANSWERS)
def test_what_is_answered_is_read_by_botocore_as_it_was_meant(
    service: str, operation: str, protocol: str
) -> None:
    model = operation_of(service, operation)
    answer = sample(model.output)
    exchange = Exchange(Request("POST", "/", "/", "", {}, HeldBody(b"")))
    exchange.service, exchange.operation, exchange.operation_name = SERVICES[service], model, operation
    exchange.protocol, exchange.answer = protocol, answer
    response: Response = PROTOCOLS[protocol].write(exchange)
    assert isinstance(response.content, bytes)
    parser = parsers.create_parser(protocol)
    read = parser.parse(
        {
            "status_code": response.status,
            "headers": HeadersDict(response.headers),
            "body": response.content,
        },
        botocore_model(service).operation_model(operation).output_shape,
    )
    read.pop("ResponseMetadata", None)
    for name in ("Body", "Payload"):
        if isinstance(read.get(name), str):
            read[name] = read[name].encode()  # a stream, which the parser leaves to the client
    assert plain(read) == (plain(for_botocore(model.output, answer)) if model.output else {})


@pytest.mark.parametrize(("service", "error", "protocol"), ERRORS)
def test_an_error_is_read_by_botocore_as_the_one_that_was_raised(
    service: str, error: str, protocol: str
) -> None:
    exchange = Exchange(Request("POST", "/", "/", "", {}, HeldBody(b"")))
    exchange.service, exchange.protocol = SERVICES[service], protocol
    code = SERVICES[service].model.shape(error).traits.get("error", {}).get("code", error)
    response: Response = PROTOCOLS[protocol].error(exchange, AwsError(code, "no <way>"))
    assert isinstance(response.content, bytes)
    unshaped: Any = None
    read = parsers.create_parser(protocol).parse(
        {
            "status_code": response.status,
            "headers": HeadersDict(response.headers),
            "body": response.content,
        },
        unshaped,
    )
    told = SERVICES[service].query_codes.get(code, code) if protocol == "json" else code
    assert (read["Error"]["Code"], read["Error"]["Message"]) == (told, "no <way>")


@pytest.mark.parametrize(("service", "operation", "protocol"), CASES)
def test_examples_are_legal(service: str, operation: str, protocol: str) -> None:
    model = operation_of(service, operation)
    if model.input is not None:
        sentences = check.errors(model.input, example(model.input))
        assert [one for one in sentences if "pattern" not in one] == []
    if model.output is not None and not streams(service, operation):
        assert project.missing(model.output, example(model.output)) == []
        assert project.project(model.output, example(model.output)) == example(model.output)


@pytest.mark.parametrize("name", SERVICES)
def test_what_a_service_says_of_itself_is_what_aws_says(name: str) -> None:
    service, metadata = SERVICES[name], SERVICES[name].model.metadata
    assert service.protocol in metadata.get("protocols", [metadata["protocol"]])
    assert service.target == metadata.get("targetPrefix")
    signing = metadata.get("signingName", metadata["endpointPrefix"])
    assert signing in service.scopes


@pytest.mark.parametrize("name", SERVICES)
def test_every_function_is_named_after_an_operation(name: str) -> None:
    service = SERVICES[name]
    known = {operation for operation in service.model.operation_names if service.handler(operation)}
    assert len(known) == len(service.handlers)
