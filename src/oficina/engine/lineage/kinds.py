"""The kinds of entity that experiments and lineage are made of."""

from __future__ import annotations

from oficina.store.kinds import Kind


def tracked(name: str, arn: str) -> Kind:
    """A kind of entity: the SDKs look for "already exists" and for ResourceNotFound."""
    return Kind(
        name,
        arn=arn,
        missing=("ResourceNotFound", f"{name} '{{arn}}' does not exist."),
        taken=(
            "ValidationException",
            f"{name} names must be unique within an AWS account and region. {name} with name ({{name}}) "
            "already exists.",
        ),
    )


EXPERIMENT = tracked("Experiment", "experiment")
TRIAL = tracked("Trial", "experiment-trial")
TRIAL_COMPONENT = tracked("TrialComponent", "experiment-trial-component")
ACTION = tracked("Action", "action")
CONTEXT = tracked("Context", "context")
LINEAGE_GROUP = tracked("LineageGroup", "lineage-group")
ARTIFACT = Kind(
    "Artifact",
    arn="artifact",
    missing=("ResourceNotFound", "Artifact '{arn}' does not exist."),
    taken=("ValidationException", "An artifact with this source already exists: {arn}"),
)
"""An artifact's row is named by its source, since there is only one of each (Developer Guide, "Lineage
Tracking Entities"); its own name is no more than a label."""
