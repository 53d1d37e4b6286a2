"""Signature Version 2 in the query of a presigned S3 URL: boto3's default in old regions."""

from __future__ import annotations

import base64
import hashlib
import hmac
from urllib.parse import parse_qsl, unquote

from oficina.wire.http import Request

_SUBRESOURCES = frozenset(
    {
        "accelerate",
        "acl",
        "cors",
        "defaultObjectAcl",
        "location",
        "logging",
        "partNumber",
        "policy",
        "requestPayment",
        "torrent",
        "versioning",
        "versionId",
        "versions",
        "website",
        "uploads",
        "uploadId",
        "response-content-type",
        "response-content-language",
        "response-expires",
        "response-cache-control",
        "response-content-disposition",
        "response-content-encoding",
        "delete",
        "lifecycle",
        "tagging",
        "restore",
        "storageClass",
        "notification",
        "replication",
        "analytics",
        "metrics",
        "inventory",
        "select",
        "select-type",
        "object-lock",
    }
)


def access_key(request: Request) -> str | None:
    """The access key of a request that is signed this way."""
    if "AWSAccessKeyId=" not in request.query:
        return None
    return dict(parse_qsl(request.query)).get("AWSAccessKeyId")


def expires(request: Request) -> float:
    """When the URL ends, in seconds since the epoch."""
    text = dict(parse_qsl(request.query)).get("Expires", "0")
    return float(text) if text.isdigit() else 0.0


def matches(request: Request, secret: str) -> bool:
    """Whether the signature is the one that this secret gives."""
    query = parse_qsl(request.query, keep_blank_values=True)
    given = dict(query).get("Signature", "")
    amazon = {name: value for name, value in request.headers.items() if name.startswith("x-amz-")}
    amazon |= {name.lower(): value for name, value in query if name.lower().startswith("x-amz-")}
    extra = sorted((name, value) for name, value in query if name in _SUBRESOURCES)
    suffix = (
        "?" + "&".join(name if not value else f"{name}={value}" for name, value in extra) if extra else ""
    )
    lines = [
        request.method,
        request.headers.get("content-md5", ""),
        request.headers.get("content-type", ""),
        dict(query).get("Expires", ""),
        *(f"{name}:{amazon[name]}" for name in sorted(amazon)),
    ]
    return any(
        hmac.compare_digest(_sign(secret, "\n".join([*lines, path + suffix])), given)
        for path in _paths(unquote_slash(request.path))
    )


def _sign(secret: str, text: str) -> str:
    return base64.b64encode(hmac.new(secret.encode(), text.encode(), hashlib.sha1).digest()).decode()


def _paths(path: str) -> tuple[str, ...]:
    """The spellings that may be signed: a bucket's path with a slash that its URL leaves out."""
    return (path, path + "/") if path.count("/") == 1 and path != "/" else (path,)


def unquote_slash(path: str) -> str:
    """The path as it was signed: as it stands in the URL, with an encoded slash read."""
    return path if "%2F" not in path else unquote(path)
