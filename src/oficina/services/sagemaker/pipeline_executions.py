"""Executions of pipelines: begun, stopped, tried again, and their steps."""

from __future__ import annotations

from typing import Any

from oficina import arns
from oficina.engine.pipelines import names
from oficina.engine.pipelines.definition import Definition, cast, parse
from oficina.engine.pipelines.executions import TOPIC
from oficina.engine.pipelines.kinds import ENDED, EXECUTION, PIPELINE, VERSION
from oficina.errors import validation
from oficina.services.context import Context
from oficina.services.sagemaker.api import sagemaker
from oficina.services.sagemaker.pipelines import identity, name_of
from oficina.store.documents import Query
from oficina.store.kinds import Document


def get(ctx: Context, arn: str) -> Document:
    """An execution by its ARN. Raises AwsError ResourceNotFound."""
    parts = arns.parse(arn)
    found = ctx.docs.find_arn(arn)
    if parts is None or found is None or "PipelineExecutionArn" not in found:
        raise EXECUTION.not_found(arn, arn)
    return found


def _update(ctx: Context, execution: Document, changes: Document) -> Document:
    return ctx.docs.update(EXECUTION, execution["_id"], changes, execution["_parent"])


@sagemaker.operation
def start_pipeline_execution(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Begins an execution of the present definition, or of a version's."""
    name = name_of(ctx, request["PipelineName"])
    pipeline = ctx.docs.get(PIPELINE, name)
    for known in ctx.docs.all(EXECUTION, name.lower()):
        if known.get("_token") == request["ClientRequestToken"]:
            return known
    text = pipeline["PipelineDefinition"]
    if "PipelineVersionId" in request:
        text = ctx.docs.get(VERSION, str(request["PipelineVersionId"]), name)["PipelineDefinition"]
    definition = parse(text)
    values = _values(definition, request.get("PipelineParameters", []))
    with ctx.docs.transaction():
        execution = _create(ctx, pipeline, request, text, values)
        _copy_unselected(ctx, execution, definition)
        ctx.docs.update(
            PIPELINE, name, {"LastRunTime": ctx.clock.now(), "LastModifiedTime": pipeline["LastModifiedTime"]}
        )
        ctx.enqueue(TOPIC, execution["PipelineExecutionArn"])
    return execution


def _create(ctx: Context, pipeline: Document, request: Document, text: str, values: Document) -> Document:
    execution, parent = names.execution_id(), str(pipeline["PipelineName"]).lower()
    now = ctx.clock.now()
    document: Document = {
        "PipelineArn": pipeline["PipelineArn"],
        "PipelineExecutionDisplayName": f"execution-{int(now * 1000)}",
        "PipelineExecutionStatus": "Executing",
        "CreatedBy": identity(ctx),
        "LastModifiedBy": identity(ctx),
        "PipelineVersionId": request.get("PipelineVersionId", pipeline["PipelineVersionId"]),
        "ParallelismConfiguration": pipeline.get("ParallelismConfiguration"),
        "_id": execution,
        "_parent": parent,
        "_pipeline_name": pipeline["PipelineName"],
        "_definition": text,
        "_values": values,
        "_given": request.get("PipelineParameters", []),
        "_token": request["ClientRequestToken"],
    }
    for member in (
        "PipelineExecutionDisplayName",
        "PipelineExecutionDescription",
        "ParallelismConfiguration",
        "SelectiveExecutionConfig",
        "MlflowExperimentName",
    ):
        if member in request:
            document[member] = request[member]
    arn = f"{pipeline['PipelineArn']}/execution/{execution}"
    document = {key: value for key, value in document.items() if value is not None}
    return ctx.docs.create(EXECUTION, document, parent=parent, arn=arn)


def _values(definition: Definition, given: list[Document]) -> Document:
    """The value of every parameter. Raises AwsError for an unknown one, a missing one, or a wrong type."""
    told = {each["Name"]: each["Value"] for each in given}
    unknown = sorted(set(told) - set(definition.parameters))
    if unknown:
        raise validation(
            f"Unknown parameters were provided: {unknown}. The pipeline has the parameters "
            f"{sorted(definition.parameters)}."
        )
    values = {}
    for name, parameter in definition.parameters.items():
        if name in told:
            values[name] = cast(parameter, told[name])
        elif "DefaultValue" in parameter:
            values[name] = cast(parameter, parameter["DefaultValue"])
        else:
            raise validation(f"Parameter [{name}] has no default value and was not provided.")
    return values


def _copy_unselected(ctx: Context, execution: Document, definition: Definition) -> None:
    """A selective execution takes over from its source the steps that it does not run."""
    config = execution.get("SelectiveExecutionConfig")
    if config is None:
        return
    selected = {each["StepName"] for each in config["SelectedSteps"]}
    strangers = sorted(selected - set(definition.steps))
    if strangers:
        raise validation(f"SelectedSteps has steps that the pipeline does not have: {strangers}.")
    source = (
        get(ctx, config["SourcePipelineExecutionArn"]) if "SourcePipelineExecutionArn" in config else None
    )
    earlier = (
        {each["StepName"]: each for each in ctx.store.steps.all(source["PipelineExecutionArn"])}
        if source
        else {}
    )
    for name in definition.steps:
        if name in selected:
            continue
        found = earlier.get(name)
        if found is None or found["StepStatus"] != "Succeeded":
            continue
        result = {"SourcePipelineExecutionArn": source["PipelineExecutionArn"]} if source else None
        body = {**found, "SelectiveExecutionResult": result, "_cache_key": None}
        ctx.store.steps.put(execution["PipelineExecutionArn"], execution["PipelineArn"], body)


@sagemaker.operation
def describe_pipeline_execution(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """An execution."""
    return get(ctx, request["PipelineExecutionArn"])


@sagemaker.operation
def list_pipeline_executions(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """The executions of a pipeline, newest first."""
    name = name_of(ctx, request["PipelineName"])
    asked = {**request}
    if asked.get("SortBy") == "PipelineExecutionArn":
        asked["SortBy"] = "Name"
    page = ctx.docs.page(EXECUTION, asked, Query(parent=name.lower()))
    summaries = [
        {
            **each,
            "StartTime": each["CreationTime"],
            "PipelineExecutionFailureReason": each.get("FailureReason"),
        }
        for each in page.items
    ]
    return {"PipelineExecutionSummaries": summaries, "NextToken": page.token}


@sagemaker.operation
def list_pipeline_execution_steps(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """The steps that were begun, newest first."""
    if not request.get("PipelineExecutionArn"):
        raise validation("PipelineExecutionArn is required: give the execution whose steps are listed.")
    execution = get(ctx, request["PipelineExecutionArn"])
    size = request.get("MaxResults") or 20
    token = request.get("NextToken", "0")
    if not token.isdigit():
        raise validation("The NextToken parameter is not valid for this request.")
    found = ctx.store.steps.page(
        execution["PipelineExecutionArn"],
        descending=request.get("SortOrder", "Descending") == "Descending",
        skip=int(token),
        limit=size + 1,
    )
    more = len(found) > size
    return {"PipelineExecutionSteps": found[:size], "NextToken": str(int(token) + size) if more else None}


@sagemaker.operation
def list_pipeline_parameters_for_execution(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """The parameters that an execution runs with."""
    execution = get(ctx, request["PipelineExecutionArn"])
    told = [{"Name": name, "Value": _spelt(value)} for name, value in execution["_values"].items()]
    return {"PipelineParameters": told}


def _spelt(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


@sagemaker.operation
def describe_pipeline_definition_for_execution(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """The definition that an execution runs."""
    execution = get(ctx, request["PipelineExecutionArn"])
    return {"PipelineDefinition": execution["_definition"], "CreationTime": execution["CreationTime"]}


@sagemaker.operation
def update_pipeline_execution(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Changes name, description or parallelism."""
    execution = get(ctx, request["PipelineExecutionArn"])
    changes = {key: value for key, value in request.items() if key != "PipelineExecutionArn"}
    return _update(ctx, execution, changes)


@sagemaker.operation
def stop_pipeline_execution(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Asks an execution to stop, with the jobs that it runs."""
    execution = get(ctx, request["PipelineExecutionArn"])
    if execution["PipelineExecutionStatus"] in ENDED:
        raise validation(
            f"Pipeline execution with ARN {execution['PipelineExecutionArn']} is in status "
            f"{execution['PipelineExecutionStatus']} and cannot be stopped."
        )
    with ctx.docs.transaction():
        _update(ctx, execution, {"PipelineExecutionStatus": "Stopping", "LastModifiedBy": identity(ctx)})
        ctx.enqueue(TOPIC, execution["PipelineExecutionArn"])
    return execution


@sagemaker.operation
def retry_pipeline_execution(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Begins again where an execution failed or was stopped; what succeeded stays."""
    execution = get(ctx, request["PipelineExecutionArn"])
    if execution["PipelineExecutionStatus"] not in ("Failed", "Stopped"):
        raise validation(
            f"Only failed or stopped executions can be retried; {execution['PipelineExecutionArn']} is in "
            f"status {execution['PipelineExecutionStatus']}."
        )
    arn = execution["PipelineExecutionArn"]
    again = [each["StepName"] for each in ctx.store.steps.all(arn) if each["StepStatus"] != "Succeeded"]
    with ctx.docs.transaction():
        ctx.store.steps.forget(arn, again)
        changes = {"PipelineExecutionStatus": "Executing", "FailureReason": None}
        if "ParallelismConfiguration" in request:
            changes["ParallelismConfiguration"] = request["ParallelismConfiguration"]
        _update(ctx, execution, changes)
        ctx.enqueue(TOPIC, arn)
    return execution
