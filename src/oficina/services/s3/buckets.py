"""Buckets: create, head, list, locate, delete, and whether they keep versions."""

from __future__ import annotations

import base64
import re

from oficina.errors import AwsError
from oficina.services.context import Context
from oficina.services.s3 import acl
from oficina.services.s3.api import (
    Answer,
    Request,
    bucket_of,
    invalid_argument,
    malformed,
    not_implemented,
    owner_of,
    s3,
)
from oficina.services.s3.names import check_bucket
from oficina.services.s3.public import readable
from oficina.wire import xml

HOME = "us-east-1"
"""The region whose endpoint makes buckets anywhere, and whose own name is never a constraint."""
_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d")
_SPACE = ' xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'


@s3.operation
def create_bucket(ctx: Context, request: Request) -> Answer:
    """Makes a bucket in the region of the request or of the constraint."""
    acl.check(request)
    name = request["Bucket"]
    configuration = request.get("CreateBucketConfiguration") or {}
    region = _region(ctx, configuration.get("LocationConstraint"))
    check_bucket(name)
    if request.get("ObjectLockEnabledForBucket"):
        raise not_implemented("x-amz-bucket-object-lock-enabled")
    buckets = ctx.store.buckets
    with ctx.docs.transaction():
        there = buckets.find(ctx.account, name)
        if there is not None and (region, there.region) != (HOME, HOME):
            raise AwsError(
                "BucketAlreadyOwnedByYou",
                "Your previous request to create the named bucket succeeded and you already own it.",
                409,
                BucketName=name,
            )
        bucket = buckets.create(ctx.account, name, region)
        if configuration.get("Tags"):
            buckets.set_setting(bucket, "tagging", {"TagSet": configuration["Tags"]})
        if request.get("ObjectOwnership"):
            rules = {"Rules": [{"ObjectOwnership": request["ObjectOwnership"]}]}
            buckets.set_setting(bucket, "ownership", rules)
    return {"Location": f"/{name}", "BucketArn": f"arn:aws:s3:::{name}"}


def _region(ctx: Context, constraint: str | None) -> str:
    """Where the bucket is to be (S3 API reference, CreateBucket). Raises AwsError when AWS would refuse."""
    if ctx.region == HOME:
        if constraint and (constraint == HOME or not (_REGION.fullmatch(constraint) or constraint == "EU")):
            raise AwsError(
                "InvalidLocationConstraint",
                "The specified location-constraint is not valid",
                LocationConstraint=constraint,
            )
        return {"EU": "eu-west-1"}.get(constraint or "", constraint or HOME)
    if constraint != ctx.region and (constraint, ctx.region) != ("EU", "eu-west-1"):
        which = f"The {constraint}" if constraint else "The unspecified"
        raise AwsError(
            "IllegalLocationConstraintException",
            f"{which} location constraint is incompatible for the region specific endpoint this request was "
            "sent to.",
        )
    return ctx.region


@s3.operation
def head_bucket(ctx: Context, request: Request) -> Answer:
    """Whether the bucket is there, and where."""
    bucket = readable(ctx, request, "s3:ListBucket")
    return {
        "BucketRegion": bucket.region,
        "AccessPointAlias": False,
        "BucketArn": f"arn:aws:s3:::{bucket.name}",
        "_headers": [("Content-Type", "application/xml")],
    }


@s3.operation
def list_buckets(ctx: Context, request: Request) -> Answer:
    """The account's buckets by name."""
    limit = request.get("MaxBuckets") or 10_000
    if not 1 <= limit <= 10_000:
        raise invalid_argument(
            "Argument max-buckets must be an integer between 1 and 10000", "max-buckets", limit
        )
    after = _open(request.get("ContinuationToken") or "")
    found = ctx.store.buckets.page(
        ctx.account,
        prefix=request.get("Prefix") or "",
        after=after,
        region=request.get("BucketRegion"),
        limit=limit + 1,
    )
    shown = found[:limit]
    return {
        "_root": "ListAllMyBucketsResult",
        "Owner": owner_of(ctx),
        "Buckets": [
            {
                "Name": bucket.name,
                "CreationDate": bucket.created,
                "BucketRegion": bucket.region,
                "BucketArn": f"arn:aws:s3:::{bucket.name}",
            }
            for bucket in shown
        ],
        "ContinuationToken": _token(shown[-1].name) if len(found) > limit else None,
        "Prefix": request.get("Prefix"),
    }


def _token(name: str) -> str:
    return base64.urlsafe_b64encode(name.encode()).decode()


def _open(token: str) -> str:
    try:
        return base64.urlsafe_b64decode(token).decode()
    except ValueError as error:
        raise invalid_argument(
            "The continuation token provided is incorrect", "continuation-token", token
        ) from error


@s3.operation
def get_bucket_location(ctx: Context, request: Request) -> Answer:
    """The region; nothing for us-east-1. The answer's root is the value itself, which no shape can say."""
    region = bucket_of(ctx, request).region
    content = "" if region == HOME else xml.text(region)
    return {"_content": xml.DECLARATION + xml.element("LocationConstraint", content, _SPACE)}


@s3.operation
def delete_bucket(ctx: Context, request: Request) -> None:
    """Forgets a bucket that holds no version of any object; its unfinished uploads go with it."""
    bucket = bucket_of(ctx, request)
    with ctx.docs.transaction():
        ctx.store.buckets.delete(bucket)
        ctx.store.uploads.abort_all(bucket)


@s3.operation
def put_bucket_versioning(ctx: Context, request: Request) -> None:
    """Turns the keeping of versions on or off."""
    bucket = bucket_of(ctx, request)
    status = (request.get("VersioningConfiguration") or {}).get("Status")
    if status not in ("Enabled", "Suspended"):
        raise (
            malformed()
            if status
            else AwsError(
                "IllegalVersioningConfigurationException",
                "The Versioning element must be specified",
            )
        )
    ctx.store.buckets.set_versioning(bucket, status)


@s3.operation
def get_bucket_versioning(ctx: Context, request: Request) -> Answer:
    """Whether versions are kept; nothing when that was never said."""
    bucket = bucket_of(ctx, request)
    return {"_root": "VersioningConfiguration", "Status": bucket.versioning or None}
