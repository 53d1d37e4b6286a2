"""The form of a lesson: what each has, how much of it, and what it must not do."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.servers import ROOT
from tests.workshop.sources import STEPS, Cell, cells, prose

EXERCISE = {"exercise", "solution", "check"}


def lesson_code(source: Path) -> list[Cell]:
    """The code that is shown to every learner, exercises aside."""
    return [cell for cell in cells(source) if not cell.prose and not cell.tags & EXERCISE]


@pytest.mark.parametrize("source", STEPS, ids=lambda path: path.stem)
def test_a_step_has_at_most_twelve_cells_of_code_of_at_most_fifteen_lines(source: Path) -> None:
    code = lesson_code(source)
    assert len(code) <= 12
    assert not [cell.text for cell in code if len(cell.lines) > 15]


@pytest.mark.parametrize("source", STEPS, ids=lambda path: path.stem)
def test_no_line_of_code_is_wider_than_a_notebook(source: Path) -> None:
    code = [line for cell in cells(source) if not cell.prose for line in cell.lines]
    assert not [line for line in code if len(line) > 100]


@pytest.mark.parametrize("source", STEPS, ids=lambda path: path.stem)
def test_a_step_has_two_to_four_exercises_each_with_a_solution_and_a_check(source: Path) -> None:
    marks = [
        next(iter(cell.tags & EXERCISE))
        for cell in cells(source)
        if cell.tags & EXERCISE and cell.lang != "pt"
    ]
    assert marks == ["exercise", "solution", "check"] * (len(marks) // 3)
    assert 2 <= len(marks) // 3 <= 4


@pytest.mark.parametrize("source", STEPS, ids=lambda path: path.stem)
def test_every_check_asserts_something(source: Path) -> None:
    assert all("assert " in cell.text for cell in cells(source) if "check" in cell.tags)


def names(text: str, context: type[ast.expr_context]) -> set[str]:
    """The names that a cell's code sets (Store) or uses (Load)."""
    nodes = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name)]
    return {node.id for node in nodes if isinstance(node.ctx, context)}


@pytest.mark.parametrize("source", STEPS, ids=lambda path: path.stem)
def test_every_check_asks_for_what_only_its_solution_makes(source: Path) -> None:
    known: set[str] = set()
    solved: set[str] = set()
    for cell in [cell for cell in cells(source) if not cell.prose]:
        if "check" in cell.tags:
            assert (solved - known) & names(cell.text, ast.Load), cell.text
        if "solution" in cell.tags:
            solved = names(cell.text, ast.Store)
        else:
            known |= names(cell.text, ast.Store)


@pytest.mark.parametrize("lang", ["pt", "en"])
@pytest.mark.parametrize("source", STEPS, ids=lambda path: path.stem)
def test_a_step_has_a_goal_a_picture_what_happened_what_differs_and_a_clean_up(
    source: Path, lang: str
) -> None:
    text = prose(source, lang)
    headings = {
        "pt": ("## O que aconteceu de verdade", "## Na AWS seria diferente", "## Limpeza"),
        "en": ("## What really happened", "## On AWS this would differ", "## Clean-up"),
    }[lang]
    assert {"pt": "**Meta:** ", "en": "**Goal:** "}[lang] in text
    assert not [heading for heading in headings if f"\n{heading}\n" not in text]
    picture = re.search(r"!\[\]\(\.\./(pictures/[\w.]+)\)", text)
    assert picture is not None
    assert (ROOT / "workshop" / picture[1]).exists()


@pytest.mark.parametrize("source", STEPS, ids=lambda path: path.stem)
def test_a_step_begins_by_itself(source: Path) -> None:
    assert f'start("{source.stem.split("_")[0]}")' in lesson_code(source)[0].text


@pytest.mark.parametrize("source", STEPS, ids=lambda path: path.stem)
def test_code_has_no_prose_writes_no_programs_and_never_imports_oficina(source: Path) -> None:
    code = "\n".join(cell.text for cell in cells(source) if not cell.prose)
    assert not re.findall(r"(?m)^\s*#.*|^%%writefile.*|^\s*(?:import|from) oficina.*", code)


def test_the_project_never_imports_oficina() -> None:
    texts = [path.read_text() for path in (ROOT / "workshop" / "project").rglob("*.py")]
    assert not [text for text in texts if re.search(r"(?m)^\s*(?:import|from) oficina", text)]


@pytest.mark.parametrize("name", ["preprocess", "train", "evaluate", "check"])
def test_what_runs_in_a_job_imports_nothing_of_the_project(name: str) -> None:
    text = (ROOT / "workshop" / "project" / f"{name}.py").read_text()
    assert not re.search(r"(?m)^\s*(?:import|from) (?:project|\.)", text)
