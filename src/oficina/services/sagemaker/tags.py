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
    arn, wanted = _known(ctx, request["ResourceArn"]), request["Tags"]
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
    return {"Tags": ctx.docs.tags(_known(ctx, request["ResourceArn"]))}


@sagemaker.operation
def delete_tags(ctx: Context, request: dict[str, Any]) -> None:
    """Removes tags by key."""
    ctx.docs.untag(_known(ctx, request["ResourceArn"]), request["TagKeys"])


def _known(ctx: Context, arn: str) -> str:
    """The ARN of a resource of the caller's account. Raises AwsError for another's and for what is not there.

    AWS answers a ValidationException for what was deleted (aws/amazon-sagemaker-feedback, issue 108).
    """
    parts = parse(arn)
    if parts is None or parts.account != ctx.account:
        raise AwsError("AccessDeniedException", f"{arn} is no resource of the account {ctx.account}.")
    lower = str(parts._replace(resource=parts.resource.lower()))
    for each in (arn, lower):  # names stand in lower case in most ARNs, and people write them as they are
        if ctx.docs.find_arn(each) is not None:
            return each
    raise validation(f"Requested resource {arn} not found.")
