"""A pipeline's definition: parsed, checked in AWS's manner, and seen as a graph.

Facts: schema/pipeline-definition.schema.json of 2020-12-01 (contracts, aws-contracts D.10).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson

from oficina.engine.pipelines import expressions, members, parameters
from oficina.engine.pipelines.expressions import (
    EXECUTION_VARIABLES,
    JOB_NAMES,
    references,
    split_step,
    steps_in,
)
from oficina.engine.pipelines.refusal import only, refuse, too_deep

VERSIONS = ("2020-12-01",)
DEEPEST = 100
"""How deep conditions stand in one another at most, and lists and objects in a step's own part."""

_MEMBERS = ("Version", "Metadata", "Parameters", "PipelineExperimentConfig", "MlflowConfig", "Steps")
_CONFIGS = ("PipelineExperimentConfig", "MlflowConfig")
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


def parse(text: str | bytes) -> Definition:
    """Checks a definition. Raises AwsError ValidationException."""
    try:
        raw = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise refuse(f"It is not valid JSON: {error}") from error
    if not isinstance(raw, dict):
        raise refuse("It must be a JSON object.")
    _check_whole(raw)
    definition = Definition(raw, parameters.declared(raw.get("Parameters") or []))
    for step in _walk(raw["Steps"], None, True, 0):
        if step.name in definition.steps:
            raise refuse(f"Step names must be unique within a pipeline: {step.name} is given twice.")
        definition.steps[step.name] = step
    _check_references(definition)
    _check_cycles(definition)
    return definition


def _check_whole(raw: dict[str, Any]) -> None:
    """What stands beside the steps. The schema requires Steps alone."""
    only(raw, _MEMBERS, "The definition")
    if raw.get("Version", VERSIONS[0]) not in VERSIONS:
        raise refuse(f"Version must be one of {list(VERSIONS)}, not {raw['Version']!r:.80}.")
    if not isinstance(raw.get("Steps"), list) or not raw["Steps"]:
        raise refuse("Steps must be a list of at least one step.")
    for member in ("Metadata", *_CONFIGS):
        if not isinstance(raw.get(member) or {}, dict) or too_deep(raw.get(member), DEEPEST):
            raise refuse(f"{member} must be an object.")
    only(raw.get("MlflowConfig") or {}, ("MlflowResourceArn", "MlflowExperimentName"), "MlflowConfig")


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
        raise refuse(f"A step's Name must satisfy [A-Za-z0-9\\-_]{{1,64}}; {name!r:.80} does not.")
    kind = body.get("Type")
    own = _own_part(kind, body)
    if too_deep(own, DEEPEST):
        raise refuse(f"The lists and objects of step {name} stand more than {DEEPEST} deep in each other.")
    members.check(name, kind, body)
    flaw = expressions.flaw(own)
    if flaw is not None:
        raise refuse(f"Step {name} has {flaw}")
    needs = {*(body.get("DependsOn") or []), *steps_in(own)}
    return Step(name, kind, body, parent, branch, frozenset(needs))


def _own_part(kind: Any, body: dict[str, Any]) -> Any:
    """What a step itself refers to: of a Condition its conditions alone, not the steps inside."""
    if kind != "Condition":
        return {key: value for key, value in body.items() if key != "DependsOn"}
    arguments = body.get("Arguments")
    return arguments.get("Conditions") if isinstance(arguments, dict) else None


def _check_references(definition: Definition) -> None:
    for step in definition.steps.values():
        for need in step.needs:
            if need not in definition.steps:
                raise refuse(f"Step {step.name} refers to the step {need}, which does not exist.")
            if definition.steps[need].type == "Fail":
                raise refuse(f"{step.name} can not depends on {need}: a Fail step ends the execution.")
        for reference in references(_own_part(step.type, step.body)):
            _check_reference(definition, f"Step {step.name}", reference, step.name)
            _check_job_name(step, reference)
    for member in _CONFIGS:
        flaw = expressions.flaw(definition.raw.get(member))
        if flaw is not None:
            raise refuse(f"{member} has {flaw}")
        for reference in references(definition.raw.get(member)):
            _check_reference(definition, member, reference, None)


def _check_reference(definition: Definition, who: str, reference: str, name: str | None) -> None:
    source, _, rest = reference.partition(".")
    if source == "Parameters" and rest not in definition.parameters:
        raise refuse(f"{who} refers to the parameter {rest}, which does not exist.")
    if source == "Execution" and rest not in EXECUTION_VARIABLES:
        raise refuse(f"{who} refers to the unknown execution variable {rest}.")
    if source not in ("Parameters", "Execution", "Steps") or (source == "Steps" and name is None):
        raise refuse(f"{who} has the unknown reference {reference}.")
    if source == "Steps":
        step, path = split_step(rest)
        if step == name:
            raise refuse(f"{who} refers to itself.")
        if path.startswith("PropertyFiles."):
            _check_property_file(definition.steps[step], who, path.removeprefix("PropertyFiles."))


def _check_job_name(step: Step, reference: str) -> None:
    """A step may ask for its own job's name, and only one that has a job."""
    variable = reference.removeprefix("Execution.")
    if variable in JOB_NAMES.values() and JOB_NAMES.get(step.type) != variable:
        raise refuse(f"Step {step.name} refers to {reference}, which a step of type {step.type} has not.")


def _check_property_file(step: Step, who: str, file: str) -> None:
    declared = [each["PropertyFileName"] for each in step.body.get("PropertyFiles") or []]
    if file not in declared:
        raise refuse(f"{who} refers to the property file {file}, which step {step.name} does not declare.")


def own_steps(step: Step) -> set[str]:
    """The steps that the step's own expressions refer to."""
    return set(steps_in(_own_part(step.type, step.body)))


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
