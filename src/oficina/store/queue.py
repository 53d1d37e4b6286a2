"""Work to do, kept beside the facts: put in the transaction that causes it, deleted when it is done.

One server works on a home at a time (it holds the home's lock), so a lease lives in memory: after a crash
every row is free again and is worked on once more. Handlers must therefore be able to begin again.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

import orjson

from oficina.clock import Clock
from oficina.store.database import Database


@dataclass(frozen=True, slots=True)
class Task:
    """A piece of work: its topic and the resource that it is about."""

    id: int
    topic: str
    resource: str
    account: str
    region: str
    due: float
    attempts: int
    payload: dict[str, Any]


class Queue:
    """The queue of one server."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._leased: set[int] = set()
        self._wake = threading.Condition()

    def put(
        self,
        topic: str,
        resource: str,
        *,
        account: str,
        region: str,
        after: float = 0.0,
        payload: dict[str, Any] | None = None,
    ) -> None:
        """Adds work; ``after`` is in seconds from now. Part of the caller's transaction when there is one."""
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO queue (topic, resource, account, region, due, payload)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (
                    topic,
                    resource,
                    account,
                    region,
                    self._clock.now() + after,
                    orjson.dumps(payload or {}).decode(),
                ),
            )

    def lease(self, topics: list[str], timeout: float) -> Task | None:
        """The oldest due work, now this caller's; None when none came within ``timeout`` seconds."""
        found: list[Task] = []

        def ready() -> bool:
            task = self._take(topics)
            if task is not None:
                found.append(task)
            return task is not None

        self._database.wait_until(ready, min(timeout, self._until_next(topics, timeout)))
        return found[0] if found else None

    def _take(self, topics: list[str]) -> Task | None:
        marks = ",".join("?" * len(topics))
        with self._wake:
            rows = self._database.reader.execute(
                f"SELECT * FROM queue WHERE topic IN ({marks}) AND due<=? ORDER BY due, id LIMIT ?",
                (*topics, self._clock.now(), len(self._leased) + 1),
            )
            for row in rows:
                if row["id"] not in self._leased:
                    self._leased.add(row["id"])
                    return Task(**{**dict(row), "payload": orjson.loads(row["payload"])})
        return None

    def _until_next(self, topics: list[str], timeout: float) -> float:
        marks = ",".join("?" * len(topics))
        (due,) = self._database.reader.execute(
            f"SELECT min(due) FROM queue WHERE topic IN ({marks}) AND due>?", (*topics, self._clock.now())
        ).fetchone()
        return timeout if due is None else max(0.01, due - self._clock.now())

    def depth(self, topic: str) -> int:
        """How much work of a topic is not done yet, what is being worked on included."""
        (count,) = self._database.reader.execute(
            "SELECT count(*) FROM queue WHERE topic=?", (topic,)
        ).fetchone()
        return int(count)

    def done(self, task: Task) -> None:
        """The work is done: its row goes, in the caller's transaction when there is one."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM queue WHERE id=?", (task.id,))
        self._database.after_commit(lambda: self._free(task))

    def _free(self, task: Task) -> None:
        with self._wake:
            self._leased.discard(task.id)

    def give_back(self, task: Task, after: float) -> None:
        """The work is to be tried again in ``after`` seconds."""
        with self._wake:
            self._leased.discard(task.id)
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE queue SET due=?, attempts=attempts+1 WHERE id=?", (self._clock.now() + after, task.id)
            )

    def forget(self) -> None:
        """Drops all leases, after the table was emptied."""
        with self._wake:
            self._leased.clear()
