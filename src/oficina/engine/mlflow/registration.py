"""Automatic registration: a version in MLflow becomes a model package, once (contracts, surface §7.6).

MLflow's own tables are what is read; the door only wakes the reader early, and waits for it.
The ClientToken follows from server, model and version: it keeps that a package is made once.
"""

from __future__ import annotations

import hashlib
import logging
import re
import sqlite3
import threading
import unicodedata
from collections.abc import Callable
from typing import Any

import orjson

from oficina.chaos import point
from oficina.engine.mlflow import attachments, sites, versions
from oficina.engine.mlflow.sites import Site
from oficina.engine.mlflow.versions import Found, Stage, Version
from oficina.engine.workers import Engine
from oficina.errors import AwsError
from oficina.store import shortage

log = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
"""How often the files of MLflow's databases are looked at: a glance, unless one has changed."""
AGAIN_SECONDS = 15.0
"""How long what could not be registered waits."""
SETTLE_SECONDS = 60.0
"""How long the answer to a client may wait for the registry: a net for hangs, which a busy machine is not.

AWS's package appears within 5 seconds (contracts); MLflow's clients wait 120 for an answer.
"""
_UNFIT = re.compile(r"[^A-Za-z0-9]+")
_TAG = re.compile(r"[\w\s+\-=.:/@]*")
MOST_TAGS = 50
"""The most tags of a group (botocore, TagList)."""
MAX_GROUP = 63
"""The longest name of a group (botocore, EntityName)."""
_GROUP = ""
"""Stands for a version where a model as a whole is remembered: its group was made."""


