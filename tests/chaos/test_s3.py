"""S3 when clients stop half-way, the server is killed, a body has no end in sight, or the disk is full."""

from __future__ import annotations

import os
import socket
import subprocess
import threading
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from tests.refusals import refusal
from tests.servers import OFICINA, Server, surroundings
from tests.waiting import PATIENCE, wait_until

MIB = 1024 * 1024
GIB = 1024 * MIB
START = Callable[..., Server]
ACCOUNT = "210987654321"
SIGNED = (
    f"Authorization: AWS4-HMAC-SHA256 Credential={ACCOUNT}/20260101/us-east-1/s3/aws4_request, "
    "SignedHeaders=host, Signature=x\r\n"
)


def files(server: Server) -> list[str]:
    """The names of all files of objects that lie in the home, finished or not."""
    found = [path for folder in ("blobs", "incoming") for path in (server.home / folder).rglob("*")]
    return [path.name for path in found if path.is_file()]


def connect(server: Server) -> socket.socket:
    """A bare connection."""
    host = urlsplit(server.address)
    return socket.create_connection((host.hostname or "", host.port or 0), timeout=PATIENCE)


def memory(server: Server) -> int:
    """The most memory in bytes that the server has had so far."""
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


@pytest.fixture
def server(start_server: START) -> Server:
    """A server with a bucket named ``b-1`` that has an object ``k`` of old bytes."""
    started = start_server(None, "--open")
    prepare(started)
    return started


def prepare(server: Server) -> Any:
    """The bucket and its object."""
    s3 = server.client("s3", ACCOUNT)
    s3.create_bucket(Bucket="b-1")
    s3.put_object(Bucket="b-1", Key="k", Body=b"old")
    return s3


def body_of(server: Server, key: str = "k") -> bytes:
    """An object's bytes."""
    found: bytes = server.client("s3", ACCOUNT).get_object(Bucket="b-1", Key=key)["Body"].read()
    return found


@pytest.mark.parametrize("framing", ["Content-Length: 1000000", "Transfer-Encoding: chunked"])
def test_an_upload_that_is_cut_short_changes_nothing(server: Server, framing: str) -> None:
    connection = connect(server)
    connection.sendall(f"PUT /b-1/k HTTP/1.1\r\nHost: x\r\n{SIGNED}{framing}\r\n\r\n".encode())
    connection.sendall((b"80000\r\n" if "chunked" in framing else b"") + bytes(500_000))
    wait_until(lambda: len(files(server)) == 2, "the server has begun to store the upload")
    connection.shutdown(socket.SHUT_WR)
    assert b" 400 " in connection.recv(65536).split(b"\r\n")[0]
    connection.close()
    wait_until(lambda: len(files(server)) == 1, "what had come of the upload is gone")
    assert body_of(server) == b"old"


def test_a_client_that_vanishes_leaves_nothing(server: Server) -> None:
    connection = connect(server)
    connection.sendall(f"PUT /b-1/k HTTP/1.1\r\nHost: x\r\n{SIGNED}Content-Length: 9999999\r\n\r\n".encode())
    connection.sendall(bytes(5_000_000))
    wait_until(lambda: len(files(server)) == 2, "the server has begun to store the upload")
    connection.close()
    wait_until(lambda: len(files(server)) == 1, "what had come of the upload is gone")
    assert body_of(server) == b"old"


def test_a_server_killed_during_a_put_keeps_the_old_object_whole(server: Server, start_server: START) -> None:
    connection = connect(server)
    connection.sendall(f"PUT /b-1/k HTTP/1.1\r\nHost: x\r\n{SIGNED}Content-Length: 9999999\r\n\r\n".encode())
    connection.sendall(bytes(5_000_000))
    wait_until(lambda: len(files(server)) == 2, "the server has begun to store the upload")
    server.kill()
    connection.close()
    again = start_server(server.home, "--open")
    assert body_of(again) == b"old"
    wait_until(lambda: len(files(again)) == 1, "the crash's leftovers are swept")


