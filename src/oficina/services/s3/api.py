"""The service object that S3's operations register with, and what all of them begin with."""

from __future__ import annotations

from typing import Any

from oficina.errors import AwsError
from oficina.services.context import Context
from oficina.services.service import Service
from oficina.store.buckets import Bucket

s3 = Service("s3", scopes=("s3",), protocol="rest-xml", validation_code=None, unknown_code="NotImplemented")

Request = dict[str, Any]
Answer = dict[str, Any]


def bucket_of(ctx: Context, request: Request) -> Bucket:
    """The bucket that a request names. Raises AwsError NoSuchBucket, or AccessDenied for another's."""
    expect_owner(ctx, request.get("ExpectedBucketOwner"))
    return ctx.store.buckets.get(ctx.account, request["Bucket"])


def expect_owner(ctx: Context, owner: str | None) -> None:
    """Raises AwsError AccessDenied when the caller expects a bucket to be another account's."""
    if owner and owner != ctx.account:
        raise AwsError("AccessDenied", "Access Denied", 403)


def owner_of(ctx: Context) -> dict[str, str]:
    """The owner as lists show it: a canonical id that follows from the account."""
    return {"DisplayName": f"account-{ctx.account}", "ID": ctx.account.rjust(64, "0")}


def quoted(etag: str) -> str:
    """An ETag as it stands on the wire."""
    return f'"{etag}"'


def invalid_argument(message: str, name: str, value: object) -> AwsError:
    """S3's error for an argument that is not right."""
    return AwsError("InvalidArgument", message, ArgumentName=name, ArgumentValue=value)


def malformed() -> AwsError:
    """S3's error for a document that lacks what it must have."""
    return AwsError(
        "MalformedXML",
        "The XML you provided was not well-formed or did not validate against our published schema",
    )


def not_implemented(header: str) -> AwsError:
    """S3's error for a header with a value that it does not know."""
    return AwsError(
        "NotImplemented",
        "A header you provided implies functionality that is not implemented",
        501,
        Header=header,
    )
