"""Objects: put, get, head, delete, and what is known of one."""

from __future__ import annotations

import os
import re
from typing import Any

from oficina.errors import AwsError
from oficina.services.context import Context
from oficina.services.s3 import acl, archive, conditions, customer_keys, facts
from oficina.services.s3.api import Answer, Request, bucket_of, invalid_argument, malformed, quoted, s3
from oficina.services.s3.look import check_version, named, version_id
from oficina.services.s3.names import check_key
from oficina.services.s3.public import lists, readable
from oficina.services.s3.receive import facts_of, receive, told
from oficina.services.s3.settings import grants
from oficina.store.buckets import Bucket
from oficina.store.versions import Object, Parts
from oficina.wire.http import FileSlice

_RANGE = re.compile(r"bytes=(\d*)-(\d*)")
_MOST_DELETED = 1000


@s3.operation
def put_object(ctx: Context, request: Request) -> Answer:
    """Stores an object."""
    return put(ctx, request)


def put(ctx: Context, request: Request) -> Answer:
    """Stores an object at once and whole: until then readers see what was there before."""
    bucket = bucket_of(ctx, request)
    check_key(request["Key"])
    check = conditions.for_write(request)
    if check:
        check(ctx.store.versions.find(bucket, request["Key"]))
    known = facts.from_request(ctx, bucket, request)
    with told(ctx):
        received = receive(ctx, request)
        known |= facts_of(received)
        made = ctx.store.versions.add(
            bucket,
            request["Key"],
            blob=received.blob,
            size=received.size,
            etag=received.etag,
            facts=known,
            check=check,
        )
    return stored(bucket, made)


def stored(bucket: Bucket, made: Object) -> Answer:
    """What Put answers."""
    return {
        "ETag": quoted(made.etag),
        "VersionId": version_id(bucket, made),
        **facts.encryption_of(made.facts),
        **facts.checksums_of(made.facts),
    }


@s3.operation
def head_object(ctx: Context, request: Request) -> Answer:
    """What is known of an object, without its bytes."""
    bucket = readable(ctx, request, "s3:GetObject")
    found = _named(ctx, bucket, request)
    return _answer(ctx, bucket, request, found)


@s3.operation
def get_object(ctx: Context, request: Request) -> Answer:
    """An object, or a range of its bytes, sent by the kernel from its file."""
    bucket = readable(ctx, request, "s3:GetObject")
    found, descriptor = ctx.store.versions.opened(lambda: _named(ctx, bucket, request))
    try:
        archive.check_read(ctx, found)
        answer = _answer(ctx, bucket, request, found)
    except BaseException:
        os.close(descriptor)
        raise
    answer["Body"] = FileSlice(descriptor, answer["_offset"], answer["ContentLength"])
    return answer


def _named(ctx: Context, bucket: Bucket, request: Request) -> Object:
    """The object that a request names; who may not list the bucket is not told that there is none."""
    try:
        return named(ctx, bucket, request)
    except AwsError as refusal:
        if refusal.code == "NoSuchKey" and not lists(ctx, bucket):
            raise AwsError("AccessDenied", "Access Denied", 403) from refusal
        raise


def _answer(ctx: Context, bucket: Bucket, request: Request, found: Object) -> Answer:
    customer_keys.check(found, request)
    conditions.check_read(request, found)
    answer = facts.described(bucket, found, request) | {"Restore": archive.told(ctx, found)}
    parts = ctx.store.versions.parts(found) if request.get("PartNumber") is not None else None
    part = _part(request, found, parts)
    span = part or _span(request.get("Range"), found.size)
    if parts:
        answer["PartsCount"] = len(parts)
    if span is None:
        if request.get("ChecksumMode") == "ENABLED":
            answer |= facts.checksums_of(found.facts)
        return answer | {"ContentLength": found.size, "_offset": 0}
    offset, length = span
    if length:
        answer["ContentRange"] = f"bytes {offset}-{offset + length - 1}/{found.size}"
    return answer | {"ContentLength": length, "_offset": offset, "_status": 206}


def _part(request: Request, found: Object, parts: Parts | None) -> tuple[int, int] | None:
    """Where a part of the object lies; an object that came as one is its own part 1."""
    number = request.get("PartNumber")
    if number is None:
        return None
    if request.get("Range") is not None:
        raise AwsError("InvalidRequest", "Cannot specify both Range header and partNumber query parameter")
    if number < 1 or number > 10_000:
        raise invalid_argument(
            "Part number must be an integer between 1 and 10000, inclusive", "partNumber", number
        )
    offset = 0
    for index, (_, size, _) in enumerate(parts or [(1, found.size, None)], start=1):
        if index == number:
            return offset, size
        offset += size
    raise AwsError(
        "InvalidPartNumber",
        "The requested partnumber is not satisfiable",
        416,
        PartNumberRequested=number,
        ActualPartCount=len(parts or [1]),
    )


