"""CopyObject, and finding what a copy copies. The bytes are shared: a copy is a row."""

from __future__ import annotations

import os
from typing import Any
from urllib.parse import unquote

from oficina.errors import AwsError
from oficina.services.context import Context
from oficina.services.s3 import archive, checksums, conditions, customer_keys, facts
from oficina.services.s3.api import Answer, Request, bucket_of, expect_owner, invalid_argument, quoted, s3
from oficina.services.s3.look import named, version_id
from oficina.services.s3.names import check_key
from oficina.services.s3.receive import told
from oficina.services.s3.tags import from_header
from oficina.store.buckets import Bucket
from oficina.store.digests import DEFAULT, LARGE, Digests
from oficina.store.versions import Object


def source(ctx: Context, request: Request) -> tuple[Bucket, Object]:
    """The bucket and version that ``x-amz-copy-source`` names, when its conditions hold."""
    text = request["CopySource"]
    path, _, query = text.partition("?")
    bucket, _, key = unquote(path).removeprefix("/").partition("/")
    if not bucket or not key:
        raise invalid_argument(
            "Copy Source must mention the source bucket and key: sourcebucket/sourcekey",
            "x-amz-copy-source",
            text,
        )
    expect_owner(ctx, request.get("ExpectedSourceBucketOwner"))
    owner = ctx.store.buckets.get(ctx.account, bucket)
    version = query.removeprefix("versionId=") or None if query.startswith("versionId=") else None
    found = named(ctx, owner, {"Key": key, "VersionId": version})
    archive.check_source(ctx, found)
    customer_keys.check(found, request, "CopySource")
    conditions.check_source(request, found, ctx.clock.now())
    return owner, found


@s3.operation
def copy_object(ctx: Context, request: Request) -> Answer:
    """Gives a key the bytes of another; headers and tags come along unless they are replaced."""
    bucket = bucket_of(ctx, request)
    check_key(request["Key"])
    while True:
        _, seen = source(ctx, request)
        etag, sums = _rehashed(ctx, request, seen)
        with told(ctx), ctx.docs.transaction():
            origin, found = source(ctx, request)
            if found.id != seen.id:
                continue  # replaced while its bytes were read
            _refuse_no_change(ctx, bucket, request, found)
            made = ctx.store.versions.add(
                bucket,
                request["Key"],
                blob=found.blob,
                size=found.size,
                etag=etag,
                facts=_facts(ctx, bucket, request, found) | sums,
                check=conditions.for_write(request),
            )
        break
    return {
        "CopyObjectResult": {"ETag": quoted(made.etag), "LastModified": made.modified, **sums},
        "CopySourceVersionId": version_id(origin, found),
        "VersionId": version_id(bucket, made),
        **facts.encryption_of(made.facts),
    }


def _rehashed(ctx: Context, request: Request, found: Object) -> tuple[str, dict[str, Any]]:
    """The copy's ETag and checksums. The bytes are read only when the source's do not do.

    A copy comes as one, so its ETag is that of its bytes even when the source came in parts.
    """
    known = facts.checksums_of(found.facts)
    asked = request.get("ChecksumAlgorithm")
    kind = checksums.known(asked) if asked else None
    whole = known.get("ChecksumType") == "FULL_OBJECT" and (kind is None or f"Checksum{kind}" in known)
    if whole and ("-" not in found.etag or found.size > LARGE):
        return found.etag, known
    wanted = kind or next((name[8:] for name in known if name != "ChecksumType"), DEFAULT)
    digests = Digests((wanted,), size=found.size)
    _, descriptor = ctx.store.versions.opened(lambda: source(ctx, request)[1])
    with os.fdopen(descriptor, "rb") as file:
        while piece := file.read(1024 * 1024):
            digests.update(piece)
    return digests.etag, {**digests.checksums, "ChecksumType": "FULL_OBJECT"}


def _facts(ctx: Context, bucket: Bucket, request: Request, found: Object) -> dict[str, Any]:
    fresh = facts.from_request(ctx, bucket, {**request, "Tagging": None})
    kept = {name: value for name, value in found.facts.items() if not name.startswith("Checksum")}
    if _directive(request, "MetadataDirective", "x-amz-metadata-directive") == "COPY":
        fresh |= {name: kept[name] for name in (*facts.SYSTEM, "Metadata") if kept.get(name)}
        for name in facts.SYSTEM:
            if name not in kept and name != "ContentType":
                fresh.pop(name, None)
        fresh.pop("WebsiteRedirectLocation", None)
        fresh["Metadata"] = kept.get("Metadata", {})
    if request.get("WebsiteRedirectLocation"):  # never copied (S3 API reference, CopyObject)
        fresh["WebsiteRedirectLocation"] = request["WebsiteRedirectLocation"]
    if _directive(request, "TaggingDirective", "x-amz-tagging-directive") == "COPY":
        tags = kept.get("Tags")
    else:
        tags = from_header(request.get("Tagging") or "")
    return fresh | ({"Tags": tags} if tags else {})


def _directive(request: Request, member: str, header: str) -> str:
    value = request.get(member) or "COPY"
    if value not in ("COPY", "REPLACE"):
        raise invalid_argument(f"Unknown {header} directive: {value}", header, value)
    return str(value)


def _refuse_no_change(ctx: Context, bucket: Bucket, request: Request, found: Object) -> None:
    same = (found.bucket, found.key) == (bucket.id, request["Key"]) and found.latest
    changes = (
        request.get("MetadataDirective") == "REPLACE"
        or request.get("TaggingDirective") == "REPLACE"
        or any(request.get(name) for name in ("StorageClass", "ServerSideEncryption", "ChecksumAlgorithm"))
        or request.get("WebsiteRedirectLocation")
        or "?" in request["CopySource"]
        or ctx.store.buckets.setting(bucket, "encryption")  # a default that was set counts as a change
    )
    if same and not changes:
        raise AwsError(
            "InvalidRequest",
            "This copy request is illegal because it is trying to copy an object to itself without changing "
            "the object's metadata, storage class, website redirect location or encryption attributes.",
        )
