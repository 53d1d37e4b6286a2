"""The learner's environment, and one run of the whole course for all tests that look at what came out."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.servers import CLIENTS, ROOT, surroundings

WORKSHOP = ROOT / "workshop"
LEARNER = CLIENTS / "workshop" / "bin" / "python"
"""Made by ``make test`` and ``make workshop``; it has never heard of oficina."""


def learner_surroundings() -> dict[str, str]:
    """The environment of a learner's program: with the data set, if there is a copy."""
    kept = {name: os.environ[name] for name in ("OFICINA_DATASET",) if name in os.environ}
    return surroundings(MPLBACKEND="module://matplotlib_inline.backend_inline", **kept)


@dataclass(frozen=True)
class Course:
    """What a run of the course left."""

    out: Path
    printed: str
    summary: dict[str, Any]

    def step(self, number: int | str) -> dict[str, Any]:
        """The figures of a step."""
        name = next(name for name in self.summary["steps"] if name.startswith(f"{number}_"))
        figures: dict[str, Any] = self.summary["steps"][name]
        return figures

    def notebooks(self, lang: str) -> dict[str, Any]:
        """The executed notebooks of a language, by name."""
        return {path.stem: json.loads(path.read_text()) for path in sorted((self.out / lang).glob("*.ipynb"))}


@pytest.fixture(scope="session")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """Every step, solved, on a fresh server, once."""
    out = tmp_path_factory.mktemp("course")
    ran = subprocess.run(
        [sys.executable, str(WORKSHOP / "run.py"), "--python", str(LEARNER), "--out", str(out)],
        capture_output=True,
        text=True,
        env=learner_surroundings(),
    )
    assert ran.returncode == 0, ran.stderr + ran.stdout
    return Course(out, ran.stdout, json.loads((out / "summary.json").read_text()))
