"""Managed policies: the account's own, and AWS's, of which every one is known and allows all."""

from __future__ import annotations

import hashlib
from typing import Any

import orjson

from oficina.errors import AwsError
from oficina.services.context import Context
from oficina.services.iam.api import arn_of, check_tags, iam, page
from oficina.services.iam.documents import check_permissions
from oficina.services.iam.roles import ROLE
from oficina.store.keys import mint_id
from oficina.store.kinds import Document, Kind

POLICY = Kind(
    "Policy",
    arn="policy",
    service="iam",
    missing=("NoSuchEntity", "Policy {name} does not exist or is not attachable."),
    taken=("EntityAlreadyExists", "A policy called {name} already exists. Duplicate names are not allowed."),
    everywhere=True,
    lower=False,
    members={"arn": "Arn"},
)
AWS_PREFIX = "arn:aws:iam::aws:policy/"
ALLOW_ALL = orjson.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
).decode()
"""What AWS's policies say here: oficina lets every caller of an account do all in it."""
BEGINNING = 1_454_284_800.0
"""The time that AWS's own policies show as theirs."""


def find(ctx: Context, arn: str) -> Document:
    """A policy by ARN. Raises AwsError NoSuchEntity when it is not there."""
    if arn.startswith(AWS_PREFIX):
        return _of_aws(arn)
    document = ctx.docs.find(POLICY, arn.rpartition("/")[2])
    if document is None or document["Arn"] != arn:
        raise AwsError("NoSuchEntity", f"Policy {arn} does not exist or is not attachable.")
    return document


def _of_aws(arn: str) -> Document:
    path, _, name = arn.removeprefix(AWS_PREFIX).rpartition("/")
    digest = hashlib.sha256(arn.encode()).hexdigest().upper()
    version = {
        "VersionId": "v1",
        "IsDefaultVersion": True,
        "CreateDate": BEGINNING,
        "Document": ALLOW_ALL,
    }
    return {
        "PolicyName": name,
        "PolicyId": f"ANPA{digest[:17]}",
        "Arn": arn,
        "Path": f"/{path}/" if path else "/",
        "DefaultVersionId": "v1",
        "IsAttachable": True,
        "CreateDate": BEGINNING,
        "UpdateDate": BEGINNING,
        "Versions": [version],
    }


def attached_to(ctx: Context, arn: str) -> list[Document]:
    """The roles that a policy is attached to."""
    roles = ctx.docs.all(ROLE)
    return [role for role in roles if any(one["PolicyArn"] == arn for one in role["AttachedPolicies"])]


def shown(ctx: Context, policy: Document) -> Document:
    """A policy as IAM answers it."""
    count = len(attached_to(ctx, policy["Arn"]))
    return {**policy, "AttachmentCount": count, "PermissionsBoundaryUsageCount": 0}


@iam.operation
def create_policy(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Keeps a policy with its first version."""
    now, path = ctx.clock.now(), request.get("Path", "/")
    tags = list(request.get("Tags", ()))
    check_tags(tags)
    version = {
        "VersionId": "v1",
        "IsDefaultVersion": True,
        "CreateDate": now,
        "Document": check_permissions(request.pop("PolicyDocument"), managed=True),
    }
    policy = ctx.docs.create(
        POLICY,
        {"Path": path, **request},
        arn=arn_of(ctx.account, "policy", path, request["PolicyName"]),
        PolicyId=mint_id("ANPA"),
        DefaultVersionId="v1",
        IsAttachable=True,
        CreateDate=now,
        UpdateDate=now,
        Versions=[version],
    )
    return {"Policy": shown(ctx, policy) | {"Tags": tags or None}}


@iam.operation
def get_policy(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """A policy."""
    policy = shown(ctx, find(ctx, request["PolicyArn"]))
    return {"Policy": policy | {"Tags": ctx.docs.tags(policy["Arn"])}}


@iam.operation
def list_policies(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """The account's own policies, and those of AWS that are attached somewhere."""
    policies, more = page(ctx, POLICY, request)
    if request.get("Scope") == "AWS":
        policies = []
    if request.get("Scope") != "Local" and "Marker" not in request:
        arns = {one["PolicyArn"] for role in ctx.docs.all(ROLE) for one in role["AttachedPolicies"]}
        policies = [_of_aws(arn) for arn in sorted(arns) if arn.startswith(AWS_PREFIX)] + policies
    found = [shown(ctx, policy) for policy in policies]
    if request.get("OnlyAttached"):
        found = [policy for policy in found if policy["AttachmentCount"]]
    return {"Policies": found, **more}


@iam.operation
def delete_policy(ctx: Context, request: dict[str, Any]) -> None:
    """Forgets a policy that is attached nowhere."""
    with ctx.docs.transaction():
        policy = find(ctx, request["PolicyArn"])
        if attached_to(ctx, policy["Arn"]):
            raise AwsError("DeleteConflict", "Cannot delete a policy attached to entities.")
        if len(policy["Versions"]) > 1:
            raise AwsError(
                "DeleteConflict",
                "This policy has more than one version. Before you delete a policy, you must delete the"
                " policy's versions. The default version is deleted with the policy.",
            )
        ctx.docs.delete(POLICY, policy["PolicyName"])
