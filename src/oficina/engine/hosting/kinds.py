"""The kinds of resource that hosting is made of, with AWS's sentences (contracts, surface §7.1)."""

from __future__ import annotations

from oficina.store.kinds import Document, Kind

MODEL = Kind(
    "Model",
    arn="model",
    missing=("ValidationException", 'Could not find model "{arn}".'),
    taken=("ValidationException", 'Cannot create already existing model "{arn}".'),
)

ENDPOINT_CONFIG = Kind(
    "EndpointConfig",
    arn="endpoint-config",
    missing=("ValidationException", 'Could not find endpoint configuration "{arn}".'),
    taken=("ValidationException", 'Cannot create already existing endpoint configuration "{arn}".'),
)

ENDPOINT = Kind(
    "Endpoint",
    arn="endpoint",
    missing=("ValidationException", 'Could not find endpoint "{arn}".'),
    taken=("ValidationException", 'Cannot create already existing endpoint "{arn}".'),
)

SETTLED = ("InService", "Failed", "OutOfService", "UpdateRollbackFailed")
"""The statuses that an endpoint does not leave by itself (botocore, EndpointStatus)."""

LOG_GROUP = "/aws/sagemaker/Endpoints/{name}"
"""The log group of an endpoint (contracts, clients-and-wire §4.1)."""


def containers_of(model: Document) -> list[Document]:
    """The containers that run for a model: what it was made with, or what its model package stands for."""
    several = model.get("_containers") or model.get("Containers") or [model["PrimaryContainer"]]
    return list(several)


def container_of(model: Document) -> Document:
    """The container that runs for a model; of several the first."""
    return containers_of(model)[0]


class HostingFailed(Exception):
    """An endpoint cannot be raised; the sentence is its FailureReason."""


class HostingAbandoned(Exception):
    """The endpoint was deleted, or everything was emptied, while it was raised."""
