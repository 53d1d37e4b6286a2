"""One request on its way through the gateway: what each stage found out."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from oficina.wire.body import inflate, read_all
from oficina.wire.http import Request

if TYPE_CHECKING:
    from oficina.model.shapes import Operation
    from oficina.services.service import Service
    from oficina.store.keys import Key
    from oficina.wire.sigv4 import Signature


@dataclass(slots=True)
class Exchange:
    """A request and what is known of it so far."""

    request: Request
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    signature: Signature | None = None
    """What the request says about its signature of version 4."""
    malformed: bool = False
    """Whether a signature is there that cannot be read."""
    scope: str = ""
    """The service name in the signature's credential scope; empty when the request is not signed."""
    region: str = ""
    service: Service | None = None
    operation: Operation | None = None
    operation_name: str = ""
    protocol: str = ""
    """The protocol that was spoken, where a service speaks several."""
    caller: Key | None = None
    path_members: dict[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    """The body in memory, for the protocols that hold it whole."""
    form: dict[str, str] | None = None
    """The fields of a form, once they are read."""
    params: dict[str, Any] = field(default_factory=dict)
    answer: dict[str, Any] | None = None
    after: list[Callable[[], None]] = field(default_factory=list)

    def hold(self) -> bytes:
        """The body in memory as it was sent; read from the wire once."""
        if self.raw is None:
            self.raw = read_all(self.request.body)
        return self.raw

    def text(self) -> bytes:
        """The body in memory without a compression that the client put on it."""
        encodings = self.request.headers.get("content-encoding", "").lower().split(",")
        return inflate(self.hold()) if "gzip" in [one.strip() for one in encodings] else self.hold()
