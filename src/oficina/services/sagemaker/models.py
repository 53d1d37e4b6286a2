"""Models: an image, its artifacts and its environment."""

from __future__ import annotations

from typing import Any

from oficina.services.context import Context
from oficina.services.sagemaker.api import sagemaker
from oficina.store.kinds import Kind

MODEL = Kind(
    "Model",
    arn="model",
    missing=("ValidationException", 'Could not find model "{arn}".'),
    taken=("ValidationException", 'Cannot create already existing model "{arn}".'),
)


@sagemaker.operation
def create_model(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Keeps a model."""
    return ctx.docs.create(MODEL, request)


@sagemaker.operation
def describe_model(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """A model."""
    return ctx.docs.get(MODEL, request["ModelName"])


@sagemaker.operation
def list_models(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """The models, newest first."""
    page = ctx.docs.page(MODEL, request)
    return {"Models": page.items, "NextToken": page.token}


@sagemaker.operation
def delete_model(ctx: Context, request: dict[str, Any]) -> None:
    """Forgets a model."""
    ctx.docs.delete(MODEL, request["ModelName"])
