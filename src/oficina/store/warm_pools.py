"""Warm pools that wait: which job left them, what a job needs to take one, and for how long."""

from __future__ import annotations

from dataclasses import dataclass

from oficina.store.database import Database


@dataclass(frozen=True, slots=True)
class Pool:
    """A warm pool that waits."""

    job: str
    """The ARN of the training job that left it."""
    name: str
    since: float
    until: float


class WarmPools:
    """The warm pools of one server."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keep(self, account: str, region: str, match: str, pool: Pool) -> None:
        """A pool waits from now on."""
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO warm_pools (job, account, region, name, match, since, until)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (pool.job, account, region, pool.name, match, pool.since, pool.until),
            )

    def find(self, job: str) -> Pool | None:
        """The pool that a job left, None when it waits no more."""
        return self._one("job=?", job)

    def matching(self, account: str, region: str, match: str, now: float) -> Pool | None:
        """The pool that has waited longest for such a job."""
        return self._one("account=? AND region=? AND match=? AND until>?", account, region, match, now)

    def over(self, account: str, region: str, now: float) -> list[Pool]:
        """The pools whose time is over."""
        rows = self._database.reader.execute(
            "SELECT job, name, since, until FROM warm_pools WHERE account=? AND region=? AND until<=?",
            (account, region, now),
        )
        return [Pool(**dict(row)) for row in rows]

    def waiting(self) -> list[tuple[str, str, str]]:
        """Account, region and job of every pool."""
        rows = self._database.reader.execute("SELECT account, region, job FROM warm_pools")
        return [(row["account"], row["region"], row["job"]) for row in rows]

    def _one(self, where: str, *values: object) -> Pool | None:
        row = self._database.reader.execute(
            f"SELECT job, name, since, until FROM warm_pools WHERE {where} ORDER BY since LIMIT 1", values
        ).fetchone()
        return None if row is None else Pool(**dict(row))

    def prolong(self, job: str, until: float) -> None:
        """A pool waits until another time."""
        with self._database.transaction() as connection:
            connection.execute("UPDATE warm_pools SET until=? WHERE job=?", (until, job))

    def drop(self, job: str) -> None:
        """A pool waits no more."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM warm_pools WHERE job=?", (job,))
