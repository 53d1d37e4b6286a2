"""The service object that IAM's operations register with, and what they share."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import orjson

from oficina import arns
from oficina.errors import AwsError
from oficina.services.context import Context
from oficina.services.service import Service
from oficina.store.documents import Query
from oficina.store.kinds import Document, Kind

iam = Service(
    "iam", scopes=("iam",), protocol="query", validation_code="ValidationError", unknown_code="InvalidAction"
)

PAGE = 100
"""How many items a List of IAM answers (API reference: MaxItems)."""


def encoded(document: str) -> str:
    """A policy as IAM answers it: URL-encoded (RFC 3986)."""
    return quote(document, safe="")


def check_policy(document: str) -> str:
    """A policy document that is JSON. Raises AwsError as IAM does when it is not."""
    try:
        if isinstance(orjson.loads(document), dict):
            return document
    except orjson.JSONDecodeError:
        pass
    raise AwsError("MalformedPolicyDocument", "Syntax errors in policy.")


def check_tags(tags: list[dict[str, str]]) -> None:
    """Raises AwsError for tags of which two have the same key; IAM knows no case there."""
    keys = [tag["Key"].lower() for tag in tags]
    if len(set(keys)) < len(keys):
        sentence = "Duplicate tag keys found. Please note that Tag keys are case insensitive."
        raise AwsError("InvalidInput", sentence)


def arn_of(account: str, kind: str, path: str, name: str) -> str:
    """``arn:aws:iam::account:role/path/name``."""
    return arns.make("iam", "", account, f"{kind}{path}{name}")


def page(
    ctx: Context, kind: Kind, request: dict[str, Any], *, parent: str | None = None
) -> tuple[list[Document], dict[str, Any]]:
    """A List in IAM's way: the documents by name, and the members ``IsTruncated`` and ``Marker``."""
    query = Query(parent=parent, sort="Name", descending=False, size=PAGE)
    prefix = request.get("PathPrefix", "/")
    if prefix != "/":
        query.where.append(("substr(json_extract(body, '$.Path'), 1, ?) = ?", (len(prefix), prefix)))
    asked = {"MaxResults": request.get("MaxItems"), "NextToken": request.get("Marker")}
    found = ctx.docs.page(kind, asked, query)
    return found.items, {"IsTruncated": found.token is not None, "Marker": found.token}


def cut(items: list[Any], request: dict[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    """A page of a list that is in memory; the marker counts."""
    marker = request.get("Marker", "0")
    if not marker.isdigit():
        raise AwsError("ValidationError", "Invalid Marker.")
    begin, size = int(marker), int(request.get("MaxItems", PAGE))
    end = begin + size
    more = end < len(items)
    return items[begin:end], {"IsTruncated": more, "Marker": str(end) if more else None}
