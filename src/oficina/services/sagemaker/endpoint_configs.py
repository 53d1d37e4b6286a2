"""Endpoint configurations: which models answer, with how many processes and what share of the calls."""

from __future__ import annotations

from typing import Any

from oficina.engine.hosting.kinds import ENDPOINT_CONFIG, MODEL
from oficina.errors import validation
from oficina.services.context import Context
from oficina.services.sagemaker.api import sagemaker
from oficina.services.sagemaker.jobs import default
from oficina.store.kinds import Document


@sagemaker.operation
def create_endpoint_config(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Keeps a configuration; its models must be there."""
    if request.get("ShadowProductionVariants"):
        raise validation("oficina does not run shadow variants yet; give ProductionVariants alone.")
    names = [variant["VariantName"] for variant in request["ProductionVariants"]]
    if len(set(names)) < len(names):
        raise validation("Production variant names must be unique within an endpoint configuration.")
    for variant in request["ProductionVariants"]:
        _check(ctx, variant)
    document = {**request}
    for variant in document["ProductionVariants"]:
        default(variant, InitialVariantWeight=1.0)
        if "ServerlessConfig" not in variant:
            default(variant, InitialInstanceCount=1)
    default(document, EnableNetworkIsolation=False)
    if "DataCaptureConfig" in document:
        default(document["DataCaptureConfig"], EnableCapture=True)
    return ctx.docs.create(ENDPOINT_CONFIG, document)


_SERVERLESS_MEMORY = (1024, 2048, 3072, 4096, 5120, 6144)
"""Megabytes that a serverless variant may have (API reference, ProductionVariantServerlessConfig)."""


def _check(ctx: Context, variant: Document) -> None:
    if not variant.get("ModelName"):
        raise validation(
            f"oficina does not run inference components yet; give a ModelName for {variant['VariantName']}."
        )
    ctx.docs.get(MODEL, variant["ModelName"])
    serverless = "ServerlessConfig" in variant
    instances = "InstanceType" in variant or "InitialInstanceCount" in variant
    if serverless and instances:
        raise validation(
            f"Production variant {variant['VariantName']} must have either a ServerlessConfig or an "
            "InstanceType with an InitialInstanceCount, and not both."
        )
    if serverless and variant["ServerlessConfig"]["MemorySizeInMB"] not in _SERVERLESS_MEMORY:
        raise validation(
            f"1 validation error detected: Value '{variant['ServerlessConfig']['MemorySizeInMB']}' at "
            "'MemorySizeInMB' failed to satisfy constraint: Member must satisfy enum value set: "
            f"[{', '.join(map(str, _SERVERLESS_MEMORY))}]"
        )
    if not serverless and "InstanceType" not in variant and "InstancePools" not in variant:
        raise validation(f"Production variant {variant['VariantName']} must have an InstanceType.")


@sagemaker.operation
def describe_endpoint_config(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """A configuration."""
    return ctx.docs.get(ENDPOINT_CONFIG, request["EndpointConfigName"])


@sagemaker.operation
def list_endpoint_configs(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """The configurations, newest first."""
    page = ctx.docs.page(ENDPOINT_CONFIG, request)
    return {"EndpointConfigs": page.items, "NextToken": page.token}


@sagemaker.operation
def delete_endpoint_config(ctx: Context, request: dict[str, Any]) -> None:
    """Forgets a configuration; endpoints that were made with it go on."""
    ctx.docs.delete(ENDPOINT_CONFIG, request["EndpointConfigName"])
