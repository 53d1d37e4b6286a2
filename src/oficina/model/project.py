"""What goes out: a document seen through an output shape.

Members that the shape does not have, that are None, or that are empty structures are left out: SDK v3
refuses an empty structure where AWS would give none (contracts, clients-and-wire §3.1).
"""

from __future__ import annotations

from typing import Any

from oficina.model.shapes import Shape


def project(shape: Shape, document: dict[str, Any]) -> dict[str, Any]:
    """The members of a document that belong to a structure shape."""
    result: dict[str, Any] = {}
    for name, inner in shape.outline:
        value = document.get(name)
        if value is None:
            continue
        if inner is None:
            result[name] = value
        elif inner.type != "structure":
            result[name] = _items(inner, value)
        else:
            seen = project(inner, value) if isinstance(value, dict) else value
            if seen or not inner.members:
                result[name] = seen
    return result


def _items(shape: Shape, value: Any) -> Any:
    inner = shape.member.shape if shape.type == "list" else shape.value.shape
    if inner.type == "structure":
        if shape.type == "list":
            return [project(inner, item) for item in value] if isinstance(value, list) else value
        return {key: project(inner, item) for key, item in value.items()}
    if inner.type in ("list", "map"):
        if shape.type == "list":
            return [_items(inner, item) for item in value]
        return {key: _items(inner, item) for key, item in value.items()}
    return value


def missing(shape: Shape, value: Any, path: str = "") -> list[str]:
    """The paths of required members that an answer lacks, and of values of a wrong type."""
    match shape.type:
        case "structure":
            return _missing_in_structure(shape, value, path)
        case "list":
            if not isinstance(value, list):
                return [] if hasattr(value, "__next__") else [f"{path}: not a list"]
            found = [missing(shape.member.shape, item, f"{path}[{n}]") for n, item in enumerate(value)]
            return [line for lines in found for line in lines]
        case "map":
            found = [missing(shape.value.shape, item, f"{path}.{key}") for key, item in value.items()]
            return [line for lines in found for line in lines]
    return _wrong_type(shape, value, path)


def _missing_in_structure(shape: Shape, value: Any, path: str) -> list[str]:
    if shape.traits.get("eventstream"):
        return []
    if not isinstance(value, dict):
        return [f"{path}: not a structure"]
    found = [f"{path}.{name}: required" for name in shape.required if value.get(name) is None]
    for name, item in value.items():
        if name in shape.members and item is not None:
            found += missing(shape.members[name].shape, item, f"{path}.{name}")
    return found


_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "long": (int,),
    "boolean": (bool,),
    "timestamp": (int, float),
    "float": (int, float),
    "double": (int, float),
}


def _wrong_type(shape: Shape, value: Any, path: str) -> list[str]:
    expected = _TYPES.get(shape.type)
    if expected is not None and not isinstance(value, expected):
        return [f"{path}: {type(value).__name__} is not a {shape.type}"]
    if shape.type == "string" and shape.enum and value not in shape.enum_set:
        return [f"{path}: {value!r} is not one of {list(shape.enum)}"]
    return []
