"""One call of a model: the way there and back, and what AWS says when it goes wrong.

On the path are two dictionary look-ups, one lock and a kept connection; no database and no other thread.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

from oficina import arns
from oficina.engine.hosting.capture import Record
from oficina.engine.hosting.connection import Broken, Connection, Head, TooSlow, Unreachable
from oficina.engine.hosting.hosting import Hosting
from oficina.engine.hosting.instance import Instance
from oficina.engine.hosting.kinds import LOG_GROUP
from oficina.engine.hosting.routes import PATIENCE, Closed, NoInstance, NoVariant, Route, Variant
from oficina.engine.hosting.traffic import Measured
from oficina.errors import AwsError

SECONDS = 60.0
"""In what time a model must answer (aws-contracts D.6)."""
STREAM_SECONDS = 60.0
PAUSE = 0.05
MAX_TOLD = 8192
"""How many characters of a model's message are told in the error."""


@dataclass(frozen=True, slots=True)
class Call:
    """What the caller sent."""

    endpoint: str
    body: bytes
    content_type: str
    headers: list[tuple[str, str]]
    """What the model is told besides."""
    variant: str | None = None
    inference_id: str | None = None
    attributes: str | None = None

    def head(self) -> bytes:
        """The head of the request to the model."""
        lines = ["POST /invocations HTTP/1.1", "Host: localhost:8080", f"Content-Length: {len(self.body)}"]
        if self.content_type:
            lines.append(f"Content-Type: {self.content_type}")
        lines += [f"{name}: {value}" for name, value in self.headers]
        if any("\n" in line or "\r" in line for line in lines):
            raise AwsError("ValidationError", "A header must not contain line breaks.")
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")


@dataclass(frozen=True, slots=True)
class Answer:
    """What the model answered."""

    variant: str
    headers: dict[str, str]
    body: bytes | Iterator[bytes]


@dataclass(slots=True)
class _Exchange:
    """An answer whose head is there; ``done`` must be called."""

    route: Route
    variant: Variant
    instance: Instance
    connection: Connection
    head: Head

    def done(self, whole: bool) -> None:
        if whole and self.head.keep:
            self.instance.pool.give(self.connection)
        else:
            self.connection.close()
        self.route.release(self.instance)


def invoke(hosting: Hosting, account: str, region: str, call: Call, began: float) -> Answer:
    """The model's whole answer. Raises AwsError. ``began`` is when the request came (perf_counter)."""
    sent = time.perf_counter()
    exchange = _begin(hosting, account, region, call)
    whole = False
    try:
        body = exchange.connection.body(exchange.head)
        whole = True
    except (Broken, TooSlow) as error:
        if isinstance(error, Broken):
            exchange.instance.doubt()
        raise _went_wrong(hosting, exchange.route, exchange.variant, error, began) from error
    finally:
        exchange.done(whole)
    answered = time.perf_counter()
    route, variant, status = exchange.route, exchange.variant, exchange.head.status
    _count(hosting, route, variant, status, answered - sent, sent - began)
    if not 200 <= status < 300:
        raise model_error(route, status, body.decode("utf-8", "replace"), exchange.head)
    headers = exchange.head.headers
    if route.capture is not None and hosting.capture.wants(route):
        hosting.capture.add(
            Record(
                route,
                variant.name,
                call.inference_id,
                call.attributes,
                call.body,
                call.content_type,
                body,
                headers.get("content-type", ""),
                time.time(),
            )
        )
    return Answer(variant.name, headers, body)


def stream(hosting: Hosting, account: str, region: str, call: Call, began: float) -> Answer:
    """The model's answer piece by piece. Raises AwsError, also while the pieces are taken."""
    sent = time.perf_counter()
    exchange = _begin(hosting, account, region, call)
    status = exchange.head.status
    if not 200 <= status < 300:
        whole, text = False, ""
        try:
            text = exchange.connection.body(exchange.head).decode("utf-8", "replace")
            whole = True
        except (Broken, TooSlow):
            pass  # the status is what counts
        finally:
            exchange.done(whole)
        _count(hosting, exchange.route, exchange.variant, status, time.perf_counter() - sent, sent - began)
        raise model_error(exchange.route, status, text, exchange.head)
    return Answer(
        exchange.variant.name, exchange.head.headers, _Pieces(hosting, exchange, sent, sent - began)
    )


