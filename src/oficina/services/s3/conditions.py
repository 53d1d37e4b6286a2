"""If-Match and its kin: which of them let a request through (RFC 9110, and S3's "Conditional requests")."""

from __future__ import annotations

import math

from oficina.errors import AwsError
from oficina.services.s3.api import Request, not_implemented, quoted
from oficina.store.versions import Check, Object, no_such_key
from oficina.wire import times


def failed(condition: str) -> AwsError:
    """S3's error for a condition that does not hold."""
    return AwsError(
        "PreconditionFailed",
        "At least one of the pre-conditions you specified did not hold",
        412,
        Condition=condition,
    )


def _matches(wanted: str, etag: str) -> bool:
    names = [part.strip().removeprefix("W/").strip('"') for part in wanted.split(",")]
    return "*" in names or etag in names


def check_read(request: Request, found: Object) -> None:
    """Raises AwsError PreconditionFailed or NotModified (304) when a Get or Head is not to be answered."""
    wanted = request.get("IfMatch")
    if wanted is not None and not _matches(wanted, found.etag):
        raise failed("If-Match")
    since = request.get("IfUnmodifiedSince")
    if wanted is None and since is not None and found.modified > since:
        raise failed("If-Unmodified-Since")
    unwanted = request.get("IfNoneMatch")
    if unwanted is not None:
        if _matches(unwanted, found.etag):
            raise _not_modified(found)
        return
    since = request.get("IfModifiedSince")
    if since is not None and found.modified <= since:
        raise _not_modified(found)


def _not_modified(found: Object) -> AwsError:
    headers = [("ETag", quoted(found.etag)), ("Last-Modified", times.rfc822(found.modified))]
    return AwsError("NotModified", "Not Modified", 304, _headers=headers)


def check_source(request: Request, found: Object, now: float) -> None:
    """The same for the source of a copy, where every refusal is a 412; dates to come are no conditions."""
    wanted, unwanted = request.get("CopySourceIfMatch"), request.get("CopySourceIfNoneMatch")
    if wanted is not None and not _matches(wanted, found.etag):
        raise failed("x-amz-copy-source-If-Match")
    since = request.get("CopySourceIfUnmodifiedSince")
    if wanted is None and since is not None and found.modified > since:
        raise failed("x-amz-copy-source-If-Unmodified-Since")
    if unwanted is not None and _matches(unwanted, found.etag):
        raise failed("x-amz-copy-source-If-None-Match")
    since = request.get("CopySourceIfModifiedSince")
    if (
        unwanted is None and since is not None and found.modified <= since <= math.ceil(now)
    ):  # as objects are dated
        raise failed("x-amz-copy-source-If-Modified-Since")


def for_write(request: Request) -> Check | None:
    """The condition of a Put, Copy or Complete on what the key means now; None when there is none."""
    unwanted, wanted = request.get("IfNoneMatch"), request.get("IfMatch")
    if unwanted is None and wanted is None:
        return None
    if unwanted is not None and unwanted.strip('"') != "*":
        raise not_implemented("If-None-Match")
    if wanted is not None and wanted.strip('"') == "*":
        raise not_implemented("If-Match")

    def check(found: Object | None) -> None:
        there = found is not None and not found.marker
        if unwanted is not None and there:
            raise failed("If-None-Match")
        if wanted is not None and (found is None or found.marker):
            raise no_such_key(request["Key"])
        if wanted is not None and found is not None and not _matches(wanted, found.etag):
            raise failed("If-Match")

    return check


def for_delete(key: str, wanted: str | None) -> Check | None:
    """The condition of a Delete, which only a key that is there can meet."""
    if wanted is None:
        return None

    def check(found: Object | None) -> None:
        if found is None or found.marker:
            raise no_such_key(key)
        if not _matches(wanted, found.etag):
            raise failed("If-Match")

    return check
