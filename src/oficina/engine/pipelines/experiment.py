"""The experiment and the trial of an execution, as its PipelineExperimentConfig names them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from oficina.errors import AwsError
from oficina.store.kinds import Document

WITH_COMPONENTS = ("TrainingJob", "ProcessingJob", "TransformJob")
"""Jobs that are trial components."""

Call = Callable[[str, Document], Document]


def prepare(call: Call, resolve: Callable[[Any], Any], given: Document | None) -> Document | None:
    """Makes what PipelineExperimentConfig says and gives the names; None when it says nothing."""
    if not given:
        return None
    config = {key: str(value) for key, value in resolve(given).items()}
    experiment, trial = config.get("ExperimentName"), config.get("TrialName")
    if experiment:
        _make(call, "CreateExperiment", {"ExperimentName": experiment})
    if experiment and trial:
        _make(call, "CreateTrial", {"TrialName": trial, "ExperimentName": experiment})
    return config


def _make(call: Call, operation: str, request: Document) -> None:
    """Once: what is there already is fine."""
    try:
        call(operation, request)
    except AwsError as error:
        if "already exists" not in error.message:
            raise
