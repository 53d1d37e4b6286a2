"""What a RegisterModel step adds to CreateModelPackage: the group, a token (to register once), lineage."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from oficina.errors import AwsError
from oficina.store.kinds import Document

Call = Callable[[str, Document], Document]


def prepare(call: Call, execution: str, name: str, request: Document) -> Document:
    """The request of a step; its group is made when it is not there, as AWS's pipelines do.

    ``name`` is the same whenever the step begins again after a crash, and so is the token. It is also the
    name of a package without a group: the SDKs leave that to the execution.
    """
    group = request.get("ModelPackageGroupName")
    if group and not group.startswith("arn:"):
        _make_group(call, group)
    token = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{execution}/{name}"))
    request = {**request, "ClientToken": token}
    return request if group else {**request, "ModelPackageName": name}


def _make_group(call: Call, name: str) -> None:
    try:
        call("DescribeModelPackageGroup", {"ModelPackageGroupName": name})
        return
    except AwsError as error:
        if "does not exist" not in error.message:
            raise
    try:
        call("CreateModelPackageGroup", {"ModelPackageGroupName": name})
    except AwsError as error:
        if "already exists" not in error.message:  # another step was faster
            raise


def tell_execution(call: Call, execution: str, package: str) -> None:
    """Writes the execution on the lineage context of the package's group, where the SDKs look for it.

    (sagemaker.lineage.context, ModelPackageGroup.pipeline_execution_arn.)
    """
    found = call("DescribeModelPackage", {"ModelPackageName": package})
    if "ModelPackageGroupName" not in found:
        return
    asked = {"ModelPackageGroupName": found["ModelPackageGroupName"]}
    group = call("DescribeModelPackageGroup", asked)["ModelPackageGroupArn"]
    contexts = call("ListContexts", {"SourceUri": group, "ContextType": "ModelGroup"})
    for context in contexts["ContextSummaries"]:
        properties = {"PipelineExecutionArn": execution}
        call("UpdateContext", {"ContextName": context["ContextName"], "Properties": properties})
