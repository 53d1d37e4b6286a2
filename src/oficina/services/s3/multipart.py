"""Uploads in parts: begin, send, copy, list, complete, abort."""

from __future__ import annotations

import base64
import hashlib
import os
import re
from itertools import pairwise
from typing import Any

from oficina.errors import AwsError
from oficina.services.context import Context
from oficina.services.s3 import checksums, conditions, copying, facts
from oficina.services.s3.api import (
    Answer,
    Request,
    bucket_of,
    invalid_argument,
    malformed,
    owner_of,
    quoted,
    s3,
)
from oficina.services.s3.listing import limit_of, prefixes, spelling
from oficina.services.s3.look import version_id
from oficina.services.s3.names import check_key
from oficina.services.s3.objects import stored
from oficina.services.s3.receive import LARGEST, receive, told
from oficina.store.buckets import Bucket
from oficina.store.digests import DEFAULT, Digests, checksum, combine
from oficina.store.listing import Wish
from oficina.store.uploads import Part, Upload, read_upload
from oficina.store.versions import Object

SMALLEST = 5 * 1024 * 1024
"""Bytes of every part but the last (S3 user guide, "Amazon S3 multipart upload limits")."""
_RANGE = re.compile(r"bytes=(\d+)-(\d+)")


@s3.operation
def create_multipart_upload(ctx: Context, request: Request) -> Answer:
    """Begins an upload; what the object will be told is told now."""
    bucket = bucket_of(ctx, request)
    check_key(request["Key"])
    known = facts.from_request(ctx, bucket, request)
    named = request.get("ChecksumAlgorithm")
    algorithm = checksums.known(named) if named else None
    if request.get("ChecksumType") and algorithm is None:
        raise AwsError(
            "InvalidRequest",
            "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.",
        )
    kind = checksums.type_for(algorithm or DEFAULT, request.get("ChecksumType"))
    known |= {"_algorithm": algorithm, "ChecksumType": kind}
    with told(ctx):
        upload = ctx.store.uploads.create(bucket, request["Key"], known)
    return {
        "_root": "InitiateMultipartUploadResult",
        "Bucket": bucket.name,
        "Key": upload.key,
        "UploadId": upload.id,
        "ChecksumAlgorithm": algorithm,
        "ChecksumType": kind if algorithm else None,
        **facts.encryption_of(known),
    }


def _upload(ctx: Context, bucket: Bucket, request: Request) -> Upload:
    return ctx.store.uploads.get(bucket, request["Key"], request["UploadId"])


def _number(request: Request) -> int:
    number = request["PartNumber"]
    if not 1 <= number <= 10_000:
        raise invalid_argument(
            "Part number must be an integer between 1 and 10000, inclusive", "partNumber", number
        )
    return int(number)


@s3.operation
def upload_part(ctx: Context, request: Request) -> Answer:
    """Takes one part; one of the same number is replaced."""
    bucket = bucket_of(ctx, request)
    number, upload = _number(request), _upload(ctx, bucket, request)
    wanted = upload.facts["_algorithm"]
    sent = checksums.chosen(ctx, request)
    if wanted and sent and sent != wanted:
        raise AwsError(
            "InvalidRequest",
            f"Checksum Type mismatch occurred, expected checksum Type: {wanted.lower()}, actual checksum "
            f"Type: {sent.lower()}",
        )
    with told(ctx):
        received = receive(ctx, request, algorithm=wanted or DEFAULT, part=True)
        part = ctx.store.uploads.put_part(
            upload,
            number,
            blob=received.blob,
            size=received.size,
            etag=received.etag,
            facts=received.checksums,
        )
    shown = received.checksums if wanted or sent in (None, DEFAULT) else checksums_given(request, sent)
    return {"ETag": quoted(part.etag), **facts.encryption_of(upload.facts), **shown}


def checksums_given(request: Request, algorithm: str) -> Answer:
    """The checksum that came with a part of an upload that keeps another kind."""
    value = checksums.given(request).get(algorithm)
    return {f"Checksum{algorithm}": value} if value else {}


@s3.operation
def upload_part_copy(ctx: Context, request: Request) -> Answer:
    """Takes a part from an object, whole or a range of it."""
    bucket = bucket_of(ctx, request)
    number, upload = _number(request), _upload(ctx, bucket, request)
    found, descriptor = ctx.store.versions.opened(lambda: copying.source(ctx, request)[1])
    try:
        offset, length = _range(request.get("CopySourceRange"), found)
        digests = Digests((upload.facts["_algorithm"] or DEFAULT,), md5=True)
        with told(ctx), ctx.store.blobs.draft() as draft:
            draft.expect(length)
            _copy(descriptor, offset, length, draft, digests)
            blob = draft.keep(durable=False)
            part = ctx.store.uploads.put_part(
                upload, number, blob=blob, size=length, etag=digests.md5.hex(), facts=digests.checksums
            )
    finally:
        os.close(descriptor)
    return {
        "CopySourceVersionId": found.version if found.version != "null" else None,
        "CopyPartResult": {"ETag": quoted(part.etag), "LastModified": part.modified, **part.facts},
        **facts.encryption_of(upload.facts),
    }


