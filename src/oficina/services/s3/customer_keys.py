"""Keys that customers keep (SSE-C): asked for as S3 asks for them. The bytes lie here as they came."""

from __future__ import annotations

import base64
import binascii
import hashlib

from oficina.errors import AwsError
from oficina.services.s3.api import Answer, Request, invalid_argument
from oficina.store.versions import Object

_KEY_BYTES = 32


def given(request: Request) -> Answer:
    """What is kept of the key that an upload names: algorithm and MD5. Raises AwsError InvalidArgument."""
    algorithm, key = request.get("SSECustomerAlgorithm"), request.get("SSECustomerKey")
    if request.get("ServerSideEncryption"):
        raise invalid_argument(
            "Server Side Encryption with Customer provided key is incompatible with the encryption method "
            "specified",
            "x-amz-server-side-encryption",
            request["ServerSideEncryption"],
        )
    if not algorithm:
        raise _bad(
            "Requests specifying Server Side Encryption with Customer provided keys must provide a valid "
            "encryption algorithm."
        )
    if not key:
        raise _bad(
            "Requests specifying Server Side Encryption with Customer provided keys must provide an "
            "appropriate secret key."
        )
    return {"SSECustomerAlgorithm": algorithm, "SSECustomerKeyMD5": _digest(key, request)}


def _digest(key: str, request: Request) -> str:
    try:
        plain = base64.b64decode(key, validate=True)
    except binascii.Error:
        plain = b""
    if len(plain) != _KEY_BYTES:
        raise _bad("The secret key was invalid for the specified algorithm.")
    digest = base64.b64encode(hashlib.md5(plain, usedforsecurity=False).digest()).decode()
    if request.get("SSECustomerKeyMD5", digest) != digest:
        raise _bad("The calculated MD5 hash of the key did not match the hash that was provided.")
    return digest


def _bad(sentence: str) -> AwsError:
    return invalid_argument(sentence, "x-amz-server-side-encryption", "null")


def check(found: Object, request: Request, prefix: str = "") -> None:
    """Refuses to read an object without the key that it came with, and a key for one that came without.

    ``prefix`` is that of the request's members: ``CopySource`` for the source of a copy.
    """
    kept, told = found.facts.get("SSECustomerKeyMD5"), request.get(f"{prefix}SSECustomerKeyMD5")
    if kept is None and told is not None:
        raise AwsError("InvalidRequest", "The encryption parameters are not applicable to this object.")
    if kept is not None and told is None:
        raise AwsError(
            "InvalidRequest",
            "The object was stored using a form of Server Side Encryption. The correct parameters must be "
            "provided to retrieve the object.",
        )
    if kept != told:
        raise AwsError(
            "AccessDenied",
            "Requests specifying Server Side Encryption with Customer provided keys must provide the correct "
            "secret key.",
            403,
        )
