"""Steps that are a task: begun under a name that was kept, watched by the row that it has."""

from __future__ import annotations

from oficina.chaos import point
from oficina.engine.pipelines import hits
from oficina.engine.pipelines.definition import Step
from oficina.engine.pipelines.execution import Execution
from oficina.engine.pipelines.steptypes import TASKS
from oficina.engine.pipelines.tasks import Order, TaskFailed
from oficina.engine.pipelines.work import StepFailed
from oficina.store.kinds import Document


class Errands:
    """The work of such steps."""

    def __init__(self, execution: Execution) -> None:
        self._execution = execution

    def begin(self, step: Step, body: Document) -> Document | None:
        """Begins the task, unless an earlier server did or the cache has it."""
        task = TASKS[step.type]
        members = {key: step.body[key] for key in task.keys if key in step.body}
        given = self._execution.resolve(members)
        hit = hits.take(self._execution, step, body, given)
        if hit is not None:
            return hit
        body |= {"_name": str(body.get("_name") or task.new_name()), "_given": given}
        self._execution.keep(body)
        point("step-named")
        order = self._order(step, body)
        try:
            body["_arn"] = task.begin(order)
        except TaskFailed as failure:
            raise StepFailed(str(failure)) from failure
        point("step-made")
        body |= {"StepStatus": "Executing", "Metadata": task.metadata(order, None)}
        self._execution.keep(body)
        return None

    def look(self, step: Step, body: Document) -> Document | None:
        """The output parameters of a task that has ended."""
        task, row = TASKS[step.type], self._execution.docs.find_arn(str(body["_arn"]))
        if row is None:
            raise StepFailed("What the step waits for was deleted.")
        try:
            outputs = task.outputs(step, row)
        except TaskFailed as failure:
            raise StepFailed(str(failure)) from failure
        if outputs is None:
            return None
        body["Metadata"] = task.metadata(self._order(step, body), outputs)
        return {"OutputParameters": outputs}

    def stop(self, step: Step, body: Document) -> None:
        """Tells who works on the task."""
        if "_arn" not in body:
            return
        try:
            TASKS[step.type].stop(self._order(step, body))
        except TaskFailed as failure:
            raise StepFailed(str(failure)) from failure

    def _order(self, step: Step, body: Document) -> Order:
        execution = self._execution
        return Order(execution.engine, execution.docs, execution.arn, step, body["_name"], body["_given"])
