"""Signature Version 4: who signed a request, and whether the signature is theirs.

Headers and presigned queries; the rules are those of AWS's "Create a signed AWS API request".
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from urllib.parse import parse_qsl, quote, unquote

from oficina.wire.http import Request

ALGORITHM = "AWS4-HMAC-SHA256"
UNSIGNED = "UNSIGNED-PAYLOAD"
SKEW = 15 * 60
"""How far the clocks of client and server may differ, in seconds."""
LONGEST = 7 * 24 * 3600
"""The longest life of a presigned URL, in seconds."""


@dataclass(frozen=True, slots=True)
class Signature:
    """What a request says about its signature."""

    access_key: str
    date: str
    region: str
    service: str
    signed_headers: tuple[str, ...]
    signature: str
    moment: str
    """The time of signing as ``20240131T235959Z``."""
    token: str | None
    presigned: bool
    expires: int | None = None
    """The life of a presigned URL, in seconds."""

    @property
    def time(self) -> float:
        """The time of signing in seconds since the epoch. Raises ValueError when it is not a time."""
        return _seconds(self.moment)


@lru_cache(maxsize=64)
def _seconds(moment: str) -> float:
    return datetime.strptime(moment, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()


def read(request: Request) -> Signature | None:
    """The signature of a request, None when it has none. Raises ValueError when it is incomplete."""
    authorization = request.headers.get("authorization", "")
    if authorization.startswith(ALGORITHM):
        return _from_header(authorization, request.headers)
    if "X-Amz-Signature" in request.query or "X-Amz-Credential" in request.query:
        return _from_query(dict(parse_qsl(request.query, keep_blank_values=True)))
    return None


def _from_header(authorization: str, headers: Mapping[str, str]) -> Signature:
    parts = dict(
        part.strip().partition("=")[::2] for part in authorization[len(ALGORITHM) :].strip().split(",")
    )
    moment = headers.get("x-amz-date", "")
    return _signature(parts, moment, headers.get("x-amz-security-token"), presigned=False, expires=None)


def _from_query(query: dict[str, str]) -> Signature:
    parts = {
        "Credential": query.get("X-Amz-Credential", ""),
        "SignedHeaders": query.get("X-Amz-SignedHeaders", ""),
        "Signature": query.get("X-Amz-Signature", ""),
    }
    expires = int(query.get("X-Amz-Expires") or 0)
    token = query.get("X-Amz-Security-Token")
    return _signature(parts, query.get("X-Amz-Date", ""), token, presigned=True, expires=expires)


def _signature(
    parts: dict[str, str], moment: str, token: str | None, *, presigned: bool, expires: int | None
) -> Signature:
    credential = parts.get("Credential", "").split("/")
    if len(credential) < 5 or not parts.get("Signature") or not parts.get("SignedHeaders"):
        raise ValueError("the credential must have the form KEY/DATE/REGION/SERVICE/aws4_request")
    return Signature(
        access_key="/".join(credential[:-4]),
        date=credential[-4],
        region=credential[-3],
        service=credential[-2],
        signed_headers=tuple(parts["SignedHeaders"].split(";")),
        signature=parts["Signature"],
        moment=moment,
        token=token,
        presigned=presigned,
        expires=expires,
    )


def matches(signature: Signature, request: Request, secret: str, payload_hash: str) -> bool:
    """Whether the signature is the one that this secret gives for the request."""
    canonical = canonical_request(signature, request, payload_hash)
    expected = sign(signature, secret, hashlib.sha256(canonical.encode()).hexdigest())
    return hmac.compare_digest(expected, signature.signature)


def sign(signature: Signature, secret: str, canonical_hash: str) -> str:
    """The signature in hexadecimal."""
    scope = f"{signature.date}/{signature.region}/{signature.service}/aws4_request"
    text = f"{ALGORITHM}\n{signature.moment}\n{scope}\n{canonical_hash}"
    key = signing_key(secret, signature.date, signature.region, signature.service)
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


@lru_cache(maxsize=256)
def signing_key(secret: str, date: str, region: str, service: str) -> bytes:
    """The key of a day, a region and a service."""
    key = b"AWS4" + secret.encode()
    for part in (date, region, service, "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key


def canonical_request(signature: Signature, request: Request, payload_hash: str) -> str:
    """The text that both sides hash."""
    headers = request.headers
    lines = [
        request.method,
        _path(request.path, signature.service),
        _query(request.query),
        *(f"{name}:{' '.join(headers.get(name, '').split())}" for name in signature.signed_headers),
        "",
        ";".join(signature.signed_headers),
        payload_hash,
    ]
    return "\n".join(lines)


def _path(path: str, service: str) -> str:
    """S3 signs the path as it is; the others sign it encoded once more."""
    if service == "s3":
        return path or "/"
    return quote(path, safe="/~") or "/"


def _query(query: str) -> str:
    if not query:
        return ""
    pairs = []
    for part in query.split("&"):
        if not part:
            continue
        name, _, value = part.partition("=")
        if name == "X-Amz-Signature":
            continue
        pairs.append((_encoded(name), _encoded(value)))
    return "&".join(f"{name}={value}" for name, value in sorted(pairs))


def _encoded(text: str) -> str:
    """The one spelling that both sides agree on: everything but letters, digits and ``-_.~`` encoded."""
    return quote(unquote(text), safe="-_.~")
