"""Messages that wait in queues of SQS, hidden while somebody works on them."""

from __future__ import annotations

import secrets
from typing import Any, NamedTuple

import orjson

from oficina.clock import Clock
from oficina.store.database import Database

Body = dict[str, Any]


class Count(NamedTuple):
    """How many messages a queue has."""

    visible: int
    hidden: int
    """Received, and not deleted yet."""
    delayed: int


class Messages:
    """The messages of all queues (by ARN)."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def put(self, queue: str, body: Body, *, delay: float, keep: float) -> None:
        """Adds a message that is seen after ``delay`` seconds and forgotten after ``keep``."""
        now = self._clock.now()
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO messages (queue, visible, expires, body) VALUES (?, ?, ?, ?)",
                (queue, now + delay, now + keep, orjson.dumps(body).decode()),
            )

    def receive(self, queue: str, *, most: int, hide: float, wait: float) -> list[Body]:
        """Up to ``most`` messages, then hidden for ``hide`` seconds; waits for the first one."""
        deadline = self._clock.now() + wait
        while True:
            found = self._take(queue, most, hide) if self._due(queue) <= self._clock.now() else []
            now = self._clock.now()
            if found or now >= deadline:
                return found
            due = max(self._due(queue), now + 0.01)
            self._database.wait_until(lambda: self._due(queue) <= self._clock.now(), min(deadline, due) - now)

    def _due(self, queue: str) -> float:
        """When the next message may be received."""
        row = self._database.reader.execute(
            "SELECT min(visible) AS due FROM messages WHERE queue=?", (queue,)
        ).fetchone()
        return float("inf") if row["due"] is None else float(row["due"])

    def _take(self, queue: str, most: int, hide: float) -> list[Body]:
        now, found = self._clock.now(), []
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM messages WHERE queue=? AND expires<=?", (queue, now))
            rows = connection.execute(
                "SELECT * FROM messages WHERE queue=? AND visible<=? ORDER BY id LIMIT ?", (queue, now, most)
            ).fetchall()
            for row in rows:
                receipt = secrets.token_urlsafe(48)
                first = row["first"] or now
                connection.execute(
                    "UPDATE messages SET visible=?, received=received+1, first=?, receipt=? WHERE id=?",
                    (now + hide, first, receipt, row["id"]),
                )
                counted = {"received": row["received"] + 1, "first": first, "receipt": receipt}
                found.append({**orjson.loads(row["body"]), **counted})
        return found

    def delete(self, queue: str, receipt: str) -> None:
        """Forgets a message by the handle of its last receipt; one of an earlier receipt does nothing."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM messages WHERE queue=? AND receipt=?", (queue, receipt))

    def hide(self, queue: str, receipt: str, seconds: float) -> bool:
        """Hides a received message for so many seconds from now; False when there is none."""
        now = self._clock.now()
        with self._database.transaction() as connection:
            done = connection.execute(
                "UPDATE messages SET visible=? WHERE queue=? AND receipt=? AND visible>?",
                (now + seconds, queue, receipt, now),
            )
        return done.rowcount == 1

    def count(self, queue: str) -> Count:
        """How many messages there are."""
        now = self._clock.now()
        row = self._database.reader.execute(
            "SELECT coalesce(sum(visible<=?), 0) AS visible, coalesce(sum(visible>? AND received>0), 0) AS"
            " hidden, coalesce(sum(visible>? AND received=0), 0) AS delayed FROM messages"
            " WHERE queue=? AND expires>?",
            (now, now, now, queue, now),
        ).fetchone()
        return Count(row["visible"], row["hidden"], row["delayed"])

    def purge(self, queue: str) -> None:
        """Forgets all messages of a queue."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM messages WHERE queue=?", (queue,))
