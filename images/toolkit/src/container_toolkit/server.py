"""The model server: GET /ping, POST /invocations, GET /execution-parameters on the port that SageMaker names.

A model is an object with ``invoke(request)``, made by a function in every worker after it was started::

    class Echo:
        def invoke(self, request: Request) -> Response:
            return Response(request.body, content_type=request.content_type)

    serve(Echo)

A model that cannot be made ends the server with its traceback; ``Refused(415, "sentence")`` refuses a
request.
``invoke`` is called by one thread at a time in each worker unless the model says ``thread_safe = True``;
/ping is answered meanwhile. ``execution_parameters()`` and ``ping()`` may be left out.
The contract: aws-contracts D.4 and D.6 (SageMaker Developer Guide, your-algorithms-inference-code).
"""

from __future__ import annotations

import json
import logging
import os
import sys
import threading
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from gunicorn.app.base import BaseApplication

logger = logging.getLogger("container_toolkit.server")

MEBIBYTE = 1 << 20


@dataclass(frozen=True)
class Request:
    """What came with POST /invocations."""

    body: bytes
    content_type: str = ""
    """As sent, parameters such as ``; label_size=1`` included; empty when the caller named none."""
    accept: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    """All of them, by lower-case name; ``x-amzn-sagemaker-custom-attributes`` is one."""


@dataclass(frozen=True)
class Response:
    """An answer: bytes or text whole, or pieces that go out as they come."""

    body: bytes | str | Iterable[bytes | str] = b""
    content_type: str = "text/csv; charset=utf-8"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


