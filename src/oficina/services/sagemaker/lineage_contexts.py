"""Contexts: what groups other entities, such as an endpoint or a model package group."""

from __future__ import annotations

from typing import Any

from oficina.engine.lineage.kinds import CONTEXT
from oficina.services.context import Context
from oficina.services.sagemaker import lineage
from oficina.services.sagemaker.api import sagemaker
from oficina.services.sagemaker.pipelines import identity


@sagemaker.operation
def create_context(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Keeps a context."""
    return ctx.docs.create(CONTEXT, {**request, "CreatedBy": identity(ctx)})


@sagemaker.operation
def describe_context(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """A context, told by name or ARN."""
    return lineage.described(ctx, CONTEXT, request["ContextName"])


@sagemaker.operation
def list_contexts(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """The contexts, newest first."""
    return lineage.listed(ctx, CONTEXT, request)


@sagemaker.operation
def update_context(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Changes its description and its properties."""
    return lineage.changed(ctx, CONTEXT, request["ContextName"], request, ("Description",))


@sagemaker.operation
def delete_context(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Forgets a context that nothing is associated with."""
    return lineage.deleted(ctx, CONTEXT, request["ContextName"])
