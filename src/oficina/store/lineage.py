"""The graph of lineage: edges between entities, and walks along them in SQL."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import orjson

from oficina.clock import Clock
from oficina.store.database import Database

DEPTH = 10
"""How far a walk goes at most (botocore, QueryLineageMaxDepth)."""

_LIST = """
SELECT e.id, e.source, e.destination, e.type, e.created, e.created_by,
    s.name AS source_name, d.name AS destination_name,
    coalesce(CASE s.lineage_type WHEN 'TrialComponent' THEN 'SageMaker' || s.type ELSE s.type END,
        s.lineage_type) AS source_type,
    coalesce(CASE d.lineage_type WHEN 'TrialComponent' THEN 'SageMaker' || d.type ELSE d.type END,
        d.lineage_type) AS destination_type
FROM lineage_edges e
LEFT JOIN lineage_entities s ON s.arn=e.source LEFT JOIN lineage_entities d ON d.arn=e.destination
WHERE {where} ORDER BY {sort} {direction}, e.id {direction} LIMIT ? OFFSET ?
"""

_WALK = """
WITH RECURSIVE reached (arn, depth) AS (
    SELECT value, 0 FROM json_each(?)
    UNION
    SELECT e.{far}, depth + 1 FROM reached JOIN lineage_edges e ON e.{near}=reached.arn WHERE depth < ?
)
SELECT arn, min(depth) AS depth FROM reached GROUP BY arn ORDER BY depth, arn
"""

SORTS = {
    "SourceArn": "e.source",
    "DestinationArn": "e.destination",
    "SourceType": "source_type",
    "DestinationType": "destination_type",
    "CreationTime": "e.created",
}
"""What edges are sorted by (botocore, SortAssociationsBy)."""


@dataclass(frozen=True, slots=True)
class Edge:
    """A step of a walk."""

    source: str
    destination: str
    type: str | None


@dataclass(slots=True)
class Walk:
    """What was reached, nearest first, and the edges between."""

    depths: dict[str, int] = field(default_factory=dict)
    edges: list[Edge] = field(default_factory=list)


class Lineage:
    """The edges of all accounts."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def join(
        self,
        account: str,
        region: str,
        source: str,
        destination: str,
        kind: str | None,
        by: dict[str, Any] | None = None,
    ) -> bool:
        """Adds an edge; False when these two are joined already."""
        with self._database.transaction() as connection:
            added = connection.execute(
                "INSERT OR IGNORE INTO lineage_edges"
                " (account, region, source, destination, type, created, created_by)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    account,
                    region,
                    source,
                    destination,
                    kind,
                    self._clock.now(),
                    orjson.dumps(by).decode() if by else None,
                ),
            )
        return added.rowcount > 0

    def part(self, source: str, destination: str) -> bool:
        """Removes an edge; False when there was none."""
        with self._database.transaction() as connection:
            gone = connection.execute(
                "DELETE FROM lineage_edges WHERE source=? AND destination=?", (source, destination)
            )
        return gone.rowcount > 0

    def joined(self, arn: str) -> bool:
        """Whether an entity has any edge."""
        row = self._database.reader.execute(
            "SELECT 1 FROM lineage_edges WHERE source=? UNION ALL"
            " SELECT 1 FROM lineage_edges WHERE destination=? LIMIT 1",
            (arn, arn),
        ).fetchone()
        return row is not None

    def forget(self, arn: str) -> None:
        """Removes every edge of an entity."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM lineage_edges WHERE source=? OR destination=?", (arn, arn))

    def page(
        self, where: list[tuple[str, Any]], sort: str, descending: bool, size: int, skip: int
    ) -> list[dict[str, Any]]:
        """Edges that satisfy conditions with one value each; ``e``, ``s`` and ``d`` are edge and ends."""
        query = _LIST.format(
            where=" AND ".join(condition for condition, _ in where),
            sort=SORTS[sort],
            direction="DESC" if descending else "ASC",
        )
        values = [value for _, value in where]
        rows = self._database.reader.execute(query, (*values, size, skip)).fetchall()
        return [
            dict(row) | {"created_by": orjson.loads(row["created_by"]) if row["created_by"] else None}
            for row in rows
        ]

    def walk(self, starts: list[str], depth: int, *, back: bool) -> Walk:
        """What is reached from entities against the edges (``back``) or along them."""
        near, far = ("destination", "source") if back else ("source", "destination")
        reader, first = self._database.reader, orjson.dumps(starts).decode()
        rows = reader.execute(_WALK.format(near=near, far=far), (first, depth)).fetchall()
        walk = Walk({row["arn"]: row["depth"] for row in rows})
        inner = [arn for arn, steps in walk.depths.items() if steps < depth]
        edges = reader.execute(
            f"SELECT source, destination, type FROM lineage_edges"
            f" WHERE {near} IN (SELECT value FROM json_each(?)) ORDER BY id",
            (orjson.dumps(inner).decode(),),
        )
        walk.edges = [Edge(row["source"], row["destination"], row["type"]) for row in edges]
        return walk

    def entities(
        self,
        account: str,
        region: str,
        conditions: list[tuple[str, tuple[Any, ...]]],
        arns: list[str] | None,
    ) -> list[dict[str, Any]]:
        """The vertices of an account that satisfy conditions; among some ARNs, in their order."""
        # A plus keeps SQLite from walking the whole account where the ARNs are known.
        plus = "" if arns is None else "+"
        where = [f"{plus}account=?", f"{plus}region=?", "lineage_type<>'Experiment'"]
        values: list[Any] = [account, region]
        for condition, given in conditions:
            where.append(condition)
            values += given
        if arns is not None:
            where.append("arn IN (SELECT value FROM json_each(?))")
            values.append(orjson.dumps(arns).decode())
        rows = self._database.reader.execute(
            f"SELECT arn, type, lineage_type FROM lineage_entities WHERE {' AND '.join(where)}"
            " ORDER BY created, arn",
            values,
        )
        found = [dict(row) for row in rows]
        if arns is not None:
            order = {arn: number for number, arn in enumerate(arns)}
            found.sort(key=lambda each: order[each["arn"]])
        return found
