"""Messages that wait in queues of SQS, hidden while somebody works on them."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson

from oficina.clock import Clock
from oficina.store.database import Database

Body = dict[str, Any]
DEDUPLICATION_SECONDS = 300.0
"""For how long a FIFO queue remembers what it was sent (developer guide, "Exactly-once processing")."""

# A message of a FIFO queue waits for those before it in its line, and for any of the line that is out.
_AVAILABLE = """
    queue=:queue AND visible<=:now AND expires>:now AND (line IS NULL OR NOT EXISTS (
        SELECT 1 FROM messages AS other WHERE other.queue=:queue AND other.line=messages.line
        AND other.visible>:now AND other.expires>:now AND (other.received>0 OR other.id<messages.id)))
"""


class Count(NamedTuple):
    """How many messages a queue has."""

    visible: int
    hidden: int
    """Received, and not deleted yet."""
    delayed: int


@dataclass(frozen=True, slots=True)
class DeadLetters:
    """Where messages go that were received too often."""

    queue: str
    keep: float
    """For how many seconds that queue keeps a message."""
    most: int
    """How often a message is received before it goes."""


class Messages:
    """The messages of all queues (by ARN)."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def put(
        self,
        queue: str,
        body: Body,
        *,
        delay: float,
        keep: float,
        line: str | None = None,
    ) -> int:
        """Adds a message that is seen after ``delay`` seconds and forgotten after ``keep``; gives its number.

        Messages of one ``line`` are received in order, one receiver at a time.
        """
        now = self._clock.now()
        with self._database.transaction() as connection:
            added = connection.execute(
                "INSERT INTO messages (queue, visible, expires, line, body) VALUES (?, ?, ?, ?, ?)",
                (queue, now + delay, now + keep, line, orjson.dumps(body).decode()),
            )
        return int(added.lastrowid or 0)

    def remembered(self, queue: str, token: str) -> Body | None:
        """What was answered to who sent the same before, within the last minutes."""
        row = self._database.reader.execute(
            "SELECT answer FROM deduplications WHERE queue=? AND token=? AND expires>?",
            (queue, token, self._clock.now()),
        ).fetchone()
        return None if row is None else orjson.loads(row["answer"])

    def remember(self, queue: str, token: str, answer: Body) -> None:
        """Keeps an answer for who sends the same again."""
        now = self._clock.now()
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM deduplications WHERE queue=? AND expires<=?", (queue, now))
            connection.execute(
                "INSERT INTO deduplications (queue, token, expires, answer) VALUES (?, ?, ?, ?)",
                (queue, token, now + DEDUPLICATION_SECONDS, orjson.dumps(answer).decode()),
            )

    def receive(
        self, queue: str, *, most: int, hide: float, wait: float, dead: DeadLetters | None = None
    ) -> list[Body]:
        """Up to ``most`` messages, then hidden for ``hide`` seconds; waits for the first one."""
        deadline = self._clock.now() + wait
        while True:
            found = self._take(queue, most, hide, dead) if self._available(queue) else []
            now = self._clock.now()
            if found or now >= deadline:
                return found
            self._wait(queue, now, deadline)

    def _wait(self, queue: str, now: float, deadline: float) -> None:
        """Until a message may be received, or one comes that may be sooner than was known."""
        due = self._next(queue)
        until = max(min(deadline, due), now + 0.01)
        self._database.wait_until(lambda: self._available(queue) or self._next(queue) != due, until - now)

    def _available(self, queue: str) -> bool:
        """Whether a message may be received now."""
        found = self._database.reader.execute(
            f"SELECT 1 FROM messages WHERE {_AVAILABLE} LIMIT 1", {"queue": queue, "now": self._clock.now()}
        )
        return found.fetchone() is not None

    def _next(self, queue: str) -> float:
        """When a message that is hidden now may be received."""
        row = self._database.reader.execute(
            "SELECT min(visible) AS due FROM messages WHERE queue=? AND visible>?",
            (queue, self._clock.now()),
        ).fetchone()
        return float("inf") if row["due"] is None else float(row["due"])

    def _take(self, queue: str, most: int, hide: float, dead: DeadLetters | None) -> list[Body]:
        now, found = self._clock.now(), []
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM messages WHERE queue=? AND expires<=?", (queue, now))
            if dead is not None:
                self._bury(queue, dead)
            rows = connection.execute(
                f"SELECT * FROM messages WHERE {_AVAILABLE} ORDER BY id LIMIT :most",
                {"queue": queue, "now": now, "most": most},
            ).fetchall()
            for row in rows:
                receipt = secrets.token_urlsafe(48)
                first = row["first"] or now
                connection.execute(
                    "UPDATE messages SET visible=?, received=received+1, first=?, receipt=? WHERE id=?",
                    (now + hide, first, receipt, row["id"]),
                )
                counted = {"received": row["received"] + 1, "first": first, "receipt": receipt}
                found.append(
                    {**orjson.loads(row["body"]), "source": row["source"], "number": row["id"], **counted}
                )
        return found

    def _bury(self, queue: str, dead: DeadLetters) -> None:
        """Messages that were received as often as they may be go to the queue of dead letters."""
        now = self._clock.now()
        with self._database.transaction() as connection:
            connection.execute(
                # A standard queue counts a message's age on; in a FIFO queue it begins anew.
                "UPDATE messages SET queue=:dead, source=:queue, receipt=NULL,"
                " expires=:keep + CASE WHEN line IS NULL THEN json_extract(body, '$.sent') ELSE :now END"
                " WHERE queue=:queue AND visible<=:now AND received>=:most",
                {"dead": dead.queue, "queue": queue, "keep": dead.keep, "now": now, "most": dead.most},
            )

    def move(self, queue: str, target: str, *, keep: float, source: str | None = None) -> int:
        """Moves what may be received, or what came from a ``source`` of it, to another queue; how many."""
        now = self._clock.now()
        with self._database.transaction() as connection:
            moved = connection.execute(
                "UPDATE messages SET queue=:target, source=NULL, received=0, first=NULL, receipt=NULL,"
                " expires=:until WHERE queue=:queue AND visible<=:now AND expires>:now"
                " AND (:source IS NULL OR source=:source)",
                {"target": target, "queue": queue, "now": now, "until": now + keep, "source": source},
            )
        return moved.rowcount

    def sources(self, queue: str) -> set[str]:
        """The queues that a queue's dead letters came from."""
        rows = self._database.reader.execute(
            "SELECT DISTINCT source FROM messages WHERE queue=? AND source IS NOT NULL", (queue,)
        )
        return {row["source"] for row in rows}

    def delete(self, queue: str, receipt: str) -> None:
        """Forgets a message by the handle of its last receipt; one of an earlier receipt does nothing."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM messages WHERE queue=? AND receipt=?", (queue, receipt))

    def hide(self, queue: str, receipt: str, seconds: float) -> bool:
        """Hides a message by the handle of its last receipt for so many seconds from now; False for none.

        It need not be hidden any more, as in AWS, while nobody else has received it.
        """
        now = self._clock.now()
        with self._database.transaction() as connection:
            done = connection.execute(
                "UPDATE messages SET visible=? WHERE queue=? AND receipt=?",
                (now + seconds, queue, receipt),
            )
        return done.rowcount == 1

    def came_back(self, queue: str, receipt: str) -> bool:
        """Whether a message of this receipt may be received again, as its time was over."""
        row = self._database.reader.execute(
            "SELECT visible FROM messages WHERE queue=? AND receipt=?", (queue, receipt)
        ).fetchone()
        return row is not None and row["visible"] <= self._clock.now()

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

    def forget(self, queue: str) -> None:
        """Forgets a queue's messages and what it was sent."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM messages WHERE queue=?", (queue,))
            connection.execute("DELETE FROM deduplications WHERE queue=?", (queue,))
