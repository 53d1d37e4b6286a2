"""Events on their way out: written with the change that they tell of, so that none is lost or made up.

What delivers them takes them by ``waiting`` and takes them away by ``done``; a server that dies in between
delivers an event once more, as AWS may (EventBridge, "at least once").
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

import orjson

from oficina.clock import Clock
from oficina.store.database import Database

LIMIT = 10_000
"""The most events that are kept; beyond it the oldest go."""


@dataclass(frozen=True, slots=True)
class Event:
    """One event in the outbox."""

    number: int
    """Its place in the order of changes."""
    id: str
    account: str
    region: str
    time: float
    source: str
    detail_type: str
    resources: list[str]
    detail: dict[str, Any]


class Outbox:
    """The events of a server that are not delivered yet."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def put(
        self,
        account: str,
        region: str,
        detail_type: str,
        resources: list[str],
        detail: dict[str, Any],
        source: str = "aws.sagemaker",
    ) -> None:
        """Adds an event. Part of the caller's transaction when there is one."""
        with self._database.transaction() as connection:
            added = connection.execute(
                "INSERT INTO outbox (event, account, region, time, source, detail_type, resources, detail)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    str(uuid.uuid4()),
                    account,
                    region,
                    self._clock.now(),
                    source,
                    detail_type,
                    orjson.dumps(resources).decode(),
                    orjson.dumps(detail).decode(),
                ),
            )
            connection.execute("DELETE FROM outbox WHERE id<=?", ((added.lastrowid or 0) - LIMIT,))

    def waiting(self, limit: int = 100) -> list[Event]:
        """The oldest events that are not delivered."""
        rows = self._database.reader.execute("SELECT * FROM outbox ORDER BY id LIMIT ?", (limit,))
        return [
            Event(
                number=row["id"],
                id=row["event"],
                account=row["account"],
                region=row["region"],
                time=row["time"],
                source=row["source"],
                detail_type=row["detail_type"],
                resources=orjson.loads(row["resources"]),
                detail=orjson.loads(row["detail"]),
            )
            for row in rows
        ]

    def done(self, event: Event) -> None:
        """Takes a delivered event away."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM outbox WHERE id=?", (event.number,))
