"""Tags of objects, and the rules that tags of buckets share."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

from oficina.errors import AwsError
from oficina.services.context import Context
from oficina.services.s3.api import Answer, Request, bucket_of, invalid_argument, malformed, s3
from oficina.services.s3.look import named, version_id

_LIMIT = 10


def check_tags(tags: list[dict[str, Any]], limit: int = _LIMIT) -> None:
    """Raises AwsError for tags that S3 refuses (S3 user guide, "Categorizing your storage using tags")."""
    if len(tags) > limit:
        what = "Object" if limit == _LIMIT else "Bucket"
        raise AwsError("BadRequest", f"{what} tags cannot be greater than {limit}")
    keys = [tag.get("Key", "") for tag in tags]
    twice = next((key for key in keys if keys.count(key) > 1), None)
    if twice is not None:
        raise AwsError("InvalidTag", "Cannot provide multiple Tags with the same key", TagKey=twice)
    for tag in tags:
        key, value = tag.get("Key", ""), tag.get("Value", "")
        if not 1 <= len(key) <= 128:
            raise AwsError("InvalidTag", "The TagKey you have provided is invalid", TagKey=key)
        if len(value) > 256:
            raise AwsError(
                "InvalidTag", "The TagValue you have provided is invalid", TagKey=key, TagValue=value
            )
        if key.lower().startswith("aws:"):
            of_objects = "Your TagKey cannot be prefixed with aws:"
            of_buckets = "System tags cannot be added/updated by requester"
            raise AwsError("InvalidTag", of_objects if limit == _LIMIT else of_buckets, TagKey=key)


def from_header(text: str) -> list[dict[str, str]]:
    """The tags of ``x-amz-tagging``, which is written like a query."""
    try:
        pairs = parse_qsl(text, keep_blank_values=True, strict_parsing=bool(text))
    except ValueError as error:
        raise invalid_argument(
            "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters "
            "without tag name duplicates.",
            "x-amz-tagging",
            text,
        ) from error
    tags = [{"Key": key, "Value": value} for key, value in pairs]
    check_tags(tags)
    return tags


def _set(ctx: Context, request: Request, tags: list[dict[str, str]] | None) -> Answer:
    bucket = bucket_of(ctx, request)
    versions = ctx.store.versions
    with versions.transaction():
        found = named(ctx, bucket, request, method="DELETE" if tags is None else "PUT")
        facts = {name: value for name, value in found.facts.items() if name != "Tags"}
        versions.set_facts(found, facts | ({"Tags": tags} if tags else {}))
    return {"VersionId": version_id(bucket, found)}


@s3.operation
def put_object_tagging(ctx: Context, request: Request) -> Answer:
    """Sets all tags of an object."""
    tags = (request.get("Tagging") or {}).get("TagSet")
    if tags is None:
        raise malformed()
    check_tags(tags)
    return _set(ctx, request, [{"Key": tag["Key"], "Value": tag.get("Value", "")} for tag in tags])


@s3.operation
def get_object_tagging(ctx: Context, request: Request) -> Answer:
    """The tags of an object; an empty set when it has none."""
    bucket = bucket_of(ctx, request)
    found = named(ctx, bucket, request)
    return {
        "_root": "Tagging",
        "VersionId": version_id(bucket, found),
        "TagSet": found.facts.get("Tags", []),
    }


@s3.operation
def delete_object_tagging(ctx: Context, request: Request) -> Answer:
    """Removes all tags of an object."""
    return _set(ctx, request, None)
