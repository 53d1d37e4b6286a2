"""Tags of any SageMaker resource."""

from __future__ import annotations

from typing import Any

from oficina.arns import parse
from oficina.errors import AwsError, validation
from oficina.services.context import Context
from oficina.services.sagemaker.api import sagemaker

LIMIT = 50
"""The most tags of one resource (API reference of AddTags)."""


@sagemaker.operation
def add_tags(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Sets tags and answers all that the resource has."""
    arn, wanted = _mine(ctx, request["ResourceArn"]), request["Tags"]
    if ctx.docs.find_arn(arn) is None:
        raise validation(f"Requested resource {arn} not found; no tag was added.")
    keys = [tag["Key"] for tag in wanted]
    if len(set(keys)) < len(keys):
        raise validation("A tag key may be given only once.")
    if any(key.lower().startswith("aws:") for key in keys):
        raise validation("Tag keys that begin with aws: are AWS's own.")
    if len({tag["Key"] for tag in ctx.docs.tags(arn)} | set(keys)) > LIMIT:
        raise validation(f"A resource has at most {LIMIT} tags.")
    ctx.docs.tag(arn, wanted)
    return {"Tags": ctx.docs.tags(arn)}


@sagemaker.operation
def list_tags(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """The tags of a resource."""
    return {"Tags": ctx.docs.tags(_mine(ctx, request["ResourceArn"]))}


@sagemaker.operation
def delete_tags(ctx: Context, request: dict[str, Any]) -> None:
    """Removes tags by key."""
    ctx.docs.untag(_mine(ctx, request["ResourceArn"]), request["TagKeys"])


def _mine(ctx: Context, arn: str) -> str:
    """An ARN of the caller's account. Raises AwsError when it is another's."""
    parts = parse(arn)
    if parts is None or parts.account != ctx.account:
        raise AwsError("AccessDeniedException", f"{arn} is no resource of the account {ctx.account}.")
    return arn
