"""Metrics over time: what CloudWatch and the engine share."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import orjson

from oficina.store.database import Database


@dataclass(frozen=True, slots=True)
class Point:
    """A measured value; ``count`` times the same value, or the average of a set with its extremes."""

    name: str
    dimensions: dict[str, str]
    value: float
    time: float
    """Seconds since the epoch."""
    unit: str = "None"
    count: float = 1.0
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Series:
    """A metric: namespace, name and dimensions."""

    id: int
    namespace: str
    name: str
    dimensions: dict[str, str]


@dataclass(frozen=True, slots=True)
class Bucket:
    """What was measured in one period."""

    time: float
    unit: str
    total: float
    count: float
    low: float
    high: float

    @property
    def average(self) -> float:
        """The mean."""
        return self.total / self.count


class Metrics:
    """The metrics of a server."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, account: str, region: str, namespace: str, points: Iterable[Point]) -> None:
        """Adds points of one namespace."""
        with self._database.transaction() as connection:
            connection.executemany(
                "INSERT INTO metric_points (series_id, time, unit, total, count, low, high)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                [
                    (
                        self._series_id(connection, account, region, namespace, point),
                        point.time,
                        point.unit,
                        point.value * point.count,
                        point.count,
                        point.value if point.low is None else point.low,
                        point.value if point.high is None else point.high,
                    )
                    for point in points
                ],
            )

    def _series_id(
        self, connection: sqlite3.Connection, account: str, region: str, namespace: str, point: Point
    ) -> int:
        key = (account, region, namespace, point.name, _pack(point.dimensions))
        connection.execute(
            "INSERT OR IGNORE INTO metric_series (account, region, namespace, name, dimensions)"
            " VALUES (?, ?, ?, ?, ?)",
            key,
        )
        return int(_find(connection, key)["id"])

    def find(
        self, account: str, region: str, namespace: str, name: str, dimensions: dict[str, str]
    ) -> Series | None:
        """The series with exactly these dimensions, None when nothing was put there yet."""
        row = _find(self._database.reader, (account, region, namespace, name, _pack(dimensions)))
        return None if row is None else _series(row)

    def series(
        self,
        account: str,
        region: str,
        *,
        namespace: str | None,
        name: str | None,
        dimensions: list[tuple[str, str | None]],
        since: float | None,
        after: int,
        limit: int,
    ) -> list[Series]:
        """Series after one of a number, that have these dimensions (with any value where it is None)."""
        where = ["account=?", "region=?", "id>?"]
        values: list[Any] = [account, region, after]
        for column, value in (("namespace", namespace), ("name", name)):
            if value is not None:
                where.append(f"{column}=?")
                values.append(value)
        for key, wanted in dimensions:
            where.append(
                "EXISTS (SELECT 1 FROM json_each(metric_series.dimensions) AS one"
                " WHERE one.key=? AND (? IS NULL OR one.value=?))"
            )
            values += [key, wanted, wanted]
        if since is not None:
            where.append("EXISTS (SELECT 1 FROM metric_points WHERE series_id=metric_series.id AND time>=?)")
            values.append(since)
        rows = self._database.reader.execute(
            f"SELECT * FROM metric_series WHERE {' AND '.join(where)} ORDER BY id LIMIT ?", (*values, limit)
        )
        return [_series(row) for row in rows]

    def buckets(
        self, series: Series, start: float, end: float, period: float, unit: str | None = None
    ) -> list[Bucket]:
        """Points from ``start`` to before ``end`` by periods (seconds), oldest first; units stay apart."""
        rows = self._database.reader.execute(
            "SELECT CAST((time-?)/? AS INTEGER) AS number, unit, sum(total) AS total, sum(count) AS count,"
            " min(low) AS low, max(high) AS high FROM metric_points"
            " WHERE series_id=? AND time>=? AND time<? AND (? IS NULL OR unit=?)"
            " GROUP BY number, unit ORDER BY number, unit",
            (start, period, series.id, start, end, unit, unit),
        )
        return [
            Bucket(
                start + row["number"] * period,
                row["unit"],
                row["total"],
                row["count"],
                row["low"],
                row["high"],
            )
            for row in rows
        ]

    def values(
        self, series: Series, start: float, end: float, unit: str | None = None
    ) -> list[tuple[float, float]]:
        """Single values and how often each was measured, by value; sets of values have none."""
        rows = self._database.reader.execute(
            "SELECT low AS value, sum(count) AS count FROM metric_points"
            " WHERE series_id=? AND time>=? AND time<? AND low=high AND (? IS NULL OR unit=?)"
            " GROUP BY value ORDER BY value",
            (series.id, start, end, unit, unit),
        )
        return [(row["value"], row["count"]) for row in rows]

    def history(self, series: Series) -> list[float]:
        """The values as they were measured, the oldest first."""
        rows = self._database.reader.execute(
            "SELECT total/count AS value FROM metric_points WHERE series_id=? ORDER BY time, rowid",
            (series.id,),
        )
        return [row["value"] for row in rows]


def _pack(dimensions: dict[str, str]) -> str:
    return orjson.dumps(dimensions, option=orjson.OPT_SORT_KEYS).decode()


def _find(connection: sqlite3.Connection, key: tuple[str, ...]) -> Any:
    return connection.execute(
        "SELECT * FROM metric_series"
        " WHERE account=? AND region=? AND namespace=? AND name=? AND dimensions=?",
        key,
    ).fetchone()


def _series(row: sqlite3.Row) -> Series:
    return Series(row["id"], row["namespace"], row["name"], orjson.loads(row["dimensions"]))
