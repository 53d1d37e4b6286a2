"""What several containers together say of the batches that they take."""

from __future__ import annotations

import json
from typing import Any

import pytest

from oficina.runners.serial.relay import suitable

SIX: dict[str, Any] = {"MaxConcurrentTransforms": 4, "BatchStrategy": "MULTI_RECORD", "MaxPayloadInMB": 6}
ONE: dict[str, Any] = {"MaxConcurrentTransforms": 2, "BatchStrategy": "SINGLE_RECORD", "MaxPayloadInMB": 20}


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ([SIX, SIX], SIX),
        ([SIX, ONE], {"MaxConcurrentTransforms": 2, "BatchStrategy": "SINGLE_RECORD", "MaxPayloadInMB": 6}),
        ([ONE, SIX], {"MaxConcurrentTransforms": 2, "BatchStrategy": "SINGLE_RECORD", "MaxPayloadInMB": 6}),
        ([None, SIX], SIX),
        ([None, None], {}),
    ],
)
def test_the_smallest_that_any_container_tells_suits_all(
    told: list[dict[str, Any] | None], expected: dict[str, Any]
) -> None:
    answers = [(200, json.dumps(one).encode()) if one else (404, b"") for one in told]

    assert suitable(answers) == expected


def test_parameters_that_are_no_json_are_left_out() -> None:
    assert suitable([(200, b"<html>"), (200, json.dumps(SIX).encode())]) == SIX
