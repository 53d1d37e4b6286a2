"""A pipeline's parameters: declared in its definition, given when an execution begins.

Facts: the definition schema of 2020-12-01, ``StringParameter`` and its three siblings.
"""

from __future__ import annotations

import re
from typing import Any

from oficina.engine.pipelines.refusal import only, refuse
from oficina.errors import validation

TYPES = ("String", "Integer", "Float", "Boolean")
MOST = 200
"""The most parameters of a pipeline (AWS service quotas for SageMaker Pipelines)."""
LONGEST = 4096
"""Characters of a default value."""

_MEMBERS = ("Name", "Type", "DefaultValue", "EnumValues", "Description")
_NAME = re.compile(r"[A-Za-z0-9\-_]{1,64}")
_JSON: dict[str, type | tuple[type, ...]] = {"String": str, "Integer": int, "Float": (int, float)}


def declared(given: Any) -> dict[str, dict[str, Any]]:
    """The parameters of a definition by name. Raises AwsError ValidationException."""
    if not isinstance(given, list):
        raise refuse("Parameters must be a list.")
    if len(given) > MOST:
        raise refuse(f"A pipeline has at most {MOST} parameters, not {len(given)}.")
    found: dict[str, dict[str, Any]] = {}
    for parameter in given:
        name = parameter.get("Name") if isinstance(parameter, dict) else None
        if not isinstance(name, str):
            raise refuse("Every parameter must have a Name.")
        if not _NAME.fullmatch(name):
            raise refuse(f"A parameter's Name must satisfy [A-Za-z0-9\\-_]{{1,64}}; {name[:80]!r} does not.")
        if name in found:
            raise refuse(f"Parameter names must be unique: {name} is given twice.")
        found[name] = _declared(name, parameter)
    return found


def _declared(name: str, parameter: dict[str, Any]) -> dict[str, Any]:
    """One parameter with its type, which is String where none is given."""
    only(parameter, _MEMBERS, f"Parameter {name}")
    whole = {"Type": "String", **{key: value for key, value in parameter.items() if value is not None}}
    if whole["Type"] not in TYPES:
        raise refuse(f"Parameter {name} must have a Type of {list(TYPES)}.")
    if not isinstance(whole.get("EnumValues", []), list):
        raise refuse(f"The EnumValues of parameter {name} must be a list.")
    default = whole.get("DefaultValue")
    if default is None:
        return whole
    if not _is_of(whole["Type"], default):
        raise refuse(
            f"The DefaultValue of parameter {name} must be of type {whole['Type']}; {default!r:.80} is not."
        )
    if isinstance(default, str) and len(default) > LONGEST:
        raise refuse(f"The DefaultValue of parameter {name} has more than {LONGEST} characters.")
    cast(whole, default)
    return whole


def _is_of(kind: str, value: Any) -> bool:
    """Whether a value of JSON is of a parameter's type: ``"1"`` and ``true`` are no Integer."""
    if kind == "Boolean" or isinstance(value, bool):
        return kind == "Boolean" and isinstance(value, bool)
    if kind == "Integer" and isinstance(value, float):
        return value.is_integer()
    return isinstance(value, _JSON[kind])


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
            if found != found or found in (float("inf"), float("-inf")):
                raise ValueError(value)
    except (ValueError, KeyError, TypeError, OverflowError) as error:
        raise validation(f"Parameter [{name}] of type [{kind}] cannot have the value [{value}].") from error
    allowed = parameter.get("EnumValues")
    if allowed and found not in allowed:
        raise validation(f"Parameter [{name}] must have one of the values {allowed}, not [{value}].")
    return found
