"""The types of step that are one resource of SageMaker: which operations make, show and stop it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from oficina.engine.pipelines.callbacks import Callback
from oficina.engine.pipelines.lambdas import Lambda
from oficina.engine.pipelines.tasks import Task


@dataclass(frozen=True, slots=True)
class StepType:
    """A type of step and the resource behind it."""

    noun: str
    """The stem of the operations: ``TrainingJob`` → CreateTrainingJob, DescribeTrainingJob."""
    metadata: str
    """The member of the step's Metadata."""
    named: bool = True
    """Whether the request has a name that the execution makes."""
    waits: bool = True
    """Whether the resource takes time."""
    stops: bool = True
    good: tuple[str, ...] = ("Completed",)
    bad: tuple[str, ...] = ("Failed", "Stopped")
    status_member: str = ""

    @property
    def name(self) -> str:
        """The member with the resource's name."""
        return f"{self.noun}Name"

    @property
    def arn(self) -> str:
        """The member with the resource's ARN."""
        return f"{self.noun}Arn"

    @property
    def status(self) -> str:
        """The member with the resource's status."""
        return self.status_member or f"{self.noun}Status"

    def key(self, answer: dict[str, Any], name: str) -> dict[str, Any]:
        """The request that describes the resource."""
        if self.noun == "ModelPackage":
            return {"ModelPackageName": answer[self.arn]}
        return {self.name: name}


TYPES = {
    "Training": StepType("TrainingJob", "TrainingJob"),
    "Processing": StepType("ProcessingJob", "ProcessingJob"),
    "Transform": StepType("TransformJob", "TransformJob"),
    "QualityCheck": StepType("ProcessingJob", "QualityCheck"),
    "ClarifyCheck": StepType("ProcessingJob", "ClarifyCheck"),
    "Tuning": StepType("HyperParameterTuningJob", "TuningJob"),
    "Model": StepType("Model", "Model", waits=False, stops=False),
    "RegisterModel": StepType("ModelPackage", "RegisterModel", named=False, waits=False, stops=False),
    "EndpointConfig": StepType("EndpointConfig", "EndpointConfig", waits=False, stops=False),
    "Endpoint": StepType("Endpoint", "Endpoint", stops=False, good=("InService",), bad=("Failed",)),
}
"""Step types by their name in a definition."""

TASKS: dict[str, Task] = {"Lambda": Lambda(), "Callback": Callback()}
"""Step types that are no resource of SageMaker."""