def _copy(descriptor: int, offset: int, length: int, draft: Any, digests: Digests) -> None:
    while length:
        piece = os.pread(descriptor, min(length, 1024 * 1024), offset)
        digests.update(piece)
        draft.write(piece)
        offset, length = offset + len(piece), length - len(piece)


def _range(text: str | None, found: Object) -> tuple[int, int]:
    if text is None:
        if found.size > LARGEST:
            raise AwsError(
                "InvalidRequest",
                "The specified copy source is larger than the maximum allowable size for a copy source: "
                f"{LARGEST}",
            )
        return 0, found.size
    match = _RANGE.fullmatch(text)
    if match is None or int(match[2]) < int(match[1]):
        raise invalid_argument(
            "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are "
            "the zero-based offsets of the first and last bytes to copy",
            "x-amz-copy-source-range",
            text,
        )
    first, last = int(match[1]), int(match[2])
    if last >= found.size:
        raise invalid_argument(
            f"Range specified is not valid for source object of size: {found.size}",
            "x-amz-copy-source-range",
            text,
        )
    return first, last - first + 1


@s3.operation
def list_parts(ctx: Context, request: Request) -> Answer:
    """A page of the parts that were sent, by number."""
    bucket = bucket_of(ctx, request)
    upload = _upload(ctx, bucket, request)
    limit = limit_of(request, "MaxParts", "max-parts")
    after = int(request.get("PartNumberMarker") or 0)
    if after < 0:
        raise invalid_argument(
            "Argument part-number-marker must be an integer between 0 and 2147483647",
            "part-number-marker",
            after,
        )
    found = ctx.store.uploads.parts(upload, after, limit + 1)
    shown = found[:limit]
    algorithm = upload.facts["_algorithm"]
    return {
        "_root": "ListPartsResult",
        "Bucket": bucket.name,
        "Key": upload.key,
        "UploadId": upload.id,
        "PartNumberMarker": after,
        "NextPartNumberMarker": shown[-1].number if shown else 0,
        "MaxParts": limit,
        "IsTruncated": len(found) > limit,
        "Parts": [_shown(part) for part in shown],
        "Initiator": owner_of(ctx),
        "Owner": owner_of(ctx),
        "StorageClass": upload.facts.get("StorageClass", "STANDARD"),
        "ChecksumAlgorithm": algorithm,
        "ChecksumType": upload.facts["ChecksumType"] if algorithm else None,
    }


def _shown(part: Part) -> Answer:
    return {
        "PartNumber": part.number,
        "LastModified": part.modified,
        "ETag": quoted(part.etag),
        "Size": part.size,
        **part.facts,
    }


@s3.operation
def list_multipart_uploads(ctx: Context, request: Request) -> Answer:
    """A page of the uploads in progress, by key and age."""
    bucket, spell = bucket_of(ctx, request), spelling(request)
    limit = limit_of(request, "MaxUploads", "max-uploads")
    wish = Wish(
        prefix=request.get("Prefix") or "",
        delimiter=request.get("Delimiter") or "",
        after=request.get("KeyMarker") or "",
        limit=limit,
    )
    marker = request.get("UploadIdMarker") or "" if wish.after else ""
    page = ctx.store.listing.uploads(bucket, wish, marker)
    last = page.rows[-1] if page.rows and page.rows[-1]["key"] == page.last else None
    owner = owner_of(ctx)
    return {
        "_root": "ListMultipartUploadsResult",
        "Bucket": bucket.name,
        "KeyMarker": spell(wish.after),
        "UploadIdMarker": marker,
        "NextKeyMarker": spell(page.last) if page.truncated else None,
        "NextUploadIdMarker": last["id"] if last is not None and page.truncated else None,
        "Prefix": spell(wish.prefix),
        "Delimiter": spell(wish.delimiter or None),
        "MaxUploads": limit,
        "EncodingType": request.get("EncodingType"),
        "IsTruncated": page.truncated,
        "Uploads": [
            {
                "Key": spell(upload.key),
                "UploadId": upload.id,
                "Initiated": upload.started,
                "StorageClass": upload.facts.get("StorageClass", "STANDARD"),
                "Owner": owner,
                "Initiator": owner,
                "ChecksumAlgorithm": upload.facts["_algorithm"],
                "ChecksumType": upload.facts["ChecksumType"] if upload.facts["_algorithm"] else None,
            }
            for upload in map(read_upload, page.rows)
        ],
        "CommonPrefixes": prefixes(page, spell),
    }


@s3.operation
def abort_multipart_upload(ctx: Context, request: Request) -> None:
    """Forgets an upload and its parts."""
    ctx.store.uploads.abort(_upload(ctx, bucket_of(ctx, request), request))


