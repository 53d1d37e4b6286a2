"""Built: the notebooks in git are what their sources say, to the byte."""

from __future__ import annotations

import json
import subprocess

import pytest

from tests.servers import ROOT
from tests.workshop.conftest import LEARNER, WORKSHOP
from tests.workshop.sources import STEPS

EXPECTED = sorted(
    f"{lang}/{source.stem}{ending}.ipynb"
    for source in STEPS
    for lang in ("pt", "en")
    for ending in ("", "-exercise")
)


def test_building_again_changes_nothing() -> None:
    checked = subprocess.run(
        [str(LEARNER), str(WORKSHOP / "build.py"), "--check"], cwd=ROOT, capture_output=True, text=True
    )
    assert checked.returncode == 0, checked.stderr


def test_each_step_has_four_notebooks() -> None:
    there = [path.relative_to(WORKSHOP).as_posix() for path in WORKSHOP.glob("??/*.ipynb")]
    assert sorted(there) == EXPECTED


@pytest.mark.parametrize("path", EXPECTED)
def test_a_notebook_has_no_outputs_and_ids_of_its_own(path: str) -> None:
    notebook = json.loads((WORKSHOP / path).read_text())
    ids = [cell["id"] for cell in notebook["cells"]]
    assert len(set(ids)) == len(ids)
    assert not [cell for cell in notebook["cells"] if cell.get("outputs") or cell.get("execution_count")]


@pytest.mark.parametrize("path", [path for path in EXPECTED if "-exercise" in path])
def test_an_exercise_notebook_has_an_empty_cell_where_the_solution_was(path: str) -> None:
    exercise = json.loads((WORKSHOP / path).read_text())["cells"]
    solved = json.loads((WORKSHOP / path.replace("-exercise", "")).read_text())["cells"]
    assert [cell["id"] for cell in exercise] == [cell["id"] for cell in solved]
    removed = [
        (mine["source"], "solution" in mine["metadata"].get("tags", []))
        for mine, full in zip(exercise, solved, strict=True)
        if mine["source"] != full["source"]
    ]
    assert removed
    assert all(source == [] and tagged for source, tagged in removed), removed
