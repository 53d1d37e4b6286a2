"""The life of a job, from the queue to its last record: stage, launch, watch, collect, record.

The program runs under a supervisor of its own that outlives this server. A job that is found again after a
crash is taken up where it is: what the job's folder holds decides, never what memory held.
"""

from __future__ import annotations

import logging
import threading
from concurrent.futures import Future
from pathlib import Path
from typing import Protocol

from oficina.chaos import point
from oficina.engine import standby, warmpools, watch
from oficina.engine.jobfolder import folder_of, tidy
from oficina.engine.lineage import jobs as lineage
from oficina.engine.workers import Engine
from oficina.errors import AwsError
from oficina.runners import process
from oficina.runners.process import Exit, Spec
from oficina.store import shortage
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


class Forgotten(Exception):
    """The job that goes on here is not in the store any more."""


class Life(Protocol):
    """What differs between the kinds of job."""

    kind: Kind

    def stage(self, engine: Engine, docs: Scope, job: Document, folder: Path) -> Spec:
        """Brings inputs, image and environment together. Raises JobFailed."""
        ...

    def started(self, docs: Scope, job: Document, at: float) -> None:
        """The program was started at this time: tell it in the document, also when it is told there."""
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
            self._go()
        except Exception:
            if self._is_known():
                raise
            process.discard(self.folder)  # a reset came meanwhile

    def _go(self) -> None:
        try:
            changes = self._live()
        except JobFailed as failure:
            changes = self.life.failed(self.docs, self._now(), str(failure))
        point("collected")
        self._record(changes)

    def _live(self) -> Document:
        if standby.left(self.folder):
            process.discard(self.folder)
        if not process.begun(self.folder):
            if self._stopping():
                return self.life.stopped(self.docs, self.job)
            self._launch()
        end = self._watch()
        if end.reason == "error" and end.detail == process.VANISHED:
            # Prepared hosts may have died before they heard of the job: then nothing of it has begun.
            return self._live() if standby.left(self.folder) else self._lost()
        try:
            return self.life.finish(self.engine, self.docs, self._now(), self.folder, end)
        except AwsError as error:
            if shortage.is_shortage(error):
                raise
            raise JobFailed(f"ClientError: Artifact upload failed:{error.message}") from error

    def _now(self) -> Document:
        """The job's document as it is. Raises Forgotten when there is none."""
        now = self.docs.find(self.kind, self.name)
        if now is None or now["CreationTime"] != self.job["CreationTime"]:  # a name may come again
            raise Forgotten(self.arn)
        return now

    def _is_known(self) -> bool:
        """Whether there is a document of this job."""
        try:
            self._now()
        except Forgotten:
            return False
        return True

    def _stopping(self) -> bool:
        return bool(self._now()[self.kind.member("status")] == "Stopping")

    def _launch(self) -> None:
        process.remove(self.folder)
        if not self._join():
            self.folder.mkdir(parents=True)
            self._stage().write(self.folder)
            point("staged")
            process.launch(self.folder)
        point("launched")

    def _stage(self) -> Spec:
        return self.life.stage(self.engine, self.docs, self.job, self.folder)

    def _join(self) -> bool:
        """Begins in the hosts that the job's warm pool holds; False when it has to start by itself."""
        prepared = standby.take(self.engine.store, self.job, self.folder)
        if prepared is None:
            return False
        point("joined")
        begun = False
        try:
            spec = self._stage()
            if standby.fits(prepared, spec):
                spec.write(self.folder)
                point("staged")
                begun = process.order(self.folder)
                point("ordered")
        finally:
            if not begun:
                process.discard(self.folder)
        return begun

    def _watch(self) -> Exit:
        """Waits for the end while metrics and outputs are taken up."""
        ended = threading.Event()
        end: Future[Exit] = Future()
        end.add_done_callback(lambda _: ended.set())

        def wait() -> None:
            try:
                end.set_result(process.wait(self.folder))
            except Exception as error:  # who waits for the end must hear of this, or waits for ever
                end.set_exception(error)

        threading.Thread(target=wait, name=f"wait {self.name}", daemon=True).start()
        if not self._wait_for_start(ended):
            return end.result()
        if self._stopping():
            process.stop(self.folder)
        follower = self.life.follow(self.engine, self.docs, self.job, self.folder)
        while not ended.wait(follower.interval):
            follower.tick()
        follower.tick(last=True)
        return end.result()

    def _wait_for_start(self, ended: threading.Event) -> bool:
        """Until the program runs, which is then told in the document; False when it never did."""
        while (at := process.started(self.folder)) is None:
            if ended.wait(0.005):
                at = process.started(self.folder)
                break
        if at is None:
            return False
        with self.docs.transaction():
            self.life.started(self.docs, self._now(), at)
            lineage.keep(self.engine.store, self.docs, self.kind, self._now())
        return True

    def _lost(self) -> Document:
        """The supervisor died with the program: AWS's internal error, which a RetryStrategy tries again."""
        self._now()
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
            self._now()
            job = self.docs.update(self.kind, self.name, changes)
            warmpools.keep(self.engine.store, self.docs, job)
            lineage.keep(self.engine.store, self.docs, self.kind, job)
            self.engine.store.keys.end_job(self.arn)
            self.engine.store.queue.done(self.task)
        point("recorded")
        tidy(self.folder)
