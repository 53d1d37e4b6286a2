"""Taking bytes off the wire into a blob while they are hashed, and refusing what is not as announced."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from oficina import chaos
from oficina.errors import AwsError
from oficina.services.context import Context
from oficina.services.s3 import checksums
from oficina.services.s3.api import Request
from oficina.store.blobs import full
from oficina.store.digests import DEFAULT, Digests
from oficina.wire.body import Body, HeldBody

LARGEST = 5 * 1024**3
"""Bytes of one put or one part (S3 user guide, "Amazon S3 multipart upload limits")."""


@dataclass(frozen=True, slots=True)
class Received:
    """Bytes that are on disk."""

    blob: str
    size: int
    etag: str
    checksums: dict[str, str]
    """Members such as ``ChecksumCRC32``."""


@contextmanager
def told(ctx: Context) -> Iterator[None]:
    """A database without space as the same error as a disk without space."""
    try:
        yield
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_FULL:
            raise
        raise full(ctx.config.home) from error


def receive(ctx: Context, request: Request, *, algorithm: str | None = None, part: bool = False) -> Received:
    """The request's body as a blob. Raises AwsError when it is cut short, too large or not as announced.

    ``algorithm`` is the checksum that is kept; where it is not given, the sender's, or S3's default. A part
    always has MD5, which the ETag of the whole is made of, and is made durable only with the whole.
    """
    body: Body = request.get("Body") or HeldBody(b"")
    _check_length(ctx, body)
    md5 = checksums.md5_of(request) is not None
    sent = checksums.chosen(ctx, request)
    wanted = dict.fromkeys(name for name in (sent, algorithm) if name) or {DEFAULT: None}
    digests = Digests(wanted, size=body.length, md5=part or md5)
    try:
        with ctx.store.blobs.draft() as draft:
            draft.expect(body.length)
            while piece := body.read():
                digests.update(piece)
                draft.write(piece)
                if draft.size > LARGEST:
                    raise _too_large(draft.size)
            if not part:
                draft.sync()
            found = digests.checksums
            if md5:
                checksums.verify_md5(request, digests.md5)
            checksums.verify(_expected(ctx, request, body), found)
            blob = draft.keep(durable=not part)
            chaos.point("s3-received")
            return Received(blob, draft.size, digests.etag, _kept(found, algorithm or sent or DEFAULT))
    finally:
        digests.end()


def _expected(ctx: Context, request: Request, body: Body) -> dict[str, str]:
    return checksums.expected(
        request, getattr(body, "trailers", {}), promised=ctx.headers.get("x-amz-trailer", "")
    )


def _kept(found: dict[str, str], algorithm: str) -> dict[str, str]:
    return {f"Checksum{algorithm}": found[f"Checksum{algorithm}"]}


def _check_length(ctx: Context, body: Body) -> None:
    headers = ctx.headers
    if "content-length" not in headers and "transfer-encoding" not in headers:
        raise AwsError("MissingContentLength", "You must provide the Content-Length HTTP header.", 411)
    if body.length is not None and body.length > LARGEST:
        raise _too_large(body.length)


def _too_large(size: int) -> AwsError:
    return AwsError(
        "EntityTooLarge",
        "Your proposed upload exceeds the maximum allowed size",
        ProposedSize=size,
        MaxSizeAllowed=LARGEST,
    )


def facts_of(received: Received) -> dict[str, Any]:
    """The checksums of an object that came as one."""
    return {**received.checksums, "ChecksumType": "FULL_OBJECT"}
