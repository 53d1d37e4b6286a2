"""A new server's database: copied from one that MLflow has made, which takes it longer than to start."""

from __future__ import annotations

import contextlib
import secrets
import shutil
import sqlite3
import time
from pathlib import Path

from oficina.config import Config
from oficina.runners.images import Image


def template(config: Config, image: Image) -> Path:
    """Where the empty database of an image's MLflow is kept."""
    return config.downloads.absolute() / "mlflow" / f"{image.digest[:20]}.db"


def lay(made: Path, database: Path, artifacts: str) -> bool:
    """Copies a database as a new server needs it, unless it has one; False when MLflow has to make it."""
    if database.exists() or not made.exists():
        return database.exists()
    temporary = database.with_suffix(".new")
    shutil.copyfile(made, temporary)
    now = int(time.time() * 1000)
    with contextlib.closing(sqlite3.connect(temporary)) as connection, connection:
        connection.execute(
            "UPDATE experiments SET artifact_location=?, creation_time=?, last_update_time=?",
            (f"{artifacts.rstrip('/')}/0", now, now),
        )
    temporary.rename(database)
    return True


def keep(database: Path, made: Path) -> None:
    """Keeps the database of a server that has not been used yet, for the next ones."""
    made.parent.mkdir(parents=True, exist_ok=True)
    temporary = made.with_suffix(f".{secrets.token_hex(8)}")
    try:
        with (
            contextlib.closing(sqlite3.connect(database)) as source,
            contextlib.closing(sqlite3.connect(temporary)) as copy,
        ):
            source.backup(copy)
        temporary.rename(made)
    finally:
        temporary.unlink(missing_ok=True)
