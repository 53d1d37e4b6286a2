"""The door to managed MLflow: requests that name a server by a header or lie below its own path.

Clients with the ``sagemaker-mlflow`` plugin name the ARN in a header and sign; a browser has the cookie
that its presigned URL gave it; a plain tracking URL takes an access key and its secret.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import sqlite3
import time
from collections.abc import Iterator
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

import orjson

from oficina import arns
from oficina.engine.hosting.connection import Broken, Connection, Head, TooSlow, Unreachable
from oficina.engine.hosting.instance import Instance
from oficina.engine.mlflow import registration, sites
from oficina.engine.mlflow.kinds import PREFIX, MlflowFailed
from oficina.engine.mlflow.sites import Site
from oficina.errors import AwsError
from oficina.store import shortage
from oficina.store.keys import Key
from oficina.wire import sigv4
from oficina.wire.authenticate import authenticate
from oficina.wire.exchange import Exchange
from oficina.wire.http import Request, Response

if TYPE_CHECKING:
    from oficina.wire.gateway import Gateway

ARN_HEADERS = ("x-mlflow-sm-tracking-server-arn", "x-sm-mlflow-app-arn")
"""The header of tracking servers and that of apps (contracts, clients-and-wire §6)."""
COOKIE = "oficina-mlflow"
LAST = "oficina-mlflow-last"
"""The cookie with the id of the server that a browser opened last."""
ANSWER_SECONDS = 600.0
"""How long MLflow may be silent."""
RESTART_SECONDS = 60.0
"""How long a request waits for a server that died before it had the request."""
HELD = 1 << 20
"""Answers up to this size are read whole, so that the connection is free at once."""
_HOP = frozenset(
    (
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "host",
        "authorization",
        "cookie",
        "content-length",
        "expect",
        "origin",
        *ARN_HEADERS,
    )
)
"""Headers that are between two parties, or between the client and this door."""


class Door:
    """Answers what is for MLflow; gives every other request back with None."""

    def __call__(self, gateway: Gateway, exchange: Exchange) -> Response | None:
        """The answer, or None when the request is not for MLflow."""
        request = exchange.request
        named = next((request.headers[name] for name in ARN_HEADERS if name in request.headers), None)
        if named is None and not request.path.startswith(PREFIX):
            return _to_last(gateway, request) if request.target == "/" else None
        try:
            if named is not None:
                site, target = _by_arn(gateway, exchange, named), request.target
            else:
                answer = _by_path(gateway, exchange)
                if isinstance(answer, Response):
                    return answer
                site, target = answer
            if not site.open:
                raise AwsError("ConflictException", f"The MLflow server {site.arn} is not running.", 409)
            return forward(site, exchange, target)
        except AwsError as failure:
            return _refuse(request, failure)
        except MlflowFailed as failure:
            return _refuse(request, AwsError("TEMPORARILY_UNAVAILABLE", str(failure), 503))
        except (OSError, sqlite3.Error) as error:
            if not shortage.is_shortage(error):
                raise
            return _refuse(request, shortage.refusal(error, gateway.config.home))


def _refuse(request: Request, failure: AwsError) -> Response:
    """An error as MLflow's clients read one; a person who opens a page in a browser reads the sentence."""
    if failure.status in (403, 404) and request.headers.get("accept", "").startswith("text/html"):
        headers = [("Content-Type", "text/plain; charset=utf-8"), ("Cache-Control", "no-store")]
        return Response(failure.status, headers, failure.message.encode())
    told = {"error_code": failure.code, "message": failure.message, "__type": failure.code}
    headers = [("Content-Type", "application/json")]
    if failure.status == 503:
        headers.append(("Retry-After", "1"))
    if failure.status == 401:
        headers.append(("WWW-Authenticate", 'Basic realm="MLflow: access key and secret", charset="UTF-8"'))
    return Response(failure.status, headers, orjson.dumps(told))


def _by_arn(gateway: Gateway, exchange: Exchange, arn: str) -> Site:
    """The server that a header names, once the signature is verified."""
    caller = _signed(gateway, exchange)
    parts = arns.parse(arn)
    if parts is None or parts.account != caller.account:
        raise AwsError("AccessDeniedException", f"{caller.arn} is not authorized to reach {arn}.", 403)
    if exchange.signature is not None and parts.region != exchange.region:
        sentence = f"{arn} is in {parts.region} and the request is signed for {exchange.region}."
        raise AwsError("InvalidSignatureException", sentence, 403)
    site = sites.of(gateway.store).of_arn(arn)
    if site is None:
        raise AwsError("ResourceNotFound", f"The MLflow server {arn} does not exist.", 404)
    return site


