"""oficina's own paths beside AWS's: ``/_oficina/…``, for the command, for tests and for health checks."""

from __future__ import annotations

from typing import Protocol
from urllib.parse import parse_qsl

import orjson

from oficina import __version__
from oficina.store.keys import Key
from oficina.wire.http import Request, Response

PREFIX = "/_oficina/"


class Host(Protocol):
    """What these paths ask of the composition root."""

    @property
    def default_key(self) -> Key:
        """The key made at first start."""
        ...

    def reset(self) -> None:
        """Empties everything."""
        ...

    def why(self, execution: str, step: str) -> str:
        """Why a step of a pipeline's execution was, or was not, taken from the cache. Raises LookupError."""
        ...


class Local:
    """Answers requests below ``/_oficina/``; gives every other back with None."""

    def __init__(self, host: Host) -> None:
        self._host = host

    def __call__(self, request: Request) -> Response | None:
        """The answer, or None when the path is not one of these."""
        if not request.path.startswith(PREFIX):
            return None
        if not _same_site(request):
            return _json(
                {"message": "This is for programs on this machine, not for pages of other sites."}, 403
            )
        match (request.method, request.path.removeprefix(PREFIX)):
            case ("GET", "health"):
                return _json({"status": "ok", "version": __version__})
            case ("POST", "reset"):
                self._host.reset()
                return _json({})
            case ("GET", "why"):
                return self._why(dict(parse_qsl(request.query)))
        return _json({"message": f"oficina has no {request.method} {request.path}"}, 404)

    def _why(self, query: dict[str, str]) -> Response:
        try:
            return _json({"message": self._host.why(query["execution"], query["step"])})
        except LookupError as error:
            return _json({"message": f"There is no such execution: {error}"}, 404)


def _same_site(request: Request) -> bool:
    """Whether no page of another site asks: a browser tells where a page came from."""
    origin = request.headers.get("origin")
    return origin is None or origin.partition("://")[2] == request.headers.get("host")


def _json(value: object, status: int = 200) -> Response:
    return Response(status, [("Content-Type", "application/json")], orjson.dumps(value))
