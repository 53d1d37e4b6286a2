"""The threads of executions: one for each that runs, taken up again when a server starts."""

from __future__ import annotations

import logging
import threading

from oficina.engine.pipelines.execution import Execution
from oficina.engine.pipelines.kinds import EXECUTION
from oficina.engine.workers import Engine
from oficina.store.queue import Task

log = logging.getLogger(__name__)

TOPIC = "pipeline"


class Executions:
    """The handler of the queue's executions."""

    def __init__(self) -> None:
        self._running: set[str] = set()
        self._lock = threading.Lock()

    def __call__(self, engine: Engine, task: Task) -> None:
        """Sets an execution going; its own row, not the task, remembers that it runs."""
        self._go(engine, task.account, task.region, task.resource)

    def start(self, engine: Engine) -> None:
        """Takes up the executions that an earlier server left."""
        rows = engine.store.database.reader.execute(
            "SELECT account, region, arn FROM resources WHERE kind=? AND status IN ('Executing', 'Stopping')",
            (EXECUTION.name,),
        ).fetchall()
        for row in rows:
            self._go(engine, row["account"], row["region"], row["arn"])

    def _go(self, engine: Engine, account: str, region: str, arn: str) -> None:
        with self._lock:
            if arn in self._running:
                return
            self._running.add(arn)
        name = f"execution {arn.rpartition('/')[2]}"
        threading.Thread(
            target=self._run, args=(engine, account, region, arn), name=name, daemon=True
        ).start()

    def _run(self, engine: Engine, account: str, region: str, arn: str) -> None:
        docs = engine.store.scope(account, region)
        pipeline, _, execution = arn.partition(":pipeline/")[2].partition("/execution/")
        try:
            if docs.find(EXECUTION, execution, pipeline) is not None:
                Execution(engine, docs, pipeline, execution).run()
        except Exception:
            log.exception("the execution %s failed", arn)
            with docs.transaction():
                if docs.find(EXECUTION, execution, pipeline) is not None:
                    sentence = "InternalServerError: We encountered an internal error. Please try again."
                    changes = {"PipelineExecutionStatus": "Failed", "FailureReason": sentence}
                    docs.update(EXECUTION, execution, changes, pipeline)
        finally:
            with self._lock:
                self._running.discard(arn)