def _span(text: str | None, size: int) -> tuple[int, int] | None:
    """Offset and length of a range; None for none, and for those that HTTP says to ignore.

    Raises AwsError InvalidRange when it begins past the end.
    """
    match = _RANGE.fullmatch(text.strip()) if text else None
    if match is None or match.groups() == ("", ""):
        return None
    first, last = match.groups()
    if first and last and int(last) < int(first):
        return None
    begin = int(first) if first else max(0, size - int(last))
    end = min(int(last), size - 1) if first and last else size - 1
    if begin >= size:
        raise AwsError(
            "InvalidRange",
            "The requested range is not satisfiable",
            416,
            RangeRequested=text,
            ActualObjectSize=size,
            _headers=[("Content-Range", f"bytes */{size}")],
        )
    return begin, end - begin + 1


@s3.operation
def delete_object(ctx: Context, request: Request) -> Answer:
    """Deletes a key, or one version of it for good; what is not there is deleted already."""
    bucket = bucket_of(ctx, request)
    with told(ctx):
        return _delete(ctx, bucket, request["Key"], request.get("VersionId"), request.get("IfMatch"))


def _delete(ctx: Context, bucket: Bucket, key: str, version: str | None, etag: str | None) -> Answer:
    versions, check = ctx.store.versions, conditions.for_delete(key, etag)
    if version is not None:
        gone = versions.delete_version(bucket, key, check_version(version) or "", check)
        marker = True if gone is not None and gone.marker else None
        return {"VersionId": version, "DeleteMarker": marker}
    marked = versions.delete(bucket, key, check)
    return {} if marked is None else {"VersionId": marked.version, "DeleteMarker": True}


@s3.operation
def delete_objects(ctx: Context, request: Request) -> Answer:
    """Deletes up to a thousand keys; each has a result of its own."""
    wanted = (request.get("Delete") or {}).get("Objects")
    if not wanted or len(wanted) > _MOST_DELETED or any(not one.get("Key") for one in wanted):
        raise malformed()
    bucket = bucket_of(ctx, request)
    quiet = (request.get("Delete") or {}).get("Quiet")
    deleted: list[dict[str, Any]] = []
    errors: list[dict[str, Any]] = []
    with told(ctx), ctx.docs.transaction():
        for one in wanted:
            name = {"Key": one["Key"], "VersionId": one.get("VersionId")}
            try:
                done = _delete(ctx, bucket, one["Key"], one.get("VersionId"), one.get("ETag"))
            except AwsError as refusal:
                errors.append({**name, "Code": refusal.code, "Message": refusal.message})
                continue
            if done.get("DeleteMarker"):
                name |= {"DeleteMarker": True, "DeleteMarkerVersionId": done["VersionId"]}
            deleted.append(name)
    return {"_root": "DeleteResult", "Deleted": None if quiet else deleted, "Errors": errors}


@s3.operation
def get_object_attributes(ctx: Context, request: Request) -> Answer:
    """The chosen of ETag, Checksum (here without its number of parts), ObjectParts and the like."""
    bucket = bucket_of(ctx, request)
    found = named(ctx, bucket, request)
    customer_keys.check(found, request)
    wanted = set(request.get("ObjectAttributes") or ())
    if not wanted:
        raise AwsError(
            "InvalidRequest",
            "The x-amz-object-attributes header specifying the attributes to be retrieved is either missing "
            "or empty",
        )
    if not wanted <= {"ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize"}:
        raise invalid_argument(
            "Invalid attribute name specified.", "x-amz-object-attributes", ",".join(sorted(wanted))
        )
    everything = {
        "ETag": found.etag,
        "Checksum": {
            name: value.partition("-")[0] for name, value in facts.checksums_of(found.facts).items()
        },
        "ObjectParts": _parts(request, found, ctx.store.versions.parts(found)),
        "StorageClass": found.facts.get("StorageClass", "STANDARD"),
        "ObjectSize": found.size,
    }
    return {
        "_root": "GetObjectAttributesResponse",
        "LastModified": found.modified,
        "VersionId": version_id(bucket, found),
        **{name: everything[name] for name in wanted},
    }


def _parts(request: Request, found: Object, parts: Parts | None) -> Answer | None:
    """The parts of an object; one by one only when each has a checksum, as S3 does."""
    if parts is None:
        return None
    after, limit = int(request.get("PartNumberMarker") or 0), request.get("MaxParts") or 1000
    member = next(
        (name for name in found.facts if name.startswith("Checksum") and name != "ChecksumType"), ""
    )
    rest = [part for part in parts if part[0] > after and part[2] is not None]
    shown = rest[:limit]
    return {
        "TotalPartsCount": len(parts),
        "PartNumberMarker": after,
        "NextPartNumberMarker": shown[-1][0] if shown else None,
        "MaxParts": limit,
        "IsTruncated": len(rest) > limit,
        "Parts": [{"PartNumber": number, "Size": size, member: value} for number, size, value in shown]
        or None,
    }


@s3.operation
def get_object_acl(ctx: Context, request: Request) -> Answer:
    """An object's access control list: its owner may do everything."""
    named(ctx, bucket_of(ctx, request), request)
    return grants(ctx)


@s3.operation
def put_object_acl(ctx: Context, request: Request) -> None:
    """Accepts a list; the owner keeps full control."""
    acl.check(request)
    named(ctx, bucket_of(ctx, request), request)
