"""MLflow tracking servers: each a real MLflow, with artifacts in S3 (API reference; aws-contracts D.18)."""

from __future__ import annotations

import string
from typing import Any

from oficina.engine.mlflow.kinds import SETTLED, TOPIC, TRACKING_SERVER, VERSION, registers
from oficina.services.context import Context
from oficina.services.sagemaker import mlflow_servers
from oficina.services.sagemaker.api import sagemaker
from oficina.services.sagemaker.callers import user_context
from oficina.services.sagemaker.jobs import check_role, default, hold
from oficina.services.sagemaker.mlflow_servers import busy, change
from oficina.store.kinds import Document

RUNNING = ("Created", "Started", "Updated", "UpdateFailed", "StopFailed")
"""The statuses in which a server answers."""


@sagemaker.operation
def create_mlflow_tracking_server(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Keeps a server and has it started. Whatever version is asked for, the one that is here runs."""
    check_role(ctx, request["RoleArn"])
    mlflow_servers.check_store(ctx, request)
    document = {**request, "MlflowVersion": VERSION}
    default(
        document,
        TrackingServerSize="Small",
        AutomaticModelRegistration=False,
        WeeklyMaintenanceWindowStart="Sun:03:00",
    )
    with ctx.docs.transaction():
        document = ctx.docs.create(
            TRACKING_SERVER,
            document,
            TrackingServerStatus="Creating",
            CreatedBy=user_context(ctx),
            LastModifiedBy=user_context(ctx),
            _id="t-" + mlflow_servers.identity(string.ascii_lowercase, 12),
            _since=ctx.clock.now(),
        )
        ctx.enqueue(TOPIC, document["TrackingServerArn"], payload={"kind": TRACKING_SERVER.name})
    return {"TrackingServerArn": document["TrackingServerArn"]}


@sagemaker.operation
def describe_mlflow_tracking_server(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """A server; the answer waits a moment while something goes on with it."""
    document = ctx.docs.get(TRACKING_SERVER, request["TrackingServerName"])
    found = hold(ctx, TRACKING_SERVER, document, SETTLED, since="LastModifiedTime")
    return {**shown(found), "TrackingServerUrl": mlflow_servers.url(ctx, found)}


def shown(document: Document) -> Document:
    """A server with what follows from its status."""
    active = document["TrackingServerStatus"] in (*RUNNING, "Updating")
    return {**document, "IsActive": "Active" if active else "Inactive"}


@sagemaker.operation
def list_mlflow_tracking_servers(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """The servers, newest first."""
    page = ctx.docs.page(TRACKING_SERVER, request, mlflow_servers.query(request, "TrackingServerStatus"))
    return {"TrackingServerSummaries": [shown(one) for one in page.items], "NextToken": page.token}


@sagemaker.operation
def update_mlflow_tracking_server(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Changes a server; versions are registered automatically from the moment that this is switched on."""
    mlflow_servers.check_store(ctx, request)
    name = request.pop("TrackingServerName")
    with ctx.docs.transaction():
        document = ctx.docs.get(TRACKING_SERVER, name)
        status = document["TrackingServerStatus"]
        if status not in (*RUNNING, "Stopped"):
            raise busy(TRACKING_SERVER, document, "update")
        after = status if status in ("Started", "Stopped") else "Created"
        changes = {**request, "TrackingServerStatus": "Updating", "_after": after}
        changes["LastModifiedBy"] = user_context(ctx)
        if request.get("AutomaticModelRegistration") and not registers(document):
            changes["_since"] = ctx.clock.now()
        change(ctx, TRACKING_SERVER, name, changes)
    return {"TrackingServerArn": document["TrackingServerArn"]}


@sagemaker.operation
def start_mlflow_tracking_server(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Starts a server that was stopped."""
    return _turn(ctx, request["TrackingServerName"], ("Stopped", "StartFailed"), "Starting", "start")


@sagemaker.operation
def stop_mlflow_tracking_server(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Stops a server; what it knows stays."""
    return _turn(ctx, request["TrackingServerName"], RUNNING, "Stopping", "stop")


def _turn(ctx: Context, name: str, allowed: tuple[str, ...], status: str, action: str) -> dict[str, Any]:
    with ctx.docs.transaction():
        document = ctx.docs.get(TRACKING_SERVER, name)
        if document["TrackingServerStatus"] not in allowed:
            raise busy(TRACKING_SERVER, document, action)
        changes = {"TrackingServerStatus": status, "LastModifiedBy": user_context(ctx)}
        change(ctx, TRACKING_SERVER, name, changes)
    return {"TrackingServerArn": document["TrackingServerArn"]}


@sagemaker.operation
def delete_mlflow_tracking_server(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Deletes a server and what MLflow knows; artifacts in S3 stay."""
    name = request["TrackingServerName"]
    with ctx.docs.transaction():
        document = ctx.docs.get(TRACKING_SERVER, name)
        if document["TrackingServerStatus"] not in (*SETTLED, "Deleting"):
            raise busy(TRACKING_SERVER, document, "delete")
        change(ctx, TRACKING_SERVER, name, {"TrackingServerStatus": "Deleting"})
    return {"TrackingServerArn": document["TrackingServerArn"]}


@sagemaker.operation
def create_presigned_mlflow_tracking_server_url(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """A URL that opens the MLflow UI in a browser, once."""
    document = ctx.docs.get(TRACKING_SERVER, request["TrackingServerName"])
    return mlflow_servers.presigned(ctx, TRACKING_SERVER, document, request)
