"""Functions: created from a zip archive, changed, told, deleted."""

from __future__ import annotations

import re
from typing import Any

from oficina.engine.functions.code import Code
from oficina.engine.functions.kinds import ALIAS, FUNCTION, POLICY, VERSION
from oficina.engine.functions.versions import LATEST
from oficina.services.context import Context
from oficina.services.lambda_ import archives, concurrency, layers, names, versions
from oficina.services.lambda_.api import lambda_
from oficina.services.lambda_.names import bad
from oficina.services.lambda_.revisions import check_revision, revision, shown
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
    kept, publish = archives.kept(ctx, request.pop("Code")), request.pop("Publish", False)
    layered = layers.of_function(ctx, request.pop("Layers", []), kept.digest)
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
        "Version": LATEST,
        "State": "Active",
        "LastUpdateStatus": "Successful",
    }
    made = {name: value for name, value in layered.items() if value}
    document = defaults | request | fixed | _code_members(kept) | made | revision(ctx)
    with ctx.docs.transaction():
        function = ctx.docs.create(FUNCTION, document, Tags=tags)
        if not publish:
            return shown(function)
        # The ARN is that of the function as a whole, beside the number of its first version, as in AWS.
        return versions.publish(ctx, name) | {"FunctionArn": function["FunctionArn"]}


def _check(request: Document) -> None:
    """What the model's shapes do not say. Raises AwsError."""
    runtime = request.get("Runtime", "python3.12")
    if not _PYTHON.fullmatch(runtime):
        raise bad(f"oficina runs functions written in Python; it has no runtime {runtime}. Use python3.12.")
    variables = request.get("Environment", {}).get("Variables", {})
    reserved = [name for name in variables if name in RESERVED]
    if reserved:
        raise bad(
            "Lambda was unable to configure your environment variables because the environment variables "
            "you have provided contains reserved keys that are currently not supported for modification. "
            f"Reserved keys used in this request: {', '.join(reserved)}"
        )


def _code_members(kept: Code) -> Document:
    return {"_code": kept.digest, "CodeSha256": kept.sha256, "CodeSize": kept.size}


@lambda_.operation
def get_function(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """A function, and where its archive can be fetched."""
    function = names.qualified(ctx, request["FunctionName"], request.get("Qualifier"))
    whole = ctx.docs.get(FUNCTION, function["FunctionName"])
    tags = {tag["Key"]: tag["Value"] for tag in ctx.docs.tags(whole["FunctionArn"])}
    return {
        "Configuration": shown(function),
        "Code": {"RepositoryType": "S3"} | archives.location(ctx, function["_code"]),
        "Tags": tags,
        "Concurrency": concurrency.told(whole),
    }


@lambda_.operation
def get_function_configuration(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """A function's configuration."""
    return shown(names.qualified(ctx, request["FunctionName"], request.get("Qualifier")))


@lambda_.operation
def list_functions(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """The functions, by name; with FunctionVersion ALL each with its versions."""
    asked = {"MaxResults": request.get("MaxItems"), "NextToken": request.get("Marker")}
    page = ctx.docs.page(FUNCTION, asked, Query(sort="Name", descending=False, size=PAGE))
    told = page.items
    if request.get("FunctionVersion") == "ALL":
        told = [each for function in told for each in versions.every(ctx, function)]
    return {"Functions": [shown(each) for each in told], "NextMarker": page.token}


@lambda_.operation
def update_function_code(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Replaces the code."""
    function = names.get(ctx, request["FunctionName"])
    name = function["FunctionName"]
    check_revision(function, request)
    kept = archives.kept(ctx, request)
    layers.of_function(ctx, [each["Arn"] for each in function.get("Layers", ())], kept.digest)
    changes = _code_members(kept) | revision(ctx)
    if request.get("DryRun"):
        return shown({**function, **changes})
    with ctx.docs.transaction():
        changed = ctx.docs.update(FUNCTION, name, changes)
        return versions.publish(ctx, name) if request.get("Publish") else shown(changed)


@lambda_.operation
def update_function_configuration(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Changes the configuration."""
    function = names.get(ctx, request.pop("FunctionName"))
    check_revision(function, request)
    _check(request)
    layered: Document = {}
    if "Layers" in request:
        layered = layers.of_function(ctx, request.pop("Layers"), function["_code"])
    return shown(ctx.docs.update(FUNCTION, function["FunctionName"], request | layered | revision(ctx)))


@lambda_.operation
def delete_function(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Forgets a function with its versions and aliases, or one version; its log group stays."""
    name, qualifier = names.taken_apart(ctx, request["FunctionName"], request.get("Qualifier"))
    ctx.docs.get(FUNCTION, name)
    with ctx.docs.transaction():
        if qualifier is not None:
            versions.delete(ctx, name, qualifier)
            return {"StatusCode": 204}
        for kind in (ALIAS, VERSION, POLICY):
            for each in ctx.docs.all(kind, name):
                ctx.docs.delete(kind, each[kind.member("name")], name)
        ctx.docs.delete(FUNCTION, name)
    return {"StatusCode": 204}
