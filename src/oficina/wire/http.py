"""HTTP/1.1 over sockets: one thread per connection, bodies that stream, files sent by the kernel.

Synchronous on purpose (decision 0001): a request needs no hop between threads, a put is the plain loop
from socket to file, and a get is ``sendfile``.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import re
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http import HTTPStatus

import httptools

from oficina.wire.body import Body, ChunkedBody, Reader, SizedBody

log = logging.getLogger(__name__)

MAX_HEAD = 128 * 1024
"""The largest request head in bytes; AWS refuses far smaller ones."""
MAX_CONNECTIONS = 1024
PAUSE = 0.05
"""Seconds to wait when the machine has no room for another connection."""
_PASSING = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.ECONNABORTED, errno.EINTR)
"""Why a connection is not accepted though the next one may be."""
IDLE_SECONDS = 600
"""How long a quiet connection is kept."""
CLOSE_SECONDS = 5.0
"""How long a client may pause in what it still sends after its last answer."""
DRAIN = 1024 * 1024
"""How many unread bytes of a request are read and thrown away to keep its connection."""
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
"""What a header's value must not have: with a line's end in it a stored value could forge further headers."""


@dataclass(frozen=True, slots=True)
class FileSlice:
    """Bytes of a file to send: ``length`` bytes from ``offset``; the descriptor is closed after."""

    descriptor: int
    offset: int
    length: int


Content = bytes | FileSlice | Iterator[bytes]


@dataclass(slots=True)
class Request:
    """A request whose body is still on the wire."""

    method: str
    target: str
    path: str
    """The raw path, percent-encoded as it came."""
    query: str
    headers: dict[str, str]
    """Names in lower case; repeated headers are joined by a comma."""
    body: Body
    peer: str = ""


@dataclass(slots=True)
class Response:
    """An answer."""

    status: int = 200
    headers: list[tuple[str, str]] = field(default_factory=list)
    content: Content = b""
    close: bool = False


Handler = Callable[[Request], Response]


class BadRequest(Exception):
    """A request that is not HTTP."""


class _Head:
    """What httptools tells while it reads a head."""

    def __init__(self) -> None:
        self.target = b""
        self.headers: dict[str, str] = {}

    def on_url(self, url: bytes) -> None:
        self.target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1").strip()
        known = self.headers.get(key)
        self.headers[key] = text if known is None else f"{known},{text}"


def parse_head(head: bytes) -> tuple[str, str, dict[str, str], bool]:
    """Method, target, headers and whether the connection is to be kept. Raises BadRequest."""
    found = _Head()
    parser = httptools.HttpRequestParser(found)
    try:
        parser.feed_data(head)
    except httptools.HttpParserUpgrade:
        pass
    except httptools.HttpParserError as error:
        raise BadRequest(str(error)) from error
    target = found.target.decode("latin-1")
    return parser.get_method().decode(), target, found.headers, parser.should_keep_alive()


class Connection:
    """One client's connection: requests are answered in turn until either side closes."""

    def __init__(
        self, sock: socket.socket, peer: str, handler: Handler, idle: dict[Connection, None] | None = None
    ) -> None:
        self.sock = sock
        self.peer = peer
        self.handler = handler
        self.reader = Reader(sock)
        self._idle = {} if idle is None else idle

    def serve(self) -> None:
        """Answers requests until the connection ends."""
        while True:
            self._idle[self] = None
            try:
                head = self.reader.head(MAX_HEAD)
                if head is None:
                    return
                request, keep = self._request(head)
            except (BadRequest, ValueError) as error:
                self._send(
                    Response(400, [("Content-Type", "text/plain")], f"{error}\n".encode()), "GET", False
                )
                return
            finally:
                self._idle.pop(self, None)
            response = self.handler(request)
            try:
                keep = keep and not response.close and self._finished(request.body)
                self._send(response, request.method, keep)
            finally:
                if isinstance(response.content, FileSlice):
                    os.close(response.content.descriptor)
            if not keep:
                return

    def _finished(self, body: Body) -> bool:
        """Whether the request's body is off the wire, so that another request may follow."""
        return body.drain(DRAIN)

    def _request(self, head: bytes) -> tuple[Request, bool]:
        method, target, headers, keep = parse_head(head)
        if "://" in target[:10]:
            target = "/" + target.split("://", 1)[1].partition("/")[2]
        path, _, query = target.partition("?")
        if method in ("PUT", "POST") and not headers.keys() & {"content-length", "transfer-encoding"}:
            keep = False  # what follows may be a body of unknown length, and is no request
        return Request(method, target, path, query, headers, self._body(headers), self.peer), keep

    def _body(self, headers: dict[str, str]) -> Body:
        expects = headers.get("expect", "").lower() == "100-continue"
        go_on = self._continue if expects else None
        if "chunked" in headers.get("transfer-encoding", "").lower():
            return ChunkedBody(self.reader, go_on)
        length = headers.get("content-length", "0")
        if not length.isdigit():
            raise BadRequest("Content-Length is not a number")
        return SizedBody(self.reader, int(length), go_on)

    def _continue(self) -> None:
        self.sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")

    def _send(self, response: Response, method: str, keep: bool) -> None:
        content = response.content
        bare = method == "HEAD" or response.status in (204, 304)
        names = {name.lower() for name, _ in response.headers}
        lines = [f"HTTP/1.1 {response.status} {_phrase(response.status)}"]
        lines += [f"{name}: {_CONTROL.sub('', value)}" for name, value in response.headers]
        chunked = not isinstance(content, (bytes, FileSlice)) and "content-length" not in names
        if chunked and not bare:
            lines.append("Transfer-Encoding: chunked")
        elif "content-length" not in names and response.status not in (204, 304):
            size = content.length if isinstance(content, FileSlice) else len(content)  # type: ignore[arg-type]  # bytes here
            lines.append(f"Content-Length: {size}")
        if not keep:
            lines.append("Connection: close")
        head = "\r\n".join([*lines, "", ""]).encode("latin-1", "replace")
        self._send_content(head, b"" if bare else content, chunked)

    def _send_content(self, head: bytes, content: Content, chunked: bool) -> None:
        if isinstance(content, bytes):
            self.sock.sendall(head + content if len(content) < 65536 else head)
            if len(content) >= 65536:
                self.sock.sendall(content)
            return
        self.sock.sendall(head)
        if isinstance(content, FileSlice):
            self._send_file(content)
            return
        for piece in content:
            if piece:
                self.sock.sendall(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
        if chunked:
            self.sock.sendall(b"0\r\n\r\n")

    def _send_file(self, part: FileSlice) -> None:
        offset, left = part.offset, part.length
        while left:
            sent = os.sendfile(self.sock.fileno(), part.descriptor, offset, min(left, 1 << 30))
            if not sent:
                raise ConnectionError("the file is shorter than it was")
            offset, left = offset + sent, left - sent


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Status"


class Server:
    """A listening socket and the threads of its connections."""

    def __init__(self, host: str, port: int, handler: Handler, most: int = MAX_CONNECTIONS) -> None:
        self._handler = handler
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind((host, port))
        self._listener.listen(1024)
        self.address: tuple[str, int] = self._listener.getsockname()[:2]
        self._closed = threading.Event()
        self._idle: dict[Connection, None] = {}
        """The connections that wait for a request, the one that waits longest first."""
        self._places = threading.BoundedSemaphore(most)

    def run(self) -> None:
        """Accepts connections until ``close`` is called."""
        while True:
            while not self._places.acquire(timeout=PAUSE):
                self._make_room()
            try:
                sock, peer = self._listener.accept()
            except OSError as error:
                self._places.release()
                if error.errno not in _PASSING:
                    return
                log.warning("a connection was not accepted: %s", error.strerror)
                self._make_room()
                self._closed.wait(PAUSE)
                continue
            serve = threading.Thread(target=self._serve, args=(sock, peer[0]), name="connection", daemon=True)
            try:
                serve.start()
            except RuntimeError as error:  # no more threads
                log.warning("a connection was not served: %s", error)
                sock.close()
                self._places.release()

    def close(self) -> None:
        """Stops listening."""
        self._closed.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _make_room(self) -> None:
        """Hangs up on the connection that has been quiet for longest: its client will come back."""
        quiet = next(iter(dict(self._idle)), None)
        if quiet is not None:
            with contextlib.suppress(OSError):
                quiet.sock.shutdown(socket.SHUT_RDWR)

    def _serve(self, sock: socket.socket, peer: str) -> None:
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            limit = struct.pack("ll", IDLE_SECONDS, 0)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, limit)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)
            Connection(sock, peer, self._handler, self._idle).serve()
        except (ConnectionError, BlockingIOError, TimeoutError):
            log.debug("a client went away: %s", peer)
        except Exception:
            log.exception("a connection failed")
        finally:
            _close(sock)
            self._places.release()


def _close(sock: socket.socket) -> None:
    """Closes so that the peer reads the last answer before it hears of the end."""
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_WR)
        sock.settimeout(CLOSE_SECONDS)
        while sock.recv(65536):
            pass
    sock.close()
