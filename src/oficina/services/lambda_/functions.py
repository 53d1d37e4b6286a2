"""Functions: created from a zip archive, changed, told, deleted."""

from __future__ import annotations

import re
import uuid
from datetime import UTC, datetime
from typing import Any

from oficina.engine.functions import code
from oficina.engine.functions.code import Code
from oficina.engine.functions.kinds import FUNCTION
from oficina.errors import AwsError
from oficina.services.context import Context
from oficina.services.lambda_ import names
from oficina.services.lambda_.api import lambda_
from oficina.store.documents import Query
from oficina.store.kinds import Document

PAGE = 50
"""How many functions one answer has (API reference of ListFunctions)."""
RESERVED = (
    "_HANDLER",
    "_X_AMZN_TRACE_ID",
    "AWS_DEFAULT_REGION",
    "AWS_REGION",
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_ACCESS_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_LAMBDA_RUNTIME_API",
    "LAMBDA_TASK_ROOT",
    "LAMBDA_RUNTIME_DIR",
)
"""Variables that a function cannot set (developer guide, "Defined runtime environment variables")."""
_PYTHON = re.compile(r"python3\.\d+")


def bad(sentence: str) -> AwsError:
    """The refusal of a parameter."""
    return AwsError("InvalidParameterValueException", sentence)


@lambda_.operation
def create_function(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Keeps a function."""
    name = names.name_of(ctx, request["FunctionName"])
    _check(request)
    if request.get("PackageType", "Zip") != "Zip":
        raise bad("oficina runs functions from zip archives; PackageType Image is not there yet.")
    if "Runtime" not in request or "Handler" not in request:
        raise bad(
            "Runtime and Handler are mandatory parameters for functions created with deployment packages."
        )
    kept = _code(ctx, request.pop("Code"))
    tags = [{"Key": key, "Value": value} for key, value in request.pop("Tags", {}).items()]
    defaults: Document = {
        "Description": "",
        "Timeout": 3,
        "MemorySize": 128,
        "PackageType": "Zip",
        "Architectures": ["x86_64"],
        "EphemeralStorage": {"Size": 512},
        "TracingConfig": {"Mode": "PassThrough"},
        "SnapStart": {"ApplyOn": "None", "OptimizationStatus": "Off"},
        "LoggingConfig": {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{name}"},
    }
    fixed = {
        "FunctionName": name,
        "Version": names.LATEST,
        "State": "Active",
        "LastUpdateStatus": "Successful",
    }
    document = defaults | request | fixed | _code_members(kept) | _revision(ctx)
    return _shown(ctx.docs.create(FUNCTION, document, Tags=tags))


def _shown(function: Document) -> Document:
    """A function without what clients do not see."""
    return {name: value for name, value in function.items() if not name.startswith("_")}


def _check(request: Document) -> None:
    """What the model's shapes do not say. Raises AwsError."""
    runtime = request.get("Runtime", "python3.12")
    if not _PYTHON.fullmatch(runtime):
        raise bad(f"oficina runs functions written in Python; it has no runtime {runtime}. Use python3.12.")
    if request.get("Layers"):
        raise bad("oficina has no Lambda layers yet. Put the packages into the function's zip archive.")
    variables = request.get("Environment", {}).get("Variables", {})
    reserved = [name for name in variables if name in RESERVED]
    if reserved:
        raise bad(
            "Lambda was unable to configure your environment variables because the environment variables "
            "you have provided contains reserved keys that are currently not supported for modification. "
            f"Reserved keys used in this request: {', '.join(reserved)}"
        )


def _code(ctx: Context, given: Document) -> Code:
    """The code that a request gives, in itself or in S3."""
    if "ZipFile" in given:
        return code.keep(ctx.store, given["ZipFile"])
    if "S3Bucket" not in given or "S3Key" not in given:
        raise bad("Please provide a source for function code.")
    try:
        if "S3ObjectVersion" in given:
            bucket = ctx.store.buckets.get(ctx.account, given["S3Bucket"])
            found = ctx.store.versions.find(bucket, given["S3Key"], given["S3ObjectVersion"])
            if found is None or found.marker:
                raise AwsError("NoSuchVersion", "The specified version does not exist.")
            return code.keep(ctx.store, ctx.store.objects.path(found).read_bytes())
        data = ctx.store.objects.read(ctx.account, given["S3Bucket"], given["S3Key"])
    except AwsError as error:
        raise bad(
            f"Error occurred while GetObject. S3 Error Code: {error.code}. S3 Error Message: {error.message}"
        ) from error
    return code.keep(ctx.store, data)


def _code_members(kept: Code) -> Document:
    return {"_code": kept.digest, "CodeSha256": kept.sha256, "CodeSize": kept.size}


def _revision(ctx: Context) -> Document:
    now = datetime.fromtimestamp(ctx.clock.now(), UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]
    return {"RevisionId": str(uuid.uuid4()), "LastModified": f"{now}+0000"}


@lambda_.operation
def get_function(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """A function. Its archive is not kept, so Code has no Location."""
    function = names.get(ctx, request["FunctionName"], request.get("Qualifier"))
    tags = {tag["Key"]: tag["Value"] for tag in ctx.docs.tags(function["FunctionArn"])}
    return {"Configuration": function, "Code": {"RepositoryType": "S3"}, "Tags": tags}


@lambda_.operation
def get_function_configuration(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """A function's configuration."""
    return _shown(names.get(ctx, request["FunctionName"], request.get("Qualifier")))


@lambda_.operation
def list_functions(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """The functions, by name."""
    asked = {"MaxResults": request.get("MaxItems"), "NextToken": request.get("Marker")}
    page = ctx.docs.page(FUNCTION, asked, Query(sort="Name", descending=False, size=PAGE))
    return {"Functions": page.items, "NextMarker": page.token}


@lambda_.operation
def update_function_code(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Replaces the code."""
    function = names.get(ctx, request["FunctionName"])
    _check_revision(function, request)
    kept = _code(ctx, request)
    changes = _code_members(kept) | _revision(ctx)
    if request.get("DryRun"):
        return _shown({**function, **changes})
    return _shown(ctx.docs.update(FUNCTION, function["FunctionName"], changes))


@lambda_.operation
def update_function_configuration(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Changes the configuration."""
    function = names.get(ctx, request.pop("FunctionName"))
    _check_revision(function, request)
    _check(request)
    return _shown(ctx.docs.update(FUNCTION, function["FunctionName"], request | _revision(ctx)))


def _check_revision(function: Document, request: Document) -> None:
    if request.get("RevisionId", function["RevisionId"]) != function["RevisionId"]:
        raise AwsError(
            "PreconditionFailedException",
            "The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias "
            "API to retrieve the latest Revision Id",
            412,
        )


@lambda_.operation
def delete_function(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Forgets a function; its log group stays."""
    function = names.get(ctx, request["FunctionName"], request.get("Qualifier"))
    ctx.docs.delete(FUNCTION, function["FunctionName"])
    return {"StatusCode": 204}
