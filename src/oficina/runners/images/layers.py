"""What jobs installed for themselves, kept for the next job that asks for the same.

Jobs leave *layers* in ``incoming/``, where they may write, and use those in ``ready/``, which is read-only
for them. Between two jobs the layers that are whole move from one to the other. What a layer is, and how a
job makes and uses one, is told in ``images/toolkit/src/container_toolkit/layers.py``.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DAY = 24 * 3600.0
ABANDONED = 600.0
"""How long nothing has been written to a layer that nobody makes any more: its job was killed. Copying one
takes seconds."""
UNUSED = 30 * DAY
"""How long a layer that a newer one replaced stays: an endpoint may still have links to it."""
_NAME = re.compile(r"([0-9a-f]{32})-[0-9a-f]{8}")


@dataclass(frozen=True)
class Layers:
    """The folder of layers."""

    folder: Path

    @property
    def incoming(self) -> Path:
        """Writable for jobs."""
        return self.folder / "incoming"

    @property
    def ready(self) -> Path:
        """Read-only for jobs."""
        return self.folder / "ready"

    def prepare(self) -> Layers:
        """Make the folders, and make ready what earlier jobs left."""
        self.incoming.mkdir(parents=True, exist_ok=True)
        self.ready.mkdir(exist_ok=True)
        for name in os.listdir(self.incoming):
            found = _NAME.fullmatch(name)
            if found:
                self._promote(found.group(1), self.incoming / name)
        self.sweep()
        return self

    def sweep(self) -> None:
        """Remove what killed jobs left half made."""
        for half in self.incoming.glob(".new-*"):
            _remove_after(ABANDONED, half, _written)

    def _promote(self, key: str, layer: Path) -> None:
        """Move a whole layer; one of two that were made at once goes, and so does a damaged one."""
        pointer = self.ready / f"{key}.json"
        manifest = _manifest(layer)
        if manifest is None or (pointer.exists() and manifest["time"] - _time(pointer) < DAY):
            shutil.rmtree(layer, ignore_errors=True)
            return
        try:
            layer.rename(self.ready / layer.name)
        except FileNotFoundError:
            # Another server on the same cache was quicker.
            return
        temporary = self.ready / f".{layer.name}.json"
        temporary.write_text(json.dumps({**manifest, "folder": layer.name}), encoding="utf-8")
        temporary.rename(pointer)
        self._sweep(key)

    def _sweep(self, key: str) -> None:
        """Remove what this key had before, when it has been out of use for long."""
        pointer = json.loads((self.ready / f"{key}.json").read_text(encoding="utf-8"))
        for old in self.ready.glob(f"{key}-*"):
            if old.name != pointer["folder"]:
                _remove_after(UNUSED, old)


def _manifest(layer: Path) -> dict[str, Any] | None:
    """A layer's manifest, if every file that it names is there with its size and inside the layer."""
    try:
        manifest: dict[str, Any] = json.loads((layer / "manifest.json").read_text(encoding="utf-8"))
        names = [*manifest["links"], *(name for name, _, _ in manifest["files"])]
        if any(name.startswith("/") or ".." in name.split("/") for name in names):
            return None
        for name, size, _ in [*manifest["files"], *manifest["linked"]]:
            if (layer / "files" / name).lstat().st_size != size:
                return None
        return {name: manifest[name] for name in ("time", "added", "removed", "links", "files")}
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _time(pointer: Path) -> float:
    return float(json.loads(pointer.read_text(encoding="utf-8"))["time"])


def _changed(path: Path) -> float:
    return path.stat().st_mtime


def _written(folder: Path) -> float:
    """When anything in a folder was last written."""
    return max(_changed(Path(place)) for place, _, _ in os.walk(folder))


def _remove_after(seconds: float, path: Path, last: Callable[[Path], float] = _changed) -> None:
    try:
        age = time.time() - last(path)
    except FileNotFoundError:
        return
    if age > seconds:
        shutil.rmtree(path, ignore_errors=True)
