"""Actions: something was done, such as an approval or a deployment."""

from __future__ import annotations

from typing import Any

from oficina.engine.lineage.kinds import ACTION
from oficina.services.context import Context
from oficina.services.sagemaker import lineage
from oficina.services.sagemaker.api import sagemaker
from oficina.services.sagemaker.pipelines import identity


@sagemaker.operation
def create_action(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Keeps an action."""
    return ctx.docs.create(ACTION, {**request, "CreatedBy": identity(ctx)})


@sagemaker.operation
def describe_action(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """An action, told by name or ARN."""
    return lineage.described(ctx, ACTION, request["ActionName"])


@sagemaker.operation
def list_actions(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """The actions, newest first."""
    return lineage.listed(ctx, ACTION, request)


@sagemaker.operation
def update_action(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Changes its description, its status and its properties."""
    return lineage.changed(ctx, ACTION, request["ActionName"], request, ("Description", "Status"))


@sagemaker.operation
def delete_action(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Forgets an action that nothing is associated with."""
    return lineage.deleted(ctx, ACTION, request["ActionName"])
