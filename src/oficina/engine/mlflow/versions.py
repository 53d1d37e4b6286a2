"""Registered models as MLflow's own database has them: read, and marked with what became of them.

MLflow's tables are what is read, so nothing is missed while oficina or MLflow was down.
"""

from __future__ import annotations

import contextlib
import os
import re
import sqlite3
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
_VERSIONS = f"""SELECT name, version, run_id, source, storage_location FROM model_versions AS m
    WHERE creation_time>=? AND status='READY' AND NOT EXISTS ({_PROMPT})
    ORDER BY creation_time, name, version"""
_MODELS = f"""SELECT name FROM registered_models AS m
    WHERE creation_time>=? AND NOT EXISTS ({_PROMPT}) ORDER BY creation_time, name"""
_TAGS = "SELECT key, value FROM registered_model_tags WHERE name=? ORDER BY key"
_ALIASES = "SELECT name, alias, version FROM registered_model_aliases ORDER BY rowid"
_METRICS = "SELECT key, value FROM latest_metrics WHERE run_uuid=? AND NOT is_nan ORDER BY key"
_TAG = """INSERT OR REPLACE INTO model_version_tags (workspace, name, version, key, value)
    SELECT workspace, name, version, ?, ? FROM model_versions WHERE name=? AND version=?"""
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


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage of the life cycle that an alias gives a version."""

    model: str
    number: str
    alias: str
    stage: str
    status: str


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


def models(site: Site) -> list[str]:
    """The registered models since the site registers, oldest first."""
    return [name for (name,) in _rows(site, _MODELS, site.since * 1000)]


def tags(site: Site, model: str) -> dict[str, str]:
    """The tags of a registered model."""
    return {key: value or "" for key, value in _rows(site, _TAGS, model)}


def versions(site: Site) -> list[Version]:
    """Their versions since the site registers, oldest first."""
    rows = _rows(site, _VERSIONS, site.since * 1000)
    return [
        Version(name, str(number), run, source or "", place or source or "")
        for name, number, run, source, place in rows
    ]


def stages(site: Site) -> list[Stage]:
    """The stages that aliases give, those set last at the end."""
    rows = _rows(site, _ALIASES)
    matched = [(name, str(number), alias, _LIFE.fullmatch(alias)) for name, alias, number in rows]
    return [Stage(name, number, alias, *told.groups()) for name, number, alias, told in matched if told]


def metrics(site: Site, run: str) -> list[tuple[str, float]]:
    """The last value of each metric of a run."""
    return [(name, value) for name, value in _rows(site, _METRICS, run)]


def mark(site: Site, version: Version, package: str) -> None:
    """Tells MLflow's clients which package a version became. Raises sqlite3.Error."""
    with contextlib.closing(sqlite3.connect(site.database, timeout=5)) as connection, connection:
        connection.execute(_TAG, (PACKAGE_TAG, package, version.model, version.number))


def _rows(site: Site, query: str, *values: object) -> list[Any]:
    return rows(site.database, query, *values)


def rows(database: Path, query: str, *values: object) -> list[Any]:
    """What MLflow's database answers; nothing while MLflow is only making its tables. Raises sqlite3.Error.

    It is not opened read-only: what a killed MLflow left half written is taken back by who opens it next.
    """
    uri = f"{database.as_uri()}?mode=rw"
    with contextlib.closing(sqlite3.connect(uri, uri=True, timeout=5)) as connection:
        try:
            connection.execute("PRAGMA query_only=ON")
            return connection.execute(query, values).fetchall()
        except sqlite3.OperationalError as error:
            if "no such" in str(error):
                return []
            raise
