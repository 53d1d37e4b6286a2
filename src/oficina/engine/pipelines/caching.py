"""When a step need not run: the fingerprint of what counts, and why there was no hit.

What counts per type is told by the developer guide, "Caching pipeline steps" (contracts, aws-contracts D.10).
"""

from __future__ import annotations

import hashlib
import re
from typing import Any

import orjson

_CHECK = (
    "AppSpecification",
    "CheckType",
    "Environment",
    "ModelPackageGroupName",
    "NetworkConfig",
    "ProcessingInputs",
    "ProcessingResources",
    "RegisterNewBaseline",
    "RoleArn",
    "SkipCheck",
    "StoppingCondition",
    "SuppliedBaselineConstraints",
)
KEYS = {
    "Processing": ("AppSpecification", "Environment", "ProcessingInputs"),
    "Training": (
        "AlgorithmSpecification",
        "CheckpointConfig",
        "DebugHookConfig",
        "DebugRuleConfigurations",
        "Environment",
        "HyperParameters",
        "InputDataConfig",
    ),
    "Transform": ("DataProcessing", "Environment", "ModelName", "TransformInput"),
    "Lambda": ("FunctionArn", "Arguments", "OutputParameters"),
    "Callback": ("SqsQueueUrl", "Arguments", "OutputParameters"),
    "Tuning": ("HyperParameterTuningJobConfig", "TrainingJobDefinition", "TrainingJobDefinitions"),
    "QualityCheck": (*_CHECK, "SuppliedBaselineStatistics"),
    "ClarifyCheck": (*_CHECK, "ModelName"),
}
"""The members of a step's arguments that its fingerprint is made of."""

_DURATION = re.compile(
    r"P?(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?", re.IGNORECASE
)
_SECONDS = (365 * 86400, 30 * 86400, 7 * 86400, 86400, 3600, 60, 1)


def seconds(duration: str) -> float:
    """A duration, ``P30D`` as ISO 8601 has it or ``30dT5h`` as AWS writes it, in seconds.

    Raises ValueError when it is none. (Developer guide, "Turn on step caching".)
    """
    match = _DURATION.fullmatch(duration)
    if match is None or not any(match.groups()):
        raise ValueError(f"{duration} is not a duration of ISO 8601, such as 30d or PT1H")
    return float(sum(int(count or 0) * unit for count, unit in zip(match.groups(), _SECONDS, strict=True)))


def parts(kind: str, arguments: dict[str, Any]) -> dict[str, str]:
    """A short fingerprint of each member that counts."""
    return {key: _digest(arguments.get(key)) for key in KEYS[kind]}


def fingerprint(kind: str, arguments: dict[str, Any]) -> str:
    """The fingerprint of all that counts."""
    return _digest([kind, parts(kind, arguments)])


def _digest(value: Any) -> str:
    return hashlib.sha256(orjson.dumps(value, option=orjson.OPT_SORT_KEYS)).hexdigest()[:32]


def cacheable(step: dict[str, Any], kind: str) -> bool:
    """Whether a step asks for the cache and is of a type that has one."""
    return kind in KEYS and bool((step.get("CacheConfig") or {}).get("Enabled"))


def since(step: dict[str, Any], now: float) -> float:
    """The time after which an earlier run counts."""
    duration = (step.get("CacheConfig") or {}).get("ExpireAfter")
    return now - seconds(str(duration)) if duration else 0.0


def why(kind: str, mine: dict[str, str], earlier: list[dict[str, Any]], oldest: float) -> str:
    """Why a step missed the cache, in a sentence, from its own parts and earlier runs (newest first)."""
    if not earlier:
        return "No earlier execution of this pipeline has run this step to success."
    fresh = [run for run in earlier if run.get("EndTime", 0) >= oldest]
    if not fresh:
        return "Earlier runs are older than CacheConfig.ExpireAfter allows."
    nearest = min(fresh, key=lambda run: len(_different(mine, run.get("_cache_parts", {}))))
    different = _different(mine, nearest.get("_cache_parts", {}))
    if different:
        return f"Since the nearest earlier run these arguments changed: {', '.join(different)}."
    return (
        f"An earlier run of this {kind} step with the same arguments was a hit or ended after this one began."
    )


def _different(mine: dict[str, str], other: dict[str, str]) -> list[str]:
    return [key for key in mine if mine[key] != other.get(key)]
