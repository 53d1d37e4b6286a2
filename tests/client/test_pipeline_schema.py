"""Definitions against the published schema: what it allows is taken, what it forbids is refused.

And the same of what both SDKs write, step type by step type.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from oficina.model import shapes
from tests.jobs import Bench
from tests.lines import Line, equals, get, refusal
from tests.pipeline_schema import (
    COMPARISONS,
    EXCEPTION_TYPES,
    LATER,
    LATER_TYPES,
    PARAMETERS,
    STEPS,
)
from tests.servers import Server, run_client

PROGRAMS = Path(__file__).parent / "programs"

VALUES: dict[str, Any] = {
    "DependsOn": ["First"],
    "DisplayName": "Shown",
    "Description": "What it does, in so many words.",
    "Arguments": {},
    "RetryPolicies": [{"ExceptionType": "Step.THROTTLING", "IntervalSeconds": 1, "MaxAttempts": 2}],
    "FunctionArn": "arn:aws:lambda:us-east-1:123456789012:function:f",
    "SqsQueueUrl": get("Parameters.Queue"),
    "OutputParameters": [{"OutputName": "a", "OutputType": "String"}],
}


@pytest.fixture
def line(bench: Bench) -> Line:
    """A pipeline with a first step, and with what the others refer to."""
    line = Line(bench)
    line.parameters.append({"Name": "Queue"})
    line.add({"Name": "First", "Type": "Condition", "Arguments": {"Conditions": []}})
    return line


def step(kind: str, *members: str) -> dict[str, Any]:
    """A step of a type with some of its members."""
    values = {member: VALUES[member] for member in members}
    if kind == "Condition" and "Arguments" in values:
        values["Arguments"] = {"Conditions": []}
    return {"Name": "Second", "Type": kind, **values}


@pytest.mark.parametrize("kind", STEPS)
def test_what_the_schema_requires_is_enough_and_what_it_allows_is_taken(line: Line, kind: str) -> None:
    schema = STEPS[kind]
    line.add(step(kind, *schema.required))
    line.create()
    line.steps[-1] = step(kind, *schema.required, *schema.optional)

    line.bench.sagemaker.update_pipeline(PipelineName="line", PipelineDefinition=line.definition)


@pytest.mark.parametrize("kind", STEPS)
def test_what_the_schema_requires_must_be_there(line: Line, kind: str) -> None:
    (required,) = STEPS[kind].required
    line.add(step(kind, *STEPS[kind].optional))
    line.steps[-1].pop(required, None)

    assert required in refusal(line.create)


@pytest.mark.parametrize("kind", STEPS)
def test_a_member_that_no_step_has_is_refused(line: Line, kind: str) -> None:
    line.add({**step(kind, *STEPS[kind].required), "DisplayNmae": "x"})

    assert "Step Second has the unknown member DisplayNmae" in refusal(line.create)


@pytest.mark.parametrize("kind", [kind for kind, schema in STEPS.items() if schema.operation])
def test_no_argument_of_the_schema_is_lost_on_its_way(kind: str) -> None:
    operation = shapes.load("sagemaker").operation(STEPS[kind].operation)

    assert operation is not None
    assert operation.input is not None
    assert set(STEPS[kind].arguments) <= set(operation.input.members)


@pytest.mark.parametrize(
    "condition",
    [
        *({"Type": kind, "LeftValue": 1, "RightValue": get("Parameters.Queue")} for kind in COMPARISONS),
        {"Type": "In", "Value": "a", "In": ["a", get("Parameters.Queue")]},
        {"Type": "NotIn", "Value": True, "In": []},
        {"Type": "Or", "Conditions": [equals(1, 1), {"Type": "In", "Value": 1, "In": [1]}]},
    ],
)
def test_every_condition_of_the_schema_is_taken(line: Line, condition: dict[str, Any]) -> None:
    line.add({"Name": "Second", "Type": "Condition", "Arguments": {"Conditions": [condition]}})

    line.create()


@pytest.mark.parametrize("kind", EXCEPTION_TYPES)
def test_every_exception_type_of_the_schema_is_taken(line: Line, kind: str) -> None:
    policies = [{"ExceptionType": kind, "BackoffRate": 1.5, "ExpireAfterMin": 5}]
    line.add({"Name": "Second", "Type": "Model", "Arguments": {}, "RetryPolicies": policies})

    line.create()


@pytest.mark.parametrize("kind", PARAMETERS)
def test_every_type_of_parameter_of_the_schema_is_taken(line: Line, kind: str) -> None:
    line.parameters.append(
        {"Name": "P-_9", "Type": kind, "DefaultValue": PARAMETERS[kind], "Description": "d"}
    )

    line.create()


@cache
def written(client: str, environment: tuple[tuple[str, str], ...]) -> list[str]:
    """What an SDK's program of definitions prints."""
    program = PROGRAMS / f"definitions_{client[-2:]}.py"
    return run_client(client, program, dict(environment)).splitlines()


@pytest.fixture(params=["client-v3", "client-v2"])
def told(request: pytest.FixtureRequest, verified_server: Server) -> list[str]:
    """The lines of a client's program, which also has created the pipeline."""
    return written(request.param, tuple(sorted(verified_server.environment().items())))


def flat(steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The steps with those that stand in conditions."""
    found = []
    for each in steps:
        inside = each["Arguments"] if each["Type"] == "Condition" else {}
        found += [each, *flat(inside.get("IfSteps", [])), *flat(inside.get("ElseSteps", []))]
    return found


def test_the_steps_of_an_sdk_agree_with_the_schema(told: list[str]) -> None:
    (line,) = [line for line in told if line.startswith("definition ")]
    steps = flat(json.loads(line.removeprefix("definition "))["Steps"])

    assert {each["Type"] for each in steps} == {*STEPS, *LATER_TYPES}
    for each in steps:
        schema = STEPS.get(each["Type"])
        required, optional = (schema.required, schema.optional) if schema else (("Arguments",), ())
        later = [member for member, kinds in LATER.items() if each["Type"] in kinds]
        assert set(required) <= set(each), each["Name"]
        assert set(each) <= {"Name", "Type", *required, *optional, *later}, each["Name"]


def test_the_arguments_of_an_sdk_are_known_to_their_operations(told: list[str]) -> None:
    (line,) = [line for line in told if line.startswith("definition ")]
    for each in flat(json.loads(line.removeprefix("definition "))["Steps"]):
        schema = STEPS.get(each["Type"])
        name = schema.operation if schema else LATER_TYPES[each["Type"]]
        if name:
            operation = shapes.load("sagemaker").operation(name)
            assert operation is not None
            assert operation.input is not None
            assert set(each["Arguments"]) <= set(operation.input.members), each["Name"]


def test_what_an_sdk_writes_and_is_not_here_is_refused_with_a_sentence(told: list[str]) -> None:
    refused = [line for line in told if line.startswith("refused ")]

    assert len(refused) >= 2
    assert all("Unable to parse pipeline definition. oficina " in line for line in refused)
    assert any("steps of type EMR yet" in line for line in refused)
