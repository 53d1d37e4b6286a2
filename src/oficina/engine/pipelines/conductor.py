"""Takes one execution to its end: what is ready begins, what runs is watched, what ended is told.

A server that is killed begins here again: a step whose resource's name was kept is looked for under that
name before it is made anew, so that none runs twice to its end.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from oficina.chaos import point
from oficina.engine.pipelines import baselines, experiment, retries
from oficina.engine.pipelines.checks import Checks
from oficina.engine.pipelines.decisions import Decisions
from oficina.engine.pipelines.definition import Step
from oficina.engine.pipelines.deployments import Deployments
from oficina.engine.pipelines.errands import Errands
from oficina.engine.pipelines.execution import Execution
from oficina.engine.pipelines.expressions import ExpressionFailed
from oficina.engine.pipelines.graph import Graph
from oficina.engine.pipelines.kinds import ENDED, STEP_FAILED
from oficina.engine.pipelines.records import Records
from oficina.engine.pipelines.resources import Resources
from oficina.engine.pipelines.steptypes import TASKS, TYPES
from oficina.engine.pipelines.work import StepFailed, StepStopped, Work
from oficina.errors import AwsError
from oficina.store import shortage
from oficina.store.kinds import Document

LOOK_SECONDS = 5.0
"""How long an execution waits at most before it looks again without having been woken."""


class Conductor:
    """One execution on its way."""

    def __init__(self, execution: Execution) -> None:
        self.execution = execution
        self.graph = Graph(execution.definition)
        self.running: dict[str, Step] = {}
        self._failures: set[str] = set()
        self._later: dict[str, float] = {}
        self._work: dict[str, Work] = {
            **dict.fromkeys(("Condition", "Fail"), Decisions(execution)),
            **dict.fromkeys(TASKS, Errands(execution)),
            **dict.fromkeys(TYPES, Resources(execution)),
            **dict.fromkeys(baselines.OF_STEP, Checks(execution)),
            "Lineage": Records(execution),
            "Endpoint": Deployments(execution),
        }
        self._take_up()

    def _take_up(self) -> None:
        """What an earlier server saw end, left running or was told to leave out."""
        execution = self.execution
        config = execution.document.get("SelectiveExecutionConfig")
        if config is not None:
            selected = {each["StepName"] for each in config["SelectedSteps"]}
            for name in execution.definition.steps:
                if name not in selected and name not in execution.steps:
                    self.graph.leave_out(name)
        for name, body in list(execution.steps.items()):
            step = execution.definition.steps[name]
            if body["StepStatus"] == "Succeeded":
                self._tell(step, body)
            elif body["StepStatus"] == "Failed":
                self._failures.add(name)
            elif "_due" in body:
                self._later[name] = body["_due"]
            elif body["StepStatus"] not in ENDED:
                self.running[name] = step

    # -- the loop ----------------------------------------------------------------------------------------

    def run(self) -> None:
        """Goes on until the execution has ended."""
        self._set_up_experiment()
        while True:
            status = self.execution.refresh()
            if status in ENDED:
                return
            if status == "Stopping":
                self._drop_later("Stopped")
                self._stop_running()
            elif self._failures:
                self._drop_later("Failed")
            else:
                self._begin_ready()
            seen = self._marks()  # before the look: what changes meanwhile is seen by the wait
            self._look_at_running()
            if not self.running and (status == "Stopping" or self._failures or not self._may_begin()):
                self._finish(status)
                return
            self._wait(seen)

    def _set_up_experiment(self) -> None:
        """Makes the execution's experiment and trial, unless an earlier server did; without them it fails."""
        execution = self.execution
        if "PipelineExperimentConfig" in execution.document or execution.status() in ENDED:
            return
        given = execution.definition.raw.get("PipelineExperimentConfig")
        try:
            with _told_as_failures():
                config = experiment.prepare(execution.call, execution.resolve, given)
        except StepFailed as failure:
            reason = f"PipelineExperimentConfig: {failure.reason}"
            execution.update({"PipelineExecutionStatus": "Failed", "FailureReason": reason})
            return
        if config is not None:
            execution.update({"PipelineExperimentConfig": config})

    def _may_begin(self) -> bool:
        return bool(self.graph.ready or self._later)

    def _has_room(self) -> bool:
        return bool(self.graph.ready) and len(self.running) < self.execution.limit and not self._failures

    def _begin_ready(self) -> None:
        now = self.execution.now
        for name in [name for name, due in self._later.items() if due <= now]:
            del self._later[name]
            self.graph.ready.append(name)
        while self._has_room():
            name = self.graph.ready.popleft()
            if name not in self.graph.skipped and not self._is_known(name):
                self._begin(self.execution.definition.steps[name])

    def _is_known(self, name: str) -> bool:
        """Whether a step runs, waits to be tried again, or has succeeded."""
        body = self.execution.steps.get(name)
        done = body is not None and body["StepStatus"] == "Succeeded"
        return done or name in self.running or name in self._later

    def _wait(self, seen: list[Any]) -> None:
        """Until a resource that a step waits for changes, a stop is asked for, or a retry is due."""
        if self._has_room():
            return
        now = self.execution.now
        timeout = min([LOOK_SECONDS, *(max(0.01, due - now) for due in self._later.values())])
        self.execution.docs.database.wait_until(lambda: self._marks() != seen, timeout)

    def _marks(self) -> list[Any]:
        """What changes when there is something to do: the statuses of what runs, and the execution's row."""
        steps = self.execution.steps
        arns = [self.execution.arn, *(str(steps[name].get("_arn", "")) for name in self.running)]
        marks = ",".join("?" * len(arns))
        rows = self.execution.docs.database.reader.execute(
            "SELECT arn, status, CASE arn WHEN ? THEN modified END FROM resources"
            f" WHERE arn IN ({marks}) ORDER BY arn",
            [self.execution.arn, *arns],
        )
        return [tuple(row) for row in rows]

    # -- one step ----------------------------------------------------------------------------------------

    def _begin(self, step: Step) -> None:
        body = self.execution.begun(step)
        try:
            with _told_as_failures():
                properties = self._work[step.type].begin(step, body)
        except StepFailed as failure:
            self._retry_or_fail(step, body, failure)
            return
        if properties is None:
            self.running[step.name] = step
        else:
            self._succeed(step, body, properties)

    def _look_at_running(self) -> None:
        for name, step in list(self.running.items()):
            body = self.execution.steps[name]
            if "_arn" in body:
                self._look_at(step, body)
            else:  # a server was killed between the row and the resource
                del self.running[name]
                body["AttemptCount"] -= 1
                self._begin(step)

    def _look_at(self, step: Step, body: Document) -> None:
        try:
            with _told_as_failures():
                properties = self._work[step.type].look(step, body)
        except StepFailed as failure:
            del self.running[step.name]
            self._retry_or_fail(step, body, failure)
            return
        except StepStopped:
            del self.running[step.name]
            self._end(body, "Stopped")
            return
        if properties is not None:
            del self.running[step.name]
            self._succeed(step, body, properties)

    def _retry_or_fail(self, step: Step, body: Document, failure: StepFailed) -> None:
        policies = step.body.get("RetryPolicies") or []
        age = self.execution.now - body["StartTime"]
        pause = retries.pause(policies, failure.exception, body["AttemptCount"], age)
        if pause is None:
            self._fail(body, failure)
            return
        for member in ("_name", "_arn"):
            body.pop(member, None)
        due = self.execution.now + pause
        body |= {"StepStatus": "Starting", "_due": due, "_reason": failure.reason or None}
        self.execution.keep(body)
        point("step-later")
        self._later[step.name] = due

    def _drop_later(self, status: str) -> None:
        """What waits to be tried again is not: it ends with the execution."""
        for name in self._later:
            body = self.execution.steps[name]
            body["FailureReason"] = body.get("_reason") if status == "Failed" else None
            self._end(body, status)
        self._later.clear()

    def _fail(self, body: Document, failure: StepFailed) -> None:
        body["FailureReason"] = failure.reason or None
        self._failures.add(body["StepName"])
        self._end(body, "Failed")

    def _succeed(self, step: Step, body: Document, properties: Document) -> None:
        body["_properties"] = properties
        self._end(body, "Succeeded")
        self._tell(step, body)

    def _end(self, body: Document, status: str) -> None:
        body.pop("_due", None)
        body |= {"StepStatus": status, "EndTime": self.execution.now}
        self.execution.keep(body)
        point("step-ended")

    def _tell(self, step: Step, body: Document) -> None:
        """The graph hears that a step succeeded."""
        if step.type == "Condition":
            self.graph.decided(step.name, body["Metadata"]["Condition"]["Outcome"] == "True")
        self.graph.release(step.name)

    # -- the end -----------------------------------------------------------------------------------------

    def _stop_running(self) -> None:
        for name, step in list(self.running.items()):
            body = self.execution.steps[name]
            if body["StepStatus"] == "Stopping":
                continue
            point("step-stop")
            try:
                self._work[step.type].stop(step, body)
            except StepFailed as failure:
                del self.running[name]
                self._fail(body, failure)
                continue
            # Told after: a server that is killed in between has it stopped once more, not never.
            body["StepStatus"] = "Stopping"
            self.execution.keep(body)

    def _finish(self, status: str) -> None:
        self._drop_later("Failed")
        failed = [body for body in self.execution.steps.values() if body["StepStatus"] == "Failed"]
        changes: Document = {"PipelineExecutionStatus": "Succeeded"}
        functions = [body for body in failed if body["_type"] == "Lambda"]
        if status == "Stopping" and not functions:  # API reference, StopPipelineExecution, "Lambda Step"
            changes["PipelineExecutionStatus"] = "Stopped"
        elif failed:
            said = [body.get("FailureReason") for body in failed if body["_type"] == "Fail"]
            changes |= {
                "PipelineExecutionStatus": "Failed",
                "FailureReason": (said or [None])[0] or STEP_FAILED,
            }
        self.execution.update(changes)
        point("execution-ended")


@contextmanager
def _told_as_failures() -> Iterator[None]:
    """An expression without a value and a refused operation are why a step failed."""
    try:
        yield
    except ExpressionFailed as error:
        raise StepFailed(str(error)) from error
    except AwsError as error:
        if shortage.is_shortage(error):
            raise
        raise StepFailed(f"{error.code}: {error.message}", retries.of_error(error)) from error
