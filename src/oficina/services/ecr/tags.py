"""Tags of repositories."""

from __future__ import annotations

from typing import Any

from oficina.services.context import Context
from oficina.services.ecr.api import REPOSITORY, ecr


def _known(ctx: Context, request: dict[str, Any]) -> str:
    arn = str(request["resourceArn"])
    if ctx.docs.find_arn(arn) is None:
        raise REPOSITORY.not_found(arn.partition(":repository/")[2], arn)
    return arn


@ecr.operation
def tag_resource(ctx: Context, request: dict[str, Any]) -> None:
    """Sets tags on a repository."""
    ctx.docs.tag(_known(ctx, request), request["tags"])


@ecr.operation
def untag_resource(ctx: Context, request: dict[str, Any]) -> None:
    """Removes tags from a repository."""
    ctx.docs.untag(_known(ctx, request), request["tagKeys"])


@ecr.operation
def list_tags_for_resource(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """The tags of a repository."""
    return {"tags": ctx.docs.tags(_known(ctx, request))}
