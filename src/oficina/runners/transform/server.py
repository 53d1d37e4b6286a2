"""The model server of a transform job: started, waited for, asked, and ended."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import threading
import time
from typing import Any

HEALTHY_SECONDS = 240
"""How long a server may take until its first good ping (contracts, aws-contracts D.6)."""


class ModelFailed(Exception):
    """The model server does not come up, or refuses a request; the sentence says why."""


class ModelServer:
    """A process that answers on a port of this machine."""

    def __init__(self, command: list[str], port: int) -> None:
        self.port = port
        self.process = subprocess.Popen(command, start_new_session=True)
        self._local = threading.local()

    def wait(self) -> None:
        """Until it is healthy. Raises ModelFailed."""
        deadline = time.monotonic() + HEALTHY_SECONDS
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise ModelFailed(f"The model server ended with exit code {self.process.returncode}.")
            try:
                if self._ask("GET", "/ping", b"", {}, 2)[0] == 200:
                    return
            except OSError:
                pass
            time.sleep(0.02)
        raise ModelFailed(
            f"The model server did not pass the ping health check in {HEALTHY_SECONDS} seconds."
        )

    def parameters(self) -> dict[str, Any]:
        """What ``/execution-parameters`` tells; nothing where the server has none."""
        try:
            status, body = self._ask("GET", "/execution-parameters", b"", {}, 10)
            found = json.loads(body) if status == 200 else {}
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def invoke(self, body: bytes, headers: dict[str, str], seconds: float, retries: int) -> bytes:
        """The prediction. Raises ModelFailed."""
        for attempt in range(retries + 1):
            try:
                status, answer = self._ask("POST", "/invocations", body, headers, seconds)
            except OSError as error:
                if attempt == retries:
                    raise ModelFailed(f"The model server did not answer: {error}") from error
                continue
            if status < 300:
                return answer
            if status < 500 or attempt == retries:
                text = answer.decode("utf-8", "replace").strip()
                raise ModelFailed(f"Bad HTTP status returned from invoke: {status}; {text[:500]}")
        raise ModelFailed("The model server did not answer.")

    def _ask(
        self, method: str, path: str, body: bytes, headers: dict[str, str], seconds: float
    ) -> tuple[int, bytes]:
        connection = getattr(self._local, "connection", None)
        if connection is None:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=seconds)
            self._local.connection = connection
        try:
            connection.request(method, path, body or None, headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            self._local.connection = None
            raise OSError(str(error) or type(error).__name__) from error

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
