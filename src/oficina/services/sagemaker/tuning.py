"""Hyper-parameter tuning jobs."""

from __future__ import annotations

from typing import Any

from oficina.engine.tuning import tuners
from oficina.engine.tuning.kinds import ENDED, OBJECTIVE, TUNING_JOB
from oficina.engine.tuning.requests import resources
from oficina.engine.tuning.trials import counters
from oficina.errors import AwsError, validation
from oficina.services.context import Context
from oficina.services.sagemaker import tuning_checks
from oficina.services.sagemaker.api import sagemaker
from oficina.services.sagemaker.jobs import default, hold
from oficina.services.sagemaker.tuning_autotune import autotuned
from oficina.store.documents import Query
from oficina.store.kinds import Document


@sagemaker.operation
def create_hyper_parameter_tuning_job(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Keeps the request and hands the tuning job to the engine."""
    request = _with_limits(autotuned(ctx, request))
    tuning_checks.check(ctx, request)
    document = _with_defaults(request)
    with ctx.docs.transaction():
        job = ctx.docs.create(
            TUNING_JOB,
            document,
            HyperParameterTuningJobStatus="InProgress",
            _begun=0,
            **counters([]),
        )
        name = job["HyperParameterTuningJobName"]
        ctx.enqueue(tuners.TOPIC, job["HyperParameterTuningJobArn"], payload={"name": name})
    return job


def _with_limits(request: Document) -> Document:
    """The request with the number of trials that it implies."""
    config = {**request["HyperParameterTuningJobConfig"]}
    limits = {**config["ResourceLimits"]}
    default(limits, MaxNumberOfTrainingJobs=tuning_checks.implied_trials(request))
    config["ResourceLimits"] = limits
    return {**request, "HyperParameterTuningJobConfig": config}


def _with_defaults(request: Document) -> Document:
    """AWS shows the objective among the static hyper-parameters, and its defaults."""
    document = {**request}
    config = document["HyperParameterTuningJobConfig"]
    default(config, TrainingJobEarlyStoppingType="Off")
    if "TrainingJobDefinition" in document:
        document["TrainingJobDefinition"] = _told(document["TrainingJobDefinition"], config)
    if "TrainingJobDefinitions" in document:
        document["TrainingJobDefinitions"] = [
            _told(each, config) for each in document["TrainingJobDefinitions"]
        ]
    return document


def _told(definition: Document, config: Document) -> Document:
    objective = definition.get("TuningObjective") or config["HyperParameterTuningJobObjective"]
    static = {**definition.get("StaticHyperParameters", {}), OBJECTIVE: objective["MetricName"]}
    told = {**definition, "StaticHyperParameters": static}
    default(
        told,
        EnableNetworkIsolation=False,
        EnableInterContainerTrafficEncryption=False,
        EnableManagedSpotTraining=False,
        ResourceConfig=resources(definition),  # SDK v2's attach reads it, whichever was sent
    )
    return told


@sagemaker.operation
def describe_hyper_parameter_tuning_job(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """A tuning job; held for a moment while a young one runs."""
    return hold(ctx, TUNING_JOB, ctx.docs.get(TUNING_JOB, request["HyperParameterTuningJobName"]), ENDED)


@sagemaker.operation
def list_hyper_parameter_tuning_jobs(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """The tuning jobs, by name unless asked otherwise."""
    page = ctx.docs.page(TUNING_JOB, request, Query(sort="Name", descending=False))
    summaries = [_summary(each) for each in page.items]
    return {"HyperParameterTuningJobSummaries": summaries, "NextToken": page.token}


def _summary(job: Document) -> Document:
    config = job["HyperParameterTuningJobConfig"]
    return {**job, "Strategy": config["Strategy"], "ResourceLimits": config["ResourceLimits"]}


@sagemaker.operation
def stop_hyper_parameter_tuning_job(ctx: Context, request: dict[str, Any]) -> None:
    """Asks a tuning job to stop: no trial begins any more, and those that run are stopped."""
    name = request["HyperParameterTuningJobName"]
    with ctx.docs.transaction():
        job = ctx.docs.get(TUNING_JOB, name)
        status = job["HyperParameterTuningJobStatus"]
        if status in ENDED:
            raise validation(f"The request was rejected because the tuning job is in status {status}.")
        ctx.docs.update(TUNING_JOB, name, {"HyperParameterTuningJobStatus": "Stopping"})


@sagemaker.operation
def delete_hyper_parameter_tuning_job(ctx: Context, request: dict[str, Any]) -> None:
    """Forgets a tuning job that has ended; its training jobs stay (API reference)."""
    job = ctx.docs.get(TUNING_JOB, request["HyperParameterTuningJobName"])
    if job["HyperParameterTuningJobStatus"] not in ENDED:
        raise AwsError(
            "ResourceInUse",
            f"Tuning job {job['HyperParameterTuningJobArn']} is in status "
            f"{job['HyperParameterTuningJobStatus']}; stop it first.",
        )
    ctx.docs.delete(TUNING_JOB, request["HyperParameterTuningJobName"])
