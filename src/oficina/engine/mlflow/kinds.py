"""MLflow tracking servers and MLflow apps as kinds of resources, and what the two have in common."""

from __future__ import annotations

from oficina.engine.hosting.kinds import HostingFailed
from oficina.store.kinds import Document, Kind

TRACKING_SERVER = Kind(
    "MlflowTrackingServer",
    arn="mlflow-tracking-server",
    missing=("ResourceNotFound", "Tracking server {name} does not exist."),
    taken=("ConflictException", "A tracking server with the name {name} already exists."),
    lower=False,
    members={"name": "TrackingServerName", "arn": "TrackingServerArn", "status": "TrackingServerStatus"},
)
APP = Kind(
    "MlflowApp",
    arn="mlflow-app",
    missing=("ResourceNotFound", "MLflow app {name} does not exist."),
    taken=("ConflictException", "An MLflow app with the name {name} already exists."),
    lower=False,
    members={"name": "Name", "arn": "Arn", "status": "Status"},
)
KINDS = {kind.name: kind for kind in (TRACKING_SERVER, APP)}

IMAGE = "sagemaker-mlflow:3.17"
"""The image of every server, whatever version was asked for: it speaks to clients of 2.x and 3.x."""
VERSION = "3.17.2"
"""The MLflow that is in the image."""
TOPIC = "mlflow"
"""The topic of the queue on which servers and apps are told to change."""
PREFIX = "/_mlflow/"
"""Below it lies each server by its id; no bucket can have such a name."""
SETTLED = (
    "Created",
    "Started",
    "Stopped",
    "Updated",
    "CreateFailed",
    "UpdateFailed",
    "StartFailed",
    "StopFailed",
    "DeleteFailed",
)
"""The statuses in which nothing goes on (botocore, TrackingServerStatus and MlflowAppStatus)."""
CLOSED = ("Creating", "CreateFailed", "Stopping", "Stopped", "Starting", "StartFailed", "Deleting")
"""The statuses in which a server answers nobody."""


class MlflowFailed(HostingFailed):
    """The server behind a resource does not come up; the sentence is for the user."""


def registers(document: Document) -> bool:
    """Whether versions of models become model packages by themselves."""
    mode = document.get("ModelRegistrationMode") == "AutoModelRegistrationEnabled"
    return mode or bool(document.get("AutomaticModelRegistration"))
