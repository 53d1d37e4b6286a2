"""What earlier tuning jobs have found, for one that begins from there."""

from __future__ import annotations

from oficina.engine.tuning.choosing import Known
from oficina.engine.tuning.kinds import TUNING_JOB, definitions
from oficina.engine.tuning.trials import Trial, every
from oficina.store.documents import Scope
from oficina.store.kinds import Document

IDENTICAL = "IdenticalDataAndAlgorithm"


def parents(job: Document) -> list[str]:
    """The names of the tuning jobs that one begins from."""
    config = job.get("WarmStartConfig", {})
    return [each["HyperParameterTuningJobName"] for each in config.get("ParentHyperParameterTuningJobs", ())]


def earlier(docs: Scope, job: Document) -> list[tuple[str, Trial]]:
    """The trials of a tuning job's parents that gave a result, each with its parent's name."""
    found = []
    for name in parents(job):
        parent = docs.find(TUNING_JOB, name)
        if parent is not None:
            trials = every(docs, parent, definitions(parent))
            found += [(name, trial) for trial in trials if trial.value is not None]
    return found


def known(found: list[tuple[str, Trial]]) -> list[Known]:
    """What the parents' trials teach."""
    return [Known({**trial.job.get("HyperParameters", {}), **trial.tuned}, trial.value) for _, trial in found]
