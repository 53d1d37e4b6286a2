"""What the entities of lineage share: how they are named, listed, changed and forgotten."""

from __future__ import annotations

from typing import Any

from oficina import arns
from oficina.engine.lineage.kinds import LINEAGE_GROUP
from oficina.errors import validation
from oficina.services.context import Context
from oficina.services.sagemaker.pipelines import identity
from oficina.store.documents import Query
from oficina.store.kinds import Document, Kind

DEFAULT_GROUP = "sagemaker-default-lineage-group"
"""The lineage group that every entity of an account is in (Developer Guide, "Cross-Account Lineage")."""


BY_SOURCE = (
    "id IN (SELECT id FROM resources INDEXED BY lineage_by_source WHERE account=? AND region=?"
    " AND json_extract(body, '$.Source.SourceUri')=? AND kind IN ('Artifact', 'Action', 'Context'))"
)
"""The entities of a source, in the words of their index (store/lineage.sql)."""


def named(ctx: Context, kind: Kind, name_or_arn: str) -> str:
    """The name of the row of an entity that is told by name or ARN. Raises AwsError ResourceNotFound."""
    parts = arns.parse(name_or_arn)
    if parts is None:
        return name_or_arn
    name = parts.resource.rpartition("/")[2]
    found = ctx.docs.get(kind, name)
    if str(found[kind.member("arn")]).lower() != name_or_arn.lower():
        raise kind.not_found(name, name_or_arn)
    return name


def described(ctx: Context, kind: Kind, name_or_arn: str) -> Document:
    """An entity with the lineage group that it is in."""
    found = ctx.docs.get(kind, named(ctx, kind, name_or_arn))
    return {**found, "LineageGroupArn": ctx.docs.arn(LINEAGE_GROUP, DEFAULT_GROUP)}


def listed(ctx: Context, kind: Kind, request: Document) -> Document:
    """A List of entities, newest first; of one source, of one type."""
    query, member = Query(), f"{kind.name}Type"
    if "SourceUri" in request:
        query.where.append((BY_SOURCE, (ctx.account, ctx.region, request["SourceUri"])))
    if member in request:
        query.where.append((f"json_extract(body, '$.{member}')=?", (request[member],)))
    page = ctx.docs.page(kind, request, query)
    return {f"{kind.name}Summaries": page.items, "NextToken": page.token}


def changed(ctx: Context, kind: Kind, name: str, request: Document, members: tuple[str, ...]) -> Document:
    """Changes plain members, and properties by key."""
    with ctx.docs.transaction():
        found = ctx.docs.get(kind, name)
        changes: Document = {each: request[each] for each in members if each in request}
        gone = set(request.get("PropertiesToRemove", ()))
        merged = {**found.get("Properties", {}), **request.get("Properties", {})}
        changes["Properties"] = {key: value for key, value in merged.items() if key not in gone}
        changes["LastModifiedBy"] = identity(ctx)
        return ctx.docs.update(kind, name, changes)


def deleted(ctx: Context, kind: Kind, name: str) -> dict[str, Any]:
    """Forgets an entity that nothing is associated with."""
    with ctx.docs.transaction():
        arn = str(ctx.docs.get(kind, name)[kind.member("arn")])
        if ctx.store.lineage.joined(arn):
            raise validation(
                f"Cannot delete {kind.name} '{arn}': it still has associations. Delete them first "
                "(DeleteAssociation)."
            )
        return ctx.docs.delete(kind, name)
