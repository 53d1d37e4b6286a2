"""S3 put and get of 100 MB, beside a plain loop between a socket and a file."""

from __future__ import annotations

import hashlib
import os
import socket
import statistics
import threading
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from oficina.clock import Clock
from oficina.config import Config
from oficina.engine import inputs
from oficina.store.store import Store
from tests.bench import places
from tests.bench.figures import Figure, taking_turns

PIECE = 1024 * 1024


def measure(smoke: bool) -> list[Figure]:
    """Presigned URLs over a bare socket, so that the client's own work is the same on both sides."""
    # Both above 64 MiB, from where an ETag is a fast hash (decision 0032).
    size = (80 if smoke else 100) * PIECE
    with places.home() as folder, places.oficina() as server:
        source = folder / "source"
        source.write_bytes(os.urandom(PIECE) * (size // PIECE))
        s3 = server.client("s3")
        s3.create_bucket(Bucket="bench")
        where = {"Bucket": "bench", "Key": "big"}
        put = s3.generate_presigned_url("put_object", Params=where)
        get = s3.generate_presigned_url("get_object", Params=where)
        raw = Raw(folder / "raw", size)
        taken = taking_turns(
            {
                "put": lambda: _put(put, source, size),
                "raw put": lambda: raw.put(source),
                "raw put with MD5": lambda: raw.put(source, digest=True),
                "get": lambda: _get(get, size),
                "raw get": raw.get,
            },
            3 if smoke else 25,
        )
        raw.close()
        _check(s3, source)
    linked = _linked(smoke)

    def speed(name: str) -> float:
        return size / statistics.median(taken.of(name)) / 1e6

    return [
        Figure(f"S3 put of {size // PIECE} MB", speed("put"), "MB/s"),
        Figure("S3 put, beside socket → file", 100 * taken.ratio("raw put", "put"), "%", least=70),
        Figure("S3 put, beside the same with MD5", 100 * taken.ratio("raw put with MD5", "put"), "%"),
        Figure(f"S3 get of {size // PIECE} MB", speed("get"), "MB/s"),
        Figure("S3 get, beside file → socket", 100 * taken.ratio("raw get", "get"), "%", least=70),
        *linked,
    ]


def _linked(smoke: bool) -> list[Figure]:
    """What an input of a gigabyte takes to be found and linked, as one object and as many."""
    account, found = "123456789012", []
    with places.home() as folder:
        store = Store(Config(home=folder), Clock())
        store.buckets.create(account, "bench", "us-east-1")
        for count in (1, 10) if smoke else (1, 100, 1000):
            for number in range(count):
                path = folder / "jobs" / "made"
                with path.open("wb") as file:
                    file.truncate((10 if smoke else 1000) * PIECE // count)
                store.objects.adopt(account, "bench", f"{count}/{number:04d}", path)
            taken = []
            for turn in range(5):
                begin = time.perf_counter()
                source = inputs.Source(f"s3://bench/{count}/")
                inputs.link(store, inputs.items(store, account, source), folder / "jobs" / f"{count}-{turn}")
                taken.append(time.perf_counter() - begin)
            took = statistics.median(taken) * 1000
            found.append(Figure(f"input of 1 GB in {count} objects, linked", took, "ms", most=50))
        store.close()
    return found


def _put(url: str, source: Path, size: int) -> None:
    where = urlsplit(url)
    head = (
        f"PUT {where.path}?{where.query} HTTP/1.1\r\nHost: {where.netloc}\r\n"
        f"Content-Length: {size}\r\nConnection: close\r\n\r\n"
    )
    with socket.create_connection((where.hostname or "", where.port or 0)) as sock, source.open("rb") as file:
        sock.sendall(head.encode())
        sock.sendfile(file)
        answer = sock.recv(65536)
    assert answer.startswith(b"HTTP/1.1 200"), answer


def _get(url: str, size: int) -> None:
    with urllib.request.urlopen(url) as answer:
        _drain(lambda piece: answer.readinto(piece), size)


def _drain(read_into: Callable[[memoryview], int], size: int) -> None:
    piece = memoryview(bytearray(PIECE))
    while size > 0:
        count = read_into(piece)
        assert count, "the bytes ended early"
        size -= count


def _check(s3: Any, source: Path) -> None:
    body = s3.get_object(Bucket="bench", Key="big")["Body"].read()
    assert hashlib.sha256(body).digest() == hashlib.sha256(source.read_bytes()).digest()


class Raw:
    """The least that can be done: a thread between a socket and a file that is synced."""

    def __init__(self, path: Path, size: int) -> None:
        self._path = path
        self._size = size
        self._listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._serve, daemon=True).start()

    def put(self, source: Path, digest: bool = False) -> None:
        """Sends a file and waits until it is on disk; with its MD5 taken on the way, as an ETag needs."""
        with self._connect(b"m" if digest else b"p") as sock, source.open("rb") as file:
            sock.sendfile(file)
            assert sock.recv(1) == b"k"

    def get(self) -> None:
        """Reads the file back."""
        with self._connect(b"g") as sock:
            _drain(sock.recv_into, self._size)

    def close(self) -> None:
        """Stops listening."""
        self._listener.close()

    def _connect(self, what: bytes) -> socket.socket:
        sock = socket.create_connection(self._listener.getsockname()[:2])
        sock.sendall(what)
        return sock

    def _serve(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            with sock:
                what = sock.recv(1)
                self._read(sock) if what == b"g" else self._write(sock, digest=what == b"m")

    def _write(self, sock: socket.socket, digest: bool) -> None:
        md5 = hashlib.md5()
        fresh = self._path.with_suffix(".new")
        piece, left = memoryview(bytearray(PIECE)), self._size
        with fresh.open("wb", buffering=0) as file:
            while left > 0:
                count = sock.recv_into(piece)
                file.write(piece[:count])
                if digest:
                    md5.update(piece[:count])
                left -= count
            os.fsync(file.fileno())
        fresh.rename(self._path)
        sock.sendall(b"k")

    def _read(self, sock: socket.socket) -> None:
        with self._path.open("rb") as file:
            sock.sendfile(file)
