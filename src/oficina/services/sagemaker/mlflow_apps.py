"""MLflow apps: MLflow without a server to look after, named by ARN (contracts, surface §2.1)."""

from __future__ import annotations

import string
from typing import Any

from oficina.engine.mlflow.kinds import APP, SETTLED, TOPIC, VERSION, registers
from oficina.services.context import Context
from oficina.services.sagemaker import mlflow_servers
from oficina.services.sagemaker.api import sagemaker
from oficina.services.sagemaker.callers import user_context
from oficina.services.sagemaker.jobs import check_role, default, hold
from oficina.services.sagemaker.mlflow_servers import busy, change
from oficina.store.kinds import Document


@sagemaker.operation
def create_mlflow_app(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Keeps an app and has its MLflow started."""
    check_role(ctx, request["RoleArn"])
    mlflow_servers.check_store(ctx, request)
    document = {**request, "MlflowVersion": VERSION}
    default(
        document,
        ModelRegistrationMode="AutoModelRegistrationDisabled",
        WeeklyMaintenanceWindowStart="Sun:03:00",
        AccountDefaultStatus="DISABLED",
    )
    identity = "app-" + mlflow_servers.identity(string.ascii_uppercase, 12)
    with ctx.docs.transaction():
        document = ctx.docs.create(
            APP,
            document,
            arn=ctx.arn("sagemaker", f"mlflow-app/{identity}"),
            Status="Creating",
            CreatedBy=user_context(ctx),
            LastModifiedBy=user_context(ctx),
            _id=identity,
            _since=ctx.clock.now(),
        )
        ctx.enqueue(TOPIC, document["Arn"], payload={"kind": APP.name})
    return {"Arn": document["Arn"]}


def _get(ctx: Context, arn: str) -> Document:
    """The app with an ARN. Raises AwsError when there is none."""
    document = ctx.docs.find_arn(arn)
    if document is None:
        raise APP.not_found(arn, arn)
    return document


@sagemaker.operation
def describe_mlflow_app(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """An app; the answer waits a moment while something goes on with it."""
    return hold(ctx, APP, _get(ctx, request["Arn"]), SETTLED, since="LastModifiedTime")


@sagemaker.operation
def list_mlflow_apps(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """The apps, newest first."""
    query = mlflow_servers.query(request, "Status")
    if "AccountDefaultStatus" in request:
        condition = "json_extract(body, '$.AccountDefaultStatus')=?"
        query.where.append((condition, (request["AccountDefaultStatus"],)))
    if "DefaultForDomainId" in request:
        condition = "EXISTS (SELECT 1 FROM json_each(body, '$.DefaultDomainIdList') WHERE value=?)"
        query.where.append((condition, (request["DefaultForDomainId"],)))
    page = ctx.docs.page(APP, request, query)
    return {"Summaries": page.items, "NextToken": page.token}


@sagemaker.operation
def update_mlflow_app(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Changes an app; versions are registered automatically from the moment that this is switched on."""
    mlflow_servers.check_store(ctx, request)
    with ctx.docs.transaction():
        document = _get(ctx, request["Arn"])
        if document["Status"] not in ("Created", "Updated", "UpdateFailed"):
            raise busy(APP, document, "update")
        changes = {**request, "Status": "Updating", "_after": "Updated", "LastModifiedBy": user_context(ctx)}
        if registers(request) and not registers(document):
            changes["_since"] = ctx.clock.now()
        name = changes.pop("Name", document["Name"])
        if name != document["Name"]:
            _rename(ctx, document, name)
        change(ctx, APP, name, changes)
    return {"Arn": document["Arn"]}


def _rename(ctx: Context, document: Document, name: str) -> None:
    """Keeps the same app under another name; its ARN and tags stay."""
    tags = ctx.docs.tags(document["Arn"])
    ctx.docs.delete(APP, document["Name"])
    ctx.docs.create(APP, {**document, "Name": name, "Tags": tags}, arn=document["Arn"])


@sagemaker.operation
def delete_mlflow_app(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Deletes an app and what MLflow knows; artifacts in S3 stay."""
    with ctx.docs.transaction():
        document = _get(ctx, request["Arn"])
        if document["Status"] not in (*SETTLED, "Deleting"):
            raise busy(APP, document, "delete")
        change(ctx, APP, document["Name"], {"Status": "Deleting"})
    return {"Arn": document["Arn"]}


@sagemaker.operation
def create_presigned_mlflow_app_url(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """A URL that opens the MLflow UI in a browser, once."""
    return mlflow_servers.presigned(ctx, APP, _get(ctx, request["Arn"]), request)
