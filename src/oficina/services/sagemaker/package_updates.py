"""UpdateModelPackage: approval, life cycle, metadata, and what a version can be completed with."""

from __future__ import annotations

from typing import Any

from oficina.errors import validation
from oficina.services.context import Context
from oficina.services.sagemaker import inference_specifications, package_cards
from oficina.services.sagemaker.api import sagemaker
from oficina.services.sagemaker.callers import user_context
from oficina.services.sagemaker.model_packages import additional
from oficina.services.sagemaker.package_events import tell
from oficina.services.sagemaker.package_sharing import at_home
from oficina.services.sagemaker.registry_names import DATA_OWNER, package_name
from oficina.store.kinds import Document

MOST_PROPERTIES = 50
"""The most CustomerMetadataProperties of a package (botocore, CustomerMetadataMap)."""
_PLAIN = (
    "ModelApprovalStatus",
    "ApprovalDescription",
    "ModelPackageRegistrationType",
    "ModelLifeCycle",
    "SourceUri",
)


@sagemaker.operation
def update_model_package(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Changes a package and tells of it; what is not named stays."""
    ctx = at_home(ctx, request["ModelPackageArn"], "UpdateModelPackage")
    place = package_name(ctx, request["ModelPackageArn"])
    if request.get("SourceUri") and request.get("InferenceSpecification"):
        raise validation("InferenceSpecification and SourceUri cannot be provided together.")
    specifications = _specifications(ctx, request)
    with ctx.docs.transaction():
        package = place.get(ctx)
        _check_version(package, request)
        changes: Document = {name: request[name] for name in _PLAIN if name in request} | specifications
        if "CustomerMetadataProperties" in request or "CustomerMetadataPropertiesToRemove" in request:
            changes["CustomerMetadataProperties"] = _properties(package, request)
        if "ModelCard" in request:
            changes["ModelCard"] = package_cards.changed(package, request["ModelCard"])
        if "AdditionalInferenceSpecificationsToAdd" in request:
            changes["AdditionalInferenceSpecifications"] = additional(
                ctx,
                package.get("AdditionalInferenceSpecifications", []),
                request["AdditionalInferenceSpecificationsToAdd"],
            )
        updated = tuple(name for name, value in changes.items() if package.get(name) != value)
        updated = tuple(name for name in updated if name != DATA_OWNER)
        changes["LastModifiedBy"] = user_context(ctx)
        tell(ctx, place.update(ctx, changes), updated)
    return package


def _specifications(ctx: Context, request: Document) -> Document:
    """A new specification, or the one that a SourceUri brings."""
    wanted = request.get("InferenceSpecification")
    wanted = wanted or inference_specifications.of_source(ctx, request.get("SourceUri", ""))
    if wanted is None:
        return {}
    return {"InferenceSpecification": inference_specifications.complete(ctx, wanted), DATA_OWNER: None}


def _check_version(package: Document, request: Document) -> None:
    if "ModelPackageVersion" in package:
        return
    refused = [name for name in ("ModelApprovalStatus", "ApprovalDescription") if name in request]
    if refused:
        raise validation(
            f"{refused[0]} does not apply to unversioned model packages such as {package['ModelPackageArn']}."
        )


def _properties(package: Document, request: Document) -> Document | None:
    """The metadata with what is new, and without what is to go; None when nothing is left."""
    new = request.get("CustomerMetadataProperties", {})
    going = request.get("CustomerMetadataPropertiesToRemove", [])
    both = sorted(set(new) & set(going))
    if both:
        raise validation(
            f"Customer metadata properties cannot be set and removed at once: {', '.join(both)}."
        )
    every = {**package.get("CustomerMetadataProperties", {}), **new}
    for name in going:
        every.pop(name, None)
    if len(every) > MOST_PROPERTIES:
        raise validation(f"A model package has at most {MOST_PROPERTIES} customer metadata properties.")
    return every or None
