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


def flaw(condition: Any) -> str | None:
    """What is not right with a condition, as the end of a sentence."""
    kind = condition.get("Type") if isinstance(condition, dict) else None
    if not isinstance(kind, str) or kind not in TYPES:
        return f"has the unknown condition {kind!r:.80}."
    if kind == "Not":
        return flaw(_denied(condition))
    if kind in ("Or", "And"):
        inner = condition.get("Conditions")
        if not isinstance(inner, list):
            return f"has a condition {kind} without Conditions."
        return next((found for found in map(flaw, inner) if found), None)
    needed = _members(condition) if kind in ("In", "NotIn") else ("LeftValue", "RightValue")
    missing = [member for member in needed if member not in condition]
    if missing:
        return f"has a condition {kind} without {missing[0]}."
    if kind in ("In", "NotIn") and not isinstance(condition[needed[1]], (list, dict)):
        return f"has a condition {kind} whose {needed[1]} is not a list."
    return None


def _members(condition: dict[str, Any]) -> tuple[str, str]:
    """The names of value and list in a condition ``In``: the SDKs' or the schema's."""
    return ("Value", "In") if "In" in condition else ("QueryValue", "Values")


def _denied(condition: dict[str, Any]) -> Any:
    """What a condition ``Not`` denies: both SDKs write it as ``Condition``."""
    return condition.get("Condition", condition.get("Expression"))


def holds(condition: dict[str, Any], world: World) -> bool:
    """Whether a condition holds. Raises ExpressionFailed when its values cannot be compared."""
    kind = condition["Type"]
    if kind == "Not":
        return not holds(_denied(condition), world)
    if kind in ("Or", "And"):
        results = (holds(each, world) for each in condition["Conditions"])
        return any(results) if kind == "Or" else all(results)
    if kind in ("In", "NotIn"):
        value, among = _members(condition)
        query, listed = resolve(condition[value], world), resolve(condition[among], world)
        if not isinstance(listed, list):
            raise ExpressionFailed(f"The condition {kind} needs a list, not {listed!r:.80}.")
        found = any(_equal(query, each) for each in listed)
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
    """Two values of one type: a number, or a truth, beside a text that is one is compared as such."""
    if isinstance(left, bool) and isinstance(right, str):
        return left, _truth(right)
    if isinstance(left, str) and isinstance(right, bool):
        return _truth(left), right
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


def _truth(text: str) -> Any:
    return {"true": True, "false": False}.get(text.lower(), text)
