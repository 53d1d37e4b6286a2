"""Jobs in real image environments, which are built once and kept in one cache (OFICINA_CACHE)."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from oficina.config import Config
from oficina.runners import process
from oficina.runners.images import Catalog, Image
from tests.runners.conftest import Job

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def cache() -> Path:
    """Where the environments of all tests are; what is there from an earlier run is used."""
    return Path(os.environ.get("OFICINA_CACHE") or ROOT / ".venvs" / "cache")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = tmp_path / "home"
    home.mkdir()
    return home


@pytest.fixture
def catalog(home: Path, cache: Path) -> Catalog:
    return Catalog(Config(home=home, cache=cache))


@pytest.fixture
def built(catalog: Catalog) -> Callable[[str], Image]:
    """The image of a URI with its environment, built when it is not in the cache yet."""
    return lambda uri: catalog.build(catalog.resolve(uri))


def variables(image: Image, catalog: Catalog, **more: str) -> dict[str, str]:
    """What the engine gives a job of an image."""
    return {
        "PATH": f"{image.path / 'bin'}:/usr/local/bin:/usr/bin:/bin",
        "PYTHONUNBUFFERED": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "OFICINA_LAYERS": str(catalog.layers().folder),
        "AWS_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        **image.environment,
        **more,
    }


@pytest.fixture
def make_job(home: Path, catalog: Catalog) -> Iterator[Callable[..., Job]]:
    """A job in an image: a command, and files by their place; it is killed when the test ends."""
    jobs: list[Job] = []

    def make(image: Image, command: list[str], env: dict[str, str] | None = None, **changes: Any) -> Job:
        files = changes.pop("files", {})
        job = Job(home / "jobs" / str(len(jobs)))
        process.Spec(
            name="job",
            arn="arn:aws:sagemaker:us-east-1:123456789012:training-job/job",
            command=command,
            home=str(home),
            env=variables(image, catalog, **(env or {})),
            layers=[process.Layer(target=str(image.path), lower=[str(image.path)])],
            writable=[str(catalog.layers().incoming)],
            readonly=[str(catalog.layers().ready)],
            files=[process.File(target=target, text=text) for target, text in files.items()],
            directories=["/opt/ml/model", "/opt/ml/output/data", *changes.pop("directories", [])],
            **changes,
        ).write(job.folder)
        jobs.append(job)
        return job

    yield make
    for job in jobs:
        process.kill(job.folder)
        job.wait()
        process.remove(job.folder)
