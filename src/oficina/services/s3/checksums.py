"""The checksum that a sender chose, and whether the bytes have it."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from oficina.errors import AwsError
from oficina.services.context import Context
from oficina.services.s3.api import Request, invalid_argument
from oficina.store.digests import ALGORITHMS, SIZES

_HEADER = "x-amz-checksum-"


def given(request: Request) -> dict[str, str]:
    """The checksum in the request's headers by algorithm. Raises AwsError when there are several."""
    found = {name: request[f"Checksum{name}"] for name in ALGORITHMS if request.get(f"Checksum{name}")}
    if len(found) > 1:
        raise AwsError(
            "InvalidRequest",
            "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.",
        )
    for name, value in found.items():
        check_form(name, value)
    return found


def check_form(algorithm: str, value: str) -> None:
    """Raises AwsError when a text is no checksum of this kind."""
    try:
        raw = base64.b64decode(value, validate=True)
    except binascii.Error:
        raw = b""
    if len(raw) != SIZES[algorithm]:
        raise AwsError("InvalidRequest", f"Value for {_HEADER}{algorithm.lower()} header is invalid.")


def chosen(ctx: Context, request: Request) -> str | None:
    """The algorithm that the sender chose, by a checksum, by naming a trailer, or by name alone."""
    found = given(request)
    if found:
        return next(iter(found))
    for name in (part.strip().lower() for part in ctx.headers.get("x-amz-trailer", "").split(",")):
        if name.startswith(_HEADER):
            return known(name.removeprefix(_HEADER))
    named = request.get("ChecksumAlgorithm") or ctx.headers.get("x-amz-sdk-checksum-algorithm")
    return known(named) if named else None


def known(algorithm: str) -> str:
    """An algorithm as S3 spells it. Raises AwsError InvalidRequest."""
    if algorithm.upper() not in ALGORITHMS:
        raise AwsError(
            "InvalidRequest",
            "Checksum algorithm provided is unsupported. Please try again with any of the valid types: "
            f"[{', '.join(ALGORITHMS)}]",
        )
    return algorithm.upper()


def expected(request: Request, trailers: dict[str, str], promised: str) -> dict[str, str]:
    """What the sender says that the checksums are: in headers, or in trailers once the body is read."""
    found = given(request)
    for name, value in trailers.items():
        if name.startswith(_HEADER):
            kind = known(name.removeprefix(_HEADER))
            check_form(kind, value)
            found[kind] = value
    if promised.lower().startswith(_HEADER) and not any(name.startswith(_HEADER) for name in trailers):
        raise AwsError(
            "MalformedTrailerError", "The request contained trailing data that was not well-formed."
        )
    return found


def verify(expected: dict[str, str], actual: dict[str, Any]) -> None:
    """Raises AwsError BadDigest when the bytes have another checksum than the sender said."""
    for name, value in expected.items():
        if actual.get(f"Checksum{name}") != value:
            raise AwsError("BadDigest", f"The {name} you specified did not match the calculated checksum.")


def md5_of(request: Request) -> bytes | None:
    """Content-MD5. Raises AwsError InvalidDigest when it is no MD5."""
    text = request.get("ContentMD5")
    if text is None:
        return None
    try:
        raw = base64.b64decode(text, validate=True)
    except binascii.Error:
        raw = b""
    if len(raw) != 16:
        raise AwsError("InvalidDigest", "The Content-MD5 you specified was invalid.", **{"Content-MD5": text})
    return raw


def verify_md5(request: Request, actual: bytes) -> None:
    """Raises AwsError BadDigest when the bytes have another MD5 than the sender said."""
    wanted = md5_of(request)
    if wanted is not None and wanted != actual:
        raise AwsError(
            "BadDigest",
            "The Content-MD5 you specified did not match what we received.",
            ExpectedDigest=wanted.hex(),
            CalculatedDigest=base64.b64encode(actual).decode(),
        )


def type_for(algorithm: str, wanted: str | None, *, default_composite: bool = True) -> str:
    """FULL_OBJECT or COMPOSITE for an upload in parts. Raises AwsError InvalidRequest for what cannot be."""
    if wanted not in (None, "FULL_OBJECT", "COMPOSITE"):
        raise invalid_argument(
            "Value for x-amz-checksum-type header is invalid.", "x-amz-checksum-type", wanted
        )
    linear = algorithm.startswith("CRC")
    if wanted == "FULL_OBJECT" and not linear:
        raise AwsError(
            "InvalidRequest",
            f"The FULL_OBJECT checksum type cannot be used with the {algorithm.lower()} checksum algorithm.",
        )
    if wanted == "COMPOSITE" and algorithm == "CRC64NVME":
        raise AwsError(
            "InvalidRequest",
            "The COMPOSITE checksum type cannot be used with the crc64nvme checksum algorithm.",
        )
    if wanted:
        return wanted
    return "FULL_OBJECT" if algorithm == "CRC64NVME" or not default_composite else "COMPOSITE"
