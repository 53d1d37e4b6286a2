"""The new lines of a log file that a supervisor writes: ``<epoch ms> <text>`` each."""

from __future__ import annotations

from pathlib import Path


class LogTail:
    """Reads on from where it stopped."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._at = 0

    def lines(self) -> list[tuple[float, str]]:
        """Time (epoch seconds) and text of the lines that were finished since the last call."""
        try:
            with self._path.open("rb") as file:
                file.seek(self._at)
                data = file.read()
        except FileNotFoundError:
            return []
        end = data.rfind(b"\n") + 1
        self._at += end
        found = []
        for line in data[:end].splitlines():
            moment, _, text = line.decode("utf-8", "replace").partition(" ")
            if moment.isdigit():
                found.append((int(moment) / 1000, text))
        return found
