"""Artifacts: what has a URI. There is one for each source."""

from __future__ import annotations

from typing import Any

from oficina.engine.lineage.entities import source_digest
from oficina.engine.lineage.kinds import ARTIFACT
from oficina.errors import validation
from oficina.services.context import Context
from oficina.services.sagemaker import lineage
from oficina.services.sagemaker.api import sagemaker
from oficina.services.sagemaker.pipelines import identity


@sagemaker.operation
def create_artifact(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Keeps an artifact; refuses a second one of the same source."""
    document = {**request, "CreatedBy": identity(ctx)}
    return ctx.docs.create(ARTIFACT, document, name=source_digest(request["Source"]))


@sagemaker.operation
def describe_artifact(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """An artifact."""
    return lineage.described(ctx, ARTIFACT, request["ArtifactArn"])


@sagemaker.operation
def list_artifacts(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """The artifacts, newest first."""
    return lineage.listed(ctx, ARTIFACT, request)


@sagemaker.operation
def update_artifact(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Changes its name and its properties."""
    name = lineage.named(ctx, ARTIFACT, request["ArtifactArn"])
    return lineage.changed(ctx, ARTIFACT, name, request, ("ArtifactName",))


@sagemaker.operation
def delete_artifact(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Forgets an artifact, told by ARN or by its source."""
    if ("ArtifactArn" in request) == ("Source" in request):
        raise validation("You must provide either ArtifactArn or Source, and not both.")
    if "Source" in request:
        return lineage.deleted(ctx, ARTIFACT, source_digest(request["Source"]))
    return lineage.deleted(ctx, ARTIFACT, lineage.named(ctx, ARTIFACT, request["ArtifactArn"]))
