"""Endpoints: what is wanted is written down here, and the engine brings it about."""

from __future__ import annotations

from typing import Any

from oficina.engine.hosting import endpoints
from oficina.engine.hosting.kinds import ENDPOINT, ENDPOINT_CONFIG, SETTLED
from oficina.errors import AwsError, validation
from oficina.services.context import Context
from oficina.services.sagemaker.api import sagemaker
from oficina.services.sagemaker.jobs import hold
from oficina.store.kinds import Document


@sagemaker.operation
def create_endpoint(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Keeps the request; the engine raises the processes."""
    name = request["EndpointName"]
    with ctx.docs.transaction():
        if ctx.docs.find(ENDPOINT, name) is not None:
            raise ENDPOINT.already_there(name, ctx.docs.arn(ENDPOINT, name))
        ctx.docs.get(ENDPOINT_CONFIG, request["EndpointConfigName"])
        document = {**request}
        deployment = document.pop("DeploymentConfig", None)
        if deployment is not None:
            document["LastDeploymentConfig"] = deployment
        endpoint = ctx.docs.create(ENDPOINT, document, EndpointStatus="Creating")
        _tell(ctx, endpoint)
    return endpoint


def _tell(ctx: Context, endpoint: Document) -> None:
    ctx.enqueue(endpoints.TOPIC, endpoint["EndpointArn"], payload={"name": endpoint["EndpointName"]})


@sagemaker.operation
def describe_endpoint(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """An endpoint; held for a moment while it changes."""
    endpoint = ctx.docs.get(ENDPOINT, request["EndpointName"])
    return hold(ctx, ENDPOINT, endpoint, settled=SETTLED, since="LastModifiedTime")


@sagemaker.operation
def list_endpoints(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """The endpoints, newest first."""
    page = ctx.docs.page(ENDPOINT, request)
    return {"Endpoints": page.items, "NextToken": page.token}


@sagemaker.operation
def update_endpoint(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Another configuration: a second fleet is raised, and answers instead of the first once healthy."""
    with ctx.docs.transaction():
        endpoint = _in_service(ctx, request["EndpointName"])
        ctx.docs.get(ENDPOINT_CONFIG, request["EndpointConfigName"])
        wanted = {
            "config": request["EndpointConfigName"],
            "retain": bool(request.get("RetainAllVariantProperties")),
            "exclude": [
                one["VariantPropertyType"] for one in request.get("ExcludeRetainedVariantProperties", ())
            ],
        }
        changes: Document = {"EndpointStatus": "Updating", "FailureReason": None, "_wanted": wanted}
        if not request.get("RetainDeploymentConfig"):
            changes["LastDeploymentConfig"] = request.get("DeploymentConfig")
        _tell(ctx, ctx.docs.update(ENDPOINT, request["EndpointName"], changes))
    return endpoint


@sagemaker.operation
def update_endpoint_weights_and_capacities(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Other shares of the calls and other numbers of processes for variants that are there."""
    wishes = request["DesiredWeightsAndCapacities"]
    with ctx.docs.transaction():
        endpoint = _in_service(ctx, request["EndpointName"])
        known = {variant["VariantName"] for variant in endpoint["ProductionVariants"]}
        for wish in wishes:
            if wish["VariantName"] not in known:
                raise validation(
                    f'Could not find variant {wish["VariantName"]} in endpoint "{endpoint["EndpointArn"]}".'
                )
            if "DesiredInstanceCount" in wish and wish["DesiredInstanceCount"] < 1:
                raise validation(f"Variant {wish['VariantName']} needs at least one instance.")
        shown = [_wished(variant, wishes) for variant in endpoint["ProductionVariants"]]
        changes: Document = {
            "EndpointStatus": "Updating",
            "FailureReason": None,
            "ProductionVariants": shown,
            "_scaling": wishes,
        }
        _tell(ctx, ctx.docs.update(ENDPOINT, request["EndpointName"], changes))
    return endpoint


def _wished(variant: Document, wishes: list[Document]) -> Document:
    """A variant's summary with what is desired and not yet so."""
    for wish in wishes:
        if wish["VariantName"] == variant["VariantName"]:
            desired: Document = {
                name: wish[name] for name in ("DesiredWeight", "DesiredInstanceCount") if name in wish
            }
            return {**variant, **desired}
    return variant


def _in_service(ctx: Context, name: str) -> Document:
    """The endpoint, which must be free for a change."""
    endpoint = ctx.docs.get(ENDPOINT, name)
    if endpoint["EndpointStatus"] == "InService":
        return endpoint
    if endpoint["EndpointStatus"] == "Failed":
        raise validation(
            f'Cannot update endpoint "{endpoint["EndpointArn"]}" in status Failed; delete and create it.'
        )
    raise AwsError("ValidationException", f'Cannot update in-progress endpoint "{endpoint["EndpointArn"]}".')


@sagemaker.operation
def delete_endpoint(ctx: Context, request: dict[str, Any]) -> None:
    """Ends the processes; the endpoint is gone when they are."""
    with ctx.docs.transaction():
        endpoint = ctx.docs.get(ENDPOINT, request["EndpointName"])
        if endpoint["EndpointStatus"] != "Deleting":
            changes: Document = {"EndpointStatus": "Deleting"}
            endpoint = ctx.docs.update(ENDPOINT, request["EndpointName"], changes)
        _tell(ctx, endpoint)
