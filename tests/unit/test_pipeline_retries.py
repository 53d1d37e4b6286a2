"""When a failed step is tried again, by its own policies and without any."""

from __future__ import annotations

from typing import Any

import pytest

from oficina.engine.pipelines.retries import pause

FAULT, INTERNAL = "Step.SERVICE_FAULT", "SageMaker.JOB_INTERNAL_ERROR"


def policy(*kinds: str, **members: Any) -> list[dict[str, Any]]:
    """The policies of a step that has one."""
    return [{"ExceptionType": list(kinds), "IntervalSeconds": 5, "BackoffRate": 3.0, **members}]


@pytest.mark.parametrize("exception", [FAULT, "Step.THROTTLING"])
def test_what_the_service_itself_does_wrong_is_tried_again_without_a_policy(exception: str) -> None:
    assert [pause([], exception, attempts, 0) for attempts in (1, 2, 3, 4)] == [1.0, 2.0, 4.0, None]


@pytest.mark.parametrize("exception", ["", INTERNAL, "SageMaker.RESOURCE_LIMIT"])
def test_nothing_else_is_tried_again_without_a_policy(exception: str) -> None:
    assert pause([], exception, 1, 0) is None


def test_a_policy_takes_the_place_of_what_goes_by_itself() -> None:
    own = policy(FAULT, MaxAttempts=1)

    assert [pause(own, FAULT, attempts, 0) for attempts in (1, 2)] == [5.0, None]


def test_a_policy_for_another_exception_changes_nothing_of_it() -> None:
    assert pause(policy(INTERNAL, MaxAttempts=1), FAULT, 2, 0) == 2.0


def test_a_policy_ends_with_its_time() -> None:
    own = policy(INTERNAL, ExpireAfterMin=1)

    assert [pause(own, INTERNAL, attempts, age) for attempts, age in ((1, 0), (2, 59), (3, 61))] == [
        5.0,
        15.0,
        None,
    ]
