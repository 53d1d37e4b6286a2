"""Members of trials and metrics of trial components."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from oficina.store.database import Database


@dataclass(frozen=True, slots=True)
class Measure:
    """One value of a metric; ``time`` in seconds since the epoch."""

    name: str
    value: float
    time: float
    step: int | None


class Experiments:
    """The links and the metrics of all accounts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def associate(self, account: str, region: str, trial: str, component: str) -> None:
        """Puts a component into a trial; once is enough."""
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO trial_members (account, region, trial, component) VALUES (?, ?, ?, ?)",
                (account, region, trial, component),
            )

    def disassociate(self, account: str, region: str, trial: str, component: str) -> None:
        """Takes a component out of a trial."""
        with self._database.transaction() as connection:
            connection.execute(
                "DELETE FROM trial_members WHERE account=? AND region=? AND trial=? AND component=?",
                (account, region, trial, component),
            )

    def components(self, account: str, region: str, trial: str) -> list[str]:
        """The components of a trial."""
        return self._names("component", account, region, trial)

    def trials(self, account: str, region: str, component: str) -> list[str]:
        """The trials that a component belongs to."""
        return self._names("trial", account, region, component)

    def _names(self, wanted: str, account: str, region: str, given: str) -> list[str]:
        other = "trial" if wanted == "component" else "component"
        rows = self._database.reader.execute(
            f"SELECT {wanted} AS name FROM trial_members WHERE account=? AND region=? AND {other}=?"
            f" ORDER BY {wanted}",
            (account, region, given),
        )
        return [row["name"] for row in rows]

    def put(self, component: str, measures: list[Measure]) -> None:
        """Keeps values of a component (by ARN)."""
        with self._database.transaction() as connection:
            connection.executemany(
                "INSERT INTO component_metrics (component, name, step, time, value) VALUES (?, ?, ?, ?, ?)",
                [(component, one.name, one.step, one.time, one.value) for one in measures],
            )

    def values(self, component: str, name: str) -> list[Measure]:
        """The values of one metric of a component, in the order of their times."""
        rows = self._database.reader.execute(
            "SELECT name, value, time, step FROM component_metrics WHERE component=? AND name=?"
            " ORDER BY time, id",
            (component, name),
        )
        return [Measure(**dict(row)) for row in rows]

    def summaries(self, component: str) -> list[dict[str, Any]]:
        """Each metric of a component summed up: count, minimum, maximum, mean, the last value."""
        rows = self._database.reader.execute(
            "SELECT name, count(*) AS count, min(value) AS low, max(value) AS high, avg(value) AS mean,"
            " avg(value * value) AS square, max(time) AS time FROM component_metrics WHERE component=?"
            " GROUP BY name ORDER BY name",
            (component,),
        ).fetchall()
        return [dict(row) | {"last": self.values(component, row["name"])[-1].value} for row in rows]

    def forget(self, account: str, region: str, component: str, arn: str) -> None:
        """Forgets the links and the metrics of a component."""
        with self._database.transaction() as connection:
            connection.execute(
                "DELETE FROM trial_members WHERE account=? AND region=? AND component=?",
                (account, region, component),
            )
            connection.execute("DELETE FROM component_metrics WHERE component=?", (arn,))
