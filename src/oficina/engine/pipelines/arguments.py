"""Resolved arguments as a request: every value in the type that the operation's shape has."""

from __future__ import annotations

from typing import Any

from oficina.engine.pipelines.expressions import text
from oficina.errors import validation
from oficina.model import shapes
from oficina.model.shapes import Shape

KINDS: dict[str, tuple[type, str]] = {
    "structure": (dict, "an object"),
    "map": (dict, "an object"),
    "list": (list, "a list"),
    "boolean": (bool, "true or false"),
}
"""What a value of JSON must be for a shape's type, unless it can be cast."""


def fit(operation: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """The arguments that the operation of SageMaker knows, cast as AWS casts them.

    Raises AwsError ValidationException for a value that cannot be cast; it says where the value stands.
    """
    found = shapes.load("sagemaker").operation(operation)
    if found is None or found.input is None:
        raise LookupError(f"SageMaker has no operation {operation}")
    fitted: dict[str, Any] = _fit(found.input, arguments, "Arguments")
    return fitted


def _fit(shape: Shape, value: Any, where: str) -> Any:
    if shape.type == "boolean" and isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    _check_kind(shape, value, where)
    match shape.type:
        case "structure":
            return {
                member: _fit(entry.shape, value[member], f"{where}.{member}")
                for member, entry in shape.members.items()
                if value.get(member) is not None
            }
        case "list":
            return [_fit(shape.member.shape, item, f"{where}[{at}]") for at, item in enumerate(value)]
        case "map":
            return {key: _fit(shape.value.shape, item, f"{where}.{key}") for key, item in value.items()}
        case "string":
            return text(value)
        case "integer" | "long" | "float" | "double":
            return _number(shape.type, value, where)
    return value


def _check_kind(shape: Shape, value: Any, where: str) -> None:
    kind, name = KINDS.get(shape.type, (object, ""))
    if not isinstance(value, kind):
        raise validation(f"{where} must be {name}, not {value!r:.80}.")


def _number(kind: str, value: Any, where: str) -> int | float:
    try:
        number = float(value)
        whole = int(value) if isinstance(value, int) else int(number)
    except (TypeError, ValueError, OverflowError) as error:
        raise validation(f"{where} must be a number, not {value!r:.80}.") from error
    if kind in ("float", "double"):
        return number
    if whole != number:
        raise validation(f"{where} must be an integer, not {value!r:.80}.")
    return whole
