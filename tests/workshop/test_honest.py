"""Honest: an exercise that nobody has solved fails at its first check, and not before."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.workshop.conftest import LEARNER, WORKSHOP, learner_surroundings
from tests.workshop.sources import STEPS, cells


@pytest.mark.parametrize("source", STEPS, ids=lambda path: path.stem)
def test_an_unsolved_exercise_fails_at_its_first_check(source: Path, tmp_path: Path) -> None:
    number = source.stem.split("_")[0]
    words = [str(LEARNER), str(WORKSHOP / "execute.py"), "--out", str(tmp_path), "--exercise", number]
    ran = subprocess.run(
        [sys.executable, "-m", "oficina", "run", "--", *words],
        capture_output=True,
        text=True,
        env=learner_surroundings(),
    )
    first = next(cell for cell in cells(source) if "check" in cell.tags)
    said = re.sub(r"\x1b\[[0-9;]*m", "", ran.stderr)
    assert ran.returncode == 1, said
    assert first.lines[0] in said.partition("------------------")[2].partition("------------------")[0], said
    assert "NameError" in said
