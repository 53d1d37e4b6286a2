"""One execution of a pipeline on its way: what is ready begins, what runs is watched, what ended is told.

All state is in rows. A server that is killed begins here again: a step whose job's name was kept is looked
for under that name before it is made anew, so that none runs twice to its end.
"""

from __future__ import annotations

from collections import deque
from datetime import UTC, datetime
from typing import Any

from oficina.chaos import point
from oficina.engine.inputs import InputMissing, split
from oficina.engine.pipelines import (
    arguments,
    caching,
    conditions,
    experiment,
    expressions,
    names,
    registering,
    retries,
)
from oficina.engine.pipelines.definition import Definition, Step, before, parse
from oficina.engine.pipelines.expressions import ExpressionFailed, World
from oficina.engine.pipelines.kinds import ENDED, EXECUTION
from oficina.engine.pipelines.steptypes import TASKS, TYPES, StepType
from oficina.engine.pipelines.tasks import Order, Task, TaskFailed
from oficina.engine.workers import Engine
from oficina.errors import AwsError
from oficina.store.documents import Scope
from oficina.store.kinds import Document

LOOK_SECONDS = 5.0
"""How long an execution waits at most before it looks again without having been woken."""


class StepFailed(Exception):
    """A step that cannot go on: the sentence is its FailureReason, the type decides on a retry."""

    def __init__(self, reason: str, exception: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.exception = exception


class Execution:
    """One execution."""

    def __init__(self, engine: Engine, docs: Scope, pipeline: str, execution: str) -> None:
        self.engine, self.docs = engine, docs
        self.pipeline, self.id = pipeline, execution
        self.document = docs.get(EXECUTION, execution, pipeline)
        self.arn = str(self.document["PipelineExecutionArn"])
        self.definition: Definition = parse(self.document["_definition"])
        self.steps: dict[str, Document] = {
            each["StepName"]: each for each in engine.store.steps.all(self.arn)
        }
        self._failures = {name for name, body in self.steps.items() if body["StepStatus"] == "Failed"}
        self._inside: dict[str, list[Step]] = {}
        self.skipped: set[str] = set()
        self.running: dict[str, Step] = {}
        self.limit = self._limit()
        self._waiting: dict[str, set[str]] = {}
        self._dependents: dict[str, list[str]] = {}
        self._ready: deque[str] = deque()
        self._later: dict[str, float] = {}
        self._plan()

    def _limit(self) -> int:
        given = self.document.get("ParallelismConfiguration") or {}
        return int(given.get("MaxParallelExecutionSteps", 50))

    def _plan(self) -> None:
        """What each step waits for, less what an earlier server saw end."""
        for name, step in self.definition.steps.items():
            needs = before(self.definition, step)
            self._waiting[name] = needs
            if step.parent is not None:
                self._inside.setdefault(step.parent, []).append(step)
            for need in needs:
                self._dependents.setdefault(need, []).append(name)
        for name in [name for name, needs in self._waiting.items() if not needs]:
            self._ready.append(name)
        self._leave_out_unselected()
        for name, body in list(self.steps.items()):
            step = self.definition.steps[name]
            if body["StepStatus"] == "Succeeded":
                self._ended(step)
            elif body["StepStatus"] not in ENDED:
                self.running[name] = step

    def _leave_out_unselected(self) -> None:
        """A selective execution neither runs nor waits for the steps that it was not asked to run."""
        config = self.document.get("SelectiveExecutionConfig")
        if config is None:
            return
        selected = {each["StepName"] for each in config["SelectedSteps"]}
        for name in self.definition.steps:
            if name not in selected and name not in self.steps:
                self.skipped.add(name)
                self._release(name)

    # -- the loop ----------------------------------------------------------------------------------------

    def run(self) -> None:
        """Goes on until the execution has ended."""
        self._set_up_experiment()
        while True:
            status = self._status()
            if status in ENDED:
                return
            failed = self._failed()
            if status == "Stopping":
                self._stop_running()
            elif not failed:
                self._begin_ready()
            seen = self._marks()  # before the look: what changes meanwhile is seen by the wait
            self._look_at_running()
            if not self.running and (status == "Stopping" or self._failed() or not self._may_begin()):
                self._finish(status)
                return
            self._wait(seen)

    def _set_up_experiment(self) -> None:
        """Makes the execution's experiment and trial, unless an earlier server did."""
        if "PipelineExperimentConfig" in self.document or self._status() in ENDED:
            return
        given = self.definition.raw.get("PipelineExperimentConfig")
        config = experiment.prepare(self._call, self._resolve, given)
        if config is not None:
            self.document = self.docs.update(
                EXECUTION, self.id, {"PipelineExperimentConfig": config}, self.pipeline
            )

    def _status(self) -> str:
        row = self.docs.database.reader.execute(
            "SELECT status FROM resources WHERE arn=? AND account=?", (self.arn, self.docs.account)
        ).fetchone()
        return "Stopped" if row is None else str(row["status"])

    def _failed(self) -> bool:
        return bool(self._failures)

    def _may_begin(self) -> bool:
        return bool(self._ready or self._later)

    def _begin_ready(self) -> None:
        now = self.engine.clock.now()
        for name in [name for name, due in self._later.items() if due <= now]:
            del self._later[name]
            self._ready.append(name)
        while self._ready and len(self.running) < self.limit and not self._failed():
            name = self._ready.popleft()
            if name not in self.skipped and name not in self.running and not self._is_done(name):
                self._begin(self.definition.steps[name])

    def _is_done(self, name: str) -> bool:
        body = self.steps.get(name)
        return body is not None and body["StepStatus"] == "Succeeded"

    def _wait(self, seen: list[Any]) -> None:
        """Until a resource that a step waits for changes, a stop is asked for, or a retry is due."""
        if self._ready and len(self.running) < self.limit and not self._failed():
            return
        now = self.engine.clock.now()
        timeout = min([LOOK_SECONDS, *(max(0.01, due - now) for due in self._later.values())])
        self.docs.database.wait_until(lambda: self._marks() != seen, timeout)

    def _marks(self) -> list[Any]:
        """What changes when there is something to do: the statuses of what runs and of the execution."""
        arns = [self.arn, *(str(self.steps[name].get("_arn", "")) for name in self.running)]
        marks = ",".join("?" * len(arns))
        rows = self.docs.database.reader.execute(
            f"SELECT arn, status FROM resources WHERE arn IN ({marks}) ORDER BY arn", arns
        )
        return [tuple(row) for row in rows]

    # -- one step ----------------------------------------------------------------------------------------

    def _begin(self, step: Step) -> None:
        body = self.steps.get(step.name) or self._new_body(step)
        body |= {"StepStatus": "Starting", "AttemptCount": body["AttemptCount"] + 1}
        self._keep(body)
        try:
            self._start(step, body)
        except StepFailed as failure:
            self._retry_or_fail(step, body, failure)

    def _new_body(self, step: Step) -> Document:
        return {
            "StepName": step.name,
            "StepDisplayName": step.body.get("DisplayName"),
            "StepDescription": step.body.get("Description"),
            "StartTime": self.engine.clock.now(),
            "AttemptCount": 0,
            "_type": step.type,
        }

    def _start(self, step: Step, body: Document) -> None:
        try:
            if step.type == "Condition":
                self._decide(step, body)
            elif step.type == "Fail":
                sentence = expressions.text(self._resolve(step.arguments.get("ErrorMessage", "")))
                body["Metadata"] = {"Fail": {"ErrorMessage": sentence}}
                raise StepFailed(sentence)
            elif step.type in TASKS:
                self._set_task(step, body, TASKS[step.type])
            else:
                self._make(step, body, TYPES[step.type])
        except ExpressionFailed as error:
            raise StepFailed(str(error)) from error
        except TaskFailed as error:
            raise StepFailed(str(error)) from error
        except AwsError as error:
            raise StepFailed(f"{error.code}: {error.message}", retries.of_error(error)) from error

    def _decide(self, step: Step, body: Document) -> None:
        outcome = all(conditions.holds(each, self._world()) for each in step.arguments["Conditions"])
        body["Metadata"] = {"Condition": {"Outcome": "True" if outcome else "False"}}
        self._succeed(step, body, {"Outcome": body["Metadata"]["Condition"]["Outcome"]})

    def _make(self, step: Step, body: Document, kind: StepType) -> None:
        given = self._resolve(step.arguments)
        if self._hit(step, body, given):
            return
        resumed = "_name" in body
        name = str(body.get("_name") or self._name(step, given, kind))
        body |= {"_name": name, "_noun": kind.noun}
        self._keep(body)
        point("step-named")
        request = arguments.fit(f"Create{kind.noun}", {**given, **({kind.name: name} if kind.named else {})})
        if step.type in experiment.WITH_COMPONENTS and "PipelineExperimentConfig" in self.document:
            request.setdefault("ExperimentConfig", self.document["PipelineExperimentConfig"])
        if step.type in experiment.WITH_COMPONENTS:
            # The SDKs find a job's execution by this tag (sagemaker.lineage, pipeline_execution_arn).
            tag = {"Key": "sagemaker:pipeline-execution-arn", "Value": self.arn}
            request["Tags"] = [*request.get("Tags", ()), tag]
        if step.type == "RegisterModel":
            request = registering.prepare(self._call, self.arn, name, request)
        answer = self._found(kind, name) if resumed else None
        answer = answer or self._call(f"Create{kind.noun}", request)
        point("step-made")
        body["_arn"] = answer[kind.arn]
        body["Metadata"] = {kind.metadata: {"Arn": answer[kind.arn]}}
        if not kind.waits:
            self._succeed(step, body, self._call(f"Describe{kind.noun}", kind.key(answer, name)))
            return
        body["StepStatus"] = "Executing"
        self._keep(body)
        self.running[step.name] = step

    def _set_task(self, step: Step, body: Document, task: Task) -> None:
        given = self._resolve({key: step.body[key] for key in task.keys if key in step.body})
        if self._hit(step, body, given):
            return
        body |= {"_name": str(body.get("_name") or task.new_name()), "_given": given}
        self._keep(body)
        point("step-named")
        order = self._order(step, body)
        body["_arn"] = task.begin(order)
        point("step-made")
        body |= {"StepStatus": "Executing", "Metadata": task.metadata(order, None)}
        self._keep(body)
        self.running[step.name] = step

    def _order(self, step: Step, body: Document) -> Order:
        return Order(self.engine, self.docs, self.arn, step, body["_name"], body["_given"])

    def _name(self, step: Step, given: Document, kind: StepType) -> str:
        if step.type == "Tuning":
            return names.of_tuning_step(self.id, step.name)
        return names.of_step(self.id, step.name, self._prefix(given, kind))

    def _prefix(self, given: Document, kind: StepType) -> str | None:
        name = given.get(kind.name)
        return str(name) if name else None

    def _found(self, kind: StepType, name: str) -> Document | None:
        """What an earlier server made under the name that it had kept."""
        if not kind.named:
            return None
        try:
            return self._call(f"Describe{kind.noun}", {kind.name: name})
        except AwsError:
            return None

    def _hit(self, step: Step, body: Document, given: Document) -> bool:
        """Whether an earlier execution's step stands for this one."""
        if not caching.cacheable(step.body, step.type):
            return False
        body["_cache_key"] = key = caching.fingerprint(step.type, given)
        body["_cache_parts"] = caching.parts(step.type, given)
        oldest = caching.since(step.body, self.engine.clock.now())
        found = self.engine.store.steps.cached(str(self.document["PipelineArn"]), step.name, key, oldest)
        if found is None:
            return False
        source, earlier = found
        body |= {
            "CacheHitResult": {
                "SourcePipelineExecutionArn": earlier.get("CacheHitResult", {}).get(
                    "SourcePipelineExecutionArn", source
                )
            },
            "Metadata": earlier.get("Metadata"),
            "_name": earlier.get("_name"),
        }
        self._succeed(step, body, earlier["_properties"])
        return True

    def _look_at_running(self) -> None:
        for name, step in list(self.running.items()):
            body = self.steps[name]
            if "_arn" not in body:  # a server was killed between the row and the resource
                del self.running[name]
                body["AttemptCount"] -= 1
                self._begin(step)
                continue
            if step.type in TASKS:
                self._look_at_task(step, body, TASKS[step.type])
            else:
                self._look_at(step, body, TYPES[step.type])

    def _look_at_task(self, step: Step, body: Document, task: Task) -> None:
        row = self.docs.find_arn(str(body["_arn"]))
        try:
            if row is None:
                raise TaskFailed("What the step waits for was deleted.")
            outputs = task.outputs(step, row)
        except TaskFailed as failure:
            del self.running[step.name]
            self._retry_or_fail(step, body, StepFailed(str(failure)))
            return
        if outputs is not None:
            del self.running[step.name]
            body["Metadata"] = task.metadata(self._order(step, body), outputs)
            self._succeed(step, body, {"OutputParameters": outputs})

    def _look_at(self, step: Step, body: Document, kind: StepType) -> None:
        found = self.docs.find_arn(str(body["_arn"]))
        status = None if found is None else found.get(kind.status)
        if found is not None and status not in kind.good and status not in kind.bad:
            return
        self.running.pop(step.name, None)
        if status in kind.good:
            described = self._call(f"Describe{kind.noun}", {kind.name: body["_name"]})
            self._succeed(step, body, described)
        elif status == "Stopped" and self._status() == "Stopping":
            self._end(body, "Stopped")
        else:
            reason = "The resource was deleted." if found is None else self._reason(kind, found, str(status))
            self._retry_or_fail(step, body, StepFailed(reason, retries.of_reason(self._raw_reason(found))))

    def _reason(self, kind: StepType, found: Document, status: str) -> str:
        raw = self._raw_reason(found)
        return (
            f"ClientError: {raw}" if raw and ":" not in raw[:40] else raw or f"The {kind.noun} is {status}."
        )

    def _raw_reason(self, found: Document | None) -> str:
        return str((found or {}).get("FailureReason") or "")

    def _retry_or_fail(self, step: Step, body: Document, failure: StepFailed) -> None:
        policies = step.body.get("RetryPolicies") or []
        age = self.engine.clock.now() - body["StartTime"]
        pause = retries.pause(policies, failure.exception, body["AttemptCount"], age)
        if pause is None:
            body["FailureReason"] = failure.reason
            self._end(body, "Failed")
            return
        for member in ("_name", "_arn"):
            body.pop(member, None)
        body["StepStatus"] = "Starting"
        self._keep(body)
        self._later[step.name] = self.engine.clock.now() + pause

    def _succeed(self, step: Step, body: Document, properties: Document) -> None:
        body["_properties"] = properties
        self._end(body, "Succeeded")
        self._ended(step)

    def _end(self, body: Document, status: str) -> None:
        body |= {"StepStatus": status, "EndTime": self.engine.clock.now()}
        self._keep(body)
        point("step-ended")

    def _keep(self, body: Document) -> None:
        clean = {key: value for key, value in body.items() if value is not None}
        self.steps[body["StepName"]] = body
        if body["StepStatus"] == "Failed":
            self._failures.add(body["StepName"])
        self.engine.store.steps.put(self.arn, str(self.document["PipelineArn"]), clean)

    # -- the graph ---------------------------------------------------------------------------------------

    def _ended(self, step: Step) -> None:
        """A step succeeded: those that waited for it alone are ready; an untaken branch is out."""
        if step.type == "Condition":
            outcome = self.steps[step.name]["Metadata"]["Condition"]["Outcome"] == "True"
            for inner in self._inside.get(step.name, ()):
                if inner.branch != outcome:
                    self._skip(inner.name)
        self._release(step.name)

    def _release(self, name: str) -> None:
        """Nobody waits for this step any more."""
        for dependent in self._dependents.get(name, ()):
            self._waiting[dependent].discard(name)
            if not self._waiting[dependent] and dependent not in self.skipped:
                self._ready.append(dependent)

    def _skip(self, name: str) -> None:
        """A step that will never run takes along what waits for it and what stands inside it."""
        if name in self.skipped:
            return
        self.skipped.add(name)
        for dependent in self._dependents.get(name, ()):
            self._skip(dependent)

    def _stop_running(self) -> None:
        self._later.clear()
        for name, step in list(self.running.items()):
            body = self.steps[name]
            if body["StepStatus"] == "Stopping":
                continue
            body["StepStatus"] = "Stopping"
            self._keep(body)
            if step.type in TASKS:
                self._stop_task(step, body, TASKS[step.type])
                continue
            kind = TYPES[step.type]
            if kind.stops and "_arn" in body:
                try:
                    self._call(f"Stop{kind.noun}", {kind.name: body["_name"]})
                except AwsError:
                    continue  # it has just ended by itself

    def _stop_task(self, step: Step, body: Document, task: Task) -> None:
        if "_arn" not in body:
            return
        try:
            task.stop(self._order(step, body))
        except TaskFailed as failure:
            del self.running[step.name]
            body["FailureReason"] = str(failure)
            self._end(body, "Failed")

    def _finish(self, status: str) -> None:
        failed = [body for body in self.steps.values() if body["StepStatus"] == "Failed"]
        changes: Document = {"PipelineExecutionStatus": "Succeeded"}
        if status == "Stopping":
            changes["PipelineExecutionStatus"] = "Stopped"
        elif failed:
            fails = [body for body in failed if body["_type"] == "Fail"]
            reason = fails[0]["FailureReason"] if fails else ("Step failure: One or multiple steps failed.")
            changes |= {"PipelineExecutionStatus": "Failed", "FailureReason": reason}
        self.docs.update(EXECUTION, self.id, changes, self.pipeline)
        point("execution-ended")

    # -- expressions -------------------------------------------------------------------------------------

    def _call(self, operation: str, request: Document) -> Document:
        return self.engine.call(self.docs.account, self.docs.region, "sagemaker", operation, request)

    def _resolve(self, value: Any) -> Any:
        return expressions.resolve(value, self._world())

    def _world(self) -> World:
        return World(
            parameters=self.document["_values"],
            execution=self._variables(),
            properties=self._properties,
            property_file=self._property_file,
            object=self._object,
        )

    def _variables(self) -> dict[str, Any]:
        return {
            "PipelineName": self.document["_pipeline_name"],
            "PipelineArn": self.document["PipelineArn"],
            "PipelineExecutionId": self.id,
            "PipelineExecutionArn": self.arn,
            "StartDateTime": _iso(self.document["CreationTime"]),
            "CurrentDateTime": _iso(self.engine.clock.now()),
        }

    def _properties(self, step: str) -> Document:
        body = self.steps.get(step)
        if body is None or "_properties" not in body:
            raise ExpressionFailed(f"Step {step} has no properties: it did not run to success.")
        found: Document = body["_properties"]
        return found

    def _property_file(self, step: str, name: str) -> bytes:
        declared = self.definition.steps[step].body.get("PropertyFiles") or []
        for file in declared:
            if file["PropertyFileName"] == name:
                outputs = self._properties(step).get("ProcessingOutputConfig", {}).get("Outputs", [])
                for output in outputs:
                    if output["OutputName"] == file["OutputName"]:
                        folder = output["S3Output"]["S3Uri"].rstrip("/")
                        return self._object(f"{folder}/{file['FilePath']}")
        raise ExpressionFailed(f"Step {step} has no property file {name}.")

    def _object(self, uri: str) -> bytes:
        try:
            return self.engine.store.objects.read(self.docs.account, *split(uri))
        except InputMissing as error:
            raise ExpressionFailed(str(error)) from error
        except AwsError as error:
            raise ExpressionFailed(f"{uri} cannot be read: {error.message}") from error


def _iso(time: float) -> str:
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
