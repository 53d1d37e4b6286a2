"""A job's folder, a served model, and data: what the tests of the image work with."""

import contextlib
import http.client
import io
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from xgboost_image import train as train_command

PATIENCE = 600
"""Seconds after which a test gives up on what must come: a net for hangs, which measures nothing."""

Files = dict[str, bytes | str]

IMAGE = Path(__file__).parents[1]
SOURCES = os.pathsep.join([str(IMAGE / "src"), str(IMAGE.parent / "toolkit" / "src")])


@dataclass(frozen=True)
class Outcome:
    """How a training job ended."""

    code: int
    log: str
    failure: str
    root: Path

    @property
    def model(self) -> Path:
        return self.root / "model" / "xgboost-model"

    def metrics(self, name: str) -> list[float]:
        """The values that a metric had in the log, round by round."""
        parts = [part for line in self.log.splitlines() for part in line.split("\t")[1:]]
        return [float(part.partition(":")[2]) for part in parts if part.startswith(f"{name}:")]


class Workbench:
    """Makes a job's `/opt/ml` in a folder and runs the image's commands on it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for folder in ("model", "output/data", "input/data"):
            (root / folder).mkdir(parents=True)
        # Where this is not a real job, no name but this one is sure to resolve.
        self.configure("resourceconfig", {"current_host": "localhost", "hosts": ["localhost"]})

    def configure(self, name: str, value: Any) -> None:
        """Write one of the files in `input/config`."""
        path = self.root / "input" / "config" / f"{name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(value))

    def channel(self, name: str, files: Files, content_type: str | None, mode: str) -> None:
        """Fill a channel and declare it."""
        for file, content in files.items():
            path = self.root / "input" / "data" / name / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        known = self.root / "input" / "config" / "inputdataconfig.json"
        channels = json.loads(known.read_text()) if known.exists() else {}
        channels[name] = {"TrainingInputMode": mode, "S3DistributionType": "FullyReplicated"}
        if content_type:
            channels[name]["ContentType"] = content_type
        self.configure("inputdataconfig", channels)

    def environment(self, **more: str) -> dict[str, str]:
        """The variables of a process of the image."""
        return {**os.environ, "PYTHONPATH": SOURCES, "SAGEMAKER_BASE_DIR": str(self.root), **more}

    def start(self, module: str = "train", **more: str) -> "subprocess.Popen[str]":
        """Start one of the image's commands."""
        return subprocess.Popen(
            [sys.executable, "-m", f"xgboost_image.{module}"],
            env=self.environment(**more),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def outcome(self, process: "subprocess.Popen[str]") -> Outcome:
        """Wait for a training job to end."""
        log, _ = process.communicate(timeout=PATIENCE)
        failure = self.root / "output" / "failure"
        text = failure.read_text() if failure.exists() else ""
        return Outcome(process.returncode, log, text, self.root)

    def train(
        self,
        hyperparameters: dict[str, str],
        train: Files,
        validation: Files | None = None,
        content_type: str | None = "text/csv",
        mode: str = "File",
    ) -> Outcome:
        """Run a training job to its end."""
        self.configure("hyperparameters", hyperparameters)
        self.channel("train", train, content_type, mode)
        if validation is not None:
            self.channel("validation", validation, content_type, mode)
        return self.outcome(self.start())

    def train_here(
        self, hyperparameters: dict[str, str], train: Files, content_type: str | None, mode: str = "File"
    ) -> Outcome:
        """Run a training job in this process, which is quick: for what is tried in many forms."""
        self.configure("hyperparameters", hyperparameters)
        self.channel("train", train, content_type, mode)
        before = signal.getsignal(signal.SIGTERM)
        try:
            with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(io.StringIO()) as log:
                patch.setenv("SAGEMAKER_BASE_DIR", str(self.root))
                code = train_command.main()
        finally:
            signal.signal(signal.SIGTERM, before)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
        failure = self.root / "output" / "failure"
        return Outcome(code, log.getvalue(), failure.read_text() if failure.exists() else "", self.root)


class Endpoint:
    """A served model and one connection to it."""

    def __init__(self, workbench: Workbench, variables: dict[str, str]) -> None:
        with socket.socket() as place:
            # Bound without listening, it keeps the port from all who do not ask for it.
            place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            place.bind(("127.0.0.1", 0))
            self.port = place.getsockname()[1]
            self.process = workbench.start(
                "serve",
                SAGEMAKER_BIND_TO_PORT=str(self.port),
                SAGEMAKER_BIND_TO_HOST="127.0.0.1",
                SAGEMAKER_MODEL_SERVER_WORKERS="1",
                **variables,
            )
            self.log = ""
            self._reader = threading.Thread(target=self._read, daemon=True)
            self._reader.start()
            self._wait()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.log += line

    def _wait(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                self.get("/ping")
                return
            except OSError as error:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise AssertionError(f"the server did not answer:\n{self.log}") from error
                time.sleep(0.05)

    def _call(
        self, method: str, path: str, body: bytes | None, headers: dict[str, str]
    ) -> tuple[int, bytes, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            return response.status, response.read(), response.headers.get("Content-Type", "")
        finally:
            connection.close()

    def get(self, path: str) -> tuple[int, bytes, str]:
        """Status, body and content type of a GET."""
        return self._call("GET", path, None, {})

    def invoke(
        self, body: bytes | str, content_type: str | None = "text/csv", accept: str | None = None
    ) -> tuple[int, bytes, str]:
        """Status, body and content type of an invocation."""
        headers = {
            **({"Content-Type": content_type} if content_type else {}),
            **({"Accept": accept} if accept else {}),
        }
        return self._call("POST", "/invocations", body.encode() if isinstance(body, str) else body, headers)

    def stop(self) -> int:
        """End the server as SageMaker does; its exit code."""
        self.process.terminate()
        code = self.process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        if self.process.stdout:
            self.process.stdout.close()
        return code


@dataclass(frozen=True)
class Bank:
    """The Bank Marketing data as the algorithm takes it: labels first, 70/20/10."""

    train: pd.DataFrame
    validation: pd.DataFrame
    test: pd.DataFrame

    @staticmethod
    def csv(frame: pd.DataFrame) -> str:
        text: str = frame.to_csv(header=False, index=False)
        return text


def dataset() -> Path:
    """The file named by OFICINA_DATASET, or the one in a `shared/data` beside this repository."""
    name = "shared/data/bank-additional-full.csv"
    found = [Path(os.environ[key]) for key in ("OFICINA_DATASET",) if key in os.environ]
    found += [parent / name for parent in IMAGE.parents if (parent / name).exists()]
    if not found:
        raise FileNotFoundError("Name the Bank Marketing file (bank-additional-full.csv) in OFICINA_DATASET.")
    return found[0]


@dataclass(frozen=True)
class Toy:
    """A few hundred rows that any objective learns from: four features, one of them sometimes missing."""

    features: Any
    labels: Any

    def csv(self, *columns: Any) -> str:
        rows = np.column_stack([self.labels, *columns, self.features])
        return "".join(",".join("" if np.isnan(cell) else f"{cell:g}" for cell in row) + "\n" for row in rows)

    def libsvm(self) -> str:
        lines = []
        for label, row in zip(self.labels, self.features, strict=True):
            cells = [f"{index}:{cell:g}" for index, cell in enumerate(row) if not np.isnan(cell)]
            lines.append(" ".join([f"{label:g}", *cells]))
        return "\n".join(lines) + "\n"


def toy(classes: int = 2, rows: int = 400) -> Toy:
    """Toy data whose label is a number of classes; 0 for a regression."""
    generator = np.random.default_rng(7)
    features = generator.random((rows, 4)).round(3)
    noisy = features[:, 0] + 0.3 * features[:, 1] + 0.05 * generator.standard_normal(rows)
    labels = np.clip((noisy / 1.3 * classes).astype(int), 0, classes - 1) if classes else np.abs(noisy) + 0.1
    features[::11, 2] = np.nan
    return Toy(features, labels)
