"""Who is calling: the signature is read and, unless the server is open, verified."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from oficina.errors import AwsError
from oficina.store.keys import Key
from oficina.wire import sigv2, sigv4
from oficina.wire.awschunked import AwsChunkedBody, ChunkSigner, HashedBody
from oficina.wire.sigv4 import Signature

if TYPE_CHECKING:
    from oficina.wire.exchange import Exchange
    from oficina.wire.gateway import Gateway

_SENTENCES = {
    "missing": "Missing Authentication Token",
    "unknown": "The security token included in the request is invalid.",
    "mismatch": "The request signature we calculated does not match the signature you provided. Check your "
    "AWS Secret Access Key and signing method. Consult the service documentation for details.",
    "expired": "The security token included in the request is expired",
    "skewed": "Signature expired or not yet current: the request was signed too long before or after the "
    "server's time.",
    "incomplete": "Authorization header requires 'Credential', 'SignedHeaders' and 'Signature' parameters.",
}
_S3_SENTENCES = {
    "missing": "Access Denied",
    "unknown": "The AWS Access Key Id you provided does not exist in our records.",
    "mismatch": "The request signature we calculated does not match the signature you provided. Check your "
    "key and signing method.",
    "expired": "The provided token has expired.",
    "stale": "Request has expired",
    "skewed": "The difference between the request time and the current time is too large.",
}
_CODES = {
    "json": {
        "missing": "MissingAuthenticationTokenException",
        "unknown": "UnrecognizedClientException",
        "mismatch": "InvalidSignatureException",
        "expired": "ExpiredTokenException",
        "skewed": "InvalidSignatureException",
        "stale": "InvalidSignatureException",
        "incomplete": "IncompleteSignatureException",
    },
    "query": {
        "missing": "MissingAuthenticationToken",
        "unknown": "InvalidClientTokenId",
        "mismatch": "SignatureDoesNotMatch",
        "expired": "ExpiredToken",
        "skewed": "SignatureDoesNotMatch",
        "stale": "SignatureDoesNotMatch",
        "incomplete": "IncompleteSignature",
    },
    "rest-xml": {
        "missing": "AccessDenied",
        "unknown": "InvalidAccessKeyId",
        "mismatch": "SignatureDoesNotMatch",
        "expired": "ExpiredToken",
        "skewed": "RequestTimeTooSkewed",
        "stale": "AccessDenied",
        "incomplete": "AuthorizationHeaderMalformed",
    },
}
_READING = frozenset(("GetObject", "HeadObject", "HeadBucket", "ListObjects", "ListObjectsV2"))
"""What S3 lets be asked without a signature: it then looks into the bucket's policy."""


def refuse(exchange: Exchange, reason: str) -> AwsError:
    """The error for a caller who is not known, in the codes of the protocol that was spoken."""
    protocol = exchange.service.protocol if exchange.service else "rest-xml"
    family = "json" if "json" in protocol else protocol
    sentences = {**_SENTENCES, **_S3_SENTENCES} if family == "rest-xml" else _SENTENCES
    status = 400 if reason in ("incomplete",) or (family == "rest-xml" and reason == "expired") else 403
    return AwsError(_CODES[family][reason], sentences.get(reason, _SENTENCES["skewed"]), status)


def authenticate(gateway: Gateway, exchange: Exchange) -> None:
    """Finds the caller, verifies the signature, and prepares the body for checking what was signed."""
    if exchange.malformed:
        raise refuse(exchange, "incomplete")
    signature = exchange.signature
    if gateway.config.open:
        exchange.caller = _open_caller(gateway, exchange, signature)
        _unwrap(exchange, signature, None)
        return
    if signature is None:
        exchange.caller = _version_2(gateway, exchange)
        return
    exchange.caller = key = _known(gateway, exchange, signature.access_key, signature.token)
    _verify_time(gateway, exchange, signature)
    if not sigv4.matches(signature, exchange.request, key.secret, _payload_hash(exchange, signature)):
        raise refuse(exchange, "mismatch")
    _unwrap(exchange, signature, key)


def _open_caller(gateway: Gateway, exchange: Exchange, signature: Signature | None) -> Key:
    access_key = signature.access_key if signature else sigv2.access_key(exchange.request)
    known = gateway.store.keys.find(access_key) if access_key else None
    if known is not None:
        return known
    account = access_key if access_key and len(access_key) == 12 and access_key.isdigit() else None
    return gateway.default_caller(account or gateway.config.account)


def _known(gateway: Gateway, exchange: Exchange, access_key: str, token: str | None) -> Key:
    key = gateway.store.keys.find(access_key)
    if key is None or (key.token is not None and token != key.token):
        raise refuse(exchange, "unknown")
    if key.expires is not None and key.expires < gateway.clock.now():
        raise refuse(exchange, "expired")
    return key


def _verify_time(gateway: Gateway, exchange: Exchange, signature: Signature) -> None:
    now = gateway.clock.now()
    try:
        signed = signature.time
    except ValueError as error:
        raise refuse(exchange, "incomplete") from error
    if signature.presigned:
        life = min(signature.expires or 0, sigv4.LONGEST)
        if now > signed + life or signed > now + sigv4.SKEW:
            raise refuse(exchange, "stale")
    elif abs(now - signed) > sigv4.SKEW:
        raise refuse(exchange, "skewed")


def _payload_hash(exchange: Exchange, signature: Signature) -> str:
    given = exchange.request.headers.get("x-amz-content-sha256")
    if signature.service == "s3":
        return given or sigv4.UNSIGNED
    actual = hashlib.sha256(exchange.hold()).hexdigest()
    if given and given not in (actual, sigv4.UNSIGNED):
        raise refuse(exchange, "mismatch")
    return given or actual


def _version_2(gateway: Gateway, exchange: Exchange) -> Key:
    access_key = sigv2.access_key(exchange.request)
    if access_key is None:
        if exchange.request.headers.get("content-type", "").startswith("multipart/form-data"):
            return gateway.anonymous()  # a browser's form carries its signature inside: S3 checks it there
        if exchange.service and exchange.service.name == "s3" and exchange.operation_name in _READING:
            return gateway.anonymous()
        raise refuse(exchange, "missing")
    key = gateway.store.keys.find(access_key)
    if key is None:
        raise refuse(exchange, "unknown")
    if sigv2.expires(exchange.request) < gateway.clock.now():
        raise refuse(exchange, "stale")
    if not sigv2.matches(exchange.request, key.secret):
        raise refuse(exchange, "mismatch")
    return key


def _unwrap(exchange: Exchange, signature: Signature | None, key: Key | None) -> None:
    """Puts the reading of ``aws-chunked`` framing, or the check of the signed hash, around the body."""
    request = exchange.request
    given = request.headers.get("x-amz-content-sha256", "")
    encodings = [part.strip() for part in request.headers.get("content-encoding", "").split(",")]
    if given.startswith("STREAMING-") or "aws-chunked" in encodings:
        length = request.headers.get("x-amz-decoded-content-length", "")
        signer = None
        if key is not None and signature is not None and given.startswith("STREAMING-AWS4-HMAC-SHA256"):
            scope = f"{signature.date}/{signature.region}/{signature.service}/aws4_request"
            signing = sigv4.signing_key(key.secret, signature.date, signature.region, signature.service)
            signer = ChunkSigner(signing, signature.moment, scope, signature.signature)
        request.body = AwsChunkedBody(request.body, int(length) if length.isdigit() else None, signer)
    elif key is not None and len(given) == 64 and exchange.raw is None:
        request.body = HashedBody(request.body, given)
