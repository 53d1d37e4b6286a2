"""Studio lifecycle configurations: scripts for the start of apps, kept and shown."""

from __future__ import annotations

from typing import Any

from oficina.services.context import Context
from oficina.services.sagemaker.api import sagemaker
from oficina.store.documents import Query
from oficina.store.kinds import Kind

STUDIO_LIFECYCLE_CONFIG = Kind(
    "StudioLifecycleConfig",
    arn="studio-lifecycle-config",
    missing=("ResourceNotFound", "StudioLifecycleConfig [{arn}] does not exist."),
    taken=("ResourceInUse", "StudioLifecycleConfig [{arn}] already exists."),
)


@sagemaker.operation
def create_studio_lifecycle_config(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Keeps a script."""
    return ctx.docs.create(STUDIO_LIFECYCLE_CONFIG, request)


@sagemaker.operation
def describe_studio_lifecycle_config(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """A script."""
    return ctx.docs.get(STUDIO_LIFECYCLE_CONFIG, request["StudioLifecycleConfigName"])


@sagemaker.operation
def list_studio_lifecycle_configs(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """The scripts, newest first."""
    query = Query()
    if "AppTypeEquals" in request:
        condition = "json_extract(body, '$.StudioLifecycleConfigAppType')=?"
        query.where.append((condition, (request["AppTypeEquals"],)))
    for side in ("Before", "After"):
        request[f"LastModifiedTime{side}"] = request.get(f"ModifiedTime{side}")
    page = ctx.docs.page(STUDIO_LIFECYCLE_CONFIG, request, query)
    return {"StudioLifecycleConfigs": page.items, "NextToken": page.token}


@sagemaker.operation
def delete_studio_lifecycle_config(ctx: Context, request: dict[str, Any]) -> None:
    """Forgets a script."""
    ctx.docs.delete(STUDIO_LIFECYCLE_CONFIG, request["StudioLifecycleConfigName"])
