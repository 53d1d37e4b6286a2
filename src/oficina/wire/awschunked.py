"""``aws-chunked`` bodies: S3's own framing inside HTTP's, with signatures and checksums at the end.

Forms of ``x-amz-content-sha256``: ``STREAMING-AWS4-HMAC-SHA256-PAYLOAD``, its ``-TRAILER`` form, and
``STREAMING-UNSIGNED-PAYLOAD-TRAILER`` (S3 user guide, "Signature calculations: multiple chunks").
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass

from oficina.errors import AwsError
from oficina.wire.body import PIECE, Body, cut_short

_TRAILER_SIGNATURE = "x-amz-trailer-signature"
_EMPTY = hashlib.sha256(b"").hexdigest()


@dataclass(frozen=True, slots=True)
class ChunkSigner:
    """What is needed to check the signature of each chunk."""

    key: bytes
    moment: str
    scope: str
    seed: str
    """The signature of the request, which the first chunk's builds on."""


class _Lines:
    """Lines and pieces out of another body."""

    def __init__(self, body: Body) -> None:
        self._body = body
        self._kept = b""

    def line(self) -> bytes:
        while (end := self._kept.find(b"\r\n")) < 0:
            piece = self._body.read(65536)
            if not piece or len(self._kept) > 65536:
                raise cut_short()
            self._kept += piece
        line, self._kept = self._kept[:end], self._kept[end + 2 :]
        return line

    def read(self, size: int) -> bytes:
        if not self._kept:
            return self._body.read(size)
        piece, self._kept = self._kept[:size], self._kept[size:]
        return piece


class AwsChunkedBody:
    """The bytes inside; ``trailers`` are there once the end was read."""

    def __init__(self, body: Body, length: int | None, signer: ChunkSigner | None) -> None:
        self.length = length
        self.trailers: dict[str, str] = {}
        self._outer = body
        self._lines = _Lines(body)
        self._signer = signer
        self._previous = signer.seed if signer else ""
        self._left = 0
        self._seen = 0
        self._ended = False
        self._begun = False
        self._hash = hashlib.sha256()
        self._signature = ""

    def read(self, size: int = PIECE) -> bytes:
        """Up to ``size`` bytes; empty at the end. Raises AwsError when it is short or its signature wrong."""
        if not self._left and not self._ended:
            self._next_chunk()
        if self._ended:
            return b""
        piece = self._lines.read(min(size, self._left))
        if not piece:
            raise cut_short()
        self._left -= len(piece)
        self._seen += len(piece)
        if self._signer:
            self._hash.update(piece)
        return piece

    def drain(self, limit: int) -> bool:
        """Throws away what is left on the wire."""
        return self._outer.drain(limit)

    def _next_chunk(self) -> None:
        if self._begun:
            self._lines.line()
            self._check_chunk()
        self._begun = True
        size, _, extension = self._lines.line().decode("latin-1").partition(";")
        try:
            self._left = int(size, 16)
        except ValueError as error:
            raise cut_short() from error
        self._signature = extension.partition("chunk-signature=")[2].strip()
        self._hash = hashlib.sha256()
        if not self._left:
            self._end()

    def _end(self) -> None:
        self._ended = True
        self._check_chunk()
        signed = hashlib.sha256()
        while line := self._trailer_line():
            name, _, value = line.decode("latin-1").partition(":")
            self.trailers[name.strip().lower()] = value.strip()
            if name.strip().lower() != _TRAILER_SIGNATURE:
                signed.update(line.strip() + b"\n")
        if self.trailers and self._signer:
            given = self.trailers.pop(_TRAILER_SIGNATURE, "")
            self._check(given, "AWS4-HMAC-SHA256-TRAILER", signed.hexdigest())
        if self.length is not None and self._seen != self.length:
            raise cut_short()
        while self._outer.read(65536):
            pass

    def _trailer_line(self) -> bytes:
        try:
            return self._lines.line()
        except AwsError:
            return b""

    def _check_chunk(self) -> None:
        if self._signer:
            self._check(self._signature, "AWS4-HMAC-SHA256-PAYLOAD", _EMPTY, self._hash.hexdigest())

    def _check(self, given: str, algorithm: str, *hashes: str) -> None:
        """Raises AwsError when a signature is not the one that follows from the one before."""
        assert self._signer is not None
        text = "\n".join((algorithm, self._signer.moment, self._signer.scope, self._previous, *hashes))
        expected = hmac.new(self._signer.key, text.encode(), hashlib.sha256).hexdigest()
        if not hmac.compare_digest(expected, given):
            raise AwsError(
                "SignatureDoesNotMatch",
                "The request signature we calculated does not match the signature you provided. "
                "Check your key and signing method.",
                403,
            )
        self._previous = expected


class HashedBody:
    """A body whose SHA-256 was signed: the end is only reached when the bytes are those."""

    def __init__(self, body: Body, expected: str) -> None:
        self.length = body.length
        self._body = body
        self._expected = expected
        self._hash = hashlib.sha256()
        self._checked = False

    def read(self, size: int = PIECE) -> bytes:
        """Up to ``size`` bytes. Raises AwsError at the end when the bytes are others than those signed."""
        piece = self._body.read(size)
        if piece:
            self._hash.update(piece)
        elif not self._checked:
            self._checked = True
            if self._hash.hexdigest() != self._expected.lower():
                raise AwsError(
                    "XAmzContentSHA256Mismatch",
                    "The provided 'x-amz-content-sha256' header does not match what was computed.",
                )
        return piece

    def drain(self, limit: int) -> bool:
        """Throws away what is left."""
        return self._body.drain(limit)
