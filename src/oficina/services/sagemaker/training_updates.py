"""What may change of a training job: its warm pool, and its profiler while it runs."""

from __future__ import annotations

from typing import Any

from oficina.engine import warmpools
from oficina.engine.jobs import TERMINAL
from oficina.engine.training import TRAINING_JOB
from oficina.errors import validation
from oficina.services.context import Context
from oficina.services.sagemaker.api import sagemaker
from oficina.store.kinds import Document


@sagemaker.operation
def update_training_job(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Changes how long a warm pool is kept (0 ends it), or the profiler of a job that runs."""
    name = request["TrainingJobName"]
    with ctx.docs.transaction():
        job = ctx.docs.get(TRAINING_JOB, name)
        changes: Document = {}
        if "ResourceConfig" in request:
            changes["ResourceConfig"] = _resources(job, request["ResourceConfig"])
        if "ProfilerConfig" in request:
            changes |= _profiler(job, request["ProfilerConfig"])
        if request.get("ProfilerRuleConfigurations") or request.get("RemoteDebugConfig"):
            raise validation(
                "oficina runs no profiler rules and no remote debugging: leave "
                "ProfilerRuleConfigurations and RemoteDebugConfig out."
            )
        job = ctx.docs.update(TRAINING_JOB, name, changes)
        if "ResourceConfig" in request:
            warmpools.prolong(ctx.store, ctx.docs, job, request["ResourceConfig"]["KeepAlivePeriodInSeconds"])
    return job


def _resources(job: Document, asked: Document) -> Document:
    status = (job.get("WarmPoolStatus") or {}).get("Status")
    if status != "Available":
        raise validation(
            "Invalid UpdateTrainingJob request. KeepAlivePeriodInSeconds can only be updated when the warm "
            f"pool status is Available; the warm pool of {job['TrainingJobName']} is "
            f"{'in status ' + status if status else 'not there'}."
        )
    return {**job["ResourceConfig"], "KeepAlivePeriodInSeconds": asked["KeepAlivePeriodInSeconds"]}


def _profiler(job: Document, asked: Document) -> Document:
    if job["TrainingJobStatus"] in TERMINAL:
        raise validation(
            f"Invalid UpdateTrainingJob request. The profiler of training job {job['TrainingJobArn']} can't "
            f"be updated, since the job is in status {job['TrainingJobStatus']}."
        )
    status = "Disabled" if asked.get("DisableProfiler") else "Enabled"
    return {"ProfilerConfig": {**job.get("ProfilerConfig", {}), **asked}, "ProfilingStatus": status}
