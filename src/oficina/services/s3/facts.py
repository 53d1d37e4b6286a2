"""What is kept beside an object's bytes: from a request, and back as headers."""

from __future__ import annotations

import base64
import contextlib
import email.errors
import email.header
from typing import Any

from oficina.errors import AwsError
from oficina.services.context import Context
from oficina.services.s3 import acl, customer_keys
from oficina.services.s3.api import Answer, Request, invalid_argument, quoted
from oficina.services.s3.look import version_id
from oficina.services.s3.tags import from_header
from oficina.store.buckets import Bucket
from oficina.store.versions import Object
from oficina.wire import times

SYSTEM = (
    "CacheControl",
    "ContentDisposition",
    "ContentEncoding",
    "ContentLanguage",
    "ContentType",
    "Expires",
    "WebsiteRedirectLocation",
)
"""Headers that are given back as they came."""
_ENCRYPTION = ("ServerSideEncryption", "SSEKMSKeyId", "BucketKeyEnabled")
_CLASSES = (
    "STANDARD",
    "REDUCED_REDUNDANCY",
    "STANDARD_IA",
    "ONEZONE_IA",
    "INTELLIGENT_TIERING",
    "GLACIER",
    "DEEP_ARCHIVE",
    "OUTPOSTS",
    "GLACIER_IR",
    "SNOW",
    "EXPRESS_ONEZONE",
    "FSX_OPENZFS",
)
_LOCKS = ("ObjectLockMode", "ObjectLockRetainUntilDate", "ObjectLockLegalHoldStatus")
"""Headers that only a bucket with locks takes; oficina makes none."""
_MOST_METADATA = 2048
"""Bytes of all names and values together (S3 user guide, "Working with object metadata")."""
_OVERRIDES = {
    "ResponseCacheControl": "CacheControl",
    "ResponseContentDisposition": "ContentDisposition",
    "ResponseContentEncoding": "ContentEncoding",
    "ResponseContentLanguage": "ContentLanguage",
    "ResponseContentType": "ContentType",
    "ResponseExpires": "Expires",
}


def from_request(ctx: Context, bucket: Bucket, request: Request) -> dict[str, Any]:
    """The facts of a new object: headers, metadata, encryption, storage class and tags."""
    acl.check(request)
    facts = {name: request[name] for name in SYSTEM if request.get(name)}
    facts["ContentType"] = facts.get("ContentType") or "binary/octet-stream"
    encoding = ",".join(
        part.strip()
        for part in facts.pop("ContentEncoding", "").split(",")
        if part.strip() not in ("", "aws-chunked")
    )
    if encoding:
        facts["ContentEncoding"] = encoding
    facts["Metadata"] = metadata(request.get("Metadata") or {})
    facts |= _encryption(ctx, bucket, request)
    storage = request.get("StorageClass") or "STANDARD"
    if storage not in _CLASSES:
        raise AwsError(
            "InvalidStorageClass",
            "The storage class you specified is not valid",
            StorageClassRequested=storage,
        )
    facts["StorageClass"] = storage
    if any(request.get(name) for name in _LOCKS):
        raise AwsError("InvalidRequest", "Bucket is missing Object Lock Configuration")
    if request.get("Tagging"):
        facts["Tags"] = from_header(request["Tagging"])
    return facts


def metadata(given: dict[str, str]) -> dict[str, str]:
    """User metadata as text, out of UTF-8 or words of RFC 2047. Raises AwsError MetadataTooLarge."""
    kept = {name.lower(): _decoded(value) for name, value in given.items()}
    size = sum(len(name) + len(value.encode()) for name, value in kept.items())
    if size > _MOST_METADATA:
        raise AwsError(
            "MetadataTooLarge",
            "Your metadata headers exceed the maximum allowed metadata size",
            Size=size,
            MaxSizeAllowed=_MOST_METADATA,
        )
    return kept


def _decoded(value: str) -> str:
    with contextlib.suppress(UnicodeError):
        value = value.encode("latin-1").decode()
    if "=?" not in value:
        return value
    try:
        return str(email.header.make_header(email.header.decode_header(value)))
    except (email.errors.HeaderParseError, UnicodeError, LookupError):
        return value


def _encoded(value: str) -> str:
    """A value as a header can hold it: what is not plain ASCII in words of RFC 2047, as S3 does."""
    if value.isascii() and value.isprintable():
        return value
    return f"=?UTF-8?B?{base64.b64encode(value.encode()).decode()}?="


def _encryption(ctx: Context, bucket: Bucket, request: Request) -> dict[str, Any]:
    if request.get("SSECustomerAlgorithm") or request.get("SSECustomerKey"):
        return customer_keys.given(request)
    algorithm = request.get("ServerSideEncryption")
    if algorithm not in (None, "AES256", "aws:kms", "aws:kms:dsse", "aws:fsx"):
        raise invalid_argument(
            "The encryption method specified is not supported", "x-amz-server-side-encryption", algorithm
        )
    if algorithm:
        return {name: request[name] for name in _ENCRYPTION if request.get(name) is not None}
    rules = (ctx.store.buckets.setting(bucket, "encryption") or {}).get("Rules") or [{}]
    default = rules[0].get("ApplyServerSideEncryptionByDefault") or {}
    found = {"ServerSideEncryption": default.get("SSEAlgorithm") or "AES256"}
    if default.get("KMSMasterKeyID"):
        found["SSEKMSKeyId"] = default["KMSMasterKeyID"]
    if rules[0].get("BucketKeyEnabled"):
        found["BucketKeyEnabled"] = True
    return found


def encryption_of(facts: dict[str, Any]) -> Answer:
    """How an object is encrypted, for answers."""
    names = (*_ENCRYPTION, "SSECustomerAlgorithm", "SSECustomerKeyMD5")
    return {name: facts[name] for name in names if facts.get(name) is not None}


def checksums_of(facts: dict[str, Any]) -> Answer:
    """An object's checksums and their type, for answers."""
    return {name: value for name, value in facts.items() if name.startswith("Checksum")}


def described(bucket: Bucket, found: Object, request: Request) -> Answer:
    """An object as Get and Head tell it; the request may ask for other headers than those kept."""
    facts = found.facts
    answer = {name: facts[name] for name in SYSTEM if facts.get(name)}
    for name, kept in _OVERRIDES.items():
        if request.get(name) is not None:
            answer[kept] = _override(name, request[name])
    storage = facts.get("StorageClass", "STANDARD")
    return answer | {
        "ETag": quoted(found.etag),
        "LastModified": found.modified,
        "AcceptRanges": "bytes",
        "VersionId": version_id(bucket, found),
        "Metadata": {name: _encoded(value) for name, value in facts.get("Metadata", {}).items()},
        "StorageClass": storage if storage != "STANDARD" else None,
        "TagCount": len(facts.get("Tags", ())) or None,
        **encryption_of(facts),
    }


def _override(name: str, value: Any) -> str:
    return times.rfc822(value) if name == "ResponseExpires" else str(value)
