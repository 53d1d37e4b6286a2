"""The content of model cards: JSON in the sections of AWS's schema, checked, drafted and shortened."""

from __future__ import annotations

import json
from typing import Any

from oficina.errors import validation
from oficina.services.sagemaker import card_schema
from oficina.store.kinds import Document

SECTIONS = (
    "model_overview",
    "model_package_details",
    "intended_uses",
    "business_details",
    "training_details",
    "evaluation_details",
    "additional_information",
)
"""The top-level properties of the model card JSON schema (developer guide, Model Cards)."""
PACKAGE_SECTIONS = tuple(name for name in SECTIONS if name != "model_package_details")
"""Those of a card inside a model package (API reference of CreateModelPackage, ModelCard)."""
DEEPEST = 30
"""The schema has half as many levels."""
_PUBLIC = {
    "model_overview": ("model_id", "model_name"),
    "intended_uses": ("risk_rating",),
    "model_package_details": ("model_package_arn", "model_package_group_name"),
}
"""What is shown with IncludedData MetadataOnly."""


def parse(text: str, sections: tuple[str, ...] = SECTIONS) -> dict[str, Any]:
    """The sections of a card. Raises AwsError for what is not a card."""
    try:
        content = json.loads(text)
        json.dumps(content, ensure_ascii=False).encode()  # half a character is none
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict) or _deep(content):
        raise validation("Model card content must be a JSON object that follows the model card schema.")
    strange = sorted(set(content) - set(sections))
    if strange:
        raise validation(
            f"Model card content has properties that the schema does not have: {', '.join(strange)}. "
            f"It has: {', '.join(sections)}."
        )
    wrong = next(card_schema.flaws(content), None)
    if wrong is not None:
        raise validation(f"Model card content does not follow the model card schema: {wrong}.")
    return content


def _deep(value: Any, room: int = DEEPEST) -> bool:
    """Whether there are more structures in structures than a card can have."""
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return room == 0 or any(_deep(item, room - 1) for item in items)


def public(text: str) -> str:
    """The few facts of a card that anybody may see."""
    content = json.loads(text)
    shown: dict[str, Any] = {}
    for section, names in _PUBLIC.items():
        inner = content.get(section)
        if isinstance(inner, dict):
            kept = {name: inner[name] for name in names if name in inner}
            if kept:
                shown[section] = kept
    return json.dumps(shown)


def facts(content: dict[str, Any]) -> Document:
    """What Search finds a card by: ``ModelId``, ``RiskRating`` and ``ModelPackageGroupName``."""
    found = {
        "ModelId": _text(content, "model_overview", "model_id")
        or _text(content, "model_package_details", "model_package_arn"),
        "RiskRating": _text(content, "intended_uses", "risk_rating"),
        "ModelPackageGroupName": _text(content, "model_package_details", "model_package_group_name"),
    }
    return dict(found)


def _text(content: dict[str, Any], section: str, name: str) -> str | None:
    inner = content.get(section)
    value = inner.get(name) if isinstance(inner, dict) else None
    return value if isinstance(value, str) else None


def draft(artifacts: list[str], training_job: Document | None) -> str:
    """The card that a new version begins with: what the registry itself knows of the model."""
    content: dict[str, Any] = {}
    if artifacts:
        content["model_overview"] = {"model_artifact": artifacts}
    if training_job is not None:
        parameters = training_job.get("HyperParameters", {})
        metrics = training_job.get("FinalMetricDataList", ())
        content["training_details"] = {
            "training_job_details": {
                "training_arn": training_job["TrainingJobArn"],
                "training_environment": {
                    "container_image": [training_job["AlgorithmSpecification"].get("TrainingImage", "")]
                },
                "hyper_parameters": [{"name": name, "value": value} for name, value in parameters.items()],
                "training_metrics": [
                    {"name": metric["MetricName"], "value": metric["Value"]} for metric in metrics
                ],
            }
        }
    return json.dumps(content)
