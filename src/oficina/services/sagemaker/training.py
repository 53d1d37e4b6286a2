"""Training jobs."""

from __future__ import annotations

from typing import Any

from oficina.engine import inputs, jobs, training, warmpools
from oficina.engine.training import TRAINING_JOB, Training
from oficina.errors import AwsError, validation
from oficina.runners.images import Client
from oficina.services.context import Context
from oficina.services.sagemaker.api import sagemaker
from oficina.services.sagemaker.jobs import DAY, check_role, default, delete, hold, stop
from oficina.store.documents import Query
from oficina.store.kinds import Document


@sagemaker.operation
def create_training_job(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Keeps the request and hands the job to the engine."""
    check(ctx, request)
    document = _with_defaults(request)
    name = document["TrainingJobName"]
    with ctx.docs.transaction():
        arn = ctx.docs.arn(TRAINING_JOB, name)
        job = ctx.docs.create(
            TRAINING_JOB,
            document,
            **warmpools.begin(ctx.store, ctx.docs, document, arn),
            TrainingJobStatus="InProgress",
            **training.begin(ctx.clock.now(), waiting=jobs.waits(ctx.store, ctx.config.slots)),
            ModelArtifacts={"S3ModelArtifacts": training.artifacts_uri(document)},
        )
        ctx.enqueue(jobs.TOPIC, job["TrainingJobArn"], payload={"kind": "TrainingJob", "name": name})
    return job


def check(ctx: Context, request: Document) -> None:
    """Refuses what cannot be trained: role, algorithm, resources, inputs."""
    check_role(ctx, request["RoleArn"])
    _check_algorithm(request)
    _check_resources(request)
    _check_inputs(ctx, request)


def _check_algorithm(request: Document) -> None:
    algorithm = request.get("AlgorithmSpecification")
    if algorithm is None and "ServerlessJobConfig" not in request:
        raise validation("AlgorithmSpecification is a required field for a training job.")
    algorithm = algorithm or {}
    if bool(algorithm.get("TrainingImage")) == bool(algorithm.get("AlgorithmName")):
        raise validation(
            "You must specify either an algorithm name or a training image URI, but not both, in the "
            "AlgorithmSpecification parameter."
        )
    if algorithm.get("AlgorithmName"):
        raise AwsError(
            "ValidationException",
            f"Could not find algorithm {algorithm['AlgorithmName']}. oficina trains with a TrainingImage.",
        )


def _check_resources(request: Document) -> None:
    resources = request.get("ResourceConfig")
    if resources is None:
        raise validation("ResourceConfig is a required field for a training job.")
    if not resources.get("InstanceGroups") and not resources.get("InstanceType"):
        raise validation("ResourceConfig must name an InstanceType or InstanceGroups.")
    spot = request.get("EnableManagedSpotTraining")
    if spot and resources.get("KeepAlivePeriodInSeconds"):
        raise validation("KeepAlivePeriodInSeconds is not supported with EnableManagedSpotTraining.")
    groups = {group["InstanceGroupName"] for group in resources.get("InstanceGroups", ())}
    for channel in request.get("InputDataConfig", ()):
        wanted = channel["DataSource"].get("S3DataSource", {}).get("InstanceGroupNames", ())
        if not groups.issuperset(wanted):
            raise validation(
                f"The channel {channel['ChannelName']} names instance groups that ResourceConfig has not."
            )
    if groups and resources.get("KeepAlivePeriodInSeconds"):
        raise validation("KeepAlivePeriodInSeconds is not supported with InstanceGroups.")
    longest = request.get("StoppingCondition", {}).get("MaxWaitTimeInSeconds")
    if longest is not None and not spot:
        raise validation("MaxWaitTimeInSeconds above 0 is only allowed with EnableManagedSpotTraining.")
    if longest is not None and longest < request["StoppingCondition"].get("MaxRuntimeInSeconds", DAY):
        raise validation(
            "Invalid MaxWaitTimeInSeconds. It must be equal to or greater than MaxRuntimeInSeconds."
        )


def _check_inputs(ctx: Context, request: Document) -> None:
    seen = set()
    for channel in request.get("InputDataConfig", ()):
        if channel["ChannelName"] in seen:
            raise validation(
                f"Duplicate channel name: {channel['ChannelName']}. Channel names must be unique."
            )
        seen.add(channel["ChannelName"])
        source = channel["DataSource"].get("S3DataSource")
        if source is None:
            raise validation("oficina reads channels from S3: give DataSource.S3DataSource.")
        problem = inputs.problem(ctx.store, ctx.account, ctx.region, source, request["RoleArn"])
        if problem:
            raise validation(problem)


def _with_defaults(request: Document) -> Document:
    document = {**request}
    default(
        document,
        EnableNetworkIsolation=False,
        EnableInterContainerTrafficEncryption=False,
        EnableManagedSpotTraining=False,
        StoppingCondition={"MaxRuntimeInSeconds": DAY},
        ProfilingStatus="Disabled" if _unprofiled(request) else "Enabled",
    )
    document["OutputDataConfig"] = {"KmsKeyId": "", "CompressionType": "GZIP", **request["OutputDataConfig"]}
    algorithm = {"TrainingInputMode": "File", **request["AlgorithmSpecification"]}
    default(algorithm, EnableSageMakerMetricsTimeSeries=False)
    document["AlgorithmSpecification"] = algorithm
    document["ResourceConfig"] = {"VolumeSizeInGB": 0, **request["ResourceConfig"]}
    for channel in document.get("InputDataConfig", ()):
        default(channel, CompressionType="None", RecordWrapperType="None")
        channel["DataSource"]["S3DataSource"].setdefault("S3DataDistributionType", "FullyReplicated")
    if "CheckpointConfig" in document:
        document["CheckpointConfig"] = {"LocalPath": "/opt/ml/checkpoints", **document["CheckpointConfig"]}
    return document


def _unprofiled(request: Document) -> bool:
    profiler = request.get("ProfilerConfig")
    return profiler is None or bool(profiler.get("DisableProfiler"))


@sagemaker.operation
def describe_training_job(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """A training job; held for a moment while a young one runs."""
    warmpools.settle(ctx.store, ctx.docs)
    document = ctx.docs.get(TRAINING_JOB, request["TrainingJobName"])
    client = Client.of(document["AlgorithmSpecification"].get("ContainerArguments", ()))
    # A remote function's job imports the SDK twice before it works, and its client pauses for 30 seconds.
    job = hold(ctx, TRAINING_JOB, document, patience=2 if client.python else 1)
    return warmpools.told(job, ctx.clock.now())


@sagemaker.operation
def list_training_jobs(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """The training jobs, newest first."""
    warmpools.settle(ctx.store, ctx.docs)
    query = Query()
    if "WarmPoolStatusEquals" in request:
        condition = "json_extract(body, '$.WarmPoolStatus.Status')=?"
        query.where.append((condition, (request["WarmPoolStatusEquals"],)))
    if "TrainingPlanArnEquals" in request:
        condition = "json_extract(body, '$.ResourceConfig.TrainingPlanArn')=?"
        query.where.append((condition, (request["TrainingPlanArnEquals"],)))
    page = ctx.docs.page(TRAINING_JOB, request, query)
    return {"TrainingJobSummaries": page.items, "NextToken": page.token}


@sagemaker.operation
def stop_training_job(ctx: Context, request: dict[str, Any]) -> None:
    """Asks a job to stop: SIGTERM now, SIGKILL two minutes later."""
    stop(ctx, Training(), request["TrainingJobName"])


@sagemaker.operation
def delete_training_job(ctx: Context, request: dict[str, Any]) -> None:
    """Forgets a job that has ended."""
    delete(ctx, TRAINING_JOB, request["TrainingJobName"])