@s3.operation
def complete_multipart_upload(ctx: Context, request: Request) -> Answer:
    """Makes the parts one object; the same request again, after it was done, has the same answer."""
    bucket = bucket_of(ctx, request)
    with ctx.store.uploads.alone(request["UploadId"]):
        made = _done(ctx, bucket, request) or _complete(ctx, bucket, request)
    return _completed(ctx, bucket, made)


def _complete(ctx: Context, bucket: Bucket, request: Request) -> Object:
    upload = _upload(ctx, bucket, request)
    parts = _chosen(request, upload, {part.number: part for part in ctx.store.uploads.parts(upload)})
    size = request.get("MpuObjectSize")
    total = sum(part.size for part in parts)
    if size is not None and size != total:
        raise AwsError(
            "InvalidRequest",
            f"The provided 'x-amz-mp-object-size' header value {size} does not match what was computed: "
            f"{total}",
        )
    algorithm, kind = upload.facts["_algorithm"] or DEFAULT, upload.facts["ChecksumType"]
    value = _whole(algorithm, kind, parts)
    _verify(request, algorithm, kind, value)
    known = {name: item for name, item in upload.facts.items() if name != "_algorithm"}
    known |= {f"Checksum{algorithm}": value, "_upload": upload.id}
    md5 = hashlib.md5(b"".join(bytes.fromhex(part.etag) for part in parts), usedforsecurity=False)
    with told(ctx):
        return ctx.store.uploads.complete(
            bucket,
            upload,
            parts,
            etag=f"{md5.hexdigest()}-{len(parts)}",
            facts=known,
            sizes=[
                (
                    part.number,
                    part.size,
                    part.facts.get(f"Checksum{algorithm}") if kind == "COMPOSITE" else None,
                )
                for part in parts
            ],
            check=conditions.for_write(request),
        )


def _done(ctx: Context, bucket: Bucket, request: Request) -> Object | None:
    found = ctx.store.versions.find(bucket, request["Key"])
    return found if found is not None and found.facts.get("_upload") == request["UploadId"] else None


def _completed(ctx: Context, bucket: Bucket, made: Object) -> Answer:
    host = ctx.headers.get("host", "localhost")
    return {
        "_root": "CompleteMultipartUploadResult",
        "Location": f"http://{host}/{bucket.name}/{made.key}",
        "Bucket": bucket.name,
        "Key": made.key,
        **stored(bucket, made),
        "VersionId": version_id(bucket, made),
    }


def _chosen(request: Request, upload: Upload, there: dict[int, Part]) -> list[Part]:
    """The parts that the request lists. Raises AwsError as S3 does when they are not those that were sent."""
    wanted = (request.get("MultipartUpload") or {}).get("Parts")
    if not wanted or any(one.get("PartNumber") is None or not one.get("ETag") for one in wanted):
        raise malformed()
    numbers = [one["PartNumber"] for one in wanted]
    if any(later <= earlier for earlier, later in pairwise(numbers)):
        raise AwsError(
            "InvalidPartOrder",
            "The list of parts was not in ascending order. Parts must be ordered by part number.",
            UploadId=upload.id,
        )
    found = [_same(one, there.get(one["PartNumber"]), upload) for one in wanted]
    for part in found[:-1]:
        if part.size < SMALLEST:
            raise AwsError(
                "EntityTooSmall",
                "Your proposed upload is smaller than the minimum allowed size",
                ProposedSize=part.size,
                MinSizeAllowed=SMALLEST,
                PartNumber=part.number,
                ETag=part.etag,
            )
    return found


def _same(wanted: dict[str, Any], part: Part | None, upload: Upload) -> Part:
    etag = wanted["ETag"].strip('"')
    sums = {
        name: value
        for name, value in wanted.items()
        if name.startswith("Checksum") and value and part is not None and name in part.facts
    }
    if part is None or part.etag != etag or any(part.facts[name] != value for name, value in sums.items()):
        raise AwsError(
            "InvalidPart",
            "One or more of the specified parts could not be found.  The part may not have been uploaded, or "
            "the specified entity tag may not match the part's entity tag.",
            UploadId=upload.id,
            PartNumber=wanted["PartNumber"],
            ETag=etag,
        )
    return part


def _whole(algorithm: str, kind: str, parts: list[Part]) -> str:
    """The checksum of the object: of its bytes, or of its parts' checksums."""
    each = [(part.facts[f"Checksum{algorithm}"], part.size) for part in parts]
    if kind == "FULL_OBJECT":
        return combine(algorithm, each)
    return f"{checksum(algorithm, b''.join(base64.b64decode(text) for text, _ in each))}-{len(parts)}"


def _verify(request: Request, algorithm: str, kind: str, value: str) -> None:
    said = request.get("ChecksumType")
    if said and said != kind:
        raise AwsError(
            "InvalidRequest",
            f"The upload was created using the {kind} checksum mode. The complete request must use the same "
            "checksum mode.",
        )
    wanted = request.get(f"Checksum{algorithm}")
    if wanted and wanted.partition("-")[0] != value.partition("-")[0]:
        raise AwsError("BadDigest", f"The {algorithm} you specified did not match the calculated checksum.")
