"""Steps that are over as soon as they begin: Condition and Fail.

As SDK v2's tests see them on AWS, a condition's Outcome is ``True`` in its metadata and ``true`` where an
expression makes text of it, and a Fail step without a message has no FailureReason.
"""

from __future__ import annotations

from oficina.engine.pipelines import conditions, expressions
from oficina.engine.pipelines.definition import Step
from oficina.engine.pipelines.execution import Execution
from oficina.engine.pipelines.work import StepFailed
from oficina.store.kinds import Document


class Decisions:
    """The work of Condition and Fail steps."""

    def __init__(self, execution: Execution) -> None:
        self._execution = execution

    def begin(self, step: Step, body: Document) -> Document | None:
        """Decides, or fails."""
        if step.type == "Fail":
            given = self._execution.resolve(step.arguments.get("ErrorMessage", ""))
            sentence = expressions.text(given)
            body["Metadata"] = {"Fail": {"ErrorMessage": sentence}}
            raise StepFailed(sentence)
        world = self._execution.world()
        holds = all(conditions.holds(each, world) for each in step.arguments["Conditions"])
        body["Metadata"] = {"Condition": {"Outcome": "True" if holds else "False"}}
        return {"Outcome": holds}

    def look(self, step: Step, body: Document) -> Document | None:
        """After a crash between the row and the outcome: decides again."""
        return self.begin(step, body)

    def stop(self, step: Step, body: Document) -> None:
        """There is nothing to stop."""
