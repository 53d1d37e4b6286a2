"""Resolved arguments as a request: every value in the type that the operation's shape has."""

from __future__ import annotations

from typing import Any

from oficina.engine.pipelines.expressions import text
from oficina.model import shapes
from oficina.model.shapes import Shape


def fit(operation: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """The arguments that the operation of SageMaker knows, cast as AWS casts them."""
    found = shapes.load("sagemaker").operation(operation)
    if found is None or found.input is None:
        raise LookupError(f"SageMaker has no operation {operation}")
    return _structure(found.input, arguments)


def _structure(shape: Shape, value: dict[str, Any]) -> dict[str, Any]:
    return {
        name: _fit(member.shape, value[name])
        for name, member in shape.members.items()
        if value.get(name) is not None
    }


def _fit(shape: Shape, value: Any) -> Any:
    match shape.type:
        case "structure" if isinstance(value, dict):
            return _structure(shape, value)
        case "list" if isinstance(value, list):
            return [_fit(shape.member.shape, item) for item in value]
        case "map" if isinstance(value, dict):
            return {key: _fit(shape.value.shape, item) for key, item in value.items()}
        case "string":
            return text(value)
        case "integer" | "long":
            return _number(value, int)
        case "float" | "double":
            return _number(value, float)
        case "boolean" if isinstance(value, str):
            return value.lower() == "true"
    return value


def _number(value: Any, kind: type[int] | type[float]) -> Any:
    try:
        return kind(float(value)) if kind is int else kind(value)
    except (TypeError, ValueError):
        return value
