"""What an operation is given: who asks, in which account and region, and the rooms to the right."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from oficina.arns import make

if TYPE_CHECKING:
    from oficina.clock import Clock
    from oficina.config import Config
    from oficina.store.documents import Scope
    from oficina.store.keys import Key
    from oficina.store.queue import Queue
    from oficina.store.store import Store

Call = Callable[["Context", str, str, dict[str, Any]], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Context:
    """One request's world."""

    config: Config
    store: Store
    docs: Scope
    """The documents of this account and region."""
    queue: Queue
    clock: Clock
    caller: Key
    account: str
    region: str
    request_id: str
    headers: Mapping[str, str]
    """The request's HTTP headers, names in lower case."""
    front_door: Call

    def call(self, service: str, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        """Another operation through the checked front door that users have. Not inside a transaction."""
        return self.front_door(self, service, operation, request)

    def arn(self, service: str, resource: str) -> str:
        """An ARN in this account and region."""
        return make(service, self.region, self.account, resource)

    def enqueue(
        self, topic: str, resource: str, *, after: float = 0.0, payload: dict[str, Any] | None = None
    ) -> None:
        """Adds work for the engine about a resource (by ARN) of this account and region."""
        self.queue.put(
            topic, resource, account=self.account, region=self.region, after=after, payload=payload
        )
