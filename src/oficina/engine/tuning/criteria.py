"""When a tuning job has seen enough."""

from __future__ import annotations

from dataclasses import dataclass

from oficina.engine.tuning.trials import Trial
from oficina.store.kinds import Document

ATTEMPTS = 5
"""After so many trials without one that succeeded AWS gives up."""
CONVERGED = 10
"""The least number of trials without a better one that tells of convergence (decision 0120)."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How a tuning job is to end; what still runs is stopped first."""

    status: str
    reason: str | None = None
    converged: bool = False


def ending(config: Document, trials: list[Trial], seconds: float) -> Ending | None:
    """The ending that has come, None while the tuning job goes on."""
    hopeless = _hopeless(config, trials)
    if hopeless is not None:
        return Ending("Failed", hopeless)
    longest = config["ResourceLimits"].get("MaxRuntimeInSeconds")
    if longest is not None and seconds >= longest:
        return Ending("Completed")
    wanted = config.get("TuningJobCompletionCriteria", {})
    target = wanted.get("TargetObjectiveMetricValue")
    if target is not None and any(_reaches(trial, target) for trial in trials):
        return Ending("Completed")
    since = not_improving(trials)
    allowed = wanted.get("BestObjectiveNotImproving", {}).get("MaxNumberOfTrainingJobsNotImproving")
    if allowed is not None and since >= allowed:
        return Ending("Completed")
    if wanted.get("ConvergenceDetected", {}).get("CompleteOnConvergence") == "Enabled":
        results = sum(trial.value is not None for trial in trials)
        if since >= max(CONVERGED, results // 2):
            return Ending("Completed", converged=True)
    return None


def _reaches(trial: Trial, target: float) -> bool:
    return trial.value is not None and not trial.definition.objective.better(target, trial.value)


def _hopeless(config: Document, trials: list[Trial]) -> str | None:
    ended = [trial for trial in trials if trial.ended]
    attempts = min(ATTEMPTS, int(config["ResourceLimits"].get("MaxNumberOfTrainingJobs", ATTEMPTS)))
    if len(ended) < attempts or any(trial.value is not None for trial in ended):
        return None
    if any(trial.status == "Completed" for trial in ended):
        return (
            f"No objective metrics found after running {len(ended)} training jobs. Please ensure that the "
            "custom algorithm is emitting the objective metric as defined by the regular expression provided."
        )
    return (
        f"No training job succeeded after {len(ended)} attempts. "
        "Please take a look at the training job failures to get more details."
    )


def not_improving(trials: list[Trial]) -> int:
    """How many trials have given a result since the best one, in the order of their ends."""
    results = [trial for trial in trials if trial.value is not None]
    results.sort(key=lambda trial: (trial.job.get("TrainingEndTime", 0), trial.number))
    best, count = None, 0
    for trial in results:
        value = float(trial.value or 0)
        if best is None or trial.definition.objective.better(value, best):
            best, count = value, 0
        else:
            count += 1
    return count
