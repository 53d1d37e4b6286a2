"""Executions of pipelines: begun, stopped, tried again, and their steps."""

from __future__ import annotations

from typing import Any

from oficina import arns
from oficina.engine.pipelines import names, selections, tracking
from oficina.engine.pipelines.definition import Definition, parse
from oficina.engine.pipelines.executions import TOPIC
from oficina.engine.pipelines.kinds import ENDED, EXECUTION, PIPELINE, STEP_FAILED, VERSION
from oficina.engine.pipelines.parameters import cast
from oficina.errors import validation
from oficina.services.context import Context
from oficina.services.sagemaker.api import sagemaker
from oficina.services.sagemaker.pipelines import identity, name_of, starts_of
from oficina.store import tokens
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
    known = _made_with(ctx, name, request)
    if known is not None:
        return known
    text = pipeline["PipelineDefinition"]
    if "PipelineVersionId" in request:
        text = ctx.docs.get(VERSION, str(request["PipelineVersionId"]), name)["PipelineDefinition"]
    definition = parse(text)
    values = _values(definition, request.get("PipelineParameters", []))
    with ctx.docs.transaction():
        known = _made_with(ctx, name, request)
        if known is not None:
            return known
        execution = _track(ctx, _create(ctx, pipeline, request, text, values), definition)
        _keep_token(ctx, name, request, execution)
        _copy_unselected(ctx, execution, definition)
        ctx.docs.update(
            PIPELINE, name, {"LastRunTime": ctx.clock.now(), "LastModifiedTime": pipeline["LastModifiedTime"]}
        )
        ctx.enqueue(TOPIC, execution["PipelineExecutionArn"])
    return execution


def _made_with(ctx: Context, pipeline: str, request: Document) -> Document | None:
    """The execution that was begun with the request's token, if it is still there."""
    asked = tokens.digest(request, "ClientRequestToken")
    arn = tokens.made_with(ctx.docs, starts_of(pipeline), request["ClientRequestToken"], asked)
    return None if arn is None else ctx.docs.find_arn(arn)


def _keep_token(ctx: Context, pipeline: str, request: Document, execution: Document) -> None:
    asked, token = tokens.digest(request, "ClientRequestToken"), request["ClientRequestToken"]
    tokens.keep(ctx.docs, starts_of(pipeline), token, asked, execution["PipelineExecutionArn"])


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


def _track(ctx: Context, execution: Document, definition: Definition) -> Document:
    """An execution with the MLflow configuration that its definition and its start give it."""
    variables = {
        "PipelineName": execution["_pipeline_name"],
        "PipelineArn": execution["PipelineArn"],
        "PipelineExecutionId": execution["_id"],
        "PipelineExecutionArn": execution["PipelineExecutionArn"],
    }
    asked = execution.get("MlflowExperimentName")
    config = tracking.configured(definition, execution["_values"], variables, asked)
    return execution if config is None else _update(ctx, execution, {"MLflowConfig": config})


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
    """A selective execution takes over from its source the steps that its own come after."""
    config = execution.get("SelectiveExecutionConfig")
    if config is None:
        return
    selected = {each["StepName"] for each in config["SelectedSteps"]}
    reused = selections.reused(definition, selected)
    source = _source(ctx, execution, config.get("SourcePipelineExecutionArn"))
    earlier = ctx.store.steps.all(source["PipelineExecutionArn"]) if source else []
    succeeded = {each["StepName"]: each for each in earlier if each["StepStatus"] == "Succeeded"}
    selections.check_source(definition, selected, source, set(succeeded))
    for name, found in succeeded.items():
        if name in reused and source is not None:
            result = {"SourcePipelineExecutionArn": source["PipelineExecutionArn"]}
            body = {**found, "SelectiveExecutionResult": result, "_cache_key": None}
            ctx.store.steps.put(execution["PipelineExecutionArn"], execution["PipelineArn"], body)


def _source(ctx: Context, execution: Document, arn: str | None) -> Document | None:
    """The execution of the same pipeline that a selective one takes steps from. Raises AwsError."""
    if arn is None:
        return None
    source = get(ctx, arn)
    if source["PipelineArn"] != execution["PipelineArn"]:
        raise validation(f"{arn} is an execution of another pipeline than {execution['PipelineArn']}.")
    return source


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
            "PipelineExecutionFailureReason": _summed_up(each.get("FailureReason")),
        }
        for each in page.items
    ]
    return {"PipelineExecutionSummaries": summaries, "NextToken": page.token}


def _summed_up(reason: str | None) -> str | None:
    """Why an execution failed, as its summary says it: a Fail step's message is told by Describe alone.

    Fact: SDK v2, tests/integ/sagemaker/workflow/test_fail_steps.py.
    """
    own = reason is None or reason.startswith(("InternalServerError", "PipelineExperimentConfig"))
    return reason if own else STEP_FAILED


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
    with ctx.docs.transaction():
        execution = get(ctx, request["PipelineExecutionArn"])
        if _is_repeated(ctx, "StopPipelineExecution", request, execution):
            return execution
        if execution["PipelineExecutionStatus"] in ENDED:
            raise validation(
                f"Pipeline execution with ARN {execution['PipelineExecutionArn']} is in status "
                f"{execution['PipelineExecutionStatus']} and cannot be stopped."
            )
        _update(ctx, execution, {"PipelineExecutionStatus": "Stopping", "LastModifiedBy": identity(ctx)})
        ctx.enqueue(TOPIC, execution["PipelineExecutionArn"])
    return execution


@sagemaker.operation
def retry_pipeline_execution(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Begins again where an execution failed or was stopped; what succeeded stays."""
    with ctx.docs.transaction():
        execution = get(ctx, request["PipelineExecutionArn"])
        if _is_repeated(ctx, "RetryPipelineExecution", request, execution):
            return execution
        if execution["PipelineExecutionStatus"] not in ("Failed", "Stopped"):
            raise validation(
                f"Only failed or stopped executions can be retried; {execution['PipelineExecutionArn']} is "
                f"in status {execution['PipelineExecutionStatus']}."
            )
        arn = execution["PipelineExecutionArn"]
        again = [each["StepName"] for each in ctx.store.steps.all(arn) if each["StepStatus"] != "Succeeded"]
        ctx.store.steps.forget(arn, again)
        changes = {"PipelineExecutionStatus": "Executing", "FailureReason": None}
        if "ParallelismConfiguration" in request:
            changes["ParallelismConfiguration"] = request["ParallelismConfiguration"]
        _update(ctx, execution, changes)
        ctx.enqueue(TOPIC, arn)
    return execution


def _is_repeated(ctx: Context, operation: str, request: Document, execution: Document) -> bool:
    """Whether a request with this token was done before; otherwise it is remembered."""
    arn, token = str(execution["PipelineExecutionArn"]), request["ClientRequestToken"]
    asked = tokens.digest(request, "ClientRequestToken")
    if tokens.made_with(ctx.docs, f"{operation} {arn}", token, asked) is not None:
        return True
    tokens.keep(ctx.docs, f"{operation} {arn}", token, asked, arn)
    return False
