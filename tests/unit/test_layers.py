"""The folder in which jobs leave for each other what they installed."""

from __future__ import annotations

import os
import time
from pathlib import Path

from oficina.runners.images.layers import ABANDONED, Layers


def half(layers: Layers, name: str, *, folder_age: float, inner_age: float) -> Path:
    """A layer that is being made, or was until its job was killed."""
    path = layers.incoming / f".new-{name}"
    inner = path / "files" / "lib"
    inner.mkdir(parents=True)
    (inner / "a.py").write_text("")
    for place, age in ((inner, inner_age), (path / "files", folder_age), (path, folder_age)):
        os.utime(place, (time.time() - age,) * 2)
    return path


def test_what_a_killed_job_left_half_made_is_removed_and_what_is_being_made_stays(tmp_path: Path) -> None:
    layers = Layers(tmp_path).prepare()
    old, young = 2 * ABANDONED, ABANDONED / 2
    left = half(layers, "left", folder_age=old, inner_age=old)
    made = half(layers, "made", folder_age=young, inner_age=young)
    busy = half(layers, "busy", folder_age=old, inner_age=young)

    layers.sweep()

    assert not left.exists()
    assert made.exists()
    assert busy.exists()


def test_a_cache_without_layers_has_nothing_to_remove(tmp_path: Path) -> None:
    Layers(tmp_path / "none").sweep()

    assert list(tmp_path.iterdir()) == []
