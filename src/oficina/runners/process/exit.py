"""How a job ended: the contents of ``exit.json``."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Reason = Literal["exit", "max_runtime", "stopped", "disk_full", "no_namespace", "not_started", "error"]
"""``not_started``: the user's program is not there or cannot be executed."""


@dataclass(frozen=True, kw_only=True)
class HostExit:
    """How one host ended; death by a signal has exit code 128 + signal, as in Docker."""

    exit_code: int
    signal: int | None = None


@dataclass(frozen=True, kw_only=True)
class Exit:
    """How a job ended, whatever the way."""

    ended: float
    reason: Reason
    started: float | None = None
    """When the user's program began; None when it never did."""
    hosts: dict[str, HostExit] = field(default_factory=dict)
    """In the order in which they ended."""
    detail: str = ""
    """A sentence for every reason but ``exit``."""
    failure: str | None = None
    """The first 1,024 characters of /opt/ml/output/failure."""
    message: str | None = None
    """The first 1,024 characters of /opt/ml/output/message."""
    outputs: list[str] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        """The exit code of the host that failed first, else 0."""
        return next((host.exit_code for host in self.hosts.values() if host.exit_code), 0)

    @property
    def succeeded(self) -> bool:
        """Every host ended by itself with exit code 0."""
        return self.reason == "exit" and bool(self.hosts) and self.exit_code == 0

    def to_json(self) -> str:
        """The text of exit.json."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Exit:
        """Read the text of an exit.json."""
        document: dict[str, Any] = json.loads(text)
        hosts = {name: HostExit(**host) for name, host in document.pop("hosts").items()}
        return cls(hosts=hosts, **document)
