"""What a model card's content must look like: types, fixed words and what may not be missing.

From the model card JSON schema (developer guide, Model Cards), as far as a card can be wrong in a way that
readers of cards stumble over. Properties that are not named here may be anything.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

RISKS = ("High", "Medium", "Low", "Unknown")
METRICS = ("number", "string", "boolean", "linear_graph", "bar_chart", "matrix")
GOALS = ("Maximize", "Minimize")
TEXT, NUMBER = (str,), (int, float)
_WORDS = {str: "a string", int: "a number"}

_METRIC = {"!name": TEXT, "notes": TEXT, "!type": METRICS, "!value": None}
_GROUPS = [{"!name": TEXT, "!metric_data": [_METRIC]}]
_TRAINING_METRIC = {"!name": TEXT, "notes": TEXT, "!value": NUMBER}
_PARAMETER = {"!name": TEXT, "!value": None}
_JOB = {
    "training_arn": TEXT,
    "training_datasets": [TEXT],
    "training_environment": {"container_image": [TEXT]},
    "training_metrics": [_TRAINING_METRIC],
    "user_provided_training_metrics": [_TRAINING_METRIC],
    "hyper_parameters": [_PARAMETER],
    "user_provided_hyper_parameters": [_PARAMETER],
}
SCHEMA: dict[str, Any] = {
    "model_overview": {
        "model_description": TEXT,
        "model_owner": TEXT,
        "model_creator": TEXT,
        "problem_type": TEXT,
        "algorithm_type": TEXT,
        "model_id": TEXT,
        "model_artifact": [TEXT],
        "model_name": TEXT,
        "model_version": NUMBER,
        "inference_environment": {"container_image": [TEXT]},
    },
    "model_package_details": {"model_package_arn": TEXT, "model_package_group_name": TEXT},
    "intended_uses": {
        "purpose_of_model": TEXT,
        "intended_uses": TEXT,
        "factors_affecting_model_efficiency": TEXT,
        "risk_rating": RISKS,
        "explanations_for_risk_rating": TEXT,
    },
    "business_details": {
        "business_problem": TEXT,
        "business_stakeholders": TEXT,
        "line_of_business": TEXT,
    },
    "training_details": {
        "objective_function": {
            "function": {"function": GOALS, "facet": TEXT, "condition": TEXT},
            "notes": TEXT,
        },
        "training_observations": TEXT,
        "training_job_details": _JOB,
    },
    "evaluation_details": [
        {
            "!name": TEXT,
            "evaluation_observation": TEXT,
            "evaluation_job_arn": TEXT,
            "datasets": [TEXT],
            "metadata": {},
            "metric_groups": _GROUPS,
        }
    ],
    "additional_information": {
        "ethical_considerations": TEXT,
        "caveats_and_recommendations": TEXT,
        "custom_details": {},
    },
}
"""Objects as dicts (``!`` marks what must be there), lists as lists of one, fixed words as tuples."""


def flaws(value: Any, rule: Any = SCHEMA, path: str = "") -> Iterator[str]:
    """What is wrong with a value, in sentences that name the place; ``None`` is like nothing at all."""
    if value is None or rule is None:
        return
    if isinstance(rule, dict):
        yield from _object_flaws(value, rule, path)
    elif isinstance(rule, list):
        if not isinstance(value, list):
            yield f"{path} must be a list"
            return
        for place, item in enumerate(value):
            yield from flaws(item, rule[0], f"{path}[{place}]")
    elif isinstance(rule[0], str):
        if value not in rule:
            yield f"{path} must be one of {', '.join(rule)}"
    elif not isinstance(value, rule) or isinstance(value, bool):
        yield f"{path} must be {_WORDS[rule[0]]}"


def _object_flaws(value: Any, rule: dict[str, Any], path: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{path} must be an object"
        return
    for marked, inner in rule.items():
        name = marked.removeprefix("!")
        place = f"{path}.{name}".lstrip(".")
        if marked != name and name not in value:
            yield f"{place} is missing"
        yield from flaws(value.get(name), inner, place)
