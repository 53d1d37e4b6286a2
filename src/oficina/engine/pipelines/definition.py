"""A pipeline's definition: parsed, checked in AWS's manner, and seen as a graph.

Facts: schema/pipeline-definition.schema.json of 2020-12-01 (contracts, aws-contracts D.10).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson

from oficina.engine.pipelines import conditions
from oficina.engine.pipelines.expressions import EXECUTION_VARIABLES, references, split_step, steps_in
from oficina.errors import AwsError, validation

VERSIONS = ("2020-12-01",)
RUN_HERE = (
    "Processing",
    "Training",
    "Model",
    "Condition",
    "Fail",
    "EndpointConfig",
    "Endpoint",
    "Transform",
    "Tuning",
    "RegisterModel",
    "Lambda",
    "Callback",
)
"""The types of step that oficina runs."""
NOT_HERE = ("EMR", "EMRServerless", "AutoML", "QualityCheck", "ClarifyCheck")
"""AWS's types that oficina has not got; a definition with one is refused with a sentence."""
PARAMETER_TYPES = ("String", "Integer", "Float", "Boolean")
MOST_PARAMETERS = 200
"""The most parameters of a pipeline (AWS service quotas for SageMaker Pipelines)."""
DEEPEST = 100

_NAME = re.compile(r"[A-Za-z0-9\-_]{1,64}")


@dataclass(frozen=True, slots=True)
class Step:
    """One step, wherever it stands."""

    name: str
    type: str
    body: dict[str, Any]
    parent: str | None
    """The Condition step that it stands in."""
    branch: bool
    """The outcome of the parent under which it runs."""
    needs: frozenset[str]
    """The steps that must have succeeded before, those of its expressions and of its DependsOn."""

    @property
    def arguments(self) -> dict[str, Any]:
        """The arguments with their expressions."""
        found: dict[str, Any] = self.body.get("Arguments", {})
        return found


@dataclass(frozen=True, slots=True)
class Definition:
    """A checked definition."""

    raw: dict[str, Any]
    parameters: dict[str, dict[str, Any]]
    steps: dict[str, Step] = field(default_factory=dict)


def refuse(sentence: str) -> AwsError:
    """The refusal of a definition."""
    return validation(f"Unable to parse pipeline definition. {sentence}")


def parse(text: str | bytes) -> Definition:
    """Checks a definition. Raises AwsError ValidationException."""
    try:
        raw = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise refuse(f"It is not valid JSON: {error}") from error
    if not isinstance(raw, dict):
        raise refuse("It must be a JSON object.")
    if raw.get("Version") not in VERSIONS:
        raise refuse(f"Version must be one of {list(VERSIONS)}, not {raw.get('Version')!r}.")
    if not isinstance(raw.get("Steps"), list) or not raw["Steps"]:
        raise refuse("Steps must be a list of at least one step.")
    definition = Definition(raw, _parameters(raw.get("Parameters", [])))
    for step in _walk(raw["Steps"], None, True, 0):
        if step.name in definition.steps:
            raise refuse(f"Step names must be unique within a pipeline: {step.name} is given twice.")
        definition.steps[step.name] = step
    _check_references(definition)
    _check_cycles(definition)
    return definition


def _parameters(given: Any) -> dict[str, dict[str, Any]]:
    if not isinstance(given, list):
        raise refuse("Parameters must be a list.")
    if len(given) > MOST_PARAMETERS:
        raise refuse(f"A pipeline has at most {MOST_PARAMETERS} parameters, not {len(given)}.")
    found: dict[str, dict[str, Any]] = {}
    for parameter in given:
        name = parameter.get("Name") if isinstance(parameter, dict) else None
        if not isinstance(name, str):
            raise refuse("Every parameter must have a Name.")
        if parameter.get("Type") not in PARAMETER_TYPES:
            raise refuse(f"Parameter {name} must have a Type of {list(PARAMETER_TYPES)}.")
        if name in found:
            raise refuse(f"Parameter names must be unique: {name} is given twice.")
        found[name] = parameter
        if "DefaultValue" in parameter:
            cast(parameter, parameter["DefaultValue"])
    return found


_CASTS = {"String": str, "Integer": int, "Float": float}


def cast(parameter: dict[str, Any], value: Any) -> Any:
    """A value in its parameter's type. Raises AwsError when it has none or is not among the EnumValues."""
    name, kind = parameter["Name"], parameter["Type"]
    try:
        if kind == "Boolean":
            found: Any = {"true": True, "false": False}[str(value).lower()]
        elif kind == "String" and not isinstance(value, str):
            raise ValueError(value)
        else:
            found = _CASTS[kind](value)
    except (ValueError, KeyError, TypeError) as error:
        raise validation(f"Parameter [{name}] of type [{kind}] cannot have the value [{value}].") from error
    allowed = parameter.get("EnumValues")
    if allowed and found not in allowed:
        raise validation(f"Parameter [{name}] must have one of the values {allowed}, not [{value}].")
    return found


