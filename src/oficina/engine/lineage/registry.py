"""The lineage of model packages: a version is an artifact, its group a context, approvals and stages actions.

As AWS draws them: data, image and approvals contributed to the version, which is associated with its group
(Developer Guide, "Amazon SageMaker AI-Created Tracking Entities"). A change of the life cycle is an action of
the type ModelLifeCycle, by which it is audited ("Invoke ModelLifeCycle using the AWS CLI examples").
"""

from __future__ import annotations

from collections.abc import Collection

from oficina.engine.lineage.entities import action, artifact, context, data_of, join
from oficina.store.documents import Scope
from oficina.store.kinds import Document
from oficina.store.store import Store


def keep(store: Store, docs: Scope, package: Document, group: Document | None, new: Collection[str]) -> None:
    """Puts what is missing; ``new`` names what of ModelApprovalStatus and ModelLifeCycle is new.

    Part of the caller's transaction.
    """
    arn = package["ModelPackageArn"]
    version = artifact(docs, arn, "Model")
    for container in package.get("InferenceSpecification", {}).get("Containers", ()):
        for uri, kind in ((data_of(container), "Model"), (container.get("Image"), "Image")):
            if uri:
                join(store, docs, artifact(docs, uri, kind), version, "ContributedTo")
    if "ModelLifeCycle" in new and package.get("ModelLifeCycle"):
        join(store, docs, _stage(docs, package), version, "ContributedTo")
    if group is None:
        return
    name = f"{package['ModelPackageGroupName']}-{int(group['CreationTime'])}-aws-model-group"
    source = {"SourceUri": group["ModelPackageGroupArn"], "SourceType": "ARN"}
    join(store, docs, version, context(docs, name, "ModelGroup", source), "AssociatedWith")
    if "ModelApprovalStatus" in new:
        join(store, docs, _approval(docs, package), version, "ContributedTo")


def _approval(docs: Scope, package: Document) -> str:
    """The action of the present approval status."""
    status = package["ModelApprovalStatus"]
    name = f"{_stem(package)}-{status}-{int(package['LastModifiedTime'])}-aws-model-package"
    properties = {"ModelApprovalStatus": status}
    return _changed(docs, package, name, "Approval", properties, package.get("ApprovalDescription"))


def _stage(docs: Scope, package: Document) -> str:
    """The action of the present stage. Stages have long names, so that the time alone tells actions apart."""
    stage = package["ModelLifeCycle"]
    name = f"{_stem(package)}-{int(package['LastModifiedTime'] * 1000)}-aws-model-life-cycle"
    properties = {member: stage[member] for member in ("Stage", "StageStatus")}
    return _changed(docs, package, name, "ModelLifeCycle", properties, stage.get("StageDescription"))


def _stem(package: Document) -> str:
    """What the names of a package's actions begin with."""
    path = str(package["ModelPackageArn"]).partition(":model-package/")[2]
    return path.replace("/", "-")


def _changed(
    docs: Scope, package: Document, name: str, kind: str, properties: Document, description: str | None
) -> str:
    source = {"SourceUri": package["ModelPackageArn"], "SourceType": "ARN"}
    more: Document = {"Status": "Completed", "Properties": properties}
    if description:
        more["Description"] = description
    return action(docs, name, kind, source, **more)
