"""The expression language of definitions: Get, Std:Join, Std:JsonGet, anywhere inside any argument.

Facts: the definition schema of 2020-12-01 and contracts, aws-contracts D.10 and surface §7.2.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from oficina.engine.pipelines import paths
from oficina.engine.pipelines.paths import NoSuchPath

EXECUTION_VARIABLES = (
    "PipelineName",
    "PipelineArn",
    "PipelineExecutionId",
    "PipelineExecutionArn",
    "StartDateTime",
    "CurrentDateTime",
    "TrainingJobName",
    "ProcessingJobName",
)
"""What ``Execution.X`` may name (SDK, ``ExecutionVariables``)."""
JOB_NAMES = {
    "Training": "TrainingJobName",
    "Processing": "ProcessingJobName",
    "QualityCheck": "ProcessingJobName",
    "ClarifyCheck": "ProcessingJobName",
}
"""The variable that is the name of a step's own job, by the step's type."""


class ExpressionFailed(Exception):
    """An expression that has no value; the sentence says why."""


@dataclass(frozen=True, slots=True)
class World:
    """What expressions can see."""

    parameters: dict[str, Any]
    execution: dict[str, Any]
    properties: Callable[[str], dict[str, Any]]
    """The properties of a step by name: what its Describe answers."""
    property_file: Callable[[str, str], bytes]
    """The bytes of a step's property file, by step and by name. Raises ExpressionFailed."""
    object: Callable[[str], bytes]
    """The bytes of an S3 object by URI. Raises ExpressionFailed."""


def is_expression(value: Any) -> bool:
    """Whether a value is one of the three forms."""
    return (
        isinstance(value, dict)
        and len(value) == 1
        and next(iter(value)) in ("Get", "Std:Join", "Std:JsonGet")
    )


def resolve(value: Any, world: World) -> Any:
    """A value with every expression in it replaced by what it means. Raises ExpressionFailed."""
    if is_expression(value):
        return _evaluate(value, world)
    if isinstance(value, dict):
        return {key: resolve(item, world) for key, item in value.items()}
    if isinstance(value, list):
        return [resolve(item, world) for item in value]
    return value


def _evaluate(value: dict[str, Any], world: World) -> Any:
    (form, body), *_ = value.items()
    if form == "Get":
        return _get(body, world)
    if form == "Std:Join":
        parts = resolve(body["Values"], world)
        return str(resolve(body.get("On", ""), world)).join(text(part) for part in parts)
    return _json_get(body, world)


def text(value: Any) -> str:
    """A value as text, as AWS writes it into arguments: ``true``, ``1``, ``0.5``."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (dict, list)):
        return orjson.dumps(value).decode()
    return str(value)


def _get(reference: str, world: World) -> Any:
    source, _, rest = reference.partition(".")
    if source == "Parameters":
        if rest in world.parameters:
            return world.parameters[rest]
    elif source == "Execution":
        if rest in world.execution:
            return world.execution[rest]
    elif source == "Steps":
        step, path = split_step(rest)
        try:
            return paths.follow(world.properties(step), paths.tokens(path))
        except NoSuchPath as error:
            raise ExpressionFailed(f"Cannot resolve {reference}: {error}") from error
    raise ExpressionFailed(f"Cannot resolve {reference}.")


_STEP = re.compile(r"([A-Za-z0-9\-_]+)\.?(.*)", re.DOTALL)


def split_step(rest: str) -> tuple[str, str]:
    """The step's name and the path behind it, of what follows ``Steps.``."""
    match = _STEP.fullmatch(rest)
    return (match[1], match[2]) if match else (rest, "")


def _json_get(body: dict[str, Any], world: World) -> Any:
    path = str(resolve(body.get("Path", ""), world))
    where, data = _json_source(body, world)
    try:
        document = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise ExpressionFailed(f"Std:JsonGet: {where} is not JSON: {error}") from error
    try:
        return paths.follow(document, paths.tokens(path))
    except NoSuchPath as error:
        raise ExpressionFailed(f"Std:JsonGet: {where} has no {path}: {error}") from error


def _json_source(body: dict[str, Any], world: World) -> tuple[str, bytes]:
    if "S3Uri" in body:
        uri = str(resolve(body["S3Uri"], world))
        return uri, world.object(uri)
    reference = body.get("PropertyFile", {})
    name = reference.get("Get", "") if isinstance(reference, dict) else str(reference)
    step, _, file = name.removeprefix("Steps.").partition(".PropertyFiles.")
    return f"the property file {file} of step {step}", world.property_file(step, file)


def flaw(value: Any) -> str | None:
    """What is not well formed in the expressions of a value, as the end of a sentence."""
    if is_expression(value):
        (form, body), *_ = value.items()
        return _FLAWS[form](body) or (None if form == "Get" else flaw(body))
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return next((found for found in map(flaw, inside) if found), None)


def _flaw_of_get(body: Any) -> str | None:
    return (
        None
        if isinstance(body, str) and body
        else f"a Get of {body!r:.80}; give a path such as Parameters.X."
    )


def _flaw_of_join(body: Any) -> str | None:
    whole = isinstance(body, dict) and isinstance(body.get("Values"), list)
    return None if whole else "a Std:Join without a list of Values."


def _flaw_of_json_get(body: Any) -> str | None:
    if not isinstance(body, dict) or ("S3Uri" in body) == ("PropertyFile" in body):
        return "a Std:JsonGet that has not one of PropertyFile and S3Uri."
    if not isinstance(body.get("Path", ""), (str, dict)):
        return f"a Std:JsonGet with the Path {body['Path']!r:.80}; give a text such as metrics.mse."
    if "PropertyFile" not in body:
        return None
    file = body["PropertyFile"]
    named = str(file.get("Get", "") if isinstance(file, dict) else file)
    step, _, name = named.removeprefix("Steps.").partition(".PropertyFiles.")
    return None if step and name else "a Std:JsonGet whose PropertyFile is not Steps.STEP.PropertyFiles.NAME."


_FLAWS: dict[str, Callable[[Any], str | None]] = {
    "Get": _flaw_of_get,
    "Std:Join": _flaw_of_join,
    "Std:JsonGet": _flaw_of_json_get,
}


def references(value: Any) -> Iterator[str]:
    """Every ``Get`` inside a value."""
    if isinstance(value, dict):
        if is_expression(value) and isinstance(value.get("Get"), str):
            yield value["Get"]
            return
        for item in value.values():
            yield from references(item)
    elif isinstance(value, list):
        for item in value:
            yield from references(item)


def steps_in(value: Any) -> Iterator[str]:
    """The names of the steps that a value refers to."""
    for reference in references(value):
        source, _, rest = reference.partition(".")
        if source == "Steps":
            yield split_step(rest)[0]
