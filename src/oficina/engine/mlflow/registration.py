"""Automatic registration: a version in MLflow becomes a model package, once (contracts, surface §7.6).

MLflow's own tables are what is read, so nothing is missed while oficina was down; the proxy only wakes the
reader early. The ClientToken follows from server, model and version: it keeps that a package is made once.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import re
import sqlite3
import threading
from dataclasses import dataclass
from typing import Any

import orjson

from oficina.chaos import point
from oficina.engine.mlflow import sites
from oficina.engine.mlflow.sites import Site
from oficina.engine.workers import Engine
from oficina.errors import AwsError

log = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
"""How often the files of MLflow's databases are looked at: a glance, unless one has changed."""
AGAIN_SECONDS = 15.0
"""How long a version that could not be registered waits."""
_VERSIONS = """
SELECT name, version, run_id FROM model_versions AS v
WHERE creation_time>=? AND status='READY' AND NOT EXISTS (
    SELECT 1 FROM registered_model_tags AS t
    WHERE t.name=v.name AND t.workspace=v.workspace
    AND t.key='mlflow.prompt.is_prompt' AND lower(t.value)='true'
) ORDER BY creation_time, name, version
"""
"""Prompts are kept among the models and are none."""
_UNFIT = re.compile(r"[^A-Za-z0-9]+")
MAX_GROUP = 63
"""The longest name of a group (botocore, EntityName)."""

_wake = threading.Event()


def wake() -> None:
    """Says that a version was registered just now."""
    _wake.set()


@dataclass(frozen=True, slots=True)
class Version:
    """A version of a registered model."""

    model: str
    number: str
    run: str | None


class Registration:
    """The thread that takes versions over."""

    def __init__(self) -> None:
        self._stopping = False
        self._seen: dict[str, object] = {}

    def start(self, engine: Engine) -> None:
        """Begins to look."""
        threading.Thread(target=self._run, args=(engine,), name="mlflow registration", daemon=True).start()

    def stop(self) -> None:
        """Ends the thread."""
        self._stopping = True
        wake()

    def _run(self, engine: Engine) -> None:
        while not self._stopping:
            for site in sites.of(engine.store).all():
                if site.registers and not self._stopping:
                    try:
                        self._look(engine, site)
                    except Exception:  # the edge of a thread: the next server has its turn
                        log.exception("the models of %s could not be registered", site.arn)
            _wake.wait(LOOK_SECONDS)
            _wake.clear()

    def _look(self, engine: Engine, site: Site) -> None:
        state = _state(site)
        if state is None or self._seen.get(site.arn) == (state, site.since):
            return
        known = engine.store.takeovers.known(site.arn)
        failed = False
        for version in _versions(site):
            if (version.model, version.number) not in known:
                failed = not _take_over(engine, site, version) or failed
        if failed:
            threading.Timer(AGAIN_SECONDS, self._forget, (site.arn,)).start()
        self._seen[site.arn] = (state, site.since)

    def _forget(self, arn: str) -> None:
        self._seen.pop(arn, None)


def _state(site: Site) -> object:
    """What changes when MLflow has written, None when there is no database yet."""
    found = []
    for suffix in ("", "-wal"):
        with contextlib.suppress(FileNotFoundError):
            facts = site.database.with_name(site.database.name + suffix).stat()
            found.append((facts.st_ino, facts.st_mtime_ns, facts.st_size))
    return tuple(found) or None


def _versions(site: Site) -> list[Version]:
    uri = f"{site.database.as_uri()}?mode=ro"
    with contextlib.closing(sqlite3.connect(uri, uri=True, timeout=5)) as connection:
        try:
            rows = connection.execute(_VERSIONS, (site.since * 1000,)).fetchall()
        except sqlite3.OperationalError as error:
            if "no such" in str(error):  # MLflow is only making its tables
                return []
            raise
    return [Version(name, str(number), run) for name, number, run in rows]


def _take_over(engine: Engine, site: Site, version: Version) -> bool:
    """Makes the package of a version; False when the registry refused."""

    def call(operation: str, request: dict[str, Any]) -> dict[str, Any]:
        return engine.call(site.account, site.region, "sagemaker", operation, request)

    group = group_name(version.model)
    try:
        _make_group(call, group, version.model)
        package = call("CreateModelPackage", _request(site, version, group))
    except AwsError as error:
        log.warning("%s %s of %s is not registered: %s", version.model, version.number, site.arn, error)
        return False
    point("mlflow-registered")
    engine.store.takeovers.put(site.arn, version.model, version.number, package["ModelPackageArn"])
    return True


def _make_group(call: Any, group: str, model: str) -> None:
    try:
        call("DescribeModelPackageGroup", {"ModelPackageGroupName": group})
    except AwsError:
        described = f"Versions of the MLflow model {model}"
        request = {"ModelPackageGroupName": group, "ModelPackageGroupDescription": described[:1024]}
        call("CreateModelPackageGroup", request)


def _request(site: Site, version: Version, group: str) -> dict[str, Any]:
    told = {
        "MLflowRegisteredModel": version.model,
        "ModelVersion": version.number,
        site.kind.name + "Arn": site.arn,
    }
    if version.run:
        told["MLflowRunId"] = version.run
    token = hashlib.sha256(f"{site.arn}\n{site.id}\n{version.model}\n{version.number}".encode()).hexdigest()
    return {
        "ModelPackageGroupName": group,
        "ModelPackageDescription": f"Version {version.number} of the MLflow model {version.model}"[:1024],
        "MetadataProperties": {"GeneratedBy": orjson.dumps(told).decode()},
        "ModelApprovalStatus": "PendingManualApproval",
        "ClientToken": token[:36],
    }


def group_name(model: str) -> str:
    """The group of a registered model: its name, where a group may have it, else one that is like it."""
    fit = _UNFIT.sub("-", model).strip("-")
    if fit == model and len(fit) <= MAX_GROUP:
        return fit
    digest = hashlib.sha256(model.encode()).hexdigest()[:8]
    return f"{fit[: MAX_GROUP - 9].strip('-') or 'model'}-{digest}"