class _Rounds:
    """The looks at all servers, one after the other, and who waits for the next one to end."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._begun = self._ended = 0
        self._asked = False

    def wake(self) -> None:
        """Asks for a look before its time."""
        with self._changed:
            self._asked = True
            self._changed.notify_all()

    def next(self) -> None:
        """Ends the present look; returns when the next one is due."""
        with self._changed:
            self._ended = self._begun
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._asked, LOOK_SECONDS)
            self._asked = False
            self._begun += 1

    def settled(self) -> None:
        """Returns when a look that began after now has ended, or when that takes too long."""
        with self._changed:
            wanted = self._begun + 1
            self._asked = True
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._ended >= wanted, SETTLE_SECONDS)


_rounds = _Rounds()


def registered(site: Site) -> None:
    """Says that something was registered; returns when the registry has it, within seconds."""
    if site.registers:
        _rounds.settled()


def alias_set(site: Site, model: str, alias: str) -> None:
    """Says that an alias was set, perhaps to what it was: as the last that was set, it counts again."""
    takeovers = site.engine.store.takeovers
    for name, mark in takeovers.known(site.arn):
        if name == model and mark.partition("@")[2] == alias:
            takeovers.drop(site.arn, model, mark)
    site.seen = None
    registered(site)


class Registration:
    """The thread that takes versions over."""

    def __init__(self) -> None:
        self._stopping = False

    def start(self, engine: Engine) -> None:
        """Begins to look."""
        threading.Thread(target=self._run, args=(engine,), name="mlflow registration", daemon=True).start()

    def stop(self) -> None:
        """Ends the thread."""
        self._stopping = True
        _rounds.wake()

    def _run(self, engine: Engine) -> None:
        while not self._stopping:
            for site in sites.of(engine.store).all():
                if site.registers and not self._stopping:
                    try:
                        _look(engine, site)
                    except Exception as error:  # the edge of a thread: the next server has its turn
                        site.seen = None
                        _complain(site, error)
            _rounds.next()


def _complain(site: Site, error: Exception) -> None:
    if shortage.is_shortage(error):
        log.warning("the models of %s wait: %s", site.arn, error)
    else:
        log.error("the models of %s could not be registered", site.arn, exc_info=error)


def _look(engine: Engine, site: Site) -> None:
    """Takes over what is new on a server, if anything changed since the last look."""
    state = versions.state(site.database)
    if state is None or site.seen == (state, site.since):
        return
    site.seen = (state, site.since)  # before reading: what changes meanwhile is seen by the next look
    found = versions.find(site)
    if found is not None and not _Takeover(engine, site, found).go():
        threading.Timer(AGAIN_SECONDS, _forget, (site,)).start()


def _forget(site: Site) -> None:
    site.seen = None


class _Takeover:
    """What is new on one MLflow server, brought into the model registry."""

    def __init__(self, engine: Engine, site: Site, found: Found) -> None:
        self.engine, self.site, self.takeovers = engine, site, engine.store.takeovers
        self.found = found
        self.known = self.takeovers.known(site.arn)

    def go(self) -> bool:
        """Whether everything could be done: groups, then packages, then stages of their life cycle."""
        self._follow()
        models = [name for name in self.found.models if (name, _GROUP) not in self.known]
        new = [one for one in self.found.versions if (one.model, one.number) not in self.known]
        done = [self._try(f"the model {name}", self._group, name) for name in models]
        done += [self._try(f"{one.model} {one.number}", self._package, one) for one in new]
        self._stages()
        return all(done)

    def _follow(self) -> None:
        """Follows models to their new names, and forgets those that were deleted.

        When a model was made tells it from another one of the same name, and finds it under another name.
        """
        known, born = self.takeovers.born(self.site.arn), self.found.born
        for model in [name for name, made in known.items() if made is None and name in born]:
            self._keep(model, _GROUP, self.known[model, _GROUP])  # a home of before this was remembered
            known[model] = born[model]
        new = {made: name for name, made in born.items() if known.get(name) != made}
        gone = {name: made for name, made in known.items() if made not in (None, born.get(name))}
        if not gone:
            return
        moves = {name: new.pop(made, None) for name, made in gone.items()}
        self.takeovers.move(self.site.arn, moves)
        self.known = self.takeovers.known(self.site.arn)
        names = set(moves.values())
        for one in [one for one in self.found.versions if one.model in names]:
            if package := self.known.get((one.model, one.number)):
                versions.mark(self.site, one, package)

    def _stages(self) -> None:
        """Gives packages the stages of new aliases, and forgets those of aliases that are gone."""
        found = self.found.stages
        told = {(one.model, _mark_of(one)) for one in found}
        for model, mark in [key for key in self.known if "@" in key[1] and key not in told]:
            self.takeovers.drop(self.site.arn, model, mark)
        new = [one for one in found if (one.model, _mark_of(one)) not in self.known]
        mine = [one for one in new if (one.model, one.number) in self.known]
        for one in mine:
            self._try(f"the stage {one.alias} of {one.model} {one.number}", self._stage, one)
            self._keep(one.model, _mark_of(one), self.known[one.model, one.number])

    def _try(self, what: str, do: Callable[[Any], None], given: Any) -> bool:
        try:
            do(given)
        except (AwsError, sqlite3.OperationalError) as error:
            if shortage.is_shortage(error):
                raise
            log.warning("%s of %s is not registered: %s", what, self.site.arn, error)
            return False
        return True

    def _call(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        return self.engine.call(self.site.account, self.site.region, "sagemaker", operation, request)

    def _keep(self, model: str, version: str, package: str) -> None:
        self.takeovers.put(self.site.arn, model, version, package, self.found.born[model])
        self.known[model, version] = package

    def _group(self, model: str) -> None:
        """Makes the group of a model, as soon as the model is registered."""
        name = group_name(model, self.site.arn)
        try:
            self._call("DescribeModelPackageGroup", {"ModelPackageGroupName": name})
        except AwsError:
            told = f"Versions of the MLflow model {model}"
            request: dict[str, Any] = {
                "ModelPackageGroupName": name,
                "ModelPackageGroupDescription": told[:1024],
            }
            tags = _fitting(versions.tags(self.site, model))
            self._call("CreateModelPackageGroup", request | ({"Tags": tags} if tags else {}))
        self._keep(model, _GROUP, name)

    def _package(self, version: Version) -> None:
        """Makes the package of a version; the tag comes last: who sees it finds everything."""
        self._group(version.model)
        group = group_name(version.model, self.site.arn)
        package = self._call("CreateModelPackage", _request(self.site, version, group))["ModelPackageArn"]
        for member, value in self._further(version).items():
            try:
                self._call("UpdateModelPackage", {"ModelPackageArn": package, **value})
            except AwsError as error:  # what was laid beside a model is the user's and may be wrong
                log.warning("the package %s has no %s: %s", package, member, error)
        point("mlflow-registered")
        versions.mark(self.site, version, package)
        self._keep(version.model, version.number, package)

    def _further(self, version: Version) -> dict[str, dict[str, Any]]:
        """What a package gets apart from its CreateModelPackage, whose token wants the same request again."""
        store, account = self.engine.store, self.site.account
        further: dict[str, dict[str, Any]] = {}
        specification = attachments.specification(store, account, version.place)
        if specification is not None:
            further["inference specification"] = {"InferenceSpecification": specification}
        card = _card(self.site, version, attachments.evaluations(store, account, version.place))
        if card is not None:
            further["model card"] = {"ModelCard": card}
        return further

    def _stage(self, stage: Stage) -> None:
        package = self.known[stage.model, stage.number]
        life = {"Stage": stage.stage, "StageStatus": stage.status}
        self._call("UpdateModelPackage", {"ModelPackageArn": package, "ModelLifeCycle": life})


def _mark_of(stage: Stage) -> str:
    """How it is remembered that a stage was given: numbers of versions have no ``@``."""
    return f"{stage.number}@{stage.alias}"


def _request(site: Site, version: Version, group: str) -> dict[str, Any]:
    told = {
        "MLflowRegisteredModel": version.model,
        "ModelVersion": version.number,
        site.kind.name + "Arn": site.arn,
    }
    if version.run:
        told["MLflowRunId"] = version.run
    token = _digest(f"{site.arn}\n{site.id}\n{version.model}\n{version.number}\n{version.made}", 36)
    where = {"SourceUri": version.source} if _tellable(version.source) else {}
    return {
        **where,
        "ModelPackageGroupName": group,
        "ModelPackageDescription": f"Version {version.number} of the MLflow model {version.model}"[:1024],
        "MetadataProperties": {"GeneratedBy": orjson.dumps(told).decode()},
        "ModelApprovalStatus": "PendingManualApproval",
        "ClientToken": token,
    }


def _fitting(tags: dict[str, str]) -> list[dict[str, str]]:
    """The tags of a model that its group may have (botocore, Tag); MLflow's own tell nothing of it."""
    return [
        {"Key": key, "Value": value}
        for key, value in tags.items()
        if not key.startswith(("mlflow.", "aws:"))
        and 0 < len(key) <= 128
        and len(value) <= 256
        and _TAG.fullmatch(key + value)
    ][:MOST_TAGS]


