"""The one front door. Every request goes through the stages of ``STAGES``, in that order."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any, Protocol

from oficina.clock import Clock
from oficina.config import Config
from oficina.errors import AwsError
from oficina.model import check, project
from oficina.services.context import Context
from oficina.services.service import Service
from oficina.store import shortage
from oficina.store.keys import Key
from oficina.store.store import Store
from oficina.wire import json, query, restjson, restxml
from oficina.wire.authenticate import authenticate
from oficina.wire.exchange import Exchange
from oficina.wire.http import Request, Response
from oficina.wire.route import route

log = logging.getLogger(__name__)

PROTOCOLS: Mapping[str, ModuleType] = {
    "json": json,
    "rest-json": restjson,
    "rest-xml": restxml,
    "query": query,
}

Local = Callable[[Request], Response | None]
Door = Callable[["Gateway", Exchange], Response | None]
"""Answers requests that are of no AWS protocol; gives every other back with None."""


class World(Protocol):
    """What the gateway asks of the composition root."""

    config: Config
    store: Store
    clock: Clock
    services: Mapping[str, Service]

    def default_caller(self, account: str) -> Key:
        """The caller of an account's default key."""
        ...

    def enter(self, context: Context) -> None:
        """Makes sure that what an account and region begin with is there."""
        ...


class Gateway:
    """Bytes in, bytes out."""

    def __init__(self, world: World, locals_: tuple[Local, ...] = (), doors: tuple[Door, ...] = ()) -> None:
        self.world = world
        self.config = world.config
        self.store = world.store
        self.clock = world.clock
        self._locals = locals_
        self._doors = doors

    def __call__(self, request: Request) -> Response:
        """The answer to a request; never raises."""
        exchange = Exchange(request)
        try:
            for local in self._locals:
                answer = local(request)
                if answer is not None:
                    return answer
            for door in self._doors:
                answer = door(self, exchange)
                if answer is not None:
                    return answer
            for stage in STAGES:
                stage(self, exchange)
            return write(exchange)
        except AwsError as failure:
            return write_error(exchange, failure)
        except Exception as error:
            if shortage.is_shortage(error):
                log.warning("%s %s: %s", request.method, request.path, error)
                return write_error(exchange, shortage.refusal(error, self.config.home))
            log.exception("%s %s failed", request.method, request.path)
            sentence = f"oficina failed at {exchange.operation_name or request.path}; its log says where."
            return write_error(exchange, AwsError("InternalFailure", sentence, 500))

    def default_caller(self, account: str) -> Key:
        """The caller of an account's default key."""
        return self.world.default_caller(account)

    def anonymous(self) -> Key:
        """A caller who has not said who it is."""
        return Key("", "", None, self.config.account, "", "anonymous")

    def context(self, exchange: Exchange, caller: Key) -> Context:
        """What the operation is given."""
        return self._context(caller, exchange.region, exchange.id, exchange.request.headers)

    def _context(self, caller: Key, region: str, request_id: str, headers: Mapping[str, str]) -> Context:
        return Context(
            config=self.config,
            store=self.store,
            docs=self.store.scope(caller.account, region),
            queue=self.store.queue,
            clock=self.clock,
            caller=caller,
            account=caller.account,
            region=region,
            request_id=request_id,
            headers=headers,
            front_door=self.call,
        )

    def call_as_account(
        self, account: str, region: str, service: str, operation: str, params: dict[str, Any]
    ) -> dict[str, Any]:
        """An operation asked for by the engine, as the account's default caller."""
        context = self._context(self.default_caller(account), region, str(uuid.uuid4()), {})
        self.world.enter(context)
        return self.call(context, service, operation, params)

    def call(self, context: Context, service: str, operation: str, params: dict[str, Any]) -> dict[str, Any]:
        """An operation asked for from inside: checked and projected like any other."""
        found = self.world.services[service]
        model = found.model.operation(operation)
        handler = found.handler(operation)
        if model is None or handler is None:
            raise AwsError(found.unknown_code, f"oficina does not have {service}:{operation} yet.")
        if model.input is not None:
            check_params(found, model.input, params)
        self.world.enter(context)
        answer = handler(context, params) or {}
        return project.project(model.output, answer) if model.output is not None else {}


def find(gateway: Gateway, exchange: Exchange) -> None:
    """Which service and operation is meant."""
    route(gateway.world.services, exchange, gateway.config.region)


def parse(gateway: Gateway, exchange: Exchange) -> None:
    """The members of the request, from its bytes."""
    if exchange.operation_name != "PostObject":
        exchange.params = PROTOCOLS[exchange.protocol].parse(exchange)


def check_members(gateway: Gateway, exchange: Exchange) -> None:
    """Required, min, max, enum and pattern."""
    service, operation = exchange.service, exchange.operation
    if service is not None and operation is not None and operation.input is not None:
        check_params(service, operation.input, exchange.params)


def check_params(service: Service, shape: Any, params: dict[str, Any]) -> None:
    """Raises AwsError in the service's words when members break the shape."""
    if service.validation_code is None:
        return
    sentences = check.errors(shape, params)
    if sentences:
        raise AwsError(service.validation_code, check.message(sentences))


def operate(gateway: Gateway, exchange: Exchange) -> None:
    """The operation itself."""
    service, caller = exchange.service, exchange.caller
    assert service is not None
    assert caller is not None
    context = gateway.context(exchange, caller)
    gateway.world.enter(context)
    handler = service.handler(exchange.operation_name)
    if handler is None:
        raise AwsError(
            service.unknown_code, f"oficina does not have {service.name}:{exchange.operation_name} yet."
        )
    if exchange.operation_name == "PostObject":
        exchange.params = {"Bucket": exchange.path_members["Bucket"], "Body": exchange.request.body}
    exchange.answer = handler(context, exchange.params)


def _refuse_illegal(operation: str, flaws: list[str]) -> None:
    if flaws:
        raise AwsError("IllegalAnswer", f"{operation} answers against its shape: {'; '.join(flaws)}", 500)


def see_through_shape(gateway: Gateway, exchange: Exchange) -> None:
    """The answer seen through the output shape; a strict server, as tests use it, also checks it."""
    operation = exchange.operation
    shape = operation.output if operation else None
    if shape is None or operation is None:
        return
    answer = exchange.answer or {}
    seen = project.project(shape, answer)
    if gateway.config.strict and exchange.service is not None:
        omitted = {
            f".{member}: required" for name, member in exchange.service.omits if name == operation.name
        }
        flaws = [flaw for flaw in project.missing(shape, seen) if flaw not in omitted]
        _refuse_illegal(operation.name, flaws)
    exchange.answer = seen | {name: value for name, value in answer.items() if name.startswith("_")}


STAGES = (
    find,
    authenticate,
    parse,
    check_members,
    operate,
    see_through_shape,
)
"""What happens to a request, in order; ``write`` follows, or ``write_error``."""


def write(exchange: Exchange) -> Response:
    """The bytes of a good answer."""
    response: Response = PROTOCOLS[exchange.protocol].write(exchange)
    response.headers.append(("x-amzn-RequestId", exchange.id))
    return response


def write_error(exchange: Exchange, failure: AwsError) -> Response:
    """The bytes of an answer that says no, in the protocol that was spoken."""
    protocol = exchange.protocol or "rest-xml"
    response: Response = PROTOCOLS[protocol].error(exchange, failure)
    response.headers.append(("x-amzn-RequestId", exchange.id))
    return response