def test_a_server_killed_between_bytes_and_fact_keeps_the_old_object_whole(
    server: Server, start_server: START
) -> None:
    server.stop()
    doomed = start_server(server.home, "--open", OFICINA_CHAOS="s3-received")
    with pytest.raises(BotoCoreError):
        doomed.client("s3", ACCOUNT).put_object(Bucket="b-1", Key="k", Body=b"new")
    doomed.ended()
    assert len(files(doomed)) == 2
    again = start_server(server.home, "--open")
    assert body_of(again) == b"old"
    wait_until(lambda: len(files(again)) == 1, "the crash's leftovers are swept")


def test_a_server_killed_while_it_completes_an_upload_can_complete_it_later(
    server: Server, start_server: START
) -> None:
    s3 = server.client("s3", ACCOUNT)
    upload = {"Bucket": "b-1", "Key": "k"}
    upload["UploadId"] = s3.create_multipart_upload(**upload)["UploadId"]
    bodies = [b"1" * (5 * MIB), b"2"]
    parts = [
        {"PartNumber": number, "ETag": s3.upload_part(**upload, PartNumber=number, Body=body)["ETag"]}
        for number, body in enumerate(bodies, start=1)
    ]
    wish = {**upload, "MultipartUpload": {"Parts": parts}}
    server.stop()
    doomed = start_server(server.home, "--open", OFICINA_CHAOS="s3-joined")
    with pytest.raises(BotoCoreError):
        doomed.client("s3", ACCOUNT).complete_multipart_upload(**wish)
    doomed.ended()
    again = start_server(server.home, "--open")
    assert body_of(again) == b"old"
    again.client("s3", ACCOUNT).complete_multipart_upload(**wish)
    assert body_of(again) == b"".join(bodies)
    wait_until(lambda: len(files(again)) == 1, "parts and leftovers are gone")


def test_a_gigabyte_of_unknown_length_streams_through_little_memory(server: Server) -> None:
    connection = connect(server)
    before = memory(server)
    head = f"PUT /b-1/big HTTP/1.1\r\nHost: x\r\n{SIGNED}Transfer-Encoding: chunked\r\n\r\n"
    connection.sendall(head.encode())
    piece = b"400000\r\n" + bytes(4 * MIB) + b"\r\n"
    for _ in range(GIB // (4 * MIB)):
        connection.sendall(piece)
    connection.sendall(b"0\r\n\r\n")
    assert b" 200 " in connection.recv(65536).split(b"\r\n")[0]
    connection.close()
    s3 = server.client("s3", ACCOUNT)
    assert s3.head_object(Bucket="b-1", Key="big")["ContentLength"] == GIB
    assert memory(server) - before < 64 * MIB


def test_a_gigabyte_without_any_length_is_refused_and_not_read(server: Server) -> None:
    connection = connect(server)
    connection.sendall(f"PUT /b-1/big HTTP/1.1\r\nHost: x\r\n{SIGNED}\r\n".encode())
    piece = bytes(MIB)
    sent = 0

    def pour() -> None:
        nonlocal sent
        try:
            while sent < GIB:
                connection.sendall(piece)
                sent += len(piece)
        except OSError:
            return

    thread = threading.Thread(target=pour)
    thread.start()
    assert b" 411 " in connection.recv(65536).split(b"\r\n")[0]
    thread.join(timeout=PATIENCE)
    connection.close()
    assert memory(server) < 256 * MIB
    assert body_of(server) == b"old"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Server]:
    """A server whose home is a file system of 96 MiB, in a mount namespace of its own."""
    home = tmp_path / "small"
    home.mkdir()
    flags = "-m" if os.geteuid() == 0 else "-Urm"
    words = [*OFICINA, "up", "--port", "0", "--quiet", "--open", "--home", str(home)]
    script = f'mount -t tmpfs -o size=96m none "{home}" && exec "$@"'
    process = subprocess.Popen(
        ["unshare", flags, "sh", "-c", script, "sh", *words],
        stdout=subprocess.PIPE,
        text=True,
        env=surroundings(OFICINA_STRICT="1"),
    )
    assert process.stdout is not None
    server = Server(home, process, process.stdout.readline().strip())
    yield server
    server.kill()