class Refused(Exception):
    """The request's own fault, or the model's: a status and what the caller reads."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


@dataclass(frozen=True)
class Settings:
    """What the environment says about serving (sagemaker-inference-toolkit's variables)."""

    host: str = "0.0.0.0"
    port: int = 8080
    workers: int = 1
    timeout: int = 60

    @classmethod
    def read(cls) -> Settings:
        """From SAGEMAKER_BIND_TO_PORT, SAGEMAKER_MODEL_SERVER_WORKERS and _TIMEOUT(_SECONDS)."""
        timeout = os.environ.get("SAGEMAKER_MODEL_SERVER_TIMEOUT_SECONDS")
        return cls(
            host=os.environ.get("SAGEMAKER_BIND_TO_HOST", "0.0.0.0"),
            port=int(os.environ.get("SAGEMAKER_BIND_TO_PORT") or 8080),
            workers=int(os.environ.get("SAGEMAKER_MODEL_SERVER_WORKERS") or os.cpu_count() or 1),
            timeout=int(timeout or os.environ.get("SAGEMAKER_MODEL_SERVER_TIMEOUT") or 60),
        )


def max_payload() -> int:
    """The largest request that batch transform is told to send, in MiB (SAGEMAKER_MAX_PAYLOAD_IN_MB)."""
    return int(os.environ.get("SAGEMAKER_MAX_PAYLOAD_IN_MB") or 6)


def default_execution_parameters(batch_strategy: str = "MULTI_RECORD") -> dict[str, Any]:
    """What batch transform is told when the model says nothing of its own."""
    return {
        "MaxConcurrentTransforms": Settings.read().workers,
        "BatchStrategy": batch_strategy,
        "MaxPayloadInMB": max_payload(),
    }


_PHRASES = {
    200: "OK",
    204: "No Content",
    400: "Bad Request",
    404: "Not Found",
    405: "Method Not Allowed",
    406: "Not Acceptable",
    415: "Unsupported Media Type",
    500: "Internal Server Error",
    503: "Service Unavailable",
}


class Application:
    """A model as a WSGI application."""

    def __init__(self, model: Any) -> None:
        self.model = model
        free = bool(getattr(model, "thread_safe", False))
        self.turn: threading.Lock | None = None if free else threading.Lock()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer one request."""
        path, method = environ["PATH_INFO"], environ["REQUEST_METHOD"]
        if path == "/invocations":
            if method == "POST":
                return self._invoke(environ, start_response)
            return _send(start_response, Response("", status=405, headers={"Allow": "POST"}))
        if path == "/ping":
            ping = getattr(self.model, "ping", None)
            healthy = ping is None or ping() is not False
            return _send(start_response, Response("", "text/plain", 200 if healthy else 503))
        if path == "/execution-parameters":
            tell = getattr(self.model, "execution_parameters", default_execution_parameters)
            return _send(start_response, Response(json.dumps(tell()), "application/json"))
        return _send(start_response, Response("", "text/plain", status=404))

    def _invoke(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        request = Request(
            body=environ["wsgi.input"].read(),
            content_type=environ.get("CONTENT_TYPE") or "",
            accept=environ.get("HTTP_ACCEPT") or "",
            headers=_headers(environ),
        )
        if self.turn is None:
            return _send(start_response, self._answer(request))
        with self.turn:
            response = self._answer(request)
            if not isinstance(response.body, (bytes, str)):
                # The pieces are still the model's work, so its turn ends with the last of them.
                pieces = iter(response.body)
                return _send(start_response, response, self._held(pieces))
        return _send(start_response, response)

    def _held(self, pieces: Iterator[bytes | str]) -> Iterator[bytes]:
        assert self.turn is not None
        while True:
            with self.turn:
                piece = next(pieces, None)
            if piece is None:
                return
            yield _bytes(piece)

    def _answer(self, request: Request) -> Response:
        try:
            answer = self.model.invoke(request)
        except Refused as refused:
            if refused.status >= 500:
                logger.error("%s", refused.message, exc_info=True)
            return Response(refused.message, "text/plain; charset=utf-8", refused.status)
        except Exception as failure:  # the edge of user code: the caller must have an answer
            logger.error("Exception on /invocations [POST]\n%s", traceback.format_exc())
            return Response(f"{type(failure).__name__}: {failure}", "text/plain; charset=utf-8", 500)
        return answer if isinstance(answer, Response) else Response(answer)


def _headers(environ: dict[str, Any]) -> dict[str, str]:
    found = {
        name[5:].replace("_", "-").lower(): value
        for name, value in environ.items()
        if name.startswith("HTTP_")
    }
    for name in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        if environ.get(name):
            found[name.replace("_", "-").lower()] = environ[name]
    return found


def _bytes(piece: bytes | str) -> bytes:
    return piece.encode("utf-8") if isinstance(piece, str) else bytes(piece)


def _send(
    start_response: Callable[..., Any], response: Response, pieces: Iterable[bytes] | None = None
) -> Iterable[bytes]:
    """Write the head, and give the body: with its length when it is whole, else in chunks."""
    headers = [(name, value) for name, value in response.headers.items()]
    if response.content_type and response.status != 204:
        headers.append(("Content-Type", response.content_type))
    status = f"{response.status} {_PHRASES.get(response.status, 'Status')}"
    if isinstance(response.body, (bytes, str)):
        body = _bytes(response.body)
        if response.status != 204:
            headers.append(("Content-Length", str(len(body))))
        start_response(status, headers)
        return [body]
    start_response(status, headers)
    return pieces if pieces is not None else map(_bytes, response.body)


class _Gunicorn(BaseApplication):  # type: ignore[misc]  # gunicorn ships no types
    """gunicorn with our options; ``load`` runs in each worker after the fork, where OpenMP is still whole."""

    def __init__(self, make: Callable[[], Any], options: dict[str, Any]) -> None:
        self.make = make
        self.options = options
        super().__init__()

    def load_config(self) -> None:
        for name, value in self.options.items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)

    def load(self) -> Application:
        return Application(self.make())


def serve(make: Callable[[], Any], settings: Settings | None = None) -> None:
    """Serve the model that ``make`` gives until SIGTERM; requests under way are finished first."""
    settings = settings or Settings.read()
    options: dict[str, Any] = {
        "bind": f"{settings.host}:{settings.port}",
        "workers": settings.workers,
        "worker_class": "gthread",
        "threads": 8,
        "timeout": settings.timeout,
        "graceful_timeout": 30,
        "keepalive": 600,
        "worker_tmp_dir": "/dev/shm" if os.access("/dev/shm", os.W_OK) else None,
        "control_socket_disable": True,
        "loglevel": "warning",
        "proc_name": "model-server",
    }
    configure_logging()
    _Gunicorn(make, options).run()


def configure_logging() -> None:
    """Log lines of the containers on standard output, unless the program has set up its own."""
    logging.basicConfig(
        level=log_level(), stream=sys.stdout, format="%(asctime)s %(levelname)s - %(message)s"
    )


def log_level() -> int:
    """SAGEMAKER_CONTAINER_LOG_LEVEL: a number as the SDK sends it, or a name; INFO for anything else."""
    text = os.environ.get("SAGEMAKER_CONTAINER_LOG_LEVEL", "20")
    if text.isdigit():
        return int(text)
    level = logging.getLevelName(text.upper())
    return level if isinstance(level, int) else logging.INFO
