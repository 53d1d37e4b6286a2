"""ListObjects, ListObjectsV2 and ListObjectVersions."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any
from urllib.parse import quote_plus

from oficina.services.context import Context
from oficina.services.s3.api import Answer, Request, bucket_of, invalid_argument, owner_of, quoted, s3
from oficina.services.s3.look import check_version
from oficina.services.s3.public import readable
from oficina.store.listing import Page, Wish
from oficina.store.versions import Object

MOST = 1000
"""The largest page."""
Spell = Callable[[str | None], str | None]


def spelling(request: Request) -> Spell:
    """How keys are written in this answer: as they are, or encoded. Raises AwsError InvalidArgument."""
    kind = request.get("EncodingType")
    if kind not in (None, "url"):
        raise invalid_argument("Invalid Encoding Method specified in Request", "encoding-type", kind)
    if kind is None:
        return lambda text: text
    return lambda text: None if text is None else quote_plus(text, safe="/*")


def limit_of(request: Request, name: str = "MaxKeys", wire: str = "maxKeys") -> int:
    """The page's size. Raises AwsError InvalidArgument when it is negative."""
    value = request.get(name)
    if value is None:
        return MOST
    if not 0 <= value < 2**31:
        raise invalid_argument(f"Argument {wire} must be an integer between 0 and 2147483647", wire, value)
    return min(int(value), MOST)


def _entry(found: Object, spell: Spell) -> Answer:
    algorithms = [
        name.removeprefix("Checksum")
        for name in found.facts
        if name.startswith("Checksum") and name != "ChecksumType"
    ]
    return {
        "Key": spell(found.key),
        "LastModified": found.modified,
        "ETag": quoted(found.etag),
        "ChecksumAlgorithm": algorithms,
        "ChecksumType": found.facts.get("ChecksumType"),
        "Size": found.size,
        "StorageClass": found.facts.get("StorageClass", "STANDARD"),
    }


def prefixes(page: Page, spell: Spell) -> list[Answer]:
    """The common prefixes of a page, for an answer."""
    return [{"Prefix": spell(prefix)} for prefix in page.prefixes]


def _shared(request: Request, page: Page, limit: int, spell: Spell) -> Answer:
    return {
        "_root": "ListBucketResult",
        "Name": request["Bucket"],
        "Prefix": spell(request.get("Prefix") or ""),
        "Delimiter": spell(request.get("Delimiter") or None),
        "MaxKeys": limit,
        "EncodingType": request.get("EncodingType"),
        "IsTruncated": page.truncated,
        "CommonPrefixes": prefixes(page, spell),
    }


@s3.operation
def list_objects(ctx: Context, request: Request) -> Answer:
    """A page of keys; the next begins after NextMarker, or after the last key."""
    bucket, spell, limit = readable(ctx, request, "s3:ListBucket"), spelling(request), limit_of(request)
    wish = Wish(
        prefix=request.get("Prefix") or "",
        delimiter=request.get("Delimiter") or "",
        after=request.get("Marker") or "",
        limit=limit,
    )
    page = ctx.store.listing.current(bucket, wish)
    owner = owner_of(ctx)
    return {
        **_shared(request, page, limit, spell),
        "Marker": spell(wish.after),
        "NextMarker": spell(page.last) if page.truncated and wish.delimiter else None,
        "Contents": [{**_entry(found, spell), "Owner": owner} for found in page.objects],
    }


@s3.operation
def list_objects_v2(ctx: Context, request: Request) -> Answer:
    """A page of keys; the next is asked for with NextContinuationToken."""
    bucket, spell, limit = readable(ctx, request, "s3:ListBucket"), spelling(request), limit_of(request)
    token = request.get("ContinuationToken")
    wish = Wish(
        prefix=request.get("Prefix") or "",
        delimiter=request.get("Delimiter") or "",
        after=request.get("StartAfter") or "" if token is None else _open(token),
        limit=limit,
    )
    page = ctx.store.listing.current(bucket, wish)
    owner = {"Owner": owner_of(ctx)} if request.get("FetchOwner") else {}
    return {
        **_shared(request, page, limit, spell),
        "ContinuationToken": token,
        "NextContinuationToken": _token(page.last) if page.truncated else None,
        "StartAfter": spell(request.get("StartAfter")) if token is None else None,
        "KeyCount": len(page.rows) + len(page.prefixes),
        "Contents": [{**_entry(found, spell), **owner} for found in page.objects],
    }


def _token(last: str) -> str:
    return "1" + base64.urlsafe_b64encode(last.encode("utf-8", "surrogatepass")).decode()


def _open(token: str) -> str:
    try:
        if token[:1] == "1":
            return base64.urlsafe_b64decode(token[1:]).decode("utf-8", "surrogatepass")
    except ValueError:
        pass
    raise invalid_argument("The continuation token provided is incorrect", "continuation-token", token)


@s3.operation
def list_object_versions(ctx: Context, request: Request) -> Answer:
    """A page of versions and delete markers, by key, the newest of a key first."""
    bucket, spell, limit = bucket_of(ctx, request), spelling(request), limit_of(request)
    wish = Wish(
        prefix=request.get("Prefix") or "",
        delimiter=request.get("Delimiter") or "",
        after=request.get("KeyMarker") or "",
        limit=limit,
    )
    marker = request.get("VersionIdMarker") or None
    if marker is not None and not wish.after:
        raise invalid_argument(
            "A version-id marker cannot be specified without a key marker.", "version-id-marker", marker
        )
    after = ctx.store.versions.find(bucket, wish.after, check_version(marker)) if marker else None
    page = ctx.store.listing.versions(bucket, wish, after.id if after else None)
    last = page.objects[-1] if page.rows and page.rows[-1]["key"] == page.last else None
    return {
        "_root": "ListVersionsResult",
        **_versions(ctx, page, spell),
        **{name: value for name, value in _shared(request, page, limit, spell).items() if name != "_root"},
        "KeyMarker": spell(wish.after),
        "VersionIdMarker": marker or "",
        "NextKeyMarker": spell(page.last) if page.truncated else None,
        "NextVersionIdMarker": last.version if last and page.truncated else None,
    }


def _versions(ctx: Context, page: Page, spell: Spell) -> dict[str, Any]:
    owner = owner_of(ctx)
    shown, markers = [], []
    for found in page.objects:
        facts = {"VersionId": found.version, "IsLatest": found.latest, "Owner": owner}
        if found.marker:
            markers.append({"Key": spell(found.key), "LastModified": found.modified, **facts})
        else:
            shown.append({**_entry(found, spell), **facts})
    return {"Versions": shown, "DeleteMarkers": markers}
