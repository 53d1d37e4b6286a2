"""Hosts that are prepared before their job is known."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from oficina.runners import process
from tests.runners.conftest import PATH, PYTHON, Job, MakeJob
from tests.waiting import wait_until

SHIM = str(Path(process.__file__).parents[2] / "shim")
LOOK = "import sys; print('decimal' in sys.modules, sys.argv, open('/opt/ml/input/data/train/a').read())"


@pytest.fixture
def prepared(home: Path) -> Iterator[Path]:
    """Prepared hosts, with a Python that waits in them."""
    folder = home / "pool" / "standby"
    waits = process.Waits(shim=SHIM, door="/var/tmp/.oficina-warm", imports=["decimal"], drivers=[])
    spec = process.Spec(
        name="pool",
        arn="pool",
        command=[PYTHON, "-m", "oficina_warm"],
        home=str(home),
        env={"PATH": PATH, "PYTHONPATH": SHIM},
        readonly=[sys.base_prefix, SHIM],
        waits=waits,
    )
    process.prepare(folder, spec)
    wait_until(lambda: process.ready(folder), "the hosts are prepared")
    yield folder
    process.discard(folder)


def take(prepared: Path, make_job: MakeJob, *command: str, **changes: object) -> Job:
    """A job that begins in prepared hosts."""
    job = make_job(command=list(command), env={"PATH": PATH, "PYTHONPATH": SHIM}, **changes)
    spec = process.Spec.from_json((job.folder / "spec.json").read_text())
    process.remove(job.folder)
    prepared.rename(job.folder)
    inside = replace(
        spec, inputs=[replace(entry, lower=move(entry.lower, job.folder)) for entry in spec.inputs]
    )
    inside.write(job.folder)
    assert process.order(job.folder)
    return job


def move(lower: str, folder: Path) -> str:
    """Puts a folder of links into the job's, where the server makes it."""
    target = folder / "inputs" / Path(lower).name
    target.parent.mkdir(exist_ok=True)
    Path(lower).rename(target)
    return str(target)


def test_a_job_begins_in_them(prepared: Path, make_job: MakeJob, blobs: Callable[..., str]) -> None:
    train = process.Input(target="/opt/ml/input/data/train", lower=blobs(a="data"))

    job = take(prepared, make_job, PYTHON, "-c", LOOK, "word", inputs=[train])

    assert job.wait().succeeded
    assert job.log() == ["True ['-c', 'word'] data"]
    assert not process.waits(job.folder)


def test_any_other_program_starts_in_them(
    prepared: Path, make_job: MakeJob, blobs: Callable[..., str]
) -> None:
    train = process.Input(target="/opt/ml/input/data/train", lower=blobs(a="data"))

    job = take(prepared, make_job, "/bin/cat", "/opt/ml/input/data/train/a", inputs=[train])

    assert job.wait().succeeded
    assert job.log() == ["data"]


def test_they_end_when_they_are_discarded(prepared: Path) -> None:
    process.discard(prepared)

    assert not prepared.exists()
    assert not process.ready(prepared)
    assert not process.order(prepared)