def _tellable(source: str) -> bool:
    """Whether a source may be a SourceUri (botocore, ModelPackageSourceUri); an ARN would mean a package."""
    fits = all(unicodedata.category(letter)[0] in "LMZNP" for letter in source)
    return fits and 0 < len(source) <= 1024 and not source.startswith("arn:")


def _card(site: Site, version: Version, evaluations: list[dict[str, Any]]) -> dict[str, str] | None:
    """A model card with the metrics of a version's run and its evaluations; None when it has neither."""
    metrics = versions.metrics(site, version.run) if version.run else []
    if metrics:
        data = [{"name": name, "type": "number", "value": value} for name, value in metrics]
        groups = [{"name": "metrics", "metric_data": data}]
        evaluations = [{"name": f"MLflow run {version.run}", "metric_groups": groups}, *evaluations]
    if not evaluations:
        return None
    content = orjson.dumps({"evaluation_details": evaluations}).decode()
    return {"ModelCardContent": content, "ModelCardStatus": "Draft"}


def group_name(model: str, arn: str) -> str:
    """The group of a registered model: its name and six digits that tell its MLflow server from others.

    They are the first of the SHA-256 of the ARN's last part (Developer Guide, "Automatically register
    SageMaker AI models"). A name that a group may not have gets the nearest one.
    """
    suffix = _digest(arn.rpartition("/")[2], 6)
    fit = _UNFIT.sub("-", model).strip("-")
    if fit == model and len(fit) + 1 + len(suffix) <= MAX_GROUP:
        return f"{fit}-{suffix}"
    told = f"{_digest(model, 8)}-{suffix}"
    return f"{fit[: MAX_GROUP - 1 - len(told)].strip('-') or 'model'}-{told}"


def _digest(text: str, length: int) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:length]
