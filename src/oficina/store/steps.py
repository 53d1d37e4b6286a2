"""Steps of pipeline executions, kept while they go."""

from __future__ import annotations

from typing import Any

import orjson

from oficina.store.database import Database

Body = dict[str, Any]


class Steps:
    """The steps of all executions."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, execution: str, pipeline: str, body: Body) -> None:
        """Keeps a step, new or changed; a new one is the newest."""
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO steps (execution, name, number, pipeline, status, cache_key, ended, body) VALUES"
                " (?, ?, (SELECT coalesce(max(number), 0) + 1 FROM steps WHERE execution=?), ?, ?, ?, ?, ?)"
                " ON CONFLICT (execution, name) DO UPDATE SET status=excluded.status,"
                " cache_key=excluded.cache_key, ended=excluded.ended, body=excluded.body",
                (
                    execution,
                    body["StepName"],
                    execution,
                    pipeline,
                    body["StepStatus"],
                    body.get("_cache_key"),
                    body.get("EndTime"),
                    orjson.dumps(body).decode(),
                ),
            )

    def all(self, execution: str) -> list[Body]:
        """The steps of an execution, in the order of their beginning."""
        rows = self._database.reader.execute(
            "SELECT body FROM steps WHERE execution=? ORDER BY number", (execution,)
        )
        return [orjson.loads(row["body"]) for row in rows]

    def page(self, execution: str, *, descending: bool, skip: int, limit: int) -> list[Body]:
        """A part of the steps of an execution."""
        order = "DESC" if descending else "ASC"
        rows = self._database.reader.execute(
            f"SELECT body FROM steps WHERE execution=? ORDER BY number {order} LIMIT ? OFFSET ?",
            (execution, limit, skip),
        )
        return [orjson.loads(row["body"]) for row in rows]

    def forget(self, execution: str, names: list[str]) -> None:
        """Forgets steps, so that they begin again."""
        with self._database.transaction() as connection:
            connection.executemany(
                "DELETE FROM steps WHERE execution=? AND name=?", [(execution, name) for name in names]
            )

    def cached(self, pipeline: str, name: str, key: str, since: float) -> tuple[str, Body] | None:
        """The newest success of a step with this fingerprint since a time, and its execution."""
        row = self._database.reader.execute(
            "SELECT execution, body FROM steps WHERE pipeline=? AND name=? AND cache_key=?"
            " AND status='Succeeded' AND ended>=? ORDER BY ended DESC LIMIT 1",
            (pipeline, name, key, since),
        ).fetchone()
        return None if row is None else (row["execution"], orjson.loads(row["body"]))

    def keys_of(self, pipeline: str, name: str) -> list[Body]:
        """Earlier runs of a step of a pipeline that succeeded, newest first: to tell why none was a hit."""
        rows = self._database.reader.execute(
            "SELECT body FROM steps WHERE pipeline=? AND name=? AND status='Succeeded'"
            " ORDER BY ended DESC LIMIT 20",
            (pipeline, name),
        )
        return [orjson.loads(row["body"]) for row in rows]
