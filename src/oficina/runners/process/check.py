"""What this machine lacks to run jobs, with the remedy, for ``oficina doctor``."""

from __future__ import annotations

import tempfile
from pathlib import Path

from .launch import launch, wait
from .spec import Input, Spec
from .supervision.removal import remove


def check() -> list[str]:
    """Run a job that does nothing and return one sentence for each thing that was not as it should be."""
    folder = Path(tempfile.mkdtemp(prefix="oficina-check-"))
    try:
        (folder / "input").mkdir()
        spec = Spec(
            name="check",
            arn="check",
            command=["/bin/sh", "-c", ":"],
            home=str(folder),
            inputs=[Input(target="/opt/ml/input/data/check", lower=str(folder / "input"))],
        )
        job = folder / "job"
        spec.write(job)
        launch(job)
        ended = wait(job)
        sentences = [] if ended.succeeded else [ended.detail or f"a job that does nothing ended with {ended}"]
        return sentences + list(notes(job).values())
    finally:
        remove(folder)


def notes(folder: Path) -> dict[str, str]:
    """What the supervisor had to do in another way, by subject."""
    import json

    try:
        found: dict[str, str] = json.loads((folder / "notes.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return found
