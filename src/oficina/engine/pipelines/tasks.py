"""Steps that are no resource of SageMaker: what they have in common, and which there are.

Such a step begins something that has a row with a status: the execution watches the row, as it watches a
job's. A task begins under a name that was kept before, so that after a crash it is found and not begun twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from oficina.engine.pipelines.definition import Step
from oficina.engine.pipelines.expressions import text
from oficina.engine.workers import Engine
from oficina.store.documents import Scope
from oficina.store.kinds import Document


class TaskFailed(Exception):
    """A task that did not do what the step is for; the sentence is the step's FailureReason."""


@dataclass(frozen=True, slots=True)
class Order:
    """What a task is told."""

    engine: Engine
    docs: Scope
    execution: str
    """The execution's ARN."""
    step: Step
    name: str
    """The task's name, the same whenever it is begun again after a crash."""
    given: Document
    """The step's own members with the values of their expressions."""


class Task(Protocol):
    """A type of step."""

    keys: tuple[str, ...]
    """The members of the step that are resolved, and that its fingerprint in the cache is made of."""

    def new_name(self) -> str:
        """A name for a task to be begun."""
        ...

    def begin(self, order: Order) -> str:
        """Begins it, unless it was begun, and gives the ARN of the row to watch. Raises TaskFailed."""
        ...

    def metadata(self, order: Order, outputs: Document | None) -> Document:
        """The step's Metadata; ``outputs`` once there are any."""
        ...

    def outputs(self, step: Step, row: Document) -> Document | None:
        """The output parameters of a task that has ended, None while it goes on. Raises TaskFailed."""
        ...

    def stop(self, order: Order) -> None:
        """The execution is to stop: tells who works on the task."""
        ...


def cast_outputs(step: Step, told: Document) -> Document:
    """The declared output parameters in their OutputType. Raises TaskFailed for one that is not there."""
    found: Document = {}
    for declared in step.body.get("OutputParameters") or []:
        name, kind = declared["OutputName"], declared.get("OutputType", "String")
        if name not in told:
            raise TaskFailed(
                f"ClientError: The output parameter {name} of step {step.name} was not returned. "
                f"Returned were: {', '.join(sorted(told)) or 'none'}."
            )
        found[name] = _cast(name, kind, told[name])
    return found


def _cast(name: str, kind: str, value: Any) -> Any:
    try:
        match kind:
            case "Integer" if not isinstance(value, bool) and float(value) == int(float(value)):
                return int(float(value))
            case "Float" if not isinstance(value, bool):
                return float(value)
            case "Boolean":
                return {"true": True, "false": False}[str(value).lower()]
            case "String" if not isinstance(value, (dict, list)) and value is not None:
                return text(value)
    except (TypeError, ValueError, KeyError, OverflowError):
        pass
    raise TaskFailed(
        f"ClientError: The output parameter {name} of type {kind} cannot have the value {value}."
    )


def told(outputs: Document | None) -> list[Document]:
    """Output parameters as Metadata shows them."""
    return [{"Name": name, "Value": text(value)} for name, value in (outputs or {}).items()]
