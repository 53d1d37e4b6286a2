"""The life of MLflow tracking servers and apps: what a document says is brought about, on the queue."""

from __future__ import annotations

import logging
import threading
from pathlib import Path

from oficina.engine.mlflow import sites
from oficina.engine.mlflow.kinds import KINDS, MlflowFailed
from oficina.engine.mlflow.registration import Registration
from oficina.engine.mlflow.sites import Site
from oficina.engine.workers import Engine
from oficina.runners import process
from oficina.store.documents import Scope, everywhere
from oficina.store.kinds import Document, Kind
from oficina.store.queue import Task

log = logging.getLogger(__name__)

IDLE_LOOK_SECONDS = 10.0
"""How often it is looked for servers that nobody uses."""


class Servers:
    """The handler of the queue's MLflow servers, and what is done at start, at a stop and at a reset."""

    def __init__(self) -> None:
        self.registration = Registration()
        self._stopping = threading.Event()

    def __call__(self, engine: Engine, task: Task) -> None:
        """Brings about what a document says. May begin again at any point."""
        docs = engine.store.scope(task.account, task.region)
        kind = KINDS[task.payload["kind"]]
        document = docs.find_arn(task.resource)
        if document is None:
            return
        site = sites.of(engine.store).of_arn(task.resource)
        if site is None:
            site = Site(engine, kind, task.account, task.region, document)
            sites.of(engine.store).put(site)
        _Life(engine, docs, kind, site).go(document)

    def start(self, engine: Engine) -> None:
        """Takes up the processes of an earlier server, and registers what was missed."""
        known = sites.of(engine.store)
        for kind in KINDS.values():
            for account, region, document in everywhere(engine.store.database, kind):
                site = Site(engine, kind, account, region, document)
                known.put(site)
                if site.open:
                    site.adopt()
        _end_strays(engine, {site.folder for site in known.all()})
        self.registration.start(engine)
        threading.Thread(target=self._rest, args=(engine,), name="mlflow idle", daemon=True).start()

    def stop(self, engine: Engine) -> None:
        """Lets go of the processes; they run on."""
        self._stopping.set()
        self.registration.stop()

    def clear(self, engine: Engine) -> None:
        """Kills every process, at a reset."""
        known = sites.of(engine.store)
        for site in known.all():
            known.remove(site)
            site.abandon()

    def _rest(self, engine: Engine) -> None:
        while not self._stopping.wait(min(IDLE_LOOK_SECONDS, engine.config.mlflow_idle)):
            for site in sites.of(engine.store).all():
                try:
                    site.rest(engine.config.mlflow_idle)
                except Exception:  # the edge of a thread: the next server has its turn
                    log.exception("the MLflow server of %s does not rest", site.arn)


class _Life:
    """One change of one server."""

    def __init__(self, engine: Engine, docs: Scope, kind: Kind, site: Site) -> None:
        self.engine, self.docs, self.kind, self.site = engine, docs, kind, site
        self.member = kind.member("status")
        self.status = ""

    def go(self, document: Document) -> None:
        """Brings about what the document says."""
        self.status = str(document[self.member])
        match self.status:
            case "Creating":
                self._raise("Created", "CreateFailed")
            case "Starting":
                self._raise("Started", "StartFailed")
            case "Stopping":
                self.site.open = False
                self.site.close()
                self._settle("Stopped")
            case "Updating":
                self._update(document)
            case "Deleting":
                self._delete()

    def _raise(self, good: str, bad: str) -> None:
        try:
            with self.site.using(starting=True):
                pass
        except MlflowFailed as failure:
            log.warning("%s: %s", self.site.arn, failure)
            self._settle(bad)
        else:
            self._settle(good)

    def _update(self, document: Document) -> None:
        """A new place for artifacts is for new experiments, and needs a new process."""
        place = document["ArtifactStoreUri"] != self.site.artifacts
        self.site.read(document)
        if place:
            self.site.close()
        self._settle(str(document["_after"]))

    def _settle(self, status: str) -> None:
        """Says how it ended, unless the resource is another's work by now."""
        with self.docs.transaction():
            now = self.docs.find_arn(self.site.arn)
            if now is None or now[self.member] != self.status:
                return
            name = str(now[self.kind.member("name")])
            self.site.read(self.docs.update(self.kind, name, {self.member: status, "_after": None}))

    def _delete(self) -> None:
        """The process first, then its data, then the document: the name is free when everything is gone."""
        sites.of(self.engine.store).remove(self.site)
        self.site.remove()
        with self.docs.transaction():
            now = self.docs.find_arn(self.site.arn)
            if now is None:
                return
            self.docs.delete(self.kind, str(now[self.kind.member("name")]))
            self.engine.store.takeovers.forget(self.site.arn)


def _end_strays(engine: Engine, kept: set[Path]) -> None:
    """Ends processes that no document knows: a crash came between a change and its end."""
    for folder in engine.store.folder("mlflow").glob("*"):
        if folder in kept:
            continue
        if process.alive(folder / "process"):
            process.kill(folder / "process")
            process.wait(folder / "process")
        process.remove(folder)
