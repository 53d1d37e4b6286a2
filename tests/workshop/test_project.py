"""The learner's project: its own tests pass, and its data set is the right one or says that it is not."""

from __future__ import annotations

import io
import subprocess
import zipfile
from pathlib import Path

import pytest

from tests.package_index import serving
from tests.workshop.conftest import LEARNER, WORKSHOP, learner_surroundings

NOWHERE = "http://127.0.0.1:9/bank.zip"


def learner(program: str, *words: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """A program in the learner's environment, with the project on its path."""
    kept = {name: value for name, value in learner_surroundings().items() if name != "OFICINA_DATASET"}
    return subprocess.run(
        [str(LEARNER), "-c", program, *words],
        capture_output=True,
        text=True,
        cwd=WORKSHOP,
        env=kept | settings,
    )


def test_the_projects_own_tests_of_data_and_model_pass() -> None:
    ran = subprocess.run(
        [str(LEARNER), "-m", "pytest", "-q"],
        cwd=WORKSHOP,
        capture_output=True,
        text=True,
        env=learner_surroundings(),
    )
    assert ran.returncode == 0, ran.stdout


FIND = """
import sys, pathlib
from project import bank
found = bank.find(pathlib.Path(sys.argv[1]), sys.argv[2], timeout=5)
print(found.origin, found.real, found.read().shape)
"""


def test_without_a_network_clients_are_generated_and_that_is_said(tmp_path: Path) -> None:
    ran = learner(FIND, str(tmp_path), NOWHERE)
    assert "GENERATED" in ran.stdout, ran.stderr
    assert "OFICINA_DATASET" in ran.stdout
    assert ran.stdout.splitlines()[-1] == "generated False (41188, 21)"


def test_generated_clients_are_prepared_into_the_same_columns(tmp_path: Path) -> None:
    ran = learner(
        "from project import generator, preprocess as p; "
        "print({n: t.shape for n, t in p.split(p.features(generator.generate())).items()})"
    )
    assert ran.stdout.strip() == "{'train': (28831, 65), 'validation': (8238, 65), 'test': (4119, 65)}", (
        ran.stderr
    )


@pytest.mark.parametrize("failures", [(), ("503", "half")])
def test_an_archive_with_other_clients_is_refused_by_its_checksum(
    failures: tuple[str, ...], tmp_path: Path
) -> None:
    """Also when it comes only after failures, which do not make the clients generated ones."""
    inner, outer = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("bank-additional/bank-additional-full.csv", "age;y\n1;no\n")
    with zipfile.ZipFile(outer, "w") as archive:
        archive.writestr("bank-additional.zip", inner.getvalue())
    with serving({"/bank.zip": ("application/zip", outer.getvalue())}, *failures) as address:
        ran = learner(FIND, str(tmp_path / "kept"), f"{address}/bank.zip")
    assert ran.returncode == 1
    assert "WrongChecksum" in ran.stderr
    assert "74adfc578bf77a7ff4bb1ba4a9f8709d9e3c6907342959c2c8416847e0afb4d8" in ran.stderr


def test_a_named_copy_that_is_not_there_is_told(tmp_path: Path) -> None:
    ran = learner(FIND, str(tmp_path), NOWHERE, OFICINA_DATASET=str(tmp_path / "no.csv"))
    assert ran.returncode == 1
    assert "OFICINA_DATASET must name a copy of bank-additional-full.csv" in ran.stderr
