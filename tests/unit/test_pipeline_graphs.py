"""Random graphs of steps against a plain simulator: the same steps run, none before what it needs."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from oficina import config
from oficina.app import App
from oficina.engine.pipelines import expressions
from oficina.engine.pipelines.expressions import ExpressionFailed, World
from tests.jobs import IMAGE, ROLE
from tests.waiting import wait_until

ACCOUNT, REGION = "123456789012", "us-east-1"
Plan = list[tuple[str, frozenset[str], bool | None, list[Any], list[Any]]]


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """A server of this process, asked without a socket."""
    home = tmp_path_factory.mktemp("graphs")
    app = App(config.load({}).with_overrides(home=home, port=0, open=True, strict=True))
    threading.Thread(target=app.run, daemon=True).start()
    yield app
    app.close()


def ask(app: App, operation: str, **request: Any) -> dict[str, Any]:
    """An operation of SageMaker."""
    return app.gateway.call_as_account(ACCOUNT, REGION, "sagemaker", operation, request)


@some.composite
def plans(draw: some.DrawFn) -> Plan:
    """Steps that need earlier ones; a condition (outcome not None) has steps of its own in two branches."""
    names: list[str] = []

    def level(depth: int) -> Plan:
        steps: Plan = []
        for _ in range(draw(some.integers(1, 3 if depth else 5))):
            name = f"s{len(names)}"
            needs = frozenset(draw(some.sets(some.sampled_from(names), max_size=2))) if names else frozenset()
            names.append(name)
            outcome = draw(some.sampled_from([None, True, False])) if depth < 2 else None
            steps.append(
                (name, needs, outcome, [], [])
                if outcome is None
                else (name, needs, outcome, level(depth + 1), level(depth + 1))
            )
        return steps

    return level(0)


def definition(plan: Plan) -> list[dict[str, Any]]:
    """The plan as steps of a definition."""
    steps = []
    for name, needs, outcome, then, other in plan:
        step: dict[str, Any] = {"Name": name, "DependsOn": sorted(needs)}
        if outcome is None:
            step |= {
                "Type": "Model",
                "Arguments": {"ExecutionRoleArn": ROLE, "PrimaryContainer": {"Image": IMAGE}},
            }
        else:
            condition = {"Type": "Equals", "LeftValue": outcome, "RightValue": True}
            inside = {"IfSteps": definition(then), "ElseSteps": definition(other)}
            step |= {"Type": "Condition", "Arguments": {"Conditions": [condition], **inside}}
        steps.append(step)
    return steps


def simulate(plan: Plan) -> tuple[set[str], dict[str, set[str]]]:
    """The steps that run, and what each needs, by looking again and again until nothing changes."""
    needs: dict[str, set[str]] = {}
    taken: dict[str, bool] = {}

    def walk(steps: Plan, parent: str | None, branch: bool) -> None:
        for name, given_needs, outcome, then, other in steps:
            needs[name] = set(given_needs) | ({parent} if parent else set())
            taken[name] = branch
            walk(then, name, outcome is True)
            walk(other, name, outcome is False)

    walk(plan, None, True)
    done: set[str] = set()
    while more := {name for name in needs if taken[name] and needs[name] <= done} - done:
        done |= more
    return done, needs


def may_be_made(plan: Plan) -> bool:
    """Whether no step waits for one that stands inside it."""
    _, needs = simulate(plan)
    left = {name: set(wanted) for name, wanted in needs.items()}
    while ready := [name for name, wanted in left.items() if not wanted & set(left)]:
        for name in ready:
            del left[name]
    return not left


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(plan=plans().filter(may_be_made))
def test_an_execution_runs_what_the_simulator_runs(app: App, plan: Plan) -> None:
    text = json.dumps({"Version": "2020-12-01", "Steps": definition(plan)})
    name = (
        f"graph{len(ask(app, 'ListPipelines', MaxResults=100)['PipelineSummaries'])}-{threading.get_ident()}"
    )
    token = "t" * 32
    ask(
        app,
        "CreatePipeline",
        PipelineName=name,
        PipelineDefinition=text,
        RoleArn=ROLE,
        ClientRequestToken=token,
    )
    arn = ask(app, "StartPipelineExecution", PipelineName=name, ClientRequestToken=token)[
        "PipelineExecutionArn"
    ]

    def ended() -> bool:
        found = ask(app, "DescribePipelineExecution", PipelineExecutionArn=arn)
        return bool(found["PipelineExecutionStatus"] == "Succeeded")

    wait_until(ended, f"the execution did not succeed: {text}")
    steps = ask(
        app, "ListPipelineExecutionSteps", PipelineExecutionArn=arn, SortOrder="Ascending", MaxResults=100
    )
    order = [step["StepName"] for step in steps["PipelineExecutionSteps"]]
    ask(app, "DeletePipeline", PipelineName=name, ClientRequestToken=token)
    expected, needs = simulate(plan)
    assert set(order) == expected
    assert all(order.index(need) < order.index(step) for step in order for need in needs[step])


PLAIN = some.recursive(
    some.none() | some.booleans() | some.integers() | some.text(max_size=8),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
PARAMETERS = some.dictionaries(some.sampled_from(["A", "B", "C"]), some.text(max_size=5) | some.integers())


def world(parameters: dict[str, Any], document: Any) -> World:
    """A world with parameters, and one object of JSON."""
    return World(
        parameters=parameters,
        execution={},
        properties=lambda _: {"Document": document},
        property_file=lambda _step, _name: json.dumps(document).encode(),
        object=lambda _: json.dumps(document).encode(),
    )


@given(value=PLAIN)
def test_a_value_without_expressions_is_itself(value: Any) -> None:
    if not any(expressions.references(value)):
        assert expressions.resolve(value, world({}, None)) == value


@given(parameters=PARAMETERS, names=some.lists(some.sampled_from(["A", "B", "C"]), max_size=4))
def test_a_join_is_pythons(parameters: dict[str, Any], names: list[str]) -> None:
    joined = {"Std:Join": {"On": "-", "Values": [{"Get": f"Parameters.{name}"} for name in names]}}

    if set(names) <= set(parameters):
        expected = "-".join(str(parameters[name]) for name in names)
        assert expressions.resolve(joined, world(parameters, None)) == expected
    else:
        with pytest.raises(ExpressionFailed):
            expressions.resolve(joined, world(parameters, None))


@given(keys=some.lists(some.text(alphabet="abcd_-", min_size=1, max_size=5), min_size=1, max_size=4))
def test_both_dialects_of_paths_lead_to_the_same(keys: list[str]) -> None:
    document: Any = 7
    for key in reversed(keys):
        document = {key: document}
    dotted, quoted = ".".join(keys), "".join(f"['{key}']" for key in keys)

    for path in (dotted, quoted, f"{keys[0]}{quoted[len(keys[0]) + 4 :]}"):
        found = {"Std:JsonGet": {"S3Uri": "s3://b/k", "Path": path}}
        assert expressions.resolve(found, world({}, document)) == 7
