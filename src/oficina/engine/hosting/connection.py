"""HTTP/1.1 to a model process on loopback: few calls, kept connections, answers read as they arrive.

Written on plain sockets because every microsecond here is added to every prediction (http.client alone costs
more than the whole way through the server).
"""

from __future__ import annotations

import contextlib
import socket
import struct
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

HOST = "127.0.0.1"
PIECE = 64 * 1024
MAX_HEAD = 64 * 1024
CONNECT_SECONDS = 2.0
MAX_KEPT = 64
"""How many idle connections to one process are kept."""


class Unreachable(Exception):
    """Nobody listens: the process is not there (yet, or any more)."""


class Broken(Exception):
    """The process went away, or spoke no HTTP, before its answer was whole."""


class TooSlow(Exception):
    """The process did not answer in time."""


@dataclass(slots=True)
class Head:
    """The head of an answer; header names in lower case."""

    status: int
    headers: dict[str, str]
    keep: bool


class Connection:
    """One connection; used for one exchange at a time."""

    def __init__(self, port: int) -> None:
        try:
            self._sock = socket.create_connection((HOST, port), timeout=CONNECT_SECONDS)
        except OSError as error:
            raise Unreachable(str(error)) from error
        self._sock.settimeout(None)
        self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._rest = b""
        self._limit = 0.0
        self.fresh = True
        """Whether no exchange was made on it yet."""

    def close(self) -> None:
        """Closes it; in whatever state it is."""
        self._sock.close()

    def quiet(self) -> bool:
        """Whether the other side has neither closed it nor said something unasked."""
        try:
            self._sock.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except BlockingIOError:
            return not self._rest
        except OSError:
            return False
        return False

    def send(self, head: bytes, body: bytes, seconds: float) -> None:
        """Sends a request; ``seconds`` is for each wait of the whole exchange. Raises Broken or TooSlow."""
        if seconds != self._limit:
            limit = struct.pack("ll", int(seconds), int(seconds % 1 * 1e6))
            self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, limit)
            self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)
            self._limit = seconds
        try:
            if len(body) <= PIECE:
                self._sock.sendall(head + body)
            else:
                self._sock.sendall(head)
                self._sock.sendall(body)
            # A plain server sends its body only when the head is acknowledged: 40 ms without this.
            self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        except BlockingIOError as error:
            raise TooSlow("the request was not taken in time") from error
        except OSError as error:
            raise Broken(str(error)) from error

    def head(self) -> Head:
        """The head of the answer. Raises Broken or TooSlow."""
        data = self._rest
        while (end := data.find(b"\r\n\r\n")) < 0:
            if len(data) > MAX_HEAD:
                raise Broken("the head of the answer is too long")
            piece = self._receive()
            if not piece:
                raise Broken("the connection was closed before the answer")
            data += piece
        self._rest = data[end + 4 :]
        found = _parse(data[:end])
        if found.status == 100:
            return self.head()
        return found

    def body(self, head: Head) -> bytes:
        """The whole body of the answer. Raises Broken or TooSlow."""
        length = head.headers.get("content-length")
        if length is not None and length.isdigit() and int(length) == len(self._rest):
            data, self._rest = self._rest, b""
            return data
        return b"".join(self.pieces(head))

    def pieces(self, head: Head) -> Iterator[bytes]:
        """The body of the answer as it arrives. Raises Broken or TooSlow."""
        if head.status in (204, 304):
            return
        if "chunked" in head.headers.get("transfer-encoding", "").lower():
            yield from self._chunks()
            return
        length = head.headers.get("content-length", "")
        if length.isdigit():
            yield from self._exactly(int(length))
            return
        head.keep = False
        while piece := self._some(PIECE):
            yield piece

    def _exactly(self, left: int) -> Iterator[bytes]:
        while left:
            piece = self._some(min(left, 1 << 20))
            if not piece:
                raise Broken("the answer ended before its length")
            left -= len(piece)
            yield piece

    def _chunks(self) -> Iterator[bytes]:
        while True:
            try:
                size = int(self._line().split(b";")[0], 16)
            except ValueError as error:
                raise Broken("the answer has a chunk without a size") from error
            if not size:
                break
            yield from self._exactly(size)
            self._line()
        while self._line():
            pass

    def _line(self) -> bytes:
        while (end := self._rest.find(b"\r\n")) < 0:
            piece = self._receive()
            if not piece or len(self._rest) > MAX_HEAD:
                raise Broken("the answer ended in the middle")
            self._rest += piece
        line, self._rest = self._rest[:end], self._rest[end + 2 :]
        return line

    def _some(self, size: int) -> bytes:
        if self._rest:
            piece, self._rest = self._rest[:size], self._rest[size:]
            return piece
        return self._receive(size)

    def _receive(self, size: int = PIECE) -> bytes:
        try:
            return self._sock.recv(size)
        except BlockingIOError as error:
            raise TooSlow("no answer came in time") from error
        except OSError as error:
            raise Broken(str(error)) from error


def _parse(data: bytes) -> Head:
    first, *lines = data.decode("latin-1").split("\r\n")
    version, _, rest = first.partition(" ")
    if not version.startswith("HTTP/1.") or not rest[:3].isdigit():
        raise Broken("the answer is not HTTP")
    headers = {}
    for line in lines:
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    said = headers.get("connection", "").lower()
    keep = said != "close" if version == "HTTP/1.1" else said == "keep-alive"
    return Head(int(rest[:3]), headers, keep)


class Pool:
    """The idle connections to one process; threads take one and give it back."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._idle: deque[Connection] = deque()

    def take(self) -> Connection:
        """An idle connection, or a new one. Raises Unreachable."""
        while True:
            try:
                connection = self._idle.pop()
            except IndexError:
                return Connection(self.port)
            if connection.quiet():
                return connection
            connection.close()

    def give(self, connection: Connection) -> None:
        """A connection whose exchange is over; the next caller has it."""
        connection.fresh = False
        if len(self._idle) < MAX_KEPT:
            self._idle.append(connection)
        else:
            connection.close()

    def clear(self) -> None:
        """Closes all that are idle."""
        while True:
            try:
                self._idle.pop().close()
            except IndexError:
                return


def ping(port: int, seconds: float) -> bool:
    """Whether ``GET /ping`` is answered with 200 in time (aws-contracts D.6)."""
    deadline = time.monotonic() + seconds
    with contextlib.suppress(Unreachable, Broken, TooSlow):
        connection = Connection(port)
        try:
            request = f"GET /ping HTTP/1.1\r\nHost: {HOST}:{port}\r\nConnection: close\r\n\r\n"
            connection.send(request.encode(), b"", max(0.05, deadline - time.monotonic()))
            return connection.head().status == 200
        finally:
            connection.close()
    return False
