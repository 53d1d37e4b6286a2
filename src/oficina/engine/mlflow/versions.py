"""Registered models as MLflow's own database has them: read, and marked with what became of them.

MLflow's tables are what is read, so nothing is missed while oficina or MLflow was down.
"""

from __future__ import annotations

import contextlib
import os
import re
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from oficina.engine.mlflow.sites import Site

PACKAGE_TAG = "sagemaker.model_package_arn"
"""The tag of a version that tells its package (Developer Guide, "Automatically register … models")."""
HEAD = 100
"""The size of the head of a file of SQLite (its file format, "The Database Header")."""
_PROMPT = """SELECT 1 FROM registered_model_tags AS t
    WHERE t.name=m.name AND t.workspace=m.workspace
    AND t.key='mlflow.prompt.is_prompt' AND lower(t.value)='true'"""
"""Prompts are kept among the models and are none."""
_VERSIONS = f"""SELECT name, version, run_id, source, storage_location, creation_time FROM model_versions AS m
    WHERE creation_time>=? AND status='READY' AND current_stage IS NOT 'Deleted_Internal'
    AND NOT EXISTS ({_PROMPT}) ORDER BY creation_time, name, version"""
_MODELS = f"""SELECT name FROM registered_models AS m
    WHERE creation_time>=? AND NOT EXISTS ({_PROMPT}) ORDER BY creation_time, name"""
_BORN = "SELECT name, creation_time FROM registered_models"
_TAGS = "SELECT key, value FROM registered_model_tags WHERE name=? ORDER BY key"
_ALIASES = "SELECT name, alias, version FROM registered_model_aliases ORDER BY rowid"
_METRICS = "SELECT key, value FROM latest_metrics WHERE run_uuid=? AND NOT is_nan ORDER BY key"
_TAG = """INSERT OR REPLACE INTO model_version_tags (workspace, name, version, key, value)
    SELECT workspace, name, version, ?, ? FROM model_versions
    WHERE name=? AND version=? AND creation_time=?"""
_LIFE = re.compile(r"sagemakerlifecycle-(staging|production)-(pending|active)")
"""The aliases that mean a stage of the life cycle (same page of the guide)."""


@dataclass(frozen=True, slots=True)
class Version:
    """A version of a registered model."""

    model: str
    number: str
    run: str | None
    source: str
    """Where MLflow has the model from: the ``SourceUri`` of the package, by which clients find it."""
    place: str
    """Where the files of the model are, such as ``s3://bucket/1/models/m-1/artifacts``."""
    made: int
    """When, in milliseconds: it tells a version from a later one with the same model name and number."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage of the life cycle that an alias gives a version."""

    model: str
    number: str
    alias: str
    stage: str
    status: str


@dataclass(frozen=True, slots=True)
class Found:
    """What is registered in MLflow at one moment."""

    born: dict[str, int]
    """Every registered model and when it was made, in milliseconds: a model keeps it when it is renamed."""
    models: list[str]
    """The registered models since the site registers, oldest first."""
    versions: list[Version]
    """The versions since the site registers, oldest first."""
    stages: list[Stage]
    """The stages that aliases give, those set last at the end."""


def state(database: Path) -> object:
    """What changes when MLflow has written, None when there is no database yet.

    Two writes within one tick of the kernel's clock have the same time; the head of the file counts them.
    """
    found = []
    for suffix in ("", "-wal"):
        path = database.with_name(database.name + suffix)
        with contextlib.suppress(FileNotFoundError), path.open("rb") as file:
            facts = os.fstat(file.fileno())
            found.append((facts.st_ino, facts.st_mtime_ns, facts.st_size, file.read(HEAD)))
    return tuple(found) or None


def find(site: Site) -> Found | None:
    """What is registered now; None while MLflow is only making its tables. Raises sqlite3.Error."""
    since = site.since * 1000
    with _reading(site.database) as connection:
        try:
            connection.execute("BEGIN")  # all is read as of one moment: a rename has happened or has not
            return Found(
                dict(connection.execute(_BORN).fetchall()),
                [name for (name,) in connection.execute(_MODELS, (since,))],
                [_version(*row) for row in connection.execute(_VERSIONS, (since,))],
                _stages(connection.execute(_ALIASES).fetchall()),
            )
        except sqlite3.OperationalError as error:
            if "no such" in str(error):
                return None
            raise


def _version(
    name: str, number: int, run: str | None, source: str | None, place: str | None, made: int
) -> Version:
    return Version(name, str(number), run, source or "", place or source or "", made)


def _stages(aliases: list[Any]) -> list[Stage]:
    matched = [(name, str(number), alias, _LIFE.fullmatch(alias)) for name, alias, number in aliases]
    return [Stage(name, number, alias, *told.groups()) for name, number, alias, told in matched if told]


def tags(site: Site, model: str) -> dict[str, str]:
    """The tags of a registered model."""
    return {key: value or "" for key, value in _rows(site, _TAGS, model)}


def metrics(site: Site, run: str) -> list[tuple[str, float]]:
    """The last value of each metric of a run."""
    return [(name, value) for name, value in _rows(site, _METRICS, run)]


def mark(site: Site, version: Version, package: str) -> None:
    """Tells MLflow's clients which package a version became. Raises sqlite3.Error."""
    with contextlib.closing(sqlite3.connect(site.database, timeout=5)) as connection, connection:
        connection.execute(_TAG, (PACKAGE_TAG, package, version.model, version.number, version.made))


def _rows(site: Site, query: str, *values: object) -> list[Any]:
    return rows(site.database, query, *values)


def rows(database: Path, query: str, *values: object) -> list[Any]:
    """What MLflow's database answers; nothing while it has no tables yet. Raises sqlite3.Error."""
    with _reading(database) as connection:
        try:
            return connection.execute(query, values).fetchall()
        except sqlite3.OperationalError as error:
            if "no such" in str(error):
                return []
            raise


@contextlib.contextmanager
def _reading(database: Path) -> Iterator[sqlite3.Connection]:
    """MLflow's database, to be read and not written.

    It is not opened read-only: what a killed MLflow left half written is taken back by who opens it next.
    """
    uri = f"{database.as_uri()}?mode=rw"
    with contextlib.closing(sqlite3.connect(uri, uri=True, timeout=5)) as connection:
        connection.execute("PRAGMA query_only=ON")
        yield connection
