"""Associations: directed edges between entities."""

from __future__ import annotations

from typing import Any

from oficina.errors import AwsError, validation
from oficina.services.context import Context
from oficina.services.sagemaker.api import sagemaker
from oficina.services.sagemaker.pipelines import identity
from oficina.store.kinds import Document

PAGE = 10
"""How many associations a List answers when MaxResults is not given."""


@sagemaker.operation
def add_association(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Joins two entities that are there."""
    source, destination = request["SourceArn"], request["DestinationArn"]
    by = identity(ctx)
    with ctx.docs.transaction():
        for arn in (source, destination):
            entity(ctx, arn)
        kind = request.get("AssociationType")
        if not ctx.store.lineage.join(ctx.account, ctx.region, source, destination, kind, by):
            raise validation(f"An association between '{source}' and '{destination}' already exists.")
    return {"SourceArn": source, "DestinationArn": destination}


def entity(ctx: Context, arn: str) -> Document:
    """The entity of an ARN. Raises AwsError ResourceNotFound."""
    found = ctx.docs.find_arn(arn)
    if found is None:
        raise AwsError("ResourceNotFound", f"Lineage entity '{arn}' does not exist.")
    return found


@sagemaker.operation
def delete_association(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Parts two entities."""
    source, destination = request["SourceArn"], request["DestinationArn"]
    if not ctx.store.lineage.part(source, destination):
        raise AwsError("ResourceNotFound", f"Association from '{source}' to '{destination}' does not exist.")
    return {"SourceArn": source, "DestinationArn": destination}


@sagemaker.operation
def list_associations(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """The associations, newest first; from or to an entity or a type of entity.

    A type is an entity's own (``Model``) or what kind of entity it is (``Context``): the SDKs ask for both.
    That of a job's component is ``SageMakerTrainingJob`` here and ``TrainingJob`` in QueryLineage.
    """
    size, skip = int(request.get("MaxResults", PAGE)), _skip(request)
    descending = request.get("SortOrder", "Descending") == "Descending"
    rows = ctx.store.lineage.page(
        _conditions(ctx, request), request.get("SortBy", "CreationTime"), descending, size + 1, skip
    )
    token = str(skip + size) if len(rows) > size else None
    return {"AssociationSummaries": [_summary(row) for row in rows[:size]], "NextToken": token}


def _conditions(ctx: Context, request: Document) -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = [("e.account=?", ctx.account), ("e.region=?", ctx.region)]
    for member, condition in (
        ("SourceArn", "e.source=?"),
        ("DestinationArn", "e.destination=?"),
        ("SourceType", "? IN (s.type, 'SageMaker' || s.type, s.lineage_type)"),
        ("DestinationType", "? IN (d.type, 'SageMaker' || d.type, d.lineage_type)"),
        ("AssociationType", "e.type=?"),
        ("CreatedAfter", "e.created>?"),
        ("CreatedBefore", "e.created<?"),
    ):
        if member in request:
            found.append((condition, request[member]))
    return found


def _skip(request: Document) -> int:
    token = request.get("NextToken") or "0"
    if not token.isdigit():
        raise validation("The NextToken parameter is not valid for this request.")
    return int(token)


def _summary(row: Document) -> Document:
    return {
        "SourceArn": row["source"],
        "DestinationArn": row["destination"],
        "SourceType": row["source_type"],
        "DestinationType": row["destination_type"],
        "AssociationType": row["type"],
        "SourceName": row["source_name"],
        "DestinationName": row["destination_name"],
        "CreationTime": row["created"],
        "CreatedBy": row["created_by"],
    }
