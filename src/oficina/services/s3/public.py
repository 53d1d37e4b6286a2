"""What a bucket lets everyone do: reading without a signature, as public data sets are read on AWS.

S3 user guide, "The meaning of public" and "Blocking public access": a policy lets everyone in where it allows
``Principal`` ``*`` without a condition, and only in a bucket that does not block or restrict public access.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any

import orjson

from oficina.errors import AwsError
from oficina.services.context import Context
from oficina.services.s3.api import Request, bucket_of
from oficina.store.buckets import Bucket


def readable(ctx: Context, request: Request, action: str) -> Bucket:
    """The bucket that a request names, to read from by an action such as ``s3:GetObject``.

    Raises AwsError NoSuchBucket, or AccessDenied for an unsigned request where not everyone may do this.
    """
    bucket = bucket_of(ctx, request)
    if not ctx.caller.arn:
        key = request.get("Key")
        resource = f"arn:aws:s3:::{bucket.name}" + (f"/{key}" if key else "")
        if not _opened(ctx, bucket) or not _lets(_policy_of(ctx, bucket), action, resource):
            raise AwsError("AccessDenied", "Access Denied", 403)
    return bucket


def lists(ctx: Context, bucket: Bucket) -> bool:
    """Whether the caller may list a bucket, and so may know that a key is not there."""
    return bool(ctx.caller.arn) or _lets(
        _policy_of(ctx, bucket), "s3:ListBucket", f"arn:aws:s3:::{bucket.name}"
    )


def is_public(ctx: Context, bucket: Bucket) -> bool:
    """Whether a bucket's policy allows everyone anything."""
    return lets_everyone_in(ctx.store.buckets.setting(bucket, "policy"))


def lets_everyone_in(policy: str | None) -> bool:
    """Whether a policy allows everyone anything."""
    return any(_for_everyone(each) and each.get("Effect") == "Allow" for each in _statements(policy))


def blocks_policies(ctx: Context, bucket: Bucket) -> bool:
    """Whether a bucket takes no public policy, as every bucket does at first."""
    block = ctx.store.buckets.setting(bucket, "public")
    return block is None or bool(block.get("BlockPublicPolicy"))


def _policy_of(ctx: Context, bucket: Bucket) -> list[Mapping[str, Any]]:
    return _statements(ctx.store.buckets.setting(bucket, "policy"))


def _statements(policy: str | None) -> list[Mapping[str, Any]]:
    """The statements of a policy."""
    found = orjson.loads(policy)["Statement"] if policy else []
    return [each for each in _listed(found) if isinstance(each, dict)]


def _opened(ctx: Context, bucket: Bucket) -> bool:
    """Whether the owner took the block of public access away, which every bucket of AWS begins with."""
    block = ctx.store.buckets.setting(bucket, "public")
    return block is not None and not block.get("RestrictPublicBuckets")


def _lets(all_statements: Iterable[Mapping[str, Any]], action: str, resource: str) -> bool:
    effects = {
        each.get("Effect")
        for each in all_statements
        if _for_everyone(each)
        and _matches(each.get("Action"), action)
        and _matches(each.get("Resource"), resource)
    }
    return effects == {"Allow"}


def _for_everyone(statement: Mapping[str, Any]) -> bool:
    principal = statement.get("Principal")
    everyone = principal == "*" or (isinstance(principal, dict) and "*" in _listed(principal.get("AWS")))
    return everyone and not statement.get("Condition")


def _matches(patterns: Any, value: str) -> bool:
    return any(fnmatchcase(value, str(each).replace("[", "[[]")) for each in _listed(patterns))


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]
