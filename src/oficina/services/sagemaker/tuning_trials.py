"""The training jobs of a tuning job, as a List."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from oficina.engine.tuning.kinds import TUNING_JOB, definitions
from oficina.engine.tuning.trials import Trial, every
from oficina.errors import validation
from oficina.services.context import Context
from oficina.services.sagemaker.api import sagemaker

PAGE = 10
"""What the List answers when MaxResults is not given (API reference)."""

_KEYS: dict[str, Callable[[Trial], Any]] = {
    "Name": lambda trial: trial.name,
    "CreationTime": lambda trial: trial.job["CreationTime"],
    "Status": lambda trial: trial.status,
    "FinalObjectiveMetricValue": lambda trial: trial.value,
}


@sagemaker.operation
def list_training_jobs_for_hyper_parameter_tuning_job(
    ctx: Context, request: dict[str, Any]
) -> dict[str, Any]:
    """The trials of a tuning job; sorted by the objective, those without one are left out as AWS does."""
    job = ctx.docs.get(TUNING_JOB, request["HyperParameterTuningJobName"])
    key = request.get("SortBy", "Name")
    found = every(ctx.docs, job, definitions(job))
    if "StatusEquals" in request:
        found = [trial for trial in found if trial.status == request["StatusEquals"]]
    if key == "FinalObjectiveMetricValue":
        found = [trial for trial in found if trial.value is not None]
    found.sort(key=_KEYS[key], reverse=request.get("SortOrder", "Ascending") == "Descending")
    begin, size = _begin(request), int(request.get("MaxResults", PAGE))
    page = found[begin : begin + size]
    token = str(begin + size) if begin + size < len(found) else None
    summaries = [trial.summary(job["HyperParameterTuningJobName"]) for trial in page]
    return {"TrainingJobSummaries": summaries, "NextToken": token}


def _begin(request: dict[str, Any]) -> int:
    token = request.get("NextToken", "0")
    if not token.isdigit():
        raise validation("The NextToken parameter is not valid for this request.")
    return int(token)
