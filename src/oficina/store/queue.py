"""Work to do, kept beside the facts: put in the transaction that causes it, deleted when it is done.

One server works on a home at a time (it holds the home's lock), so a lease lives in memory: after a crash
every row is free again and is worked on once more. Handlers must therefore be able to begin again.
"""

from __future__ import annotations

import threading
import time
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
        self._guard = threading.Lock()

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
                    # What need not wait has no time: a clock that is set back makes nobody wait for it.
                    self._clock.now() + after if after else 0.0,
                    orjson.dumps(payload or {}).decode(),
                ),
            )

    def lease(self, topics: list[str], timeout: float) -> Task | None:
        """The oldest due work, now this caller's; None when none came within ``timeout`` seconds.

        Work that is put while this waits is found when it is due, not only when it is there.
        """
        end = time.monotonic() + timeout
        task, due = self._take(topics)

        def changed() -> bool:
            nonlocal task, due
            known = due
            task, due = self._take(topics)
            return task is not None or due != known

        while task is None and (left := end - time.monotonic()) > 0:
            rest = left if due is None else min(left, max(0.01, due - self._clock.now()))
            self._database.wait_until(changed, rest)
        return task

    def _take(self, topics: list[str]) -> tuple[Task | None, float | None]:
        """Work that is due, leased by this; or when the next that is free will be."""
        marks = ",".join("?" * len(topics))
        with self._guard:
            rows = self._database.reader.execute(
                f"SELECT * FROM queue WHERE topic IN ({marks}) ORDER BY due, id LIMIT ?",
                (*topics, len(self._leased) + 1),
            )
            for row in rows:
                if row["id"] in self._leased:
                    continue
                if row["due"] > self._clock.now():
                    return None, row["due"]
                self._leased.add(row["id"])
                return Task(**{**dict(row), "payload": orjson.loads(row["payload"])}), None
        return None, None

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
        with self._guard:
            self._leased.discard(task.id)

    def give_back(self, task: Task, after: float) -> None:
        """The work is to be tried again in ``after`` seconds; at once when not even that can be written."""
        try:
            with self._database.transaction() as connection:
                connection.execute(
                    "UPDATE queue SET due=?, attempts=attempts+1 WHERE id=?",
                    (self._clock.now() + after, task.id),
                )
        finally:
            self.let_go(task)

    def let_go(self, task: Task) -> None:
        """The work is to be tried again at once."""
        self._free(task)
        self._database.wake()  # those who wait saw it as leased

    def forget(self) -> None:
        """Drops all leases, after the table was emptied."""
        with self._guard:
            self._leased.clear()
