"""The life of a job, from the queue to its last record: stage, launch, watch, collect, record.

The program runs under a supervisor of its own that outlives this server. A job that is found again after a
crash is taken up where it is: what the job's folder holds decides, never what memory held.
"""

from __future__ import annotations

import hashlib
import logging
import threading
from pathlib import Path
from typing import Protocol

from oficina.chaos import point
from oficina.engine import warmpools, watch
from oficina.engine.lineage import jobs as lineage
from oficina.engine.workers import Engine
from oficina.errors import AwsError
from oficina.runners import process
from oficina.runners.process import Exit, Spec
from oficina.store.documents import Scope
from oficina.store.kinds import Document, Kind
from oficina.store.queue import Task
from oficina.store.store import Store

log = logging.getLogger(__name__)

TOPIC = "job"
"""The topic of the queue that jobs wait in."""
TERMINAL = ("Completed", "Failed", "Stopped")
"""The statuses that a job does not leave (botocore, TrainingJobStatus and ProcessingJobStatus)."""
BEGUN = "_begun"
"""The member that says that a worker has taken a job up; no client sees it."""


class JobFailed(Exception):
    """The job cannot go on; the sentence is its FailureReason."""


class Life(Protocol):
    """What differs between the kinds of job."""

    kind: Kind

    def stage(self, engine: Engine, docs: Scope, job: Document, folder: Path) -> Spec:
        """Brings inputs, image and environment together. Raises JobFailed."""
        ...

    def started(self, engine: Engine, docs: Scope, job: Document) -> None:
        """The program was started: tell it in the document."""
        ...

    def follow(self, engine: Engine, docs: Scope, job: Document, folder: Path) -> watch.Watch:
        """What is done while the program runs."""
        ...

    def finish(self, engine: Engine, docs: Scope, job: Document, folder: Path, end: Exit) -> Document:
        """Takes the outputs up and says how the job ended: the changes to its document."""
        ...

    def failed(self, docs: Scope, job: Document, reason: str) -> Document:
        """The changes to the document of a job that failed for a reason outside the program."""
        ...

    def stopped(self, docs: Scope, job: Document) -> Document:
        """The changes to the document of a job that was stopped before its program ran."""
        ...


def folder_of(store: Store, kind: Kind, job: Document) -> Path:
    """The folder of a job: its name for people, its ARN and time for uniqueness."""
    arn = str(job[kind.member("arn")])
    digest = hashlib.sha256(f"{arn} {job['CreationTime']}".encode()).hexdigest()[:12]
    return store.folder("jobs") / f"{job[kind.member('name')]}-{digest}"


def waits(store: Store, slots: int) -> bool:
    """Whether a job that is created now has to wait for another one's end."""
    return store.queue.depth(TOPIC) >= slots


def stop(life: Life, store: Store, docs: Scope, name: str) -> None:
    """Asks a job to stop; one that still waits for its turn is stopped at once."""
    kind = life.kind
    with docs.transaction():
        job = docs.get(kind, name)
        if job[kind.member("status")] in TERMINAL:
            return
        if not job.get(BEGUN):
            job = docs.update(kind, name, life.stopped(docs, job))
            warmpools.keep(store, docs, job)
            lineage.keep(store, docs, kind, job)
            return
        changes: Document = {kind.member("status"): "Stopping"}
        if "SecondaryStatus" in job:
            changes["SecondaryStatus"] = "Stopping"
        docs.update(kind, name, changes)
    folder = folder_of(store, kind, job)
    if process.alive(folder):
        process.stop(folder)


class Jobs:
    """The handler of the queue's jobs."""

    def __init__(self, *lives: Life) -> None:
        self._lives = {life.kind.name: life for life in lives}

    def __call__(self, engine: Engine, task: Task) -> None:
        """Sees one job to its end."""
        life = self._lives[task.payload["kind"]]
        docs = engine.store.scope(task.account, task.region)
        job = _begin(docs, life.kind, task)
        if job is not None:
            _Run(engine, docs, life, job, task).go()

    def clear(self, engine: Engine) -> None:
        """Kills every program that runs, at a reset."""
        process.kill_all(engine.store.folder("jobs").iterdir())


def _begin(docs: Scope, kind: Kind, task: Task) -> Document | None:
    """The job of a task, taken up; None when it has ended or was deleted meanwhile."""
    with docs.transaction():
        job = docs.find(kind, task.payload["name"])
        if job is None or job[kind.member("status")] in TERMINAL or job[kind.member("arn")] != task.resource:
            return None
        return job if job.get(BEGUN) else docs.update(kind, task.payload["name"], {BEGUN: True})


