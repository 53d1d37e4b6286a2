"""The lineage of endpoints: a context for each, and an action for each fleet that began to answer."""

from __future__ import annotations

import itertools

from oficina import arns
from oficina.engine.hosting.kinds import ENDPOINT_CONFIG, MODEL
from oficina.engine.lineage.entities import action, artifact, context, data_of, join
from oficina.store.documents import Scope
from oficina.store.kinds import Document
from oficina.store.store import Store


def keep(store: Store, docs: Scope, endpoint: Document) -> None:
    """Puts what is missing for an endpoint that answers. Part of the caller's transaction."""
    fleet = endpoint.get("_fleet")
    if fleet is None:
        return
    source = {"SourceUri": endpoint["EndpointArn"], "SourceType": "ARN"}
    name = endpoint["EndpointName"]
    place = context(docs, f"{name}-{int(endpoint['CreationTime'])}-aws-endpoint", "Endpoint", source)
    properties = {"EndpointConfigName": fleet["config"]}
    deployment = action(
        docs,
        f"{name}-{fleet['id']}-aws-endpoint",
        "ModelDeployment",
        source,
        Status="Completed",
        Properties=properties,
    )
    join(store, docs, deployment, place, "AssociatedWith")
    for uri, kind in _served(docs, fleet):
        join(store, docs, artifact(docs, uri, kind), deployment, "ContributedTo")


def _served(docs: Scope, fleet: Document) -> list[tuple[str, str]]:
    """What a fleet serves: data, images, and the packages that its models were made of."""
    found = [(arn, "Model") for arn in _packages(docs, fleet["config"])]
    several = (variant.get("chain") or [variant["container"]] for variant in fleet["variants"])
    for container in itertools.chain.from_iterable(several):
        data = data_of(container)
        if data is not None:
            found.append((data, "Model"))
        if container.get("Image"):
            found.append((container["Image"], "Image"))
    return found


def _packages(docs: Scope, config_name: str) -> list[str]:
    """The ARNs of the packages that a configuration's models name, as far as all of them are there."""
    config, found = docs.find(ENDPOINT_CONFIG, config_name), []
    for variant in config["ProductionVariants"] if config else ():
        model = docs.find(MODEL, variant.get("ModelName", "")) or {}
        for container in (model.get("PrimaryContainer"), *model.get("Containers", ())):
            name = (container or {}).get("ModelPackageName")
            if name:
                found.append(_package_arn(docs, name))
    return [arn for arn in found if docs.find_arn(arn) is not None]


def _package_arn(docs: Scope, name: str) -> str:
    if name.startswith("arn:"):
        return name
    return arns.make("sagemaker", docs.region, docs.account, f"model-package/{name}")
