"""The server under the soak: begun, killed, begun again on the same port, and clients that ask again."""

from __future__ import annotations

import os
import random
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from botocore.exceptions import ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NoConnection

from tests.servers import Server

ACCOUNT = "444455556666"
PATIENCE = 120.0
"""Seconds for which a client asks again before that counts as a flaw."""

T = TypeVar("T")


class Plant:
    """One home, and the servers that follow each other on it."""

    def __init__(self, home: Path, *words: str) -> None:
        self.home, self.words = home, words
        self.port = _free_port()
        self.flaws: list[str] = []
        self.deaths = 0
        self._lock = threading.Lock()
        self.server = self._begin()

    def _begin(self) -> Server:
        began = time.monotonic()
        server = Server.start(self.home, "--open", "--port", str(self.port), *self.words)
        if time.monotonic() - began > 20:
            self.flaw(f"a server took {time.monotonic() - began:.0f} s to start")
        return server

    def flaw(self, sentence: str) -> None:
        """Notes what should not be, and says so at once."""
        with self._lock:
            self.flaws.append(sentence)
        print(f"FLAW: {sentence}", flush=True)

    def die(self) -> None:
        """Kills the server and begins another."""
        self.server.kill()
        self.deaths += 1
        self.server = self._begin()

    def client(self, service: str) -> Any:
        """A client that outlives the servers."""
        return self.server.client(service, ACCOUNT, read_timeout=60, connect_timeout=5)

    def ask(self, call: Callable[..., T], **request: Any) -> T:
        """An answer, asked for again while no server is there. Raises ClientError for a refusal.

        A request that is asked again may have been done: callers give tokens, or bear to be told so.
        """
        end = time.monotonic() + PATIENCE
        while True:
            try:
                return call(**request)
            except (NoConnection, HTTPClientError, OSError) as error:
                if time.monotonic() > end:
                    self.flaw(f"no answer to {call.__name__} in {PATIENCE:g} s: {error}")
                    raise
                time.sleep(0.05)
            except ClientError as error:
                if int(error.response["ResponseMetadata"]["HTTPStatusCode"]) < 500:
                    raise
                self.flaw(f"{call.__name__}: {error}")
                if time.monotonic() > end:
                    raise
                time.sleep(0.5)

    def made(self, call: Callable[..., Any], **request: Any) -> None:
        """Makes something that has a name; that it is there already is as good."""
        try:
            self.ask(call, **request)
        except ClientError as error:
            if "already" not in str(error) and "exist" not in str(error) and "in use" not in str(error):
                raise

    def supervisors(self, below: str) -> list[int]:
        """The processes that stand over user code in a folder of the home."""
        found = []
        for pattern in ("*", "*/process", "*/*/*"):
            for path in list((self.home / below).glob(f"{pattern}/supervisor.pid")):
                words = _read(path).split()
                if words and _is_ours(int(words[0]), self.home):
                    found.append(int(words[0]))
        return sorted(found)


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except FileNotFoundError:
        return ""


def _is_ours(pid: int, home: Path) -> bool:
    try:
        return str(home).encode() in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def processes(home: Path) -> dict[int, str]:
    """Every process whose command, or environment, names the home."""
    found, mark = {}, str(home).encode()
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_bytes()
            if mark in words or mark in (entry / "environ").read_bytes():
                found[int(entry.name)] = words.replace(b"\0", b" ").decode(errors="replace")[:200]
        except OSError:
            continue
    found.pop(os.getpid(), None)
    return found


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def dice(seed: int, *names: object) -> random.Random:
    """Chance that is the same for the same seed and names."""
    return random.Random("/".join(map(str, (seed, *names))))
