"""The sources of the lessons, read without what builds them: a test must not depend on it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from tests.servers import ROOT

STEPS = sorted((ROOT / "workshop" / "steps").glob("[0-9]*_*.py"))

_MARKER = re.compile(r"^# %%( \[markdown\])?(?: lang=\"(\w+)\")?(?: tags=\[(.*)\])?$")


@dataclass(frozen=True)
class Cell:
    """A cell of a source."""

    prose: bool
    lang: str | None
    tags: frozenset[str]
    text: str

    @property
    def lines(self) -> list[str]:
        """Its lines, without the empty ones."""
        return [line for line in self.text.splitlines() if line.strip()]


def cells(source: Path) -> list[Cell]:
    """All cells of a step, in order."""
    found: list[Cell] = []
    body: list[str] = []
    head: re.Match[str] | None = None

    def close() -> None:
        if head is None:
            return
        prose = bool(head[1])
        lines = [re.sub(r"^# ?", "", line) for line in body] if prose else body
        tags = frozenset(re.findall(r'"([^"]+)"', head[3] or ""))
        found.append(Cell(prose, head[2], tags, "\n".join(lines).strip()))

    for line in source.read_text().splitlines():
        marker = _MARKER.match(line)
        if marker:
            close()
            head, body = marker, []
        else:
            assert not line.startswith("# %%"), f"{source.name}: {line} is no cell marker of ours"
            body.append(line)
    close()
    return found


def prose(source: Path, lang: str) -> str:
    """All prose of a language."""
    return "\n\n".join(cell.text for cell in cells(source) if cell.lang == lang)
