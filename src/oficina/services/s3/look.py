"""Finding the version of a key that a request names."""

from __future__ import annotations

from oficina.errors import AwsError
from oficina.services.context import Context
from oficina.services.s3.api import Request, invalid_argument
from oficina.store.buckets import Bucket
from oficina.store.versions import NULL, Object, no_such_key

_ID_LENGTH = 32


def version_id(bucket: Bucket, found: Object) -> str | None:
    """The version as answers name it: not at all in a bucket that never kept versions."""
    return found.version if bucket.versioning or found.version != NULL else None


def check_version(version: str | None) -> str | None:
    """A version id as a request gives it. Raises AwsError InvalidArgument when it cannot be one."""
    if version is not None and version != NULL and len(version) != _ID_LENGTH:
        raise invalid_argument("Invalid version id specified", "versionId", version)
    return version


def named(ctx: Context, bucket: Bucket, request: Request, method: str = "GET") -> Object:
    """The object that a request names by key and version. Raises AwsError as GetObject does.

    ``method`` is HTTP's, which a delete marker refuses by name.
    """
    key, version = request["Key"], check_version(request.get("VersionId"))
    found = ctx.store.versions.find(bucket, key, version)
    if found is None and version is not None:
        raise AwsError(
            "NoSuchVersion", "The specified version does not exist.", 404, Key=key, VersionId=version
        )
    if found is None:
        raise no_such_key(key)
    if found.marker:
        headers = [("x-amz-delete-marker", "true"), ("x-amz-version-id", found.version)]
        if version is None:
            refusal = no_such_key(key)
            refusal.members["_headers"] = headers
            raise refusal
        raise AwsError(
            "MethodNotAllowed",
            "The specified method is not allowed against this resource.",
            405,
            Method=method,
            ResourceType="DeleteMarker",
            _headers=[*headers, ("Allow", "DELETE")],
        )
    return found
