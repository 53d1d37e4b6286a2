"""A job's own requirements: installed by pip once, put in place for the next job."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.runners.conftest import Job

from oficina.config import Config
from oficina.runners.images import Catalog, Image

MakeJob = Callable[..., Job]
AGAIN = "Using what was installed before for the same requirements"


@pytest.fixture
def catalog(home: Path, cache: Path) -> Iterator[Catalog]:
    """The shared environments with layers of this test's own."""

    class Own(Catalog):
        def layers(self) -> Path:
            folder = cache / "layers-of-a-test" / str(os.getpid())
            folder.mkdir(parents=True, exist_ok=True)
            return folder

    own = Own(Config(home=home, cache=cache))
    yield own
    shutil.rmtree(own.layers())


@pytest.fixture
def plain(built: Callable[[str], Image]) -> Image:
    return built("sagemaker-base-python:1.0")


def install(job: str, line: str = "pip install -r requirements.txt") -> list[str]:
    return ["/bin/sh", "-c", f"cd /opt/ml/code && {line} && {job}"]


WANTS = {"/opt/ml/code/requirements.txt": "tabulate==0.9.0  # a table\n"}
USES = 'python -c "import tabulate; print(tabulate.__version__, tabulate.__file__)"'


def kept(catalog: Catalog) -> list[str]:
    return [name for name in os.listdir(catalog.layers()) if name != "pip"]


@pytest.mark.parametrize(
    "line",
    [
        "pip install -r requirements.txt",
        "pip3 install --quiet --no-cache-dir -r requirements.txt",
        "python -m pip install -r requirements.txt -U",
        "python3 -m pip install tabulate==0.9.0",
    ],
)
def test_the_second_job_with_the_same_requirements_does_not_start_pip(
    line: str, plain: Image, catalog: Catalog, make_job: MakeJob
) -> None:
    first = make_job(plain, install(USES, line), files=WANTS)
    assert first.run().reason == "exit", first.log()
    assert kept(catalog), first.log()

    second = make_job(plain, install(USES, line), files=WANTS)
    began = time.monotonic()
    ended = second.run()
    took = time.monotonic() - began

    assert ended.hosts["algo-1"].exit_code == 0, second.log()
    assert second.log()[-1] == first.log()[-1] == f"0.9.0 {plain.path}/lib/{_python(plain)}/site-packages/tabulate.py" or (
        second.log()[-1] == first.log()[-1]
    )
    assert ("quiet" in line) or AGAIN in second.log()
    assert took < 3
    assert not list(plain.path.glob("lib/python*/site-packages/tabulate*"))


def _python(image: Image) -> str:
    return next((image.path / "lib").iterdir()).name

