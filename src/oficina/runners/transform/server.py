"""The model server of a transform job: started, waited for, asked, and ended."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from typing import Any, BinaryIO, Union

from . import listening
from .patience import PatientFile

HEALTHY_SECONDS = 480
"""How long a server may take until its first good ping, as behind an endpoint."""
PATIENCE_SECONDS = 1.0
"""How long a program may take to listen where it was told before it is looked for elsewhere."""
PIECE = 1 << 18
"""How many bytes of a body of any length go at once."""

Opener = Callable[[], BinaryIO]
Body = Union[bytes, Opener]  # noqa: UP007  # an alias is evaluated, and Python 3.9 knows no other way
"""The bytes, or what opens a file that is sent in chunks because nobody knows its length."""


LOST = (ConnectionError, socket.timeout, http.client.HTTPException)
"""What becomes of a connection; a file that cannot be read or written is another matter."""


class ModelFailed(Exception):
    """The model server refuses a request; the sentence says why."""

    def __init__(self, sentence: str, status: int = 0) -> None:
        super().__init__(sentence)
        self.status = status


class ServerGone(Exception):
    """There is no model server, or none any more; the sentence says why."""


class ModelServer:
    """A process that answers on a port of this machine."""

    def __init__(self, command: list[str], port: int) -> None:
        self.port = port
        self.process = subprocess.Popen(command, start_new_session=True)
        self._local = threading.local()
        self._looking = threading.Lock()

    def wait(self) -> None:
        """Until it is healthy. Raises ServerGone."""
        begun = time.monotonic()
        while time.monotonic() - begun < HEALTHY_SECONDS:
            self.look()
            if self._pings(self.port):
                return
            if time.monotonic() - begun > PATIENCE_SECONDS:
                elsewhere = listening.ports(self.process.pid) - {self.port}
                self.port = next((port for port in elsewhere if self._pings(port)), self.port)
            time.sleep(0.01)
        raise ServerGone(f"The model server did not pass the ping health check in {HEALTHY_SECONDS} seconds.")

    def _pings(self, port: int) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
        try:
            connection.request("GET", "/ping")
            return connection.getresponse().status == 200
        except LOST:
            return False
        finally:
            connection.close()

    def look(self) -> None:
        """Raises ServerGone when the process has ended."""
        with self._looking:
            code = self.process.poll()
        if code is not None:
            how = f"exit code {code}" if code >= 0 else f"signal {-code}"
            raise ServerGone(f"The model server ended with {how}.")

    def parameters(self) -> dict[str, Any]:
        """What ``/execution-parameters`` tells; nothing where the server has none."""
        try:
            status, body = self._ask("GET", "/execution-parameters", b"", {}, 10)
            found = json.loads(body) if status == 200 else {}
        except (*LOST, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def invoke(
        self,
        body: Body,
        headers: dict[str, str],
        seconds: float,
        retries: int,
        keep: Callable[[], PatientFile] | None = None,
    ) -> bytes:
        """The prediction; it goes to the file that ``keep`` opens, where that is given.

        Raises ModelFailed, ServerGone.
        """
        for attempt in range(retries + 1):
            try:
                status, answer = self._ask("POST", "/invocations", body, headers, seconds, keep)
            except LOST as error:
                self._after(error, attempt, retries)
                continue
            if status < 300:
                return answer
            if status < 500 or attempt == retries:
                text = answer.decode("utf-8", "replace").strip()
                raise ModelFailed(f"Bad HTTP status returned from invoke: {status}; {text[:500]}", status)
        raise ModelFailed("The model server did not answer.")

    def _after(self, error: Exception, attempt: int, retries: int) -> None:
        """Gives a server that may be coming up again, or down, the time to show it."""
        time.sleep(0.1 * 4 ** min(attempt, 2))
        self.look()
        if attempt == retries:
            raise ModelFailed(f"The model server did not answer: {error or type(error).__name__}") from error

    def _ask(
        self,
        method: str,
        path: str,
        body: Body,
        headers: dict[str, str],
        seconds: float,
        keep: Callable[[], PatientFile] | None = None,
    ) -> tuple[int, bytes]:
        """Status and answer. Raises what is in LOST, and what reading and writing files raises."""
        connection = self._connection(seconds)
        try:
            try:
                _send(connection, method, path, body, headers)
            except (BrokenPipeError, ConnectionResetError):
                if connection.sock is None:
                    raise
                # A server may answer before it has read all, and read no more.
            _hurry(connection)
            return _take(connection.getresponse(), keep)
        except BaseException:
            connection.close()
            self._local.connection = None
            raise

    def _connection(self, seconds: float) -> http.client.HTTPConnection:
        """This thread's connection, with as much patience as this request has."""
        found: http.client.HTTPConnection | None = getattr(self._local, "connection", None)
        if found is None:
            found = http.client.HTTPConnection("127.0.0.1", self.port, blocksize=PIECE)
            self._local.connection = found
        found.timeout = seconds
        if found.sock is not None:
            found.sock.settimeout(seconds)
        return found

    def close(self) -> None:
        """Ends the process with all its children."""
        for number, seconds in ((signal.SIGTERM, 5), (signal.SIGKILL, 5)):
            try:
                os.killpg(self.process.pid, number)
                self.process.wait(seconds)
                return
            except ProcessLookupError:
                return
            except subprocess.TimeoutExpired:
                continue


def _hurry(connection: http.client.HTTPConnection) -> None:
    """Acknowledges the head of the answer at once.

    Plain servers send head and body apart, and wait with the second for the first to be acknowledged, which
    takes 40 ms otherwise: more than most predictions.
    """
    if connection.sock is not None:
        connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)


def _send(
    connection: http.client.HTTPConnection, method: str, path: str, body: Body, headers: dict[str, str]
) -> None:
    if not callable(body):
        connection.request(method, path, body or None, headers)
        return
    with body() as file:
        chunked = {**headers, "Transfer-Encoding": "chunked"}
        connection.request(method, path, file, chunked, encode_chunked=True)


def _take(answer: http.client.HTTPResponse, keep: Callable[[], PatientFile] | None) -> tuple[int, bytes]:
    if keep is None or answer.status >= 300:
        return answer.status, answer.read()
    with keep() as file:
        while piece := answer.read(PIECE):
            file.write(piece)
    return answer.status, b""
