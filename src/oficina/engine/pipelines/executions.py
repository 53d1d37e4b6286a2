"""The threads of executions: one for each that runs, taken up again when a server starts."""

from __future__ import annotations

import logging
import threading
import time

from oficina.engine.pipelines.conductor import Conductor
from oficina.engine.pipelines.execution import Execution
from oficina.engine.pipelines.kinds import ENDED, EXECUTION
from oficina.engine.workers import Engine
from oficina.store import shortage
from oficina.store.documents import Scope
from oficina.store.queue import Task

log = logging.getLogger(__name__)

TOPIC = "pipeline"
INTERNAL = "InternalServerError: We encountered an internal error. Please try again."


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
        while True:
            try:
                _conduct(engine, docs, arn)
                if self._is_over(docs, arn):
                    return
            except Exception as error:
                if not shortage.is_shortage(error):
                    with self._lock:
                        self._running.discard(arn)
                    raise
                log.warning("the execution %s waits: %s", arn, error)
                time.sleep(shortage.SECONDS)

    def _is_over(self, docs: Scope, arn: str) -> bool:
        """Whether the thread may end: a stop or a retry that came last has found it running."""
        with self._lock:
            found = docs.find_arn(arn)
            over = found is None or found["PipelineExecutionStatus"] in ENDED
            if over:
                self._running.discard(arn)
            return over


def _conduct(engine: Engine, docs: Scope, arn: str) -> None:
    """Takes an execution to its end; one that cannot go on fails."""
    pipeline, _, execution = arn.partition(":pipeline/")[2].partition("/execution/")
    try:
        if docs.find(EXECUTION, execution, pipeline) is not None:
            Conductor(Execution(engine, docs, pipeline, execution)).run()
    except Exception as error:
        if shortage.is_shortage(error):
            raise
        log.exception("the execution %s failed", arn)
        _fail(engine, docs, pipeline, execution)


def _fail(engine: Engine, docs: Scope, pipeline: str, execution: str) -> None:
    """Ends an execution that cannot go on, and its steps with it."""
    with docs.transaction():
        found = docs.find(EXECUTION, execution, pipeline)
        if found is None:
            return
        steps, arn = engine.store.steps, found["PipelineExecutionArn"]
        for body in steps.all(arn):
            if body["StepStatus"] not in ENDED:
                ended = {"StepStatus": "Failed", "FailureReason": INTERNAL, "EndTime": engine.clock.now()}
                steps.put(arn, found["PipelineArn"], {**body, **ended})
        changes = {"PipelineExecutionStatus": "Failed", "FailureReason": INTERNAL}
        docs.update(EXECUTION, execution, changes, pipeline)
