"""Model packages: versions of a group, and packages of their own."""

from __future__ import annotations

from typing import Any

from oficina.errors import AwsError, validation
from oficina.services.context import Context
from oficina.services.sagemaker import inference_specifications
from oficina.services.sagemaker.api import sagemaker
from oficina.services.sagemaker.callers import user_context
from oficina.services.sagemaker.jobs import default
from oficina.services.sagemaker.package_cards import first_card, shown
from oficina.services.sagemaker.package_events import tell
from oficina.services.sagemaker.package_sharing import at_home
from oficina.services.sagemaker.registry_names import (
    DATA_OWNER,
    GROUP,
    PACKAGE,
    PackageName,
    find_group,
    package_name,
)
from oficina.store import tokens
from oficina.store.documents import Query
from oficina.store.kinds import Document


@sagemaker.operation
def create_model_package(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Keeps a package, as the next version of its group when it has one; there is nothing to validate.

    A ClientToken that was used makes no second package: the answer is the first one's.
    The group may be another account's; the model's data stay the caller's.
    """
    home = at_home(ctx, request.get("ModelPackageGroupName", ""), "CreateModelPackage")
    token, asked = request.get("ClientToken"), tokens.digest(request)
    known = _made_with(ctx, home, token, asked)
    if known is not None:
        return known
    _check(request)
    document = _document(ctx, request)
    if home.account != ctx.account:
        document[DATA_OWNER] = ctx.account
    with ctx.docs.transaction():
        known = _made_with(ctx, home, token, asked)
        if known is not None:
            return known
        package = _keep(home, document)
        tokens.keep(ctx.docs, "CreateModelPackage", token, asked, package["ModelPackageArn"])
        tell(home, package)
    return package


def _made_with(ctx: Context, home: Context, token: str | None, asked: str) -> Document | None:
    """The package that was made with a token, if it is still there."""
    arn = tokens.made_with(ctx.docs, "CreateModelPackage", token, asked)
    return None if arn is None else package_name(home, arn).find(home)


def _check(request: Document) -> None:
    name, group = request.get("ModelPackageName"), request.get("ModelPackageGroupName")
    if name and group:
        raise validation(
            "Both ModelPackageName and ModelPackageGroupName are provided in the input. Cannot determine "
            "which one to use."
        )
    if not name and not group:
        raise validation("Missing ARN. Give a ModelPackageGroupName for a version or a ModelPackageName.")
    if group and request.get("Tags"):
        raise validation("Tags cannot be given for a version: it has the tags of its model package group.")
    if request.get("SourceUri") and request.get("InferenceSpecification"):
        raise validation("InferenceSpecification and SourceUri cannot be provided together.")
    if request.get("SourceAlgorithmSpecification"):
        raise validation("Could not find algorithm: oficina has none. Give an InferenceSpecification.")
    if request.get("ValidationSpecification"):
        raise validation("oficina does not validate model packages; leave ValidationSpecification out.")
    if request.get("CertifyForMarketplace"):
        raise validation("oficina has no Marketplace; leave CertifyForMarketplace out or false.")
    sources = ("InferenceSpecification", "SourceUri")
    if name and not any(request.get(member) for member in sources):
        raise validation("An unversioned model package needs an InferenceSpecification or a SourceUri.")


def _document(ctx: Context, request: Document) -> Document:
    """The request with what AWS fills in."""
    document = {member: value for member, value in request.items() if member != "ClientToken"}
    brought = inference_specifications.of_source(ctx, request.get("SourceUri", ""))
    specification = request.get("InferenceSpecification") or brought
    if specification is not None:
        document["InferenceSpecification"] = inference_specifications.complete(ctx, specification)
    if request.get("AdditionalInferenceSpecifications"):
        document["AdditionalInferenceSpecifications"] = additional(
            ctx, [], request["AdditionalInferenceSpecifications"]
        )
    default(document, CertifyForMarketplace=False, SkipModelValidation="None")
    if request.get("ModelPackageGroupName"):
        default(document, ModelApprovalStatus="PendingManualApproval")
        document["ModelCard"] = first_card(ctx, document)
    else:
        document.pop("ModelApprovalStatus", None)  # it does not apply (API reference)
    document |= {
        "ModelPackageStatus": "Completed",
        "ModelPackageStatusDetails": {"ValidationStatuses": [], "ImageScanStatuses": []},
        "CreatedBy": user_context(ctx),
    }
    return document


def additional(ctx: Context, present: list[Document], new: list[Document]) -> list[Document]:
    """Additional specifications with more of them. Raises AwsError for a name twice and beyond 15."""
    every = present + [inference_specifications.complete(ctx, one) for one in new]
    names = [one["Name"] for one in every]
    if len(set(names)) < len(names):
        raise validation("The names of additional inference specifications must be unique in a package.")
    if len(every) > 15:
        raise validation("A model package has at most 15 additional inference specifications.")
    return every


def _keep(ctx: Context, document: Document) -> Document:
    """A new row; a version gets the next number of its group, and no number comes twice."""
    if "ModelPackageGroupName" not in document:
        return ctx.docs.create(PACKAGE, document)
    group = find_group(ctx, document["ModelPackageGroupName"])
    name, version = group["ModelPackageGroupName"], group["_versions"] + 1
    ctx.docs.update(GROUP, name, {"_versions": version})
    place = PackageName(ctx.arn("sagemaker", f"model-package/{name}/{version}"), name, version)
    document |= {"ModelPackageGroupName": name, "ModelPackageVersion": version}
    return ctx.docs.create(PACKAGE, document, name=place.key, parent=place.parent, arn=place.arn)


@sagemaker.operation
def describe_model_package(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """A package."""
    name = request["ModelPackageName"]
    package = package_name(ctx, name).get(at_home(ctx, name, "DescribeModelPackage"))
    return shown(package, request.get("IncludedData", "AllData"))


@sagemaker.operation
def batch_describe_model_package(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Several versions by ARN; what is not there is told beside."""
    found, errors = {}, {}
    for arn in request["ModelPackageArnList"]:
        try:
            package = package_name(ctx, arn).find(at_home(ctx, arn, "DescribeModelPackage"))
        except AwsError as refused:
            errors[arn] = {"ErrorCode": refused.code, "ErrorResponse": refused.message}
            continue
        if package is None or "ModelPackageVersion" not in package:
            sentence = PACKAGE.not_found("", arn).message
            errors[arn] = {"ErrorCode": "ValidationException", "ErrorResponse": sentence}
        else:
            found[arn] = {"InferenceSpecification": {"Containers": []}, **package}
    return {"ModelPackageSummaries": found, "BatchDescribeModelPackageErrorMap": errors}


@sagemaker.operation
def list_model_packages(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """The packages, oldest first: unversioned ones unless a group or a type is named (API reference)."""
    ctx = at_home(ctx, request.get("ModelPackageGroupName", ""), "ListModelPackages")
    query, asked = Query(descending=False), {**request}
    contains = asked.pop("NameContains", None)
    if request.get("ModelPackageGroupName"):
        query.parent = find_group(ctx, request["ModelPackageGroupName"])["ModelPackageGroupName"]
    kind = request.get("ModelPackageType", "Versioned" if query.parent else "Unversioned")
    if kind != "Both":
        query.where.append(("parent='' " if kind == "Unversioned" else "parent<>''", ()))
    if contains:
        name = "CASE parent WHEN '' THEN name ELSE parent END"
        query.where.append((f"instr(lower({name}), lower(?)) > 0", (contains,)))
    if "ModelApprovalStatus" in request:
        condition = "json_extract(body, '$.ModelApprovalStatus')=?"
        query.where.append((condition, (request["ModelApprovalStatus"],)))
    page = ctx.docs.page(PACKAGE, asked, query)
    return {"ModelPackageSummaryList": page.items, "NextToken": page.token}


@sagemaker.operation
def delete_model_package(ctx: Context, request: dict[str, Any]) -> None:
    """Forgets a package; models that were made of it go on, and its number is not given again."""
    with ctx.docs.transaction():
        place = package_name(ctx, request["ModelPackageName"])
        place.get(ctx)
        ctx.docs.delete(PACKAGE, place.key, parent=place.parent)
