"""Model package groups: the versions of one model stand in one."""

from __future__ import annotations

import json
from typing import Any

from oficina.errors import AwsError, validation
from oficina.services.context import Context
from oficina.services.sagemaker.api import sagemaker
from oficina.services.sagemaker.callers import user_context
from oficina.services.sagemaker.package_sharing import at_home
from oficina.services.sagemaker.registry_names import GROUP, PACKAGE, find_group
from oficina.store.documents import Query


@sagemaker.operation
def create_model_package_group(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Makes a group; there is nothing to wait for."""
    return ctx.docs.create(
        GROUP, {**request}, ModelPackageGroupStatus="Completed", CreatedBy=user_context(ctx), _versions=0
    )


@sagemaker.operation
def describe_model_package_group(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """A group."""
    name = request["ModelPackageGroupName"]
    return find_group(at_home(ctx, name, "DescribeModelPackageGroup"), name)


@sagemaker.operation
def list_model_package_groups(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """The groups, oldest first (API reference, SortOrder). Another account's are found by ARN alone."""
    if request.get("CrossAccountFilterOption") == "CrossAccount":
        return {"ModelPackageGroupSummaryList": []}
    page = ctx.docs.page(GROUP, request, Query(descending=False))
    return {"ModelPackageGroupSummaryList": page.items, "NextToken": page.token}


@sagemaker.operation
def delete_model_package_group(ctx: Context, request: dict[str, Any]) -> None:
    """Forgets a group without versions."""
    with ctx.docs.transaction():
        group = find_group(ctx, request["ModelPackageGroupName"])
        name = group["ModelPackageGroupName"]
        if ctx.docs.page(PACKAGE, {"MaxResults": 1}, Query(parent=name)).items:
            raise AwsError(
                "ConflictException",
                f"Model Package Group {group['ModelPackageGroupArn']} cannot be deleted because it still "
                "contains Model Packages. Delete its versions first.",
            )
        ctx.docs.delete(GROUP, name)


@sagemaker.operation
def put_model_package_group_policy(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Keeps a resource policy: what other accounts may do. Every caller of the account may do all."""
    try:
        policy = json.loads(request["ResourcePolicy"])
    except ValueError:
        policy = None
    if not isinstance(policy, dict):
        raise validation("Invalid resource policy: it must be a JSON object with a Statement.")
    with ctx.docs.transaction():
        group = find_group(ctx, request["ModelPackageGroupName"])
        changes = {"_policy": request["ResourcePolicy"]}
        return ctx.docs.update(GROUP, group["ModelPackageGroupName"], changes)


@sagemaker.operation
def get_model_package_group_policy(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """The resource policy of a group."""
    return {"ResourcePolicy": _policy(ctx, request)}


def _policy(ctx: Context, request: dict[str, Any]) -> str:
    group = find_group(ctx, request["ModelPackageGroupName"])
    if "_policy" not in group:
        arn = group["ModelPackageGroupArn"]
        raise validation(f"Cannot find Model Package Group Policy for {arn}.")
    policy: str = group["_policy"]
    return policy


@sagemaker.operation
def delete_model_package_group_policy(ctx: Context, request: dict[str, Any]) -> None:
    """Forgets the resource policy of a group."""
    with ctx.docs.transaction():
        _policy(ctx, request)
        ctx.docs.update(GROUP, request["ModelPackageGroupName"], {"_policy": None})