def _signed(gateway: Gateway, exchange: Exchange) -> Key:
    """The caller of a signed request; the body is held and its hash verified."""
    exchange.service, exchange.protocol = gateway.world.services["sagemaker"], "json"
    exchange.region = gateway.config.region
    try:
        exchange.signature = signature = sigv4.read(exchange.request)
    except ValueError:
        exchange.malformed, signature = True, None
    if signature is not None:
        exchange.scope, exchange.region = signature.service, signature.region
    authenticate(gateway, exchange)
    assert exchange.caller is not None
    return exchange.caller


def _by_path(gateway: Gateway, exchange: Exchange) -> tuple[Site, str] | Response:
    """The server below whose path a request lies, and the target as that server sees it."""
    request = exchange.request
    identity, slash, rest = request.path.removeprefix(PREFIX).partition("/")
    site = sites.of(gateway.store).of_id(identity)
    if site is None:
        raise AwsError("ResourceNotFound", f"There is no MLflow server at {PREFIX}{identity}.", 404)
    if not slash:
        return Response(307, [("Location", f"{PREFIX}{identity}/")])
    if rest == "auth" and request.method == "GET":
        return _enter(gateway, site, request)
    _admit(gateway, exchange, site)
    return site, f"/{rest}" + (f"?{request.query}" if request.query else "")


def _enter(gateway: Gateway, site: Site, request: Request) -> Response:
    """Trades the token of a presigned URL for a session, once."""
    token = parse_qs(request.query).get("authToken", [""])[0]
    session = gateway.store.tickets.redeem(token, site.arn)
    if session is None:
        raise AwsError(
            "AccessDeniedException",
            "This URL was used already or has expired. Ask for another one with CreatePresigned"
            f"{site.kind.name}Url.",
            403,
        )
    secret, seconds = session
    place = f"{PREFIX}{site.id}/"
    rules = f"Max-Age={int(seconds)}; HttpOnly; SameSite=Lax"
    cookies = (f"{COOKIE}={secret}; Path={place}; {rules}", f"{LAST}={site.id}; Path=/; {rules}")
    headers = [("Location", place), ("Cache-Control", "no-store"), *(("Set-Cookie", one) for one in cookies)]
    return Response(302, headers)


def _to_last(gateway: Gateway, request: Request) -> Response | None:
    """The way to the server that a browser opened last: MLflow's clients print links below the root.

    The part after ``#``, which says what to show, stays with the browser and follows it there.
    """
    if request.method != "GET" or "text/html" not in request.headers.get("accept", ""):
        return None
    site = sites.of(gateway.store).of_id(_cookie(request, LAST))
    return None if site is None else Response(302, [("Location", f"{PREFIX}{site.id}/")])


def _cookie(request: Request, name: str) -> str:
    """The value of a cookie, empty when there is none."""
    try:
        found = SimpleCookie(request.headers.get("cookie", "")).get(name)
    except CookieError:
        return ""
    return found.value if found is not None else ""


def _admit(gateway: Gateway, exchange: Exchange, site: Site) -> None:
    """Lets in a session, a key with its secret, or a signature of the server's account. Raises AwsError."""
    request = exchange.request
    said = request.headers.get("authorization", "")
    if said.startswith("AWS4-"):
        if _signed(gateway, exchange).account != site.account:
            raise AwsError("AccessDeniedException", f"Another account has {site.arn}.", 403)
        return
    session = _cookie(request, COOKIE)
    if gateway.config.open or (session and gateway.store.tickets.admits(session, site.arn)):
        _of_same_site(request)
        return
    key = _by_password(gateway, said)
    if key is None or key.account != site.account:
        raise AwsError(
            "UNAUTHENTICATED",
            "Open the presigned URL in the browser; or, in a program, use the ARN as the tracking URI with "
            "the sagemaker-mlflow plugin, or set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD to "
            "an access key and its secret.",
            401,
        )
    _of_same_site(request)


