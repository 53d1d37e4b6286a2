"""What a model gets from a model package: its image, its data and its environment, as they are now.

The model keeps a copy, so that a package may go while its endpoints run (decision 0110).
"""

from __future__ import annotations

from oficina.engine.hosting.artifacts import OWNER
from oficina.errors import validation
from oficina.services.context import Context
from oficina.services.sagemaker.package_sharing import at_home
from oficina.services.sagemaker.registry_names import DATA_OWNER, package_name
from oficina.store.kinds import Document

_OWN = ("Image", "ModelDataUrl", "ModelDataSource", "AdditionalModelDataSources", "MultiModelConfig")
"""What a container of a package has of the package and not of CreateModel."""


def of_package(ctx: Context, asked: Document) -> list[Document]:
    """The containers that a package stands for, with the caller's environment over the package's.

    Raises AwsError when the package is not there, not approved, or has nothing to run.
    """
    named = [member for member in _OWN if member in asked]
    if named:
        raise validation(
            f"You cannot give {named[0]} together with ModelPackageName: the package has it already."
        )
    name = asked["ModelPackageName"]
    owner = at_home(ctx, name, "CreateModel")
    package = package_name(ctx, name).get(owner)
    _check_approval(package)
    containers = _specification(package, asked.get("InferenceSpecificationName"))["Containers"]
    if len(containers) > 1 and "ContainerHostname" in asked:
        raise validation(
            f"You cannot give ContainerHostname: model package {package['ModelPackageArn']} has "
            f"{len(containers)} containers, with names of their own."
        )
    made = [_container(each, asked) for each in containers]
    account = package.get(DATA_OWNER) or owner.account
    if account == ctx.account:
        return made
    return [{**each, OWNER: account} for each in made]


def _container(given: Document, asked: Document) -> Document:
    environment = {**given.get("Environment", {}), **asked.get("Environment", {})}
    container = {**given, "Mode": "SingleModel", "Environment": environment}
    if "ContainerHostname" in asked:
        container["ContainerHostname"] = asked["ContainerHostname"]
    return container


def _check_approval(package: Document) -> None:
    """A version has to be approved before it is deployed (API reference, ModelApprovalStatus)."""
    arn, approval = package["ModelPackageArn"], package.get("ModelApprovalStatus", "Approved")
    if approval != "Approved":
        raise validation(
            f"Cannot create a model from model package {arn} with the approval status {approval}. Its "
            "ModelApprovalStatus must be Approved: set it with UpdateModelPackage."
        )


def _specification(package: Document, name: str | None) -> Document:
    arn = package["ModelPackageArn"]
    if name is None:
        whole: Document | None = package.get("InferenceSpecification")
    else:
        several = package.get("AdditionalInferenceSpecifications", ())
        whole = next((one for one in several if one["Name"] == name), None)
    if whole is None:
        raise validation(
            f"Model package {arn} has no InferenceSpecification{f' named {name}' if name else ''}. Add it "
            "with UpdateModelPackage."
        )
    return whole
