"""The lineage of model packages: a version is an artifact, its group a context, each approval an action.

As AWS draws them: data, image and approvals contributed to the version, which is associated with its group
(Developer Guide, "Amazon SageMaker AI-Created Tracking Entities").
"""

from __future__ import annotations

from oficina.engine.lineage.entities import action, artifact, context, join
from oficina.store.documents import Scope
from oficina.store.kinds import Document
from oficina.store.store import Store


def keep(store: Store, docs: Scope, package: Document, group: Document | None, approved: bool) -> None:
    """Puts what is missing; ``approved`` says that the approval status is new.

    Part of the caller's transaction.
    """
    arn = package["ModelPackageArn"]
    version = artifact(docs, arn, "Model")
    for container in package.get("InferenceSpecification", {}).get("Containers", ()):
        for uri, kind in ((container.get("ModelDataUrl"), "Model"), (container.get("Image"), "Image")):
            if uri:
                join(store, docs, artifact(docs, uri, kind), version, "ContributedTo")
    if group is None:
        return
    name = f"{package['ModelPackageGroupName']}-{int(group['CreationTime'])}-aws-model-group"
    source = {"SourceUri": group["ModelPackageGroupArn"], "SourceType": "ARN"}
    join(store, docs, version, context(docs, name, "ModelGroup", source), "AssociatedWith")
    if approved:
        join(store, docs, _approval(docs, package), version, "ContributedTo")


def _approval(docs: Scope, package: Document) -> str:
    """The action of the present approval status."""
    status, arn = package["ModelApprovalStatus"], package["ModelPackageArn"]
    time = int(package["LastModifiedTime"])
    stem = f"{package['ModelPackageGroupName']}-{package['ModelPackageVersion']}"
    name = f"{stem}-{status}-{time}-aws-model-package"
    source = {"SourceUri": arn, "SourceType": "ARN"}
    more: Document = {"Status": "Completed", "Properties": {"ModelApprovalStatus": status}}
    if package.get("ApprovalDescription"):
        more["Description"] = package["ApprovalDescription"]
    return action(docs, name, "Approval", source, **more)
