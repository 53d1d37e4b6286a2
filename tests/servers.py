"""Real servers in processes of their own, and programs in their environment."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import EndpointConnectionError, HTTPClientError

from oficina.commands import env
from oficina.runners import process as runner
from tests.waiting import PATIENCE, PROGRAM

ROOT = Path(__file__).parents[1]
CLIENTS = ROOT / ".venvs"
"""The environments of unmodified clients, made by ``make test``; oficina is in none of them."""

OFICINA = (sys.executable, "-m", "oficina")


DROPPED = ("PYTHONPATH", "PYTHONDONTWRITEBYTECODE")
"""Without compiled files a server takes twice as long to start; no user has it so."""


def surroundings(**more: str) -> dict[str, str]:
    """This process's environment without settings of AWS and of oficina, but with the shared cache."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AWS_", "OFICINA_", "PYTEST_")) and name not in DROPPED
    }
    cache = os.environ.get("OFICINA_CACHE", str(CLIENTS / "cache"))
    return {**kept, "OFICINA_CACHE": cache, **more}


@contextmanager
def dying() -> Iterator[None]:
    """Asks a server that kills itself at what it is asked for: it may be gone before it answers."""
    with suppress(HTTPClientError, EndpointConnectionError):
        yield


@dataclass(slots=True)
class Server:
    """A server process; every answer of it is checked against AWS's shapes."""

    home: Path
    process: subprocess.Popen[str]
    address: str

    @classmethod
    def start(cls, home: Path, *words: str, **settings: str) -> Server:
        """Starts ``oficina up`` on a free port and waits until it listens."""
        process = subprocess.Popen(
            [*OFICINA, "up", "--port", "0", "--quiet", "--home", str(home), *words],
            stdout=subprocess.PIPE,
            text=True,
            env=surroundings(**{"OFICINA_STRICT": "1", **settings}),
        )
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        assert address, f"the server did not start: exit code {process.wait()}"
        return cls(home, process, address)

    @property
    def keys(self) -> tuple[str, str]:
        """The access key and the secret of the home."""
        said: dict[str, str] = json.loads((self.home / "keys.json").read_bytes())
        return said["access_key"], said["secret"]

    def client(
        self, service: str, account: str | None = None, region: str = "us-east-1", **config: Any
    ) -> Any:
        """A boto3 client with the home's key; or, on an open server, of an account."""
        key, secret = (account, "x") if account else self.keys
        make: Any = boto3.client
        return make(
            service,
            region_name=region,
            endpoint_url=self.address,
            aws_access_key_id=key,
            aws_secret_access_key=secret,
            config=Config(**{"retries": {"total_max_attempts": 1}, "read_timeout": PATIENCE, **config}),
        )

    def environment(self, account: str | None = None) -> dict[str, str]:
        """What ``eval "$(oficina env)"`` makes of the surroundings."""
        key, secret = (account, "x") if account else self.keys
        around = surroundings()
        return env.apply(env.variables(self.address, "us-east-1", key, secret, around), around)

    def kill(self) -> None:
        """Ends the process as a crash would."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        """Ends the process as a person would."""
        self.process.terminate()
        self.ended()

    def ended(self) -> int:
        """The exit code of a process that ends by itself or was told to."""
        return self.process.wait(timeout=PATIENCE)

    def sweep(self) -> None:
        """Ends the processes of models and of MLflow, which outlive their server."""
        models = (self.home / "endpoints").glob("*/*/*/spec.json")
        for spec in [*models, *(self.home / "mlflow").glob("*/process/spec.json")]:
            if runner.alive(spec.parent):
                runner.kill(spec.parent)


def run_client(name: str, program: Sequence[str] | Path, environment: Mapping[str, str]) -> str:
    """What a client's Python prints when it runs a script (or the words after ``python``).

    ``name`` is that of a file in ``requirements/``, such as ``client-v3``.
    """
    return run_python(CLIENTS / name / "bin" / "python", program, environment)


def run_python(python: Path, program: Sequence[str] | Path, environment: Mapping[str, str]) -> str:
    """What a Python prints when it runs a script (or the words after ``python``) with its programs."""
    words = [str(program)] if isinstance(program, Path) else list(program)
    ended = subprocess.run(
        [str(python), *words],
        env={**environment, "PATH": f"{python.parent}:{environment['PATH']}"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PROGRAM,
        check=False,
    )
    assert ended.returncode == 0, f"{python} failed:\n{ended.stdout[-4000:]}\n{ended.stderr[-8000:]}"
    return ended.stdout
