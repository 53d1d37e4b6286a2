"""What a step does, whatever its type: it begins, it is looked at until it has ended, it is stopped."""

from __future__ import annotations

from typing import Protocol

from oficina.engine.pipelines.definition import Step
from oficina.store.kinds import Document


class StepFailed(Exception):
    """A step that cannot go on: the sentence is its FailureReason, the type decides on a retry."""

    def __init__(self, reason: str, exception: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.exception = exception


class StepStopped(Exception):
    """A step that ended because its execution is being stopped."""


class Work(Protocol):
    """The work of steps of some types in one execution.

    Each method may be called again after a crash: what it began is found by the name in the step's row.
    """

    def begin(self, step: Step, body: Document) -> Document | None:
        """Begins; gives the step's properties when that was all. Raises StepFailed."""
        ...

    def look(self, step: Step, body: Document) -> Document | None:
        """The properties of a step that ended well, None while it goes on. Raises StepFailed, StepStopped."""
        ...

    def stop(self, step: Step, body: Document) -> None:
        """Tells who works on the step that it is to stop. Raises StepFailed when nobody can be told."""
        ...
