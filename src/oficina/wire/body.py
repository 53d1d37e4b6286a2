"""The body of a request while it is still on the wire: sized, chunked, or already read."""

from __future__ import annotations

import socket
import zlib
from collections.abc import Callable
from typing import Protocol

from oficina.errors import AwsError

PIECE = 1024 * 1024
"""How many bytes a reader takes at a time."""
MAX_HELD = 64 * 1024 * 1024
"""The largest body that is held in memory as a whole; objects of S3 stream and know no such limit."""


def cut_short() -> AwsError:
    """The error for a body that ends before its length, as S3 puts it."""
    return AwsError(
        "IncompleteBody",
        "You did not provide the number of bytes specified by the Content-Length HTTP header",
    )


class Body(Protocol):
    """A stream of bytes that is read once."""

    length: int | None
    """The number of bytes where it is known beforehand."""

    def read(self, size: int = PIECE) -> bytes:
        """Up to ``size`` bytes; empty at the end. Raises AwsError when the sender stopped early."""
        ...

    def drain(self, limit: int) -> bool:
        """Throws away what is left, at most ``limit`` bytes; False when more is left or nobody sends."""
        ...


def read_all(body: Body, limit: int = MAX_HELD) -> bytes:
    """The whole body in memory. Raises AwsError when it is larger than ``limit`` bytes."""
    if body.length is not None and body.length > limit:
        raise _too_large(limit)
    pieces, size = [], 0
    while piece := body.read():
        size += len(piece)
        if size > limit:
            raise _too_large(limit)
        pieces.append(piece)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def inflate(data: bytes, limit: int = MAX_HELD) -> bytes:
    """Gzipped bytes as they were. Raises AwsError when they are not gzip or more than ``limit`` bytes."""
    reader = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        plain = reader.decompress(data, limit)
    except zlib.error as error:
        raise AwsError("SerializationException", f"The body is not gzip: {error}") from error
    if reader.unconsumed_tail:
        raise _too_large(limit)
    return plain


def _too_large(limit: int) -> AwsError:
    return AwsError("RequestEntityTooLargeException", f"The request is larger than {limit} bytes.", 413)


class Reader:
    """Bytes from a socket with what was read too far kept for the next."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._kept = b""

    def head(self, limit: int) -> bytes | None:
        """A request head with its blank line; None when the peer closed before it began one."""
        kept = self._kept
        while True:
            end = kept.find(b"\r\n\r\n")
            if end >= 0:
                self._kept = kept[end + 4 :]
                return kept[: end + 4]
            if len(kept) > limit:
                raise ValueError("the request head is too large")
            piece = self._sock.recv(65536)
            if not piece:
                return None
            kept += piece

    def read(self, size: int) -> bytes:
        """Bytes that are known to come: ``size`` of them unless the peer closes; empty when it did before.

        What was read too far comes first. The kernel fills the whole piece, so that a large body takes few
        rounds through Python.
        """
        if self._kept:
            piece, self._kept = self._kept[:size], self._kept[size:]
            return piece
        return self._sock.recv(size, socket.MSG_WAITALL)

    def line(self, limit: int = 65536) -> bytes:
        """A line without its end. Raises AwsError when the peer closed or the line is too long."""
        kept = self._kept
        while (end := kept.find(b"\r\n")) < 0:
            piece = self._sock.recv(65536)
            if not piece or len(kept) > limit:
                raise cut_short()
            kept += piece
        self._kept = kept[end + 2 :]
        return kept[:end]


class SizedBody:
    """A body of a known number of bytes."""

    def __init__(self, reader: Reader, length: int, go_on: Callable[[], None] | None = None) -> None:
        self.length: int | None = length
        self._left = length
        self._reader = reader
        self._go_on = go_on

    def read(self, size: int = PIECE) -> bytes:
        """Up to ``size`` bytes; empty at the end. Raises AwsError when the sender stopped early."""
        if not self._left:
            return b""
        go_on, self._go_on = self._go_on, None
        if go_on:
            go_on()
        try:
            piece = self._reader.read(min(size, self._left))
        except (OSError, TimeoutError) as error:
            raise cut_short() from error
        if not piece:
            raise cut_short()
        self._left -= len(piece)
        return piece

    def drain(self, limit: int) -> bool:
        """Throws away what is left. A sender that waits for ``100 Continue`` never sent it."""
        if self._go_on and self._left:
            return False
        return _drain(self, min(limit, self._left), self._left)


class ChunkedBody:
    """A body in HTTP chunks; trailers are kept in ``trailers``."""

    def __init__(self, reader: Reader, go_on: Callable[[], None] | None = None) -> None:
        self.length: int | None = None
        self.trailers: dict[str, str] = {}
        self._reader = reader
        self._go_on = go_on
        self._left = 0
        self._ended = False
        self._begun = False

    def read(self, size: int = PIECE) -> bytes:
        """Up to ``size`` bytes; empty at the end. Raises AwsError when the sender stopped early."""
        go_on, self._go_on = self._go_on, None
        if go_on:
            go_on()
        if not self._left and not self._ended:
            self._next_chunk()
        if self._ended:
            return b""
        piece = self._reader.read(min(size, self._left))
        if not piece:
            raise cut_short()
        self._left -= len(piece)
        return piece

    def _next_chunk(self) -> None:
        if self._begun:
            self._reader.line()
        self._begun = True
        text = self._reader.line().split(b";")[0].strip()
        try:
            self._left = int(text, 16)
        except ValueError as error:
            raise cut_short() from error
        if not self._left:
            self._ended = True
            while line := self._reader.line():
                name, _, value = line.decode("latin-1").partition(":")
                self.trailers[name.strip().lower()] = value.strip()

    def drain(self, limit: int) -> bool:
        """Throws away what is left, at most ``limit`` bytes."""
        if self._go_on and not self._begun:
            return False
        return _drain(self, limit, None)


class HeldBody:
    """A body that is in memory already."""

    def __init__(self, data: bytes) -> None:
        self.length: int | None = len(data)
        self._data = data
        self._at = 0

    def read(self, size: int = PIECE) -> bytes:
        """Up to ``size`` bytes; empty at the end."""
        piece = self._data[self._at : self._at + size]
        self._at += len(piece)
        return piece

    def drain(self, limit: int) -> bool:
        """There is nothing on the wire."""
        return True


def _drain(body: Body, limit: int, left: int | None) -> bool:
    if left is not None and left > limit:
        return False
    seen = 0
    try:
        while piece := body.read(65536):
            seen += len(piece)
            if seen > limit:
                return False
    except (AwsError, OSError):
        return False
    return True