class _Pieces:
    """A model's answer while it arrives; a caller who goes away, even before the first piece, ends it."""

    def __init__(self, hosting: Hosting, exchange: _Exchange, sent: float, overhead: float) -> None:
        self._hosting, self._exchange, self._sent, self._overhead = hosting, exchange, sent, overhead
        self._source = exchange.connection.pieces(exchange.head)
        self._over = False

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        try:
            return next(self._source)
        except StopIteration:
            self._end(whole=True)
            raise
        except TooSlow as error:
            sentence = "The model did not send the next part of its response in time."
            raise AwsError("ModelStreamError", sentence, ErrorCode="ModelInvocationTimeExceeded") from error
        except Broken as error:
            sentence = f"The stream ended before it was whole: {error}."
            raise AwsError("ModelStreamError", sentence, ErrorCode="StreamBroken") from error

    def __del__(self) -> None:
        self._end(whole=False)

    def _end(self, whole: bool) -> None:
        if self._over:
            return
        self._over = True
        one = self._exchange
        one.done(whole)
        status = one.head.status if whole else 0
        seconds = time.perf_counter() - self._sent
        _count(self._hosting, one.route, one.variant, status, seconds, self._overhead)


def _begin(hosting: Hosting, account: str, region: str, call: Call) -> _Exchange:
    """Sends the call to an instance and waits for the head of the answer."""
    head, began = call.head(), time.perf_counter()
    avoid: Instance | None = None
    while True:
        route = hosting.routes.find(account, region, call.endpoint)
        if route is None:
            raise AwsError("ValidationError", f"Endpoint {call.endpoint} of account {account} not found.")
        try:
            variant, instance = route.take(call.variant, avoid)
        except Closed:
            continue  # another fleet answers by now, or none
        except NoVariant as error:
            raise AwsError(
                "ValidationError", f"Variant {call.variant} not found for Endpoint {call.endpoint}."
            ) from error
        except NoInstance as error:
            raise _not_ready() from error
        try:
            return _exchange(route, variant, instance, head, call.body)
        except Unreachable as error:
            if time.perf_counter() - began > PATIENCE:
                raise _not_ready() from error
            avoid = instance
            time.sleep(PAUSE)  # it is about to be seen that it is down
        except Broken as error:
            instance.doubt()
            if avoid is not None or not route.has_other(variant, instance):
                raise _went_wrong(hosting, route, variant, error, began) from error
            avoid = instance  # it died before it said anything: once more, where another one answers
        except TooSlow as error:
            raise _went_wrong(hosting, route, variant, error, began) from error


def _exchange(route: Route, variant: Variant, instance: Instance, head: bytes, body: bytes) -> _Exchange:
    """One request; on failure the instance is released."""
    try:
        connection = instance.pool.take()
        try:
            return _answered(route, variant, instance, connection, head, body)
        except Broken as error:
            if connection.fresh:
                raise
            instance.pool.clear()  # perhaps only the idle connection was closed: once more on a new one
            try:
                connection = instance.pool.take()
            except Unreachable:
                raise error from None  # it died of this call
            return _answered(route, variant, instance, connection, head, body)
    except BaseException:
        route.release(instance)
        raise


def _answered(
    route: Route, variant: Variant, instance: Instance, connection: Connection, head: bytes, body: bytes
) -> _Exchange:
    """One request on one connection, which is closed on failure."""
    try:
        connection.send(head, body, SECONDS)
        return _Exchange(route, variant, instance, connection, connection.head())
    except BaseException:
        connection.close()
        raise


def _count(
    hosting: Hosting, route: Route, variant: Variant, status: int, model: float, overhead: float
) -> None:
    count = len(variant.instances)
    hosting.traffic.add(Measured(route, variant.name, count, status, model, overhead, time.time()))


def _not_ready() -> AwsError:
    """AWS's words for a model that is still being loaded (botocore, ModelNotReadyException)."""
    return AwsError(
        "ModelNotReadyException",
        "The model process of this endpoint is being started again. Wait and try again.",
        429,
    )


def _went_wrong(hosting: Hosting, route: Route, variant: Variant, error: Exception, began: float) -> AwsError:
    _count(hosting, route, variant, 0, time.perf_counter() - began, 0.0)
    if isinstance(error, TooSlow):
        return model_error(
            route,
            0,
            "Your invocation timed out while waiting for a response from container primary. Review the "
            "latency metrics for each container in Amazon CloudWatch, resolve the issue, and try again.",
        )
    return model_error(route, 500, f"The model process ended the connection: {error}")


def model_error(route: Route, status: int, message: str, head: Head | None = None) -> AwsError:
    """ModelError in AWS's words (surface §7.5; public issues show the sentence).

    A relay's head says which of several containers it was.
    """
    who = head.headers.get("x-oficina-container", "primary") if head else "primary"
    group = LOG_GROUP.format(name=route.name)
    side = "client" if 400 <= status < 500 else "server"
    where = (
        f"https://{route.region}.console.aws.amazon.com/cloudwatch/home?region={route.region}"
        f"#logEventViewer:group={group}"
    )
    message = message.strip()
    return AwsError(
        "ModelError",
        f'Received {side} error ({status}) from {who} with message "{message[:MAX_TOLD]}". '
        f"See {where} in account {route.account} for more information.",
        424,
        OriginalStatusCode=status,
        OriginalMessage=message[:MAX_TOLD],
        LogStreamArn=arns.make("logs", route.region, route.account, f"log-group:{group}"),
    )
