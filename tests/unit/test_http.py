"""HTTP over a real socket: what is kept, what is refused, what streams."""

import os
import select
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from oficina.wire.body import read_all
from oficina.wire.http import MAX_HEAD, FileSlice, Request, Response, Server
from tests.waiting import PATIENCE


def echo(request: Request) -> Response:
    """Answers with what it was sent."""
    match request.path:
        case "/file":
            path = Path(request.headers["x-path"])
            return Response(content=FileSlice(os.open(path, os.O_RDONLY), 2, 5))
        case "/stream":
            return Response(content=iter([b"one", b"two"]))
        case "/unread":
            return Response(content=b"unread")
    body = read_all(request.body, limit=1 << 20)
    return Response(headers=[("X-Method", request.method)], content=body or request.query.encode())


@pytest.fixture
def address() -> Iterator[tuple[str, int]]:
    server = Server("127.0.0.1", 0, echo)
    threading.Thread(target=server.run, daemon=True).start()
    yield server.address
    server.close()


def talk(address: tuple[str, int], *parts: bytes) -> bytes:
    """Sends the parts and reads until the server closes."""
    with socket.create_connection(address, timeout=PATIENCE) as sock:
        for part in parts:
            sock.sendall(part)
        sock.shutdown(socket.SHUT_WR)
        pieces = []
        while piece := sock.recv(65536):
            pieces.append(piece)
    return b"".join(pieces)


def test_two_requests_share_a_connection(address: tuple[str, int]) -> None:
    answer = talk(address, b"GET /?a HTTP/1.1\r\nHost: x\r\n\r\nGET /?b HTTP/1.1\r\nHost: x\r\n\r\n")

    assert answer.count(b"HTTP/1.1 200 OK") == 2
    assert answer.endswith(b"b")


def test_a_sized_body_is_read_whole(address: tuple[str, int]) -> None:
    answer = talk(address, b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\n\r\nabc", b"def")

    assert answer.endswith(b"abcdef")


def test_a_chunked_body_is_joined(address: tuple[str, int]) -> None:
    head = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    answer = talk(address, head, b"3\r\nabc\r\n", b"3;x=y\r\ndef\r\n0\r\nX-T: 1\r\n\r\n")

    assert answer.endswith(b"abcdef")


def test_a_client_that_asks_is_told_to_go_on(address: tuple[str, int]) -> None:
    head = b"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"
    with socket.create_connection(address, timeout=PATIENCE) as sock:
        sock.sendall(head)
        assert sock.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        sock.sendall(b"ok")
        assert sock.recv(1000).endswith(b"ok")


def test_an_answer_before_the_body_closes_the_connection(address: tuple[str, int]) -> None:
    head = b"PUT /unread HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n"
    with socket.create_connection(address, timeout=PATIENCE) as sock:
        sock.sendall(head)
        answer = sock.recv(1000)

    assert b"Connection: close" in answer
    assert answer.endswith(b"unread")


@pytest.mark.parametrize(
    "nonsense",
    [b"nonsense\r\n\r\n", b"GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n", b"GET /\x00 HTTP/1.1\r\n\r\n"],
)
def test_what_is_not_http_is_refused(address: tuple[str, int], nonsense: bytes) -> None:
    assert talk(address, nonsense).startswith(b"HTTP/1.1 400 ")


def test_a_part_of_a_file_is_sent(address: tuple[str, int], tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"0123456789")

    answer = talk(address, f"GET /file HTTP/1.1\r\nHost: x\r\nX-Path: {path}\r\n\r\n".encode())

    assert b"Content-Length: 5\r\n" in answer
    assert answer.endswith(b"\r\n\r\n23456")


def test_pieces_of_unknown_size_are_chunked(address: tuple[str, int]) -> None:
    answer = talk(address, b"GET /stream HTTP/1.1\r\nHost: x\r\n\r\n")

    assert answer.endswith(b"\r\n\r\n3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n")


def test_a_head_has_a_size(address: tuple[str, int]) -> None:
    assert talk(address, b"GET / HTTP/1.1\r\nX: " + b"x" * 200_000 + b"\r\n\r\n").startswith(b"HTTP/1.1 400")


def test_a_client_that_pauses_while_it_sends_what_is_refused_hears_of_it(address: tuple[str, int]) -> None:
    with socket.create_connection(address, timeout=PATIENCE) as sock:
        sock.sendall(b"GET / HTTP/1.1\r\nX: " + b"x" * MAX_HEAD)
        select.select([sock], [], [], PATIENCE)  # it is refused by now
        time.sleep(0.5)
        sock.sendall(b"x" * 100)
        sock.sendall(b"x" * 100)

        assert sock.recv(1000).startswith(b"HTTP/1.1 400 ")


def test_a_request_without_body_answers_head_without_content(address: tuple[str, int]) -> None:
    answer = talk(address, b"HEAD /?abc HTTP/1.1\r\nHost: x\r\n\r\n")

    assert b"Content-Length: 3" in answer
    assert answer.endswith(b"\r\n\r\n")


def test_a_crowd_of_quiet_connections_makes_room_for_another() -> None:
    server = Server("127.0.0.1", 0, echo, most=3)
    threading.Thread(target=server.run, daemon=True).start()
    request = b"GET /?x HTTP/1.1\r\nHost: x\r\n\r\n"
    crowd = [socket.create_connection(server.address, timeout=PATIENCE) for _ in range(8)]

    for sock in crowd:
        sock.sendall(request)
        assert sock.recv(65536).startswith(b"HTTP/1.1 200")

    assert crowd[0].recv(1) == b""
    crowd[-1].sendall(request)
    assert crowd[-1].recv(65536).startswith(b"HTTP/1.1 200")
    for sock in crowd:
        sock.close()
    server.close()


def test_a_file_is_closed_when_its_reader_has_gone(address: tuple[str, int], tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"0123456789")
    request = f"HEAD /file HTTP/1.1\r\nHost: x\r\nX-Path: {path}\r\n\r\n".encode()

    talk(address, *[request] * 20)

    held = {os.path.realpath(f"/proc/self/fd/{name}") for name in os.listdir("/proc/self/fd")}
    assert str(path) not in held
