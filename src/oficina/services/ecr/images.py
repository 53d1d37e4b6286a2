"""Images of a repository: none are kept here, as code runs in environments and not in containers."""

from __future__ import annotations

from typing import Any

from oficina.errors import AwsError
from oficina.services.context import Context
from oficina.services.ecr.api import REPOSITORY, ecr


@ecr.operation
def list_images(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """No images; the repository must be there."""
    ctx.docs.get(REPOSITORY, request["repositoryName"])
    return {"imageIds": []}


@ecr.operation
def describe_images(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """No images; the repository must be there."""
    name = request["repositoryName"]
    ctx.docs.get(REPOSITORY, name)
    for image in request.get("imageIds", ()):
        shown = ", ".join(f"{key}:'{image.get(key, 'null')}'" for key in ("imageDigest", "imageTag"))
        raise AwsError(
            "ImageNotFoundException",
            f"The image with imageId {{{shown}}} does not exist within the repository with name '{name}' in"
            f" the registry with id '{ctx.account}'",
        )
    return {"imageDetails": []}