class _Run:
    """One job on its way."""

    def __init__(self, engine: Engine, docs: Scope, life: Life, job: Document, task: Task) -> None:
        self.engine, self.docs, self.life, self.job, self.task = engine, docs, life, job, task
        self.kind = life.kind
        self.name = str(job[life.kind.member("name")])
        self.arn = str(job[life.kind.member("arn")])
        self.folder = folder_of(engine.store, life.kind, job)

    def go(self) -> None:
        """Begins the job, or takes up one that was begun before a restart."""
        try:
            changes = self._live()
        except JobFailed as failure:
            changes = self.life.failed(self.docs, self.job, str(failure))
        point("collected")
        self._record(changes)

    def _live(self) -> Document:
        if not (self.folder / "supervisor.lock").exists():
            if self._stopping():
                return self.life.stopped(self.docs, self.job)
            self._launch()
        end = self._watch()
        if end.reason == "error" and end.detail == process.VANISHED:
            return self._lost()
        try:
            return self.life.finish(self.engine, self.docs, self._now(), self.folder, end)
        except AwsError as error:
            raise JobFailed(f"ClientError: Artifact upload failed:{error.message}") from error

    def _now(self) -> Document:
        return self.docs.get(self.kind, self.name)

    def _stopping(self) -> bool:
        return bool(self._now()[self.kind.member("status")] == "Stopping")

    def _launch(self) -> None:
        process.remove(self.folder)
        self.folder.mkdir(parents=True)
        self.life.stage(self.engine, self.docs, self.job, self.folder).write(self.folder)
        point("staged")
        process.launch(self.folder)
        point("launched")

    def _watch(self) -> Exit:
        """Waits for the end while metrics and outputs are taken up."""
        ended = threading.Event()
        result: list[Exit] = []

        def wait() -> None:
            result.append(process.wait(self.folder))
            ended.set()

        threading.Thread(target=wait, name=f"wait {self.name}", daemon=True).start()
        if not self._wait_for_start(ended):
            return self._result(ended, result)
        if self._stopping():
            process.stop(self.folder)
        follower = self.life.follow(self.engine, self.docs, self.job, self.folder)
        while not ended.wait(follower.interval):
            follower.tick()
        follower.tick(last=True)
        return result[0]

    def _wait_for_start(self, ended: threading.Event) -> bool:
        """Until the program runs, which is then told in the document; False when it never did."""
        while process.started(self.folder) is None:
            if ended.wait(0.005):
                break
        if process.started(self.folder) is None:
            return False
        with self.docs.transaction():
            self.life.started(self.engine, self.docs, self.job)
            lineage.keep(self.engine.store, self.docs, self.kind, self._now())
        return True

    def _result(self, ended: threading.Event, result: list[Exit]) -> Exit:
        ended.wait()
        return result[0]

    def _lost(self) -> Document:
        """The supervisor died with the program: AWS's internal error, which a RetryStrategy tries again."""
        allowed = self.job.get("RetryStrategy", {}).get("MaximumRetryAttempts", 0)
        attempts = int(self.job.get("_attempts", 0))
        process.remove(self.folder)
        if attempts < allowed and not self._stopping():
            self.job = self.docs.update(self.kind, self.name, {"_attempts": attempts + 1})
            return self._live()
        raise JobFailed("InternalServerError: We encountered an internal error. Please try again.")

    def _record(self, changes: Document) -> None:
        """The end, in one transaction: document, lineage, the end of its credentials, the work done."""
        with self.docs.transaction():
            if self.docs.find(self.kind, self.name) is not None:
                job = self.docs.update(self.kind, self.name, changes)
                warmpools.keep(self.engine.store, self.docs, job)
                lineage.keep(self.engine.store, self.docs, self.kind, job)
            self.engine.store.keys.end_job(self.arn)
            self.engine.store.queue.done(self.task)
        point("recorded")
        self._tidy()

    def _tidy(self) -> None:
        """Keeps what tells how it went (spec, exit, logs, measures); the rest is in the bucket by now."""
        for name in ("inputs", "out"):
            process.remove(self.folder / name)
        for host in (self.folder / "hosts").glob("*"):
            for each in host.iterdir():
                if each.name != "log":
                    process.remove(each)
