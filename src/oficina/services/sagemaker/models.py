"""Models: an image, its artifacts and its environment."""

from __future__ import annotations

from typing import Any

from oficina.engine.hosting import artifacts
from oficina.engine.hosting.kinds import MODEL
from oficina.errors import validation
from oficina.services.context import Context
from oficina.services.sagemaker.api import sagemaker
from oficina.services.sagemaker.jobs import check_role, default
from oficina.services.sagemaker.package_models import of_package
from oficina.store.kinds import Document


@sagemaker.operation
def create_model(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Keeps a model; what it names must be there."""
    if not request.get("ExecutionRoleArn"):
        raise validation("ExecutionRoleArn is required: give the role that the model's container runs with.")
    check_role(ctx, request["ExecutionRoleArn"])
    if ctx.docs.find(MODEL, request["ModelName"]) is not None:
        raise MODEL.already_there(request["ModelName"], ctx.docs.arn(MODEL, request["ModelName"]))
    asked = _container(request)
    container = of_package(ctx, asked) if "ModelPackageName" in asked else asked
    _check(ctx, container)
    document = {**request}
    if container is not asked:
        document["_containers"] = [container]
    default(document, EnableNetworkIsolation=False)
    for container in (document.get("PrimaryContainer"), *document.get("Containers", ())):
        if container is not None:
            default(container, Mode="SingleModel")
    return ctx.docs.create(MODEL, document)


def _container(request: Document) -> Document:
    """The one container of a model."""
    if ("PrimaryContainer" in request) == ("Containers" in request):
        raise validation("You must provide either PrimaryContainer or Containers, and not both.")
    several = request.get("Containers", [request.get("PrimaryContainer")])
    if len(several) != 1:
        raise validation("oficina does not run several containers in one model yet; give one container.")
    container: Document = several[0]
    return container


def _check(ctx: Context, container: Document) -> None:
    if not container.get("Image"):
        raise validation("You must provide an Image for the container of the model.")
    if container.get("Mode") == "MultiModel":
        raise validation("oficina does not run multi-model containers yet; give Mode SingleModel.")
    if container.get("ModelDataUrl") and container.get("ModelDataSource"):
        raise validation("You must provide either ModelDataUrl or ModelDataSource, and not both.")
    found = artifacts.source_of(container)
    if found is None:
        return
    if not found[0].startswith("s3://"):
        raise validation(f"Invalid model data URL {found[0]}: give s3://BUCKET/KEY.")
    if not artifacts.present(ctx.store, ctx.account, container):
        raise validation(f"Could not find model data at {found[0]}.")


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
    """Forgets a model; endpoints that run it go on."""
    ctx.docs.delete(MODEL, request["ModelName"])
