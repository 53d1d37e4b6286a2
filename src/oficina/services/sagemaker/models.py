"""Models: an image, its artifacts and its environment."""

from __future__ import annotations

from typing import Any

from oficina.engine import inputs
from oficina.engine.hosting import artifacts, chains
from oficina.engine.hosting.instance import HOST
from oficina.engine.hosting.kinds import MODEL
from oficina.engine.inputs import InputMissing
from oficina.errors import validation
from oficina.services.context import Context
from oficina.services.sagemaker.api import sagemaker
from oficina.services.sagemaker.jobs import check_role, default
from oficina.services.sagemaker.package_models import of_package
from oficina.store.kinds import Document

MOST_CONTAINERS = 15
"""How many containers a model may have (botocore, ContainerDefinitionList)."""


@sagemaker.operation
def create_model(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Keeps a model; what it names must be there."""
    if not request.get("ExecutionRoleArn"):
        raise validation("ExecutionRoleArn is required: give the role that the model's container runs with.")
    check_role(ctx, request["ExecutionRoleArn"])
    if ctx.docs.find(MODEL, request["ModelName"]) is not None:
        raise MODEL.already_there(request["ModelName"], ctx.docs.arn(MODEL, request["ModelName"]))
    asked = _containers(request)
    containers = [each for one in asked for each in _resolved(ctx, one)]
    _check_together(request, containers)
    for container in containers:
        _check(ctx, container)
    document = {**request}
    if any("ModelPackageName" in one for one in asked):
        document["_containers"] = containers
    default(document, EnableNetworkIsolation=False)
    for container in (document.get("PrimaryContainer"), *document.get("Containers", ())):
        if container is not None:
            default(container, Mode="SingleModel")
    return ctx.docs.create(MODEL, document)


def _containers(request: Document) -> list[Document]:
    """The containers of a model in the order of their work."""
    if ("PrimaryContainer" in request) == bool(request.get("Containers")):
        raise validation("You must provide either PrimaryContainer or Containers, and not both.")
    return list(request.get("Containers") or [request["PrimaryContainer"]])


def _resolved(ctx: Context, asked: Document) -> list[Document]:
    return of_package(ctx, asked) if "ModelPackageName" in asked else [asked]


def _check_together(request: Document, containers: list[Document]) -> None:
    """What concerns several containers (developer guide, inference pipelines and direct invocation)."""
    if len(containers) > MOST_CONTAINERS:
        raise validation(f"A model has at most {MOST_CONTAINERS} containers; these are {len(containers)}.")
    names = [chains.name_of(container, number) for number, container in enumerate(containers)]
    if len(set(names)) != len(names) or (len(containers) > 1 and HOST in names):
        raise validation(f"Every ContainerHostname of a model must be another one, and none {HOST}.")
    direct = request.get("InferenceExecutionConfig", {}).get("Mode") == "Direct"
    if direct and not all("ContainerHostname" in container for container in containers):
        raise validation("In the inference execution mode Direct every container needs a ContainerHostname.")


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
    try:
        inputs.split(found[0])
    except InputMissing as missing:
        raise validation(f"Invalid model data URL: {missing}") from missing
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
