"""Trials: the training jobs of a tuning job, and what each has come to."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from oficina.engine.jobs import TERMINAL
from oficina.engine.training import TRAINING_JOB
from oficina.engine.tuning.kinds import Definition
from oficina.store.documents import Scope
from oficina.store.kinds import Document


def name_of(job: Document, number: int) -> str:
    """The name of a trial, ``{tuning}-NNN-xxxxxxxx``: always the same one, so that none is made twice."""
    seed = f"{job['HyperParameterTuningJobArn']} {job['CreationTime']} {number}"
    digest = hashlib.sha256(seed.encode()).hexdigest()[:8]
    return f"{job['HyperParameterTuningJobName']}-{number:03d}-{digest}"


@dataclass(frozen=True, slots=True)
class Trial:
    """One trial as its training job tells it."""

    number: int
    definition: Definition
    job: Document

    @property
    def name(self) -> str:
        """The training job's name."""
        return str(self.job["TrainingJobName"])

    @property
    def status(self) -> str:
        """The training job's status."""
        return str(self.job["TrainingJobStatus"])

    @property
    def ended(self) -> bool:
        """Whether the training job has ended."""
        return self.status in TERMINAL

    @property
    def tuned(self) -> dict[str, str]:
        """The values that were chosen for it."""
        return self.definition.tuned(self.job.get("HyperParameters", {}))

    @property
    def value(self) -> float | None:
        """The last value of the objective once the job has ended; one that failed has none."""
        if not self.ended or self.status == "Failed":
            return None
        for metric in self.job.get("FinalMetricDataList", ()):
            if metric["MetricName"] == self.definition.objective.metric:
                return float(metric["Value"])
        return None

    @property
    def objective_status(self) -> str:
        """AWS's ObjectiveStatus."""
        if not self.ended:
            return "Pending"
        return "Failed" if self.value is None else "Succeeded"

    @property
    def counter(self) -> str:
        """Under which of TrainingJobStatusCounters it counts."""
        if not self.ended:
            return "InProgress"
        return {"Completed": "Completed", "Stopped": "Stopped"}.get(self.status, "NonRetryableError")

    def summary(self, tuning: str) -> Document:
        """AWS's HyperParameterTrainingJobSummary."""
        told: Document = {
            key: self.job[key]
            for key in (
                "TrainingJobName",
                "TrainingJobArn",
                "CreationTime",
                "TrainingStartTime",
                "TrainingEndTime",
                "TrainingJobStatus",
                "FailureReason",
            )
            if key in self.job
        }
        told |= {
            "TuningJobName": tuning,
            "TunedHyperParameters": self.tuned,
            "ObjectiveStatus": self.objective_status,
        }
        if self.definition.name:
            told["TrainingJobDefinitionName"] = self.definition.name
        if self.value is not None:
            told["FinalHyperParameterTuningJobObjectiveMetric"] = {
                "Type": self.definition.objective.type,
                "MetricName": self.definition.objective.metric,
                "Value": self.value,
            }
        return told


def find(docs: Scope, job: Document, defined: list[Definition], number: int) -> Trial | None:
    """A trial by its number, None when its training job is not there."""
    document = docs.find(TRAINING_JOB, name_of(job, number))
    return None if document is None else Trial(number, defined[(number - 1) % len(defined)], document)


def every(docs: Scope, job: Document, defined: list[Definition]) -> list[Trial]:
    """The trials whose training jobs are there, in the order in which they were begun.

    The count in the tuning job may be one behind, when the server died between the two.
    """
    found, number = [], 0
    while True:
        number += 1
        trial = find(docs, job, defined, number)
        if trial is not None:
            found.append(trial)
        elif number > int(job.get("_begun", 0)):
            return found


def counters(trials: list[Trial]) -> Document:
    """TrainingJobStatusCounters and ObjectiveStatusCounters."""
    statuses = dict.fromkeys(("Completed", "InProgress", "RetryableError", "NonRetryableError", "Stopped"), 0)
    objectives = dict.fromkeys(("Succeeded", "Pending", "Failed"), 0)
    for trial in trials:
        statuses[trial.counter] += 1
        objectives[trial.objective_status] += 1
    return {"TrainingJobStatusCounters": statuses, "ObjectiveStatusCounters": objectives}


def best(trials: list[Trial]) -> Trial | None:
    """The trial with the best objective; of equals the earlier."""
    found: Trial | None = None
    for trial in trials:
        if trial.value is None:
            continue
        if found is None or trial.definition.objective.better(trial.value, float(found.value or 0)):
            found = trial
    return found
