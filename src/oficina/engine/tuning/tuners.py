"""The threads of tuning jobs: one for each that runs, taken up again when a server starts."""

from __future__ import annotations

import logging
import threading
import time

from oficina.engine.tuning.kinds import TUNING_JOB
from oficina.engine.tuning.tuner import Tuner
from oficina.engine.workers import Engine
from oficina.store import shortage
from oficina.store.documents import Scope
from oficina.store.queue import Task

log = logging.getLogger(__name__)

TOPIC = "tuning"
INTERNAL = "InternalServerError: We encountered an internal error. Please try again."


class Tuners:
    """The handler of the queue's tuning jobs."""

    def __init__(self) -> None:
        self._running: set[str] = set()
        self._lock = threading.Lock()

    def __call__(self, engine: Engine, task: Task) -> None:
        """Sets a tuning job going; its own row, not the task, remembers that it runs."""
        self._go(engine, task.account, task.region, task.payload["name"])

    def start(self, engine: Engine) -> None:
        """Takes up the tuning jobs that an earlier server left."""
        rows = engine.store.database.reader.execute(
            "SELECT account, region, name FROM resources"
            " WHERE kind=? AND status IN ('InProgress', 'Stopping')",
            (TUNING_JOB.name,),
        ).fetchall()
        for row in rows:
            self._go(engine, row["account"], row["region"], row["name"])

    def _go(self, engine: Engine, account: str, region: str, name: str) -> None:
        job = engine.store.scope(account, region).find(TUNING_JOB, name)
        if job is None:
            return
        key = f"{job['HyperParameterTuningJobArn']} {job['CreationTime']}"  # a name may come again
        with self._lock:
            if key in self._running:
                return
            self._running.add(key)
        threading.Thread(
            target=self._run, args=(engine, account, region, name, key), name=f"tuning {name}", daemon=True
        ).start()

    def _run(self, engine: Engine, account: str, region: str, name: str, key: str) -> None:
        docs = engine.store.scope(account, region)
        try:
            while not _tune(engine, docs, name):
                time.sleep(shortage.SECONDS)
        finally:
            with self._lock:
                self._running.discard(key)


def _tune(engine: Engine, docs: Scope, name: str) -> bool:
    """Takes a tuning job to its end; False when it has to wait for room on the machine."""
    try:
        job = docs.find(TUNING_JOB, name)
        if job is not None:
            _run(engine, docs, name, job["CreationTime"])
    except Exception as error:
        if not shortage.is_shortage(error):
            raise
        log.warning("the tuning job %s waits: %s", name, error)
        return False
    return True


def _run(engine: Engine, docs: Scope, name: str, created: float) -> None:
    """Runs a tuning job; one that cannot go on fails."""
    try:
        Tuner(engine, docs, name).run()
    except Exception as error:
        if shortage.is_shortage(error):
            raise
        log.exception("the tuning job %s failed", name)
        with docs.transaction():
            now = docs.find(TUNING_JOB, name)
            if now is not None and now["CreationTime"] == created:  # a name may come again
                changes = {"HyperParameterTuningJobStatus": "Failed", "FailureReason": INTERNAL}
                docs.update(TUNING_JOB, name, changes)
