"""Pipelines and their versions."""

from __future__ import annotations

from typing import Any

from oficina import arns
from oficina.engine.inputs import split
from oficina.engine.pipelines.definition import parse
from oficina.engine.pipelines.kinds import ENDED, EXECUTION, PIPELINE, VERSION
from oficina.errors import AwsError, validation
from oficina.services.context import Context
from oficina.services.sagemaker.api import sagemaker
from oficina.services.sagemaker.jobs import check_role
from oficina.store import tokens
from oficina.store.documents import Query
from oficina.store.kinds import Document


def name_of(ctx: Context, name_or_arn: str) -> str:
    """The name of a pipeline that is told by name or by ARN. Raises AwsError ResourceNotFound."""
    parts = arns.parse(name_or_arn)
    if parts is None:
        return str(ctx.docs.get(PIPELINE, name_or_arn)["PipelineName"])
    found = ctx.docs.find_arn(name_or_arn)
    if found is None:
        raise PIPELINE.not_found(name_or_arn, name_or_arn)
    return str(found["PipelineName"])


def starts_of(name: str) -> str:
    """Under which name the tokens of a pipeline's executions are kept: a token counts within its pipeline."""
    return f"StartPipelineExecution {name.lower()}"


def identity(ctx: Context) -> Document:
    """Who asks, as ``CreatedBy`` and ``LastModifiedBy`` tell it."""
    return {"IamIdentity": {"Arn": ctx.caller.arn, "PrincipalId": ctx.caller.user_id}}


def _definition(ctx: Context, request: Document) -> str | None:
    """The text of the definition, from the request or from S3. Raises AwsError when it is not right."""
    where = request.get("PipelineDefinitionS3Location")
    text = request.get("PipelineDefinition")
    if where is not None:
        bucket, key = split(f"s3://{where['Bucket']}/{where['ObjectKey']}")
        try:
            text = ctx.store.objects.read(ctx.account, bucket, key, where.get("VersionId")).decode()
        except AwsError as error:
            raise validation(
                f"The pipeline definition s3://{bucket}/{key} cannot be read: {error.message}"
            ) from error
        except UnicodeDecodeError as error:
            raise validation(f"The pipeline definition s3://{bucket}/{key} is not text.") from error
    if text is not None:
        parse(text)
    return text


