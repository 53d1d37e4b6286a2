"""When a failed step is tried again: RetryPolicies of a step (definition schema, contracts D.10)."""

from __future__ import annotations

from typing import Any

from oficina.errors import AwsError

EXCEPTIONS = (
    "Step.SERVICE_FAULT",
    "Step.THROTTLING",
    "SageMaker.JOB_INTERNAL_ERROR",
    "SageMaker.CAPACITY_ERROR",
    "SageMaker.RESOURCE_LIMIT",
    "Emr.RESOURCE_LIMIT",
)
"""The exception types that a policy may name (definition schema, ``RetryPolicy``)."""

_CODES = {
    "ThrottlingException": "Step.THROTTLING",
    "ResourceLimitExceeded": "SageMaker.RESOURCE_LIMIT",
    "ServiceQuotaExceededException": "SageMaker.RESOURCE_LIMIT",
}


AUTOMATIC: dict[str, Any] = {
    "ExceptionType": ["Step.SERVICE_FAULT", "Step.THROTTLING"],
    "IntervalSeconds": 1,
    "BackoffRate": 2.0,
    "MaxAttempts": 3,
}
"""What is tried again without any policy; a step's own policy for the exception takes its place.

Developer Guide, "Retry Policy for Pipeline Steps"; how often AWS tries, it does not say.
"""


def of_error(error: AwsError) -> str:
    """The exception type of an operation that was refused."""
    return _CODES.get(error.code, "Step.SERVICE_FAULT" if error.status >= 500 else "")


def of_reason(reason: str) -> str:
    """The exception type of a job's FailureReason."""
    if reason.startswith("InternalServerError"):
        return "SageMaker.JOB_INTERNAL_ERROR"
    if reason.startswith("CapacityError"):
        return "SageMaker.CAPACITY_ERROR"
    if "ResourceLimitExceeded" in reason:
        return "SageMaker.RESOURCE_LIMIT"
    return ""


def pause(policies: list[dict[str, Any]], exception: str, attempts: int, age: float) -> float | None:
    """Seconds until the next try, None for none, after ``attempts`` that began ``age`` seconds ago."""
    for policy in (*policies, AUTOMATIC):
        kinds = policy.get("ExceptionType", ())
        if exception and exception in ([kinds] if isinstance(kinds, str) else kinds):
            if "MaxAttempts" in policy and attempts > policy["MaxAttempts"]:
                return None
            if "ExpireAfterMin" in policy and age > policy["ExpireAfterMin"] * 60:
                return None
            if "MaxAttempts" not in policy and "ExpireAfterMin" not in policy:
                return None
            rate = float(policy.get("BackoffRate", 2.0))
            return float(policy.get("IntervalSeconds", 1)) * rate ** (attempts - 1)
    return None
