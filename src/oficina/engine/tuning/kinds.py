"""A tuning job as a resource, and what its definitions ask of each trial."""

from __future__ import annotations

from dataclasses import dataclass

from oficina.engine.tuning.ranges import Range, read_ranges
from oficina.store.kinds import Document, Kind

TUNING_JOB = Kind(
    "HyperParameterTuningJob",
    arn="hyper-parameter-tuning-job",
    missing=("ResourceNotFound", "Amazon SageMaker can't find a tuning job with the name {name}."),
    taken=(
        "ResourceInUse",
        "Hyperparameter tuning job names must be unique within an AWS account and region, "
        "and a tuning job with this name already exists ({arn}).",
    ),
)

ENDED = ("Completed", "Failed", "Stopped")
"""The statuses that a tuning job does not leave."""
OBJECTIVE = "_tuning_objective_metric"
"""The hyper-parameter that tells every trial the name of the objective (contracts, aws-contracts D.17)."""


@dataclass(frozen=True, slots=True)
class Objective:
    """What is wanted of which metric."""

    metric: str
    maximize: bool

    @property
    def type(self) -> str:
        """AWS's word."""
        return "Maximize" if self.maximize else "Minimize"

    def better(self, one: float, other: float) -> bool:
        """Whether one value is better than another."""
        return one > other if self.maximize else one < other


@dataclass(frozen=True, slots=True)
class Definition:
    """One training job definition of a tuning job."""

    name: str | None
    body: Document
    ranges: tuple[Range, ...]
    objective: Objective

    @property
    def static(self) -> dict[str, str]:
        """The hyper-parameters that are the same in every trial."""
        return {**self.body.get("StaticHyperParameters", {}), OBJECTIVE: self.objective.metric}

    def tuned(self, hyperparameters: dict[str, str]) -> dict[str, str]:
        """Those of a training job's hyper-parameters that were chosen for it."""
        return {each.name: hyperparameters[each.name] for each in self.ranges if each.name in hyperparameters}


def definitions(job: Document) -> list[Definition]:
    """The definitions of a tuning job, one or several; trials take turns. Raises RangeFailed."""
    config = job["HyperParameterTuningJobConfig"]
    if "TrainingJobDefinitions" in job:
        bodies = job["TrainingJobDefinitions"]
        return [
            _definition(each, each.get("HyperParameterRanges", {}), each["TuningObjective"])
            for each in bodies
        ]
    body = job["TrainingJobDefinition"]
    ranges = config.get("ParameterRanges") or body.get("HyperParameterRanges") or {}
    objective = config.get("HyperParameterTuningJobObjective") or body["TuningObjective"]
    return [_definition(body, ranges, objective)]


def _definition(body: Document, ranges: Document, objective: Document) -> Definition:
    wanted = Objective(objective["MetricName"], objective["Type"] == "Maximize")
    return Definition(body.get("DefinitionName"), body, read_ranges(ranges), wanted)