def _of_same_site(request: Request) -> None:
    """Refuses a page of another site, whose requests the browser sends with the cookie or password too."""
    origin = request.headers.get("origin")
    if origin is not None and origin.partition("://")[2] != request.headers.get("host"):
        raise AwsError("AccessDeniedException", f"Pages of {origin} may not use this MLflow server.", 403)


def _by_password(gateway: Gateway, said: str) -> Key | None:
    """The key whose id and secret a request gives."""
    scheme, _, encoded = said.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        user, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    key = gateway.store.keys.find(user)
    if key is None or not hmac.compare_digest(key.secret.encode(), password.encode()):
        return None
    late = key.expires is not None and key.expires < gateway.clock.now()
    return None if late else key


def forward(site: Site, exchange: Exchange, target: str) -> Response:
    """MLflow's answer to a request. Raises MlflowFailed when the server does not come up."""
    request, body = exchange.request, exchange.hold()
    with site.using():
        call = _head_of(request, target, len(body)), body, request.method
        instance, connection, head = _exchange(site, *call)
        headers = [(name, value) for name, value in head.headers.items() if name not in _HOP]
        length = head.headers.get("content-length", "")
        if request.method == "HEAD" or head.status in (204, 304):
            _return(instance, connection, head)
            return Response(head.status, [*headers, *([("Content-Length", length)] if length else [])])
        if length.isdigit() and int(length) <= HELD:
            content = _whole(instance, connection, head)
            if head.status == 200 and request.method == "POST":
                _registered(site, request.path, body)
            return Response(head.status, headers, content)
        if length:
            headers.append(("Content-Length", length))
        return Response(head.status, headers, _pieces(instance, connection, head))


def _registered(site: Site, path: str, body: bytes) -> None:
    """Waits until what a call has registered is in the model registry too, as it is on AWS."""
    call = path.rpartition("/mlflow/")[2]
    if call in ("registered-models/create", "registered-models/rename", "model-versions/create"):
        registration.registered(site)
    elif call == "registered-models/alias":
        told = orjson.loads(body)
        registration.alias_set(site, told["name"], told["alias"])


def _head_of(request: Request, target: str, length: int) -> bytes:
    lines = [f"{request.method} {target} HTTP/1.1", "Host: 127.0.0.1"]
    for name, value in request.headers.items():
        if name not in _HOP and not name.startswith("x-amz-"):
            lines.append(f"{name}: {value}")
    if length or request.method in ("POST", "PUT", "PATCH"):
        lines.append(f"Content-Length: {length}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def _exchange(site: Site, head: bytes, body: bytes, method: str) -> tuple[Instance, Connection, Head]:
    """A connection on which the answer has begun. A server that has died is waited for."""
    deadline = time.monotonic() + RESTART_SECONDS
    while True:
        instance = site.ready()
        try:
            connection = instance.pool.take()
        except Unreachable as error:
            if time.monotonic() > deadline:
                raise _gone() from error
            time.sleep(0.05)
            continue
        try:
            connection.send(head, body, ANSWER_SECONDS)
            return instance, connection, connection.head()
        except (Broken, TooSlow) as error:
            connection.close()
            if method not in ("GET", "HEAD") or isinstance(error, TooSlow) or time.monotonic() > deadline:
                raise _gone() from error


def _gone() -> AwsError:
    """The error after which MLflow's clients ask again by themselves."""
    return AwsError("TEMPORARILY_UNAVAILABLE", "The MLflow server went away; it is being started again.", 503)


def _whole(instance: Instance, connection: Connection, head: Head) -> bytes:
    try:
        content = connection.body(head)
    except (Broken, TooSlow) as error:
        connection.close()
        raise _gone() from error
    _return(instance, connection, head)
    return content


def _pieces(instance: Instance, begun: Connection, head: Head) -> Iterator[bytes]:
    """The answer as it arrives."""
    connection: Connection | None = begun
    try:
        yield from begun.pieces(head)
        _return(instance, begun, head)
        connection = None
    except (Broken, TooSlow) as error:
        raise ConnectionError(str(error)) from error
    finally:
        if connection is not None:
            connection.close()


def _return(instance: Instance, connection: Connection, head: Head) -> None:
    if head.keep:
        instance.pool.give(connection)
    else:
        connection.close()
