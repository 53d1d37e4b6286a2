"""Versions of managed policies."""

from __future__ import annotations

from typing import Any

from oficina.errors import AwsError
from oficina.services.context import Context
from oficina.services.iam.api import cut, encoded, iam
from oficina.services.iam.documents import check_permissions
from oficina.services.iam.policies import POLICY, find
from oficina.store.kinds import Document

MOST = 5
"""How many versions a policy may have (IAM quotas)."""


def _missing(arn: str, version: str) -> AwsError:
    return AwsError("NoSuchEntity", f"Policy {arn} version {version} does not exist or is not attachable.")


def _save(ctx: Context, policy: Document, versions: list[Document], default: str) -> None:
    for version in versions:
        version["IsDefaultVersion"] = version["VersionId"] == default
    changes = {"Versions": versions, "DefaultVersionId": default, "UpdateDate": ctx.clock.now()}
    ctx.docs.update(POLICY, policy["PolicyName"], changes)


@iam.operation
def create_policy_version(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Adds a version to a policy."""
    document = check_permissions(request["PolicyDocument"], managed=True)
    with ctx.docs.transaction():
        policy = find(ctx, request["PolicyArn"])
        versions = policy["Versions"]
        if len(versions) >= MOST:
            raise AwsError("LimitExceeded", f"A managed policy can have up to {MOST} versions.")
        number = 1 + max(int(version["VersionId"][1:]) for version in versions)
        version: Document = {
            "VersionId": f"v{number}",
            "CreateDate": ctx.clock.now(),
            "Document": document,
            "IsDefaultVersion": False,
        }
        default = version["VersionId"] if request.get("SetAsDefault") else policy["DefaultVersionId"]
        _save(ctx, policy, [version, *versions], default)
    return {"PolicyVersion": {**version, "Document": None}}


@iam.operation
def get_policy_version(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """A version of a policy."""
    for version in find(ctx, request["PolicyArn"])["Versions"]:
        if version["VersionId"] == request["VersionId"]:
            return {"PolicyVersion": {**version, "Document": encoded(version["Document"])}}
    raise _missing(request["PolicyArn"], request["VersionId"])


@iam.operation
def list_policy_versions(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """The versions of a policy, newest first."""
    versions, more = cut(find(ctx, request["PolicyArn"])["Versions"], request)
    return {"Versions": [{**version, "Document": None} for version in versions], **more}


@iam.operation
def set_default_policy_version(ctx: Context, request: dict[str, Any]) -> None:
    """Chooses the version that holds."""
    with ctx.docs.transaction():
        policy = find(ctx, request["PolicyArn"])
        if all(version["VersionId"] != request["VersionId"] for version in policy["Versions"]):
            raise _missing(request["PolicyArn"], request["VersionId"])
        _save(ctx, policy, policy["Versions"], request["VersionId"])


@iam.operation
def delete_policy_version(ctx: Context, request: dict[str, Any]) -> None:
    """Forgets a version that is not the default one."""
    with ctx.docs.transaction():
        policy = find(ctx, request["PolicyArn"])
        if policy["DefaultVersionId"] == request["VersionId"]:
            raise AwsError("DeleteConflict", "Cannot delete the default version of a policy.")
        kept = [version for version in policy["Versions"] if version["VersionId"] != request["VersionId"]]
        if len(kept) == len(policy["Versions"]):
            raise _missing(request["PolicyArn"], request["VersionId"])
        _save(ctx, policy, kept, policy["DefaultVersionId"])
