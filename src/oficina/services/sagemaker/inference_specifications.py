"""Inference specifications: which images and which data a model package consists of, with their digests."""

from __future__ import annotations

from typing import Any

from oficina.arns import parse
from oficina.engine import inputs
from oficina.engine.hosting import artifacts
from oficina.engine.hosting.kinds import MODEL
from oficina.engine.inputs import InputMissing
from oficina.errors import AwsError, validation
from oficina.runners.images import Catalog, ImageError
from oficina.services.context import Context
from oficina.services.sagemaker.registry_names import package_name
from oficina.store.kinds import Document


def complete(ctx: Context, specification: Document) -> Document:
    """The specification with ``ImageDigest``, ``ModelDataETag`` and ``S3DataSource.ETag`` of the real bytes.

    Raises AwsError for a container without an image and for model data that is not there.
    """
    catalog = Catalog(ctx.config)
    containers = [_container(ctx, catalog, one) for one in specification["Containers"]]
    return {**specification, "Containers": containers}


def _container(ctx: Context, catalog: Catalog, container: Document) -> Document:
    if not container.get("Image"):
        raise validation("You must provide an Image for each container of the InferenceSpecification.")
    if container.get("ModelDataUrl") and container.get("ModelDataSource"):
        raise validation("You must provide either ModelDataUrl or ModelDataSource, and not both.")
    found = {**container}
    digest = _image_digest(catalog, container["Image"])
    if digest is not None:
        found.setdefault("ImageDigest", digest)
    if container.get("ModelDataUrl"):
        found["ModelDataETag"] = _etag(ctx, container["ModelDataUrl"])
    source = container.get("ModelDataSource", {}).get("S3DataSource")
    if source is not None:
        found["ModelDataSource"] = {"S3DataSource": _source(ctx, container, source)}
    return found


def _image_digest(catalog: Catalog, uri: str) -> str | None:
    """The digest of an image; none for one that only AWS has: it can be registered and not be run."""
    try:
        return catalog.resolve(uri).image_digest
    except ImageError:
        return None


def _etag(ctx: Context, uri: str) -> str:
    try:
        found = ctx.store.objects.find(ctx.account, *inputs.split(uri))
    except (InputMissing, AwsError):
        found = None
    if found is None:
        raise validation(f"Could not find model data at {uri}.")
    return found.etag


def _source(ctx: Context, container: Document, source: Document) -> Document:
    if source["S3DataType"] == "S3Object" or source["CompressionType"] == "Gzip":
        return {**source, "ETag": _etag(ctx, source["S3Uri"])}
    if not artifacts.present(ctx.store, ctx.account, container):
        raise validation(f"Could not find model data at {source['S3Uri']}.")
    return source


def of_source(ctx: Context, uri: str) -> Document | None:
    """The specification that a SourceUri brings: that of another package, or of a model; else None.

    (API reference of CreateModelPackage, SourceUri.)
    """
    arn = parse(uri)
    if arn is None or arn.service != "sagemaker":
        return None
    if arn.resource.startswith("model-package/"):
        specification: Document | None = package_name(ctx, uri).get(ctx).get("InferenceSpecification")
        return specification
    if arn.resource.startswith("model/"):
        model = ctx.docs.find_arn(uri)
        if model is None:
            raise MODEL.not_found("", uri)
        return _of_model(model)
    return None


def _of_model(model: Document) -> Document:
    several = model.get("_containers") or model.get("Containers") or [model["PrimaryContainer"]]
    kept = ("ContainerHostname", "Image", "ModelDataUrl", "ModelDataSource", "Environment")
    containers: list[dict[str, Any]] = [{name: one[name] for name in kept if name in one} for one in several]
    return {"Containers": containers}
