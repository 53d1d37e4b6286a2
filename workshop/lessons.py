"""A step's source, read: cells with their language and tags, and the notebooks that can be made of them.

A source is `steps/N_name.py` (jupytext, `py:percent`): prose in pairs, Portuguese before English; code
without language; exercises as prose, `solution` and `check`.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from pathlib import Path
from typing import Any

import jupytext
import nbformat

WORKSHOP = Path(__file__).parent
LANGUAGES = ("pt", "en")
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


def steps() -> list[Path]:
    """The sources, in the order of the course."""
    return sorted((WORKSHOP / "steps").glob("[0-9]*_*.py"))


def read(source: Path) -> Any:
    """All cells of a step, both languages, each with an id that depends only on what it says."""
    notebook = jupytext.read(source, fmt="py:percent")
    seen: Counter[str] = Counter()
    for cell in notebook.cells:
        said = f"{source.stem}\n{cell.cell_type}\n{cell.source}"
        seen[said] += 1
        cell.id = hashlib.sha256(f"{said}\n{seen[said]}".encode()).hexdigest()[:12]
    return notebook


def tags(cell: Any) -> set[str]:
    """A cell's tags: `exercise`, `solution`, `check`, `figures`."""
    return set(cell.metadata.get("tags", []))


def language(cell: Any) -> str | None:
    """`pt` or `en` for prose, None for code."""
    value: str | None = cell.metadata.get("lang")
    return value


def select(notebook: Any, lang: str, solved: bool = True) -> Any:
    """The notebook of one language; without solutions, an empty cell waits where each of them was."""
    chosen = nbformat.v4.new_notebook(metadata={"kernelspec": KERNEL, "language_info": {"name": "python"}})
    for cell in notebook.cells:
        if language(cell) not in (None, lang):
            continue
        copy = nbformat.from_dict(dict(cell))
        copy.metadata = nbformat.from_dict({"tags": sorted(tags(cell))} if tags(cell) else {})
        if not solved and "solution" in tags(cell):
            copy.source = ""
        chosen.cells.append(copy)
    return chosen


def write(notebook: Any, path: Path) -> None:
    """The notebook as JSON, always the same bytes for the same cells."""
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.validate(notebook)
    path.write_text(nbformat.writes(notebook) + "\n", encoding="utf-8")