def test_a_full_disk_is_said_and_loses_nothing(small_disk: Server) -> None:
    s3 = prepare(small_disk)
    for number in range(20):
        try:
            s3.put_object(Bucket="b-1", Key=f"fill-{number}", Body=bytes(8 * MIB))
        except ClientError as error:
            failure = error.response
            break
    else:
        raise AssertionError("the disk never filled up")
    assert failure["Error"]["Code"] == "InsufficientStorage"
    assert "is full; nothing was stored" in failure["Error"]["Message"]
    assert failure["ResponseMetadata"]["HTTPStatusCode"] == 507
    assert refusal(lambda: s3.put_object(Bucket="b-1", Key="k", Body=bytes(90 * MIB)))[2] == 507
    assert body_of(small_disk) == b"old"
    listed = s3.list_objects_v2(Bucket="b-1", Prefix="fill-")["Contents"]
    assert len(listed) == number
    s3.delete_objects(Bucket="b-1", Delete={"Objects": [{"Key": one["Key"]} for one in listed]})
    s3.put_object(Bucket="b-1", Key="k", Body=b"new")
    assert body_of(small_disk) == b"new"


def test_a_disk_that_fills_up_during_a_put_is_said_and_leaves_nothing(small_disk: Server) -> None:
    s3 = prepare(small_disk)
    connection = connect(small_disk)
    head = f"PUT /b-1/big HTTP/1.1\r\nHost: x\r\n{SIGNED}Transfer-Encoding: chunked\r\n\r\n"
    connection.sendall(head.encode())
    piece = b"400000\r\n" + bytes(4 * MIB) + b"\r\n"

    def pour() -> None:
        try:
            for _ in range(50):
                connection.sendall(piece)
            connection.sendall(b"0\r\n\r\n")
        except OSError:
            return

    thread = threading.Thread(target=pour)
    thread.start()
    assert b" 507 " in connection.recv(65536).split(b"\r\n")[0]
    thread.join(timeout=PATIENCE)
    connection.close()
    s3.put_object(Bucket="b-1", Key="after", Body=bytes(20 * MIB))
    assert body_of(small_disk) == b"old"


def test_more_connections_than_files_do_not_stop_the_server(tmp_path: Path) -> None:
    home = tmp_path / "home"
    words = ["--port", "0", "--quiet", "--open", "--home", str(home)]
    process = subprocess.Popen(
        ["sh", "-c", 'ulimit -n 200; exec "$@"', "sh", *OFICINA, "up", *words],
        stdout=subprocess.PIPE,
        text=True,
        env=surroundings(OFICINA_STRICT="1"),
    )
    assert process.stdout is not None
    server = Server(home, process, process.stdout.readline().strip())
    try:
        prepare(server)
        crowd = [connect(server) for _ in range(250)]
        wait_until(
            lambda: process.poll() is not None or len(os.listdir(f"/proc/{process.pid}/fd")) >= 199,
            "the server has all the files that it may",
        )
        for connection in crowd:
            connection.close()
        wait_until(lambda: answers(server), "the server answers again")
    finally:
        server.kill()


def answers(server: Server) -> bool:
    """Whether the object can be read."""
    try:
        return body_of(server) == b"old"
    except (BotoCoreError, ClientError):
        return False


def test_a_reset_during_an_upload_leaves_neither_bucket_nor_bytes(server: Server) -> None:
    connection = connect(server)
    connection.sendall(f"PUT /b-1/k HTTP/1.1\r\nHost: x\r\n{SIGNED}Content-Length: 5000000\r\n\r\n".encode())
    connection.sendall(bytes(4_000_000))
    wait_until(lambda: len(files(server)) == 2, "the server has begun to store the upload")
    urllib.request.urlopen(f"{server.address}/_oficina/reset", data=b"").close()
    connection.sendall(bytes(1_000_000))
    assert connection.recv(65536).split(b"\r\n")[0].split()[1] in (b"404", b"409")
    connection.close()
    assert refusal(lambda: server.client("s3", ACCOUNT).head_bucket(Bucket="b-1"))[2] == 404
    wait_until(lambda: not files(server), "all bytes are gone")
    prepare(server)
    assert body_of(server) == b"old"
