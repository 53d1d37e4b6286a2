"""The earlier baseline that a check is held against: supplied, or of the latest approved model package.

Facts: developer guide, "Baseline calculation, drift detection and lifecycle with ClarifyCheck and
QualityCheck steps in Amazon SageMaker Pipelines".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from oficina.errors import AwsError
from oficina.store.kinds import Document

Call = Callable[[str, Document], Document]


class BaselineMissing(Exception):
    """There is no earlier baseline; the sentence says where it was looked for."""


@dataclass(frozen=True, slots=True)
class CheckType:
    """A type of check, and where a model package's DriftCheckBaselines keep its files."""

    constraints: tuple[str, str]
    statistics: tuple[str, str] | None = None


QUALITY = {
    "DATA_QUALITY": CheckType(("ModelDataQuality", "Constraints"), ("ModelDataQuality", "Statistics")),
    "MODEL_QUALITY": CheckType(("ModelQuality", "Constraints"), ("ModelQuality", "Statistics")),
}
"""The types of QualityCheck."""
CLARIFY = {
    "DATA_BIAS": CheckType(("Bias", "PreTrainingConstraints")),
    "MODEL_BIAS": CheckType(("Bias", "PostTrainingConstraints")),
    "MODEL_EXPLAINABILITY": CheckType(("Explainability", "Constraints")),
}
"""The types of ClarifyCheck."""
OF_STEP = {"QualityCheck": QUALITY, "ClarifyCheck": CLARIFY}
"""The types of check of each type of step."""


def previous(call: Call, step_type: str, given: Document) -> Document:
    """The S3 URIs of the earlier baseline: ``Constraints`` and, where there are any, ``Statistics``.

    What is supplied goes before what is registered. Raises BaselineMissing.
    """
    supplied = {
        file: str(given[f"SuppliedBaseline{file}"])
        for file in ("Constraints", "Statistics")
        if given.get(f"SuppliedBaseline{file}")
    }
    if "Constraints" in supplied:
        return supplied
    if supplied:
        raise BaselineMissing("SuppliedBaselineStatistics was given without SuppliedBaselineConstraints.")
    group = given.get("ModelPackageGroupName")
    if not group:
        raise BaselineMissing("Neither SuppliedBaselineConstraints nor ModelPackageGroupName was given.")
    return _registered(call, str(group), OF_STEP[step_type][given["CheckType"]])


def _registered(call: Call, group: str, kind: CheckType) -> Document:
    package = _latest_approved(call, group)
    if package is None:
        raise BaselineMissing(f"The model package group {group} has no approved version.")
    kept = package.get("DriftCheckBaselines", {})
    found = {"Constraints": _uri(kept, kind.constraints)}
    if kind.statistics is not None:
        found["Statistics"] = _uri(kept, kind.statistics)
    if found["Constraints"] is None:
        raise BaselineMissing(
            f"{package['ModelPackageArn']}, the latest approved version, has no DriftCheckBaselines."
            f"{'.'.join(kind.constraints)}."
        )
    return {file: uri for file, uri in found.items() if uri is not None}


def _latest_approved(call: Call, group: str) -> Document | None:
    asked = {
        "ModelPackageGroupName": group,
        "ModelApprovalStatus": "Approved",
        "SortBy": "CreationTime",
        "SortOrder": "Descending",
        "MaxResults": 1,
    }
    try:
        found = call("ListModelPackages", asked).get("ModelPackageSummaryList") or []
    except AwsError as error:
        raise BaselineMissing(f"The model package group {group}: {error.message}") from error
    return call("DescribeModelPackage", {"ModelPackageName": found[0]["ModelPackageArn"]}) if found else None


def _uri(kept: Document, path: tuple[str, str]) -> Any:
    return kept.get(path[0], {}).get(path[1], {}).get("S3Uri")