def _walk(given: list[Any], parent: str | None, branch: bool, depth: int) -> Iterator[Step]:
    if depth > DEEPEST:
        raise refuse(f"Steps stand at most {DEEPEST} deep in one another.")
    for body in given:
        step = _step(body, parent, branch)
        yield step
        if step.type == "Condition":
            yield from _walk(step.arguments.get("IfSteps") or [], step.name, True, depth + 1)
            yield from _walk(step.arguments.get("ElseSteps") or [], step.name, False, depth + 1)


def _step(body: Any, parent: str | None, branch: bool) -> Step:
    name = body.get("Name") if isinstance(body, dict) else None
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise refuse(f"A step's Name must satisfy [A-Za-z0-9\\-_]{{1,64}}; {name!r} does not.")
    kind = body.get("Type")
    if kind in NOT_HERE:
        raise refuse(f"oficina does not run steps of type {kind} yet (step {name}).")
    if kind not in RUN_HERE:
        raise refuse(f"Step {name} has the unknown type {kind!r}.")
    if not isinstance(body.get("Arguments", {}), dict):
        raise refuse(f"The Arguments of step {name} must be an object.")
    _check_task(name, kind, body)
    depends = body.get("DependsOn") or []
    needs = {*depends, *steps_in(_own_part(kind, body))}
    return Step(name, kind, body, parent, branch, frozenset(needs))


def _check_task(name: str, kind: str, body: dict[str, Any]) -> None:
    """What Lambda and Callback steps must have beside their Arguments."""
    member = {"Lambda": "FunctionArn", "Callback": "SqsQueueUrl"}.get(kind)
    if member is None:
        return
    if not body.get(member):
        raise refuse(f"The {kind} step {name} must have {member}.")
    for output in body.get("OutputParameters") or []:
        whole = isinstance(output, dict) and isinstance(output.get("OutputName"), str)
        if not whole or output.get("OutputType", "String") not in PARAMETER_TYPES:
            raise refuse(
                f"Each of the OutputParameters of step {name} must have an OutputName and an OutputType of "
                f"{list(PARAMETER_TYPES)}."
            )


def _own_part(kind: str, body: dict[str, Any]) -> Any:
    """What a step itself refers to: of a Condition its conditions alone, not the steps inside."""
    arguments = body.get("Arguments", {})
    if kind != "Condition":
        return {key: value for key, value in body.items() if key != "DependsOn"}
    _check_conditions(body["Name"], arguments.get("Conditions"))
    return arguments.get("Conditions")


def _check_conditions(name: str, given: Any) -> None:
    if not isinstance(given, list) or not given:
        raise refuse(f"The Condition step {name} must have Conditions.")
    for condition in given:
        kind = condition.get("Type") if isinstance(condition, dict) else None
        if kind not in conditions.TYPES:
            raise refuse(f"The Condition step {name} has the unknown condition {kind!r}.")
        inner = condition.get("Conditions") if kind in ("Or", "And") else None
        if kind == "Not":
            inner = [condition.get("Expression")]
        if inner is not None:
            _check_conditions(name, inner)


def _check_references(definition: Definition) -> None:
    for step in definition.steps.values():
        for need in step.needs:
            if need not in definition.steps:
                raise refuse(f"Step {step.name} refers to the step {need}, which does not exist.")
        for reference in references(_own_part(step.type, step.body)):
            _check_reference(definition, step, reference)


def _check_reference(definition: Definition, step: Step, reference: str) -> None:
    source, _, rest = reference.partition(".")
    if source == "Parameters" and rest not in definition.parameters:
        raise refuse(f"Step {step.name} refers to the parameter {rest}, which does not exist.")
    if source == "Execution" and rest not in EXECUTION_VARIABLES:
        raise refuse(f"Step {step.name} refers to the unknown execution variable {rest}.")
    if source == "Steps" and split_step(rest)[0] == step.name:
        raise refuse(f"Step {step.name} refers to itself.")
    if source not in ("Parameters", "Execution", "Steps"):
        raise refuse(f"Step {step.name} has the unknown reference {reference}.")


def before(definition: Definition, step: Step) -> set[str]:
    """Every step that must have ended before this one begins, its Condition included."""
    needs = set(step.needs)
    if step.parent is not None:
        needs.add(step.parent)
    return needs


def _check_cycles(definition: Definition) -> None:
    left = {name: before(definition, step) for name, step in definition.steps.items()}
    dependents: dict[str, list[str]] = {}
    for name, needs in left.items():
        for need in needs:
            dependents.setdefault(need, []).append(name)
    ready = [name for name, needs in left.items() if not needs]
    seen = 0
    while ready:
        name = ready.pop()
        seen += 1
        for dependent in dependents.get(name, ()):
            left[dependent].discard(name)
            if not left[dependent]:
                ready.append(dependent)
    if seen < len(left):
        around = sorted(name for name, needs in left.items() if needs)
        raise refuse(f"The steps depend on each other in a circle: {', '.join(around[:10])}.")
