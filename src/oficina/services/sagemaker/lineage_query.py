"""QueryLineage: what an entity came from and what came of it."""

from __future__ import annotations

from typing import Any

from oficina.errors import validation
from oficina.services.context import Context
from oficina.services.sagemaker.api import sagemaker
from oficina.services.sagemaker.lineage_associations import entity
from oficina.store.kinds import Document
from oficina.store.lineage import DEPTH, Edge, Walk

PAGE = 1000
"""How many vertices are answered when MaxResults is not given; the SDKs ask for no second page."""


@sagemaker.operation
def query_lineage(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """The entities that satisfy the filters; with edges, also those on the way to them.

    Without filters the start is one of the vertices; with filters it is not looked at. Without a start all
    entities are looked at.
    """
    starts: list[str] = request.get("StartArns") or []
    for arn in starts:
        entity(ctx, arn)
    conditions = _conditions(request.get("Filters") or {})
    walks = _walks(ctx, request, starts)
    wanted = None if not starts else _reached(walks, starts if conditions else [])
    found = ctx.store.lineage.entities(ctx.account, ctx.region, conditions, wanted)
    edges: list[Edge] = []
    if request.get("IncludeEdges") and starts:
        edges = _on_the_way(walks, {row["arn"] for row in found})
        if conditions:
            found = _with_ends(ctx, walks, edges, found)
    return _page(request, found, edges)


def _walks(ctx: Context, request: Document, starts: list[str]) -> list[tuple[bool, Walk]]:
    direction, depth = request.get("Direction", "Both"), int(request.get("MaxDepth", DEPTH))
    ways = {"Ascendants": (True,), "Descendants": (False,), "Both": (True, False)}[direction]
    return [(back, ctx.store.lineage.walk(starts, depth, back=back)) for back in ways]


def _reached(walks: list[tuple[bool, Walk]], without: list[str]) -> list[str]:
    """What all walks have reached, nearest first."""
    depths: dict[str, int] = {}
    for _, walk in walks:
        for arn, depth in walk.depths.items():
            depths[arn] = min(depth, depths.get(arn, depth))
    return sorted((arn for arn in depths if arn not in without), key=lambda arn: (depths[arn], arn))


def _conditions(filters: Document) -> list[tuple[str, tuple[Any, ...]]]:
    found: list[tuple[str, tuple[Any, ...]]] = []
    for member, column in (("Types", "type"), ("LineageTypes", "lineage_type")):
        if filters.get(member):
            marks = ",".join("?" * len(filters[member]))
            found.append((f"{column} IN ({marks})", tuple(filters[member])))
    for member, condition in (
        ("CreatedBefore", "created<?"),
        ("CreatedAfter", "created>?"),
        ("ModifiedBefore", "modified<?"),
        ("ModifiedAfter", "modified>?"),
    ):
        if member in filters:
            found.append((condition, (filters[member],)))
    for name, value in filters.get("Properties", {}).items():
        held = "EXISTS (SELECT 1 FROM json_each(body, '$.Properties') WHERE key=? AND value=?)"
        found.append((held, (name, value)))
    return found


def _on_the_way(walks: list[tuple[bool, Walk]], targets: set[str]) -> list[Edge]:
    """The edges of the walks that lead to a target."""
    kept: dict[tuple[str, str], Edge] = {}
    for back, walk in walks:
        comes_from: dict[str, list[Edge]] = {}
        for edge in walk.edges:
            comes_from.setdefault(edge.source if back else edge.destination, []).append(edge)
        waiting, seen = [arn for arn in walk.depths if arn in targets], set()
        while waiting:
            arn = waiting.pop()
            if arn in seen:
                continue
            seen.add(arn)
            for edge in comes_from.get(arn, ()):
                kept[edge.source, edge.destination] = edge
                waiting.append(edge.destination if back else edge.source)
    return list(kept.values())


def _with_ends(
    ctx: Context, walks: list[tuple[bool, Walk]], edges: list[Edge], found: list[Document]
) -> list[Document]:
    """The vertices with both ends of every edge."""
    ends = {arn for edge in edges for arn in (edge.source, edge.destination)}
    ends |= {row["arn"] for row in found}
    wanted = [arn for arn in _reached(walks, []) if arn in ends]
    return ctx.store.lineage.entities(ctx.account, ctx.region, [], wanted)


def _page(request: Document, found: list[Document], edges: list[Edge]) -> Document:
    token = request.get("NextToken") or "0"
    if not token.isdigit():
        raise validation("The NextToken parameter is not valid for this request.")
    skip, size = int(token), int(request.get("MaxResults") or PAGE)
    shown = found[skip : skip + size]
    here, seen = {row["arn"] for row in shown}, {row["arn"] for row in found[: skip + size]}
    told = [
        {"SourceArn": edge.source, "DestinationArn": edge.destination, "AssociationType": edge.type}
        for edge in edges
        if {edge.source, edge.destination} & here and {edge.source, edge.destination} <= seen
    ]
    vertices = [{"Arn": row["arn"], "Type": row["type"], "LineageType": row["lineage_type"]} for row in shown]
    more = len(found) > skip + size
    return {"Vertices": vertices, "Edges": told, "NextToken": str(skip + size) if more else None}
