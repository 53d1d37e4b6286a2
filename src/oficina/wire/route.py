"""Which service and operation a request means.

The signature's scope is ``sagemaker`` for five services, so the header, the form and the path decide first
(contracts, clients-and-wire §3).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from oficina.errors import AwsError, not_there_yet
from oficina.wire import query, rest, sigv4
from oficina.wire.exchange import Exchange

if TYPE_CHECKING:
    from oficina.model.shapes import Model
    from oficina.services.service import Service

Services = Mapping[str, "Service"]


def route(services: Services, exchange: Exchange, default_region: str) -> None:
    """Finds service and operation. Raises AwsError when there is no such one, in the service's protocol."""
    _read_scope(exchange, default_region)
    if "x-amz-target" in exchange.request.headers:
        _by_target(services, exchange)
    elif _is_form(exchange):
        _by_form(services, exchange)
    else:
        _by_path(services, exchange)


def _is_form(exchange: Exchange) -> bool:
    """Whether this is a call of a query API: curl and urllib call any body of theirs a form as well."""
    kind = exchange.request.headers.get("content-type", "")
    if exchange.scope == "sqs":  # older SDKs send to the queue's own URL, some with GET
        return True
    at_root = exchange.request.path == "/" and exchange.scope != "s3"
    return at_root and kind.startswith("application/x-www-form-urlencoded")


def _read_scope(exchange: Exchange, default_region: str) -> None:
    exchange.region = default_region
    try:
        exchange.signature = signature = sigv4.read(exchange.request)
    except ValueError:
        exchange.malformed = True
        return
    if signature is not None:
        exchange.scope, exchange.region = signature.service, signature.region


def _by_target(services: Services, exchange: Exchange) -> None:
    prefix, _, name = exchange.request.headers["x-amz-target"].rpartition(".")
    service = next((one for one in services.values() if one.target == prefix), None)
    exchange.protocol = "json"
    if service is None:
        raise not_there_yet(exchange.scope or prefix, name)
    _choose(exchange, service, name)


def _by_form(services: Services, exchange: Exchange) -> None:
    fields = query.form(exchange)
    if exchange.request.path != "/":  # a queue's own URL names the queue
        fields.setdefault("QueueUrl", exchange.request.path)
    name = fields.get("Action", "")
    exchange.protocol = "query"
    service = next((one for one in services.values() if exchange.scope in one.scopes), None)
    if service is None or service.protocol not in ("query", "json"):
        refusal = not_there_yet(exchange.scope or "query", name)
        refusal.code = "InvalidAction"
        raise refusal
    _choose(exchange, service, name, service.query_model)


def _choose(exchange: Exchange, service: Service, name: str, model: Model | None = None) -> None:
    exchange.service, exchange.operation_name = service, name
    exchange.operation = (model or service.model).operation(name)
    if exchange.operation is None or service.handler(name) is None:
        refusal = not_there_yet(service.name, name)
        refusal.code = service.unknown_code
        if exchange.operation is None and service.unknown_sentence:
            refusal.message = service.unknown_sentence.format(name=name)
        raise refusal


def _by_path(services: Services, exchange: Exchange) -> None:
    for service in services.values():
        if service.protocol == "rest-json" and exchange.scope in service.scopes:
            found = rest.find(service.model, exchange.request)
            if found is not None:
                operation, exchange.path_members = found
                exchange.protocol = "rest-json"
                _choose(exchange, service, operation.name)
                return
    if exchange.scope not in ("", "s3"):
        exchange.protocol = "rest-json"
        raise not_there_yet(exchange.scope, f"{exchange.request.method} {exchange.request.path}")
    _s3(services, exchange)


def _s3(services: Services, exchange: Exchange) -> None:
    service = services["s3"]
    exchange.service, exchange.protocol = service, "rest-xml"
    if exchange.request.headers.get("content-type", "").startswith("multipart/form-data"):
        exchange.operation_name = "PostObject"
        bucket = exchange.request.path.strip("/")
        exchange.path_members = {"Bucket": bucket}
        exchange.operation = service.model.operation("PutObject")
        return
    found = rest.find(service.model, exchange.request)
    if found is None:
        raise AwsError("MethodNotAllowed", "The specified method is not allowed against this resource.", 405)
    operation, exchange.path_members = found
    exchange.operation_name = operation.name
    exchange.operation = operation
    if service.handler(operation.name) is None:
        raise AwsError(
            "NotImplemented", f"oficina does not have s3:{operation.name} yet; nothing was done.", 405
        )
