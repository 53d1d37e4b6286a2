"""Real jobs for the tests of the process runner."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from oficina.runners import process
from tests.waiting import wait_until

PYTHON = os.path.realpath(sys.executable)
PATH = "/usr/local/bin:/usr/bin:/bin"


@dataclass(frozen=True)
class Job:
    """A job's folder, seen by a test."""

    folder: Path

    def launch(self) -> Job:
        process.launch(self.folder)
        return self

    def wait(self) -> process.Exit:
        return process.wait(self.folder)

    def run(self) -> process.Exit:
        return self.launch().wait()

    def path(self, relative: str, host: str = "algo-1") -> Path:
        """The place on this machine of a path below /opt/ml."""
        return self.folder / "hosts" / host / "opt-ml" / relative

    def log(self, host: str = "algo-1") -> list[str]:
        """What the job printed, without times."""
        text = (self.folder / "hosts" / host / "log").read_text(encoding="utf-8")
        return [line.partition(" ")[2] for line in text.split("\n")[:-1]]

    def says(self, line: str, host: str = "algo-1") -> Job:
        """Wait until the job has printed a line."""
        path = self.folder / "hosts" / host / "log"
        wait_until(lambda: path.exists() and line in self.log(host), f"the job should print {line!r}")
        return self

    def go(self, host: str = "algo-1") -> None:
        """Make the file ``output/data/go`` that the job waits for, as soon as there is a place for it."""
        place = self.path("output/data", host)
        wait_until(place.is_dir, "the job has no place for a file")
        (place / "go").touch()

    def pid(self) -> int:
        """The supervisor's process id."""
        return int((self.folder / "supervisor.pid").read_text().split()[0])

    def notes(self) -> dict[str, str]:
        return process.notes(self.folder)

    def usage(self) -> list[dict[str, Any]]:
        path = self.folder / "usage.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


MakeJob = Callable[..., Job]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An oficina home; here below /tmp, the place where it is hardest to hide and to keep what is needed."""
    home = tmp_path / "home"
    home.mkdir()
    return home


@pytest.fixture
def make_job(home: Path) -> Iterator[MakeJob]:
    """Write a job's spec, a shell script unless told otherwise; it is killed when the test ends."""
    jobs: list[Job] = []

    def make(script: str = ":", **changes: Any) -> Job:
        spec = process.Spec(
            name="job",
            arn="arn:aws:sagemaker:us-east-1:123456789012:training-job/job",
            command=["/bin/sh", "-c", script],
            home=str(home),
            env={"PATH": PATH, "PYTHON": PYTHON},
            directories=["/opt/ml/model", "/opt/ml/output/data"],
            outputs=[process.Output(source="/opt/ml/model", name="model.tar.gz")],
            readonly=[sys.base_prefix],
        )
        job = Job(home / "jobs" / str(len(jobs)))
        replace(spec, **changes).write(job.folder)
        jobs.append(job)
        return job

    yield make
    for job in jobs:
        process.kill(job.folder)
        job.wait()
        process.remove(job.folder)
        assert not job.folder.exists()


@pytest.fixture
def blobs(home: Path) -> Callable[..., str]:
    """Make a folder of hard links to read-only blobs, as the object store does for an input."""

    def make(**contents: str) -> str:
        links = home / "links" / str(len(os.listdir(home)))
        for place, (name, text) in enumerate(contents.items()):
            blob = home / "blobs" / f"{links.name}-{place}"
            blob.parent.mkdir(exist_ok=True)
            blob.write_text(text)
            blob.chmod(0o444)
            links.mkdir(parents=True, exist_ok=True)
            os.link(blob, links / name)
        return str(links)

    return make
