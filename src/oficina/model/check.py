"""Is this request legal? Required, min, max, enum and pattern, in AWS's own wording.

The sentences are those of AWS's front ends: ``1 validation error detected: Value 'x' at 'trainingJobName'
failed to satisfy constraint: Member must …`` (seen in AWS's public answers; contracts, surface §7.1).
"""

from __future__ import annotations

from typing import Any

from oficina.model.shapes import Shape

LONGEST_SHOWN = 4096
"""Characters of a value that a sentence shows; a name of megabytes would come back several times."""
_PLAIN: dict[str, tuple[tuple[type, ...], str]] = {
    "structure": ((dict,), "a Structure"),
    "list": ((list, tuple), "a List"),
    "map": ((dict,), "a Map"),
    "string": ((str,), "a String"),
    "boolean": ((bool,), "a Boolean"),
    "integer": ((int,), "an Integer"),
    "long": ((int,), "a Long"),
    "float": ((int, float), "a Float"),
    "double": ((int, float), "a Double"),
}
"""What Python holds of a type. The wire gives nothing else; a caller inside the server may."""


def errors(shape: Shape, value: Any) -> list[str]:
    """The sentences that say what is wrong with a request; an empty list when it is legal."""
    found: list[str] = []
    _any(shape, value, "", found)
    return found


def message(sentences: list[str]) -> str:
    """AWS's one sentence for all that was found."""
    count = len(sentences)
    return f"{count} validation error{'s' if count > 1 else ''} detected: {'; '.join(sentences)}"


def _path(path: str, name: str) -> str:
    name = name[:1].lower() + name[1:]
    return f"{path}.{name}" if path else name


def _say(found: list[str], path: str, value: Any, constraint: str) -> None:
    text = _text(value)
    if len(text) > LONGEST_SHOWN:
        text = f"{text[:LONGEST_SHOWN]}…"
    shown = "null" if value is None else f"'{text}'"
    found.append(f"Value {shown} at '{path}' failed to satisfy constraint: {constraint}")


def _text(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(_text(item) for item in value)}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}={_text(item)}" for key, item in value.items()) + "}"
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)


def _any(shape: Shape, value: Any, path: str, found: list[str]) -> None:
    wrong = _wrong_type(shape, value)
    if wrong:
        _say(found, path, value, wrong)
        return
    match shape.type:
        case "structure":
            _structure(shape, value, path, found)
        case "string":
            _string(shape, value, path, found)
        case "list":
            _list(shape, value, path, found)
        case "map":
            _map(shape, value, path, found)
        case "integer" | "long" | "float" | "double":
            _number(shape, value, path, found)
        case "blob":
            _blob(shape, value, path, found)


def _wrong_type(shape: Shape, value: Any) -> str:
    """The constraint that a value of another type does not satisfy, empty when the type is right."""
    if shape.type not in _PLAIN or shape.traits.get("document"):
        return ""
    types, name = _PLAIN[shape.type]
    right = isinstance(value, types) and isinstance(value, bool) is (shape.type == "boolean")
    if not right and isinstance(value, float) and int in types:
        right = value.is_integer()  # as the wire takes it
    return "" if right else f"Member must be {name}"


def _structure(shape: Shape, value: dict[str, Any], path: str, found: list[str]) -> None:
    for name in shape.required:
        if value.get(name) is None:
            _say(found, _path(path, name), None, "Member must not be null")
    for name, item in value.items():
        member = shape.members.get(name)
        if member is not None and item is not None:
            _any(member.shape, item, _path(path, name), found)


def _string(shape: Shape, value: str, path: str, found: list[str]) -> None:
    for constraint in string_constraints(shape, value):
        _say(found, path, value, constraint)


def string_constraints(shape: Shape, value: str) -> list[str]:
    """The constraints of a string shape that a text does not satisfy."""
    if shape.enum and value not in shape.enum_set:
        return [f"Member must satisfy enum value set: [{', '.join(shape.enum)}]"]
    unmet = _sizes(shape, len(value), "length")
    pattern = shape.pattern
    if pattern is not None and not pattern.fullmatch(value):
        unmet.append(f"Member must satisfy regular expression pattern: {shape.pattern_text}")
    return unmet


def _sizes(shape: Shape, size: float, noun: str) -> list[str]:
    unmet = []
    if shape.min is not None and size < shape.min:
        unmet.append(f"Member must have {noun} greater than or equal to {shape.min}")
    if shape.max is not None and size > shape.max:
        unmet.append(f"Member must have {noun} less than or equal to {shape.max}")
    return unmet


def _number(shape: Shape, value: float, path: str, found: list[str]) -> None:
    for constraint in _sizes(shape, value, "value"):
        _say(found, path, value, constraint)


def _blob(shape: Shape, value: Any, path: str, found: list[str]) -> None:
    if isinstance(value, (bytes, bytearray)):
        for constraint in _sizes(shape, len(value), "length"):
            _say(found, path, "java.nio.HeapByteBuffer", constraint)


def _list(shape: Shape, value: list[Any], path: str, found: list[str]) -> None:
    for constraint in _sizes(shape, len(value), "length"):
        _say(found, path, value, constraint)
    inner = shape.member.shape
    for number, item in enumerate(value, start=1):
        if item is not None:
            _any(inner, item, f"{path}.{number}.member", found)


def _map(shape: Shape, value: dict[str, Any], path: str, found: list[str]) -> None:
    for constraint in _sizes(shape, len(value), "length"):
        _say(found, path, value, constraint)
    key, inner = shape.key.shape, shape.value.shape
    for name, item in value.items():
        unmet = [_wrong_type(key, name)] if _wrong_type(key, name) else string_constraints(key, name)
        if unmet:
            _say(found, path, value, f"Map keys must satisfy constraint: [{', '.join(unmet)}]")
        if inner.type == "string" and isinstance(item, str):
            unmet = string_constraints(inner, item)
            if unmet:
                _say(found, path, value, f"Map value must satisfy constraint: [{', '.join(unmet)}]")
        elif item is not None:
            _any(inner, item, f"{path}.{name}.member", found)
