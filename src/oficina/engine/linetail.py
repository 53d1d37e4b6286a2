"""The new lines of a growing file, with a mark on disk of how far they were taken up.

A server that is killed takes up a job again: lines below the mark are read once more (a job's last values
need them) but told as seen, so that no point enters the metrics twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Line:
    """One finished line; ``seen`` when an earlier server took it up."""

    text: str
    seen: bool


class LineTail:
    """Reads on from where it stopped."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._mark = path.with_name(path.name + ".taken")
        self._at = 0
        self._taken = int(self._mark.read_text()) if self._mark.exists() else 0

    def lines(self) -> list[Line]:
        """The lines that were finished since the last call."""
        try:
            with self._path.open("rb") as file:
                file.seek(self._at)
                data = file.read()
        except FileNotFoundError:
            return []
        found = []
        for raw in data[: data.rfind(b"\n") + 1].splitlines(keepends=True):
            found.append(Line(raw.decode("utf-8", "replace").rstrip("\n"), self._at < self._taken))
            self._at += len(raw)
        return found

    def take(self) -> None:
        """Marks all that was read as taken up."""
        if self._at > self._taken:
            self._taken = self._at
            fresh = self._mark.with_suffix(".new")
            fresh.write_text(str(self._at))
            fresh.rename(self._mark)
