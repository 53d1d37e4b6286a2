"""The request that makes a trial's training job."""

from __future__ import annotations

from oficina.engine.tuning.kinds import Definition
from oficina.store.kinds import Document

_SAME = (
    "RoleArn",
    "InputDataConfig",
    "OutputDataConfig",
    "StoppingCondition",
    "VpcConfig",
    "EnableNetworkIsolation",
    "EnableInterContainerTrafficEncryption",
    "EnableManagedSpotTraining",
    "CheckpointConfig",
    "RetryStrategy",
    "Environment",
)
"""Members that a definition and a training job have alike."""


def training_job(definition: Definition, name: str, values: dict[str, str], tags: list[Document]) -> Document:
    """What CreateTrainingJob is asked for; the tags of the tuning job go on to its trials."""
    body = definition.body
    request: Document = {member: body[member] for member in _SAME if member in body}
    request |= {
        "TrainingJobName": name,
        "HyperParameters": {**definition.static, **values},
        "AlgorithmSpecification": body["AlgorithmSpecification"],
        "ResourceConfig": resources(body),
    }
    if tags:
        request["Tags"] = tags
    return request


def resources(body: Document) -> Document:
    """The ResourceConfig of a definition: of several instances to choose from, the first."""
    given = body.get("HyperParameterTuningResourceConfig")
    if given is None:
        return dict(body.get("ResourceConfig", {}))
    members = ("InstanceType", "InstanceCount", "VolumeSizeInGB", "VolumeKmsKeyId")
    found = {member: given[member] for member in members if member in given}
    return {**found, **(given.get("InstanceConfigs") or [{}])[0]}
