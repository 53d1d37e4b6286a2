"""Canned access control lists: which there are. Whatever is given, the owner keeps full control."""

from __future__ import annotations

from functools import cache

from oficina.services.s3.api import Request, invalid_argument, s3

_OF_LOGS = "log-delivery-write"
"""What botocore's model leaves out (S3 user guide, "Canned ACL")."""


@cache
def _canned() -> frozenset[str]:
    shapes = ("ObjectCannedACL", "BucketCannedACL")
    return frozenset({_OF_LOGS, *(name for shape in shapes for name in s3.model.shape(shape).traits["enum"])})


def check(request: Request) -> None:
    """Raises AwsError InvalidArgument, as S3 without a sentence, for a list that there is not."""
    asked = request.get("ACL")
    if asked and asked not in _canned():
        raise invalid_argument("", "x-amz-acl", asked)
