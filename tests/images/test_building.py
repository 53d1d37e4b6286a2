"""Environments: built once, whole or not at all, whoever builds and whoever is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from oficina.config import Config
from oficina.runners.images import Catalog, Image, ImageNotBuilt
from tests.package_index import index
from tests.runners.conftest import Job

BUILD = """
import sys
from pathlib import Path
from oficina.config import Config
from oficina.runners.images import Catalog
catalog = Catalog(Config(home=Path(sys.argv[1])))
catalog.build(catalog.resolve("mine"), lambda line: print(line, flush=True))
"""


@pytest.fixture
def own(tmp_path: Path) -> Catalog:
    """A home with nothing built, and one small image of the user's own."""
    catalog = Catalog(Config(home=tmp_path / "own"))
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("tabulate==0.9.0\n")
    catalog.registry.add("mine", requirements)
    return catalog


def builder(catalog: Catalog) -> subprocess.Popen[str]:
    """Another process that builds the image."""
    command = [sys.executable, "-c", BUILD, str(catalog.config.home)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)


def works(image: Image) -> bool:
    program = "import tabulate, pip; print(tabulate.__version__)"
    answer = subprocess.run(
        [image.path / "bin" / "python", "-I", "-c", program], capture_output=True, text=True, check=True
    )
    return answer.stdout == "0.9.0\n"


def test_two_builders_at_once_build_once(own: Catalog) -> None:
    outputs = [process.communicate()[0] for process in [builder(own), builder(own)]]

    assert sum("Built the image mine" in output for output in outputs) == 1
    assert works(own.resolve("mine"))


@pytest.mark.parametrize("line", ["Building the image", "Creating virtual environment", "Installed"])
def test_a_killed_builder_leaves_nothing_that_counts(line: str, own: Catalog) -> None:
    image = own.resolve("mine")
    process = builder(own)
    assert process.stdout is not None
    for told in process.stdout:
        if line in told:
            break
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    assert not image.ready

    own.build(image)
    assert works(image)


def test_what_was_built_is_not_built_again(own: Catalog) -> None:
    image = own.build(own.resolve("mine"))
    lines: list[str] = []
    own.build(own.resolve("mine"), lines.append)
    assert lines == []
    assert image.ready


def test_an_index_that_fails_for_a_moment_fails_no_build(
    own: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    requirements = tmp_path / "small.txt"
    requirements.write_text("small==1.0\n")
    own.registry.add("mine", requirements)

    with index("503", "half") as address:
        monkeypatch.setenv("UV_INDEX", address)
        image = own.build(own.resolve("mine"))

    assert list(image.path.glob("lib/python*/site-packages/small.py"))


def test_an_image_that_cannot_be_built_says_why_and_what_to_type(own: Catalog, tmp_path: Path) -> None:
    requirements = tmp_path / "wrong.txt"
    requirements.write_text("tabulate==99.9\n")
    own.registry.add("wrong", requirements)

    with pytest.raises(ImageNotBuilt) as caught:
        own.build(own.resolve("wrong:1"))
    assert "there is no version of tabulate==99.9" in str(caught.value)
    assert "oficina image build wrong:1" in str(caught.value)


def test_an_image_of_the_users_own_runs_its_entry_point(
    catalog: Catalog, make_job: Callable[..., Job], tmp_path: Path
) -> None:
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("tabulate\n")
    catalog.registry.add("mine", requirements, ("tabulate", "--help"))
    image = catalog.build(catalog.resolve("123456789012.dkr.ecr.us-east-1.amazonaws.com/mine:5"))

    job = make_job(image, list(image.process))
    assert job.run().hosts["algo-1"].exit_code == 0
    assert "Pretty-print tabular data." in job.log()


def test_train_and_serve_are_programs_as_in_a_container(
    built: Callable[[str], Image], make_job: Callable[..., Job]
) -> None:
    image = built("sagemaker-base-python:1.0")
    job = make_job(image, ["train"])

    assert job.run().hosts["algo-1"].exit_code == 2
    assert (image.path / "bin" / "serve").is_file()
    assert job.log()[-1].startswith("This image has no script mode: add sagemaker-training")