@sagemaker.operation
def create_pipeline(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Checks the definition and keeps the pipeline with its first version."""
    known = ctx.docs.find(PIPELINE, request["PipelineName"])
    if known is not None and known.get("_token") == request["ClientRequestToken"]:
        return known
    if known is not None:
        raise PIPELINE.already_there(request["PipelineName"], known["PipelineArn"])
    check_role(ctx, request["RoleArn"])
    text = _definition(ctx, request)
    if text is None:
        raise validation("PipelineDefinition or PipelineDefinitionS3Location is required.")
    document = {key: value for key, value in request.items() if key not in _NOT_KEPT}
    document |= {
        "PipelineDefinition": text,
        "PipelineStatus": "Active",
        "CreatedBy": identity(ctx),
        "LastModifiedBy": identity(ctx),
        "PipelineVersionId": 1,
        "_token": request["ClientRequestToken"],
    }
    with ctx.docs.transaction():
        pipeline = ctx.docs.create(PIPELINE, document)
        _keep_version(ctx, pipeline)
    return pipeline


_NOT_KEPT = ("ClientRequestToken", "PipelineDefinitionS3Location")


def _keep_version(ctx: Context, pipeline: Document) -> None:
    """The present definition as a version of its own."""
    kept = {key: value for key, value in pipeline.items() if key != "Tags" and not key.startswith("_")}
    kept |= {"_version": str(pipeline["PipelineVersionId"]), "CreationTime": ctx.clock.now()}
    arn = f"{pipeline['PipelineArn']}/version/{pipeline['PipelineVersionId']}"
    ctx.docs.create(VERSION, kept, parent=pipeline["PipelineName"], arn=arn)


@sagemaker.operation
def update_pipeline(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Changes a pipeline; a new definition is a new version."""
    text = _definition(ctx, request)
    if "RoleArn" in request:
        check_role(ctx, request["RoleArn"])
    with ctx.docs.transaction():
        pipeline = ctx.docs.get(PIPELINE, request["PipelineName"])
        changes = {key: value for key, value in request.items() if key not in _NOT_KEPT}
        changes["LastModifiedBy"] = identity(ctx)
        if text is not None:
            changes |= {"PipelineDefinition": text, "PipelineVersionId": pipeline["PipelineVersionId"] + 1}
        pipeline = ctx.docs.update(PIPELINE, request["PipelineName"], changes)
        if text is not None:
            _keep_version(ctx, pipeline)
    return {"PipelineArn": pipeline["PipelineArn"], "PipelineVersionId": pipeline["PipelineVersionId"]}


@sagemaker.operation
def describe_pipeline(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """A pipeline, or one of its versions."""
    pipeline = ctx.docs.get(PIPELINE, name_of(ctx, request["PipelineName"]))
    if "PipelineVersionId" in request:
        version = ctx.docs.get(VERSION, str(request["PipelineVersionId"]), pipeline["PipelineName"])
        return {**pipeline, **{key: version[key] for key in version if key in _OF_VERSION}}
    return pipeline


_OF_VERSION = (
    "PipelineDefinition",
    "PipelineVersionId",
    "PipelineVersionDisplayName",
    "PipelineVersionDescription",
)


@sagemaker.operation
def list_pipelines(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """The pipelines, newest first."""
    asked = {**request}
    if "PipelineNamePrefix" in asked:
        prefix = asked.pop("PipelineNamePrefix")
        query = Query(where=[("substr(name, 1, ?)=?", (len(prefix), prefix))])
    else:
        query = Query()
    page = ctx.docs.page(PIPELINE, asked, query)
    summaries = [{**each, "LastExecutionTime": each.get("LastRunTime")} for each in page.items]
    return {"PipelineSummaries": summaries, "NextToken": page.token}


@sagemaker.operation
def list_pipeline_versions(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """The versions of a pipeline, newest first."""
    pipeline = ctx.docs.get(PIPELINE, name_of(ctx, request["PipelineName"]))
    page = ctx.docs.page(VERSION, request, Query(parent=pipeline["PipelineName"]))
    return {"PipelineVersionSummaries": page.items, "NextToken": page.token}


@sagemaker.operation
def update_pipeline_version(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Changes the display name and the description of a version."""
    pipeline = ctx.docs.find_arn(request["PipelineArn"])
    if pipeline is None:
        raise PIPELINE.not_found(request["PipelineArn"], request["PipelineArn"])
    changes: Document = {
        key: request[key]
        for key in ("PipelineVersionDisplayName", "PipelineVersionDescription")
        if key in request
    }
    number = str(request["PipelineVersionId"])
    ctx.docs.update(VERSION, number, changes, pipeline["PipelineName"])
    return {"PipelineArn": pipeline["PipelineArn"], "PipelineVersionId": request["PipelineVersionId"]}


@sagemaker.operation
def delete_pipeline(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Forgets a pipeline with its versions and executions; refused while one runs."""
    name = request["PipelineName"]
    with ctx.docs.transaction():
        pipeline = ctx.docs.get(PIPELINE, name)
        executions = ctx.docs.all(EXECUTION, name.lower())
        if any(each["PipelineExecutionStatus"] not in ENDED for each in executions):
            raise AwsError(
                "ConflictException",
                f"Pipeline '{pipeline['PipelineArn']}' has an execution that runs; stop it first.",
            )
        for each in executions:
            ctx.docs.delete(EXECUTION, each["_id"], name.lower())
        for version in ctx.docs.all(VERSION, pipeline["PipelineName"]):
            ctx.docs.delete(VERSION, version["_version"], pipeline["PipelineName"])
        ctx.docs.delete(PIPELINE, name)
        tokens.forget(ctx.docs, starts_of(name))
    return {"PipelineArn": pipeline["PipelineArn"]}
