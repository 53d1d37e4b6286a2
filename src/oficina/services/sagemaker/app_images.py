"""Images that Studio's apps may use, and how an app uses one: kept and shown."""

from __future__ import annotations

from typing import Any

from oficina.services.context import Context
from oficina.services.sagemaker.api import sagemaker
from oficina.services.sagemaker.domains import merged
from oficina.store.kinds import Kind

APP_IMAGE_CONFIG = Kind(
    "AppImageConfig",
    arn="app-image-config",
    missing=("ResourceNotFound", "AppImageConfig [{arn}] does not exist."),
    taken=("ResourceInUse", "AppImageConfig [{arn}] already exists."),
)
IMAGE = Kind(
    "Image",
    arn="image",
    missing=("ResourceNotFound", "Image [{arn}] does not exist."),
    taken=("ResourceInUse", "Image [{arn}] already exists."),
)


def _times(request: dict[str, Any]) -> dict[str, Any]:
    """The filters by modification under the names that other Lists have."""
    names = {"ModifiedTimeBefore": "LastModifiedTimeBefore", "ModifiedTimeAfter": "LastModifiedTimeAfter"}
    return {names.get(name, name): value for name, value in request.items()}


@sagemaker.operation
def create_app_image_config(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Keeps how an app uses an image."""
    return ctx.docs.create(APP_IMAGE_CONFIG, request)


@sagemaker.operation
def describe_app_image_config(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """How an app uses an image."""
    return ctx.docs.get(APP_IMAGE_CONFIG, request["AppImageConfigName"])


@sagemaker.operation
def list_app_image_configs(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """All of them, newest first."""
    page = ctx.docs.page(APP_IMAGE_CONFIG, _times(request))
    return {"AppImageConfigs": page.items, "NextToken": page.token}


@sagemaker.operation
def update_app_image_config(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Changes settings; what is not named stays."""
    name = request.pop("AppImageConfigName")
    with ctx.docs.transaction():
        old = ctx.docs.get(APP_IMAGE_CONFIG, name)
        return ctx.docs.update(APP_IMAGE_CONFIG, name, merged(old, request))


@sagemaker.operation
def delete_app_image_config(ctx: Context, request: dict[str, Any]) -> None:
    """Forgets how an app uses an image."""
    ctx.docs.delete(APP_IMAGE_CONFIG, request["AppImageConfigName"])


@sagemaker.operation
def create_image(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Keeps an image without versions."""
    return ctx.docs.create(IMAGE, request, ImageStatus="CREATED")


@sagemaker.operation
def describe_image(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """An image."""
    return ctx.docs.get(IMAGE, request["ImageName"])


_SORTS = {"CREATION_TIME": "CreationTime", "LAST_MODIFIED_TIME": "LastModifiedTime", "IMAGE_NAME": "Name"}
_ORDERS = {"ASCENDING": "Ascending", "DESCENDING": "Descending"}


@sagemaker.operation
def list_images(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """The images; this List alone spells its sorts in capitals."""
    sort = _SORTS[request.get("SortBy", "CREATION_TIME")]
    order = _ORDERS[request.get("SortOrder", "DESCENDING")]
    page = ctx.docs.page(IMAGE, {**request, "SortBy": sort, "SortOrder": order})
    return {"Images": page.items, "NextToken": page.token}


@sagemaker.operation
def delete_image(ctx: Context, request: dict[str, Any]) -> None:
    """Forgets an image."""
    ctx.docs.delete(IMAGE, request["ImageName"])
