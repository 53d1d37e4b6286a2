"""The conditions of a Condition step."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from oficina.engine.pipelines.expressions import ExpressionFailed, World, resolve

_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "Equals": operator.eq,
    "NotEquals": operator.ne,
    "GreaterThan": operator.gt,
    "GreaterThanOrEqualTo": operator.ge,
    "LessThan": operator.lt,
    "LessThanOrEqualTo": operator.le,
}

TYPES = (*_COMPARE, "In", "Not", "NotIn", "Or", "And")
"""Every type of condition (definition schema of 2020-12-01)."""


def holds(condition: dict[str, Any], world: World) -> bool:
    """Whether a condition holds. Raises ExpressionFailed when its values cannot be compared."""
    kind = condition["Type"]
    if kind == "Not":
        return not holds(condition["Expression"], world)
    if kind in ("Or", "And"):
        results = (holds(each, world) for each in condition["Conditions"])
        return any(results) if kind == "Or" else all(results)
    if kind in ("In", "NotIn"):
        query = resolve(condition["QueryValue"], world)
        found = any(_equal(query, each) for each in resolve(condition["Values"], world))
        return found if kind == "In" else not found
    left = resolve(condition["LeftValue"], world)
    right = resolve(condition["RightValue"], world)
    return _compare(kind, left, right)


def _equal(left: Any, right: Any) -> bool:
    return _compare("Equals", left, right)


def _compare(kind: str, left: Any, right: Any) -> bool:
    left, right = _alike(left, right)
    try:
        return bool(_COMPARE[kind](left, right))
    except TypeError as error:
        raise ExpressionFailed(f"The condition {kind} cannot compare {left!r} with {right!r}.") from error


def _alike(left: Any, right: Any) -> tuple[Any, Any]:
    """Two values of one type: a number beside a text that is a number is compared as a number."""
    if _is_number(left) and isinstance(right, str):
        return left, _number(right)
    if isinstance(left, str) and _is_number(right):
        return _number(left), right
    return left, right


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _number(text: str) -> Any:
    try:
        return float(text)
    except ValueError:
        return text
