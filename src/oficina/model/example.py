"""A legal example of any shape, made from the model: the material of the contract tests."""

from __future__ import annotations

from typing import Any

from oficina.model.shapes import Shape

MOMENT = 1_700_000_000.0
"""The time that every example shows, in seconds since the epoch."""


def example(shape: Shape, seen: tuple[str, ...] = ()) -> Any:
    """A value of the shape: every member, one item in every list, no shape inside itself, nothing empty."""
    inside = (*seen, shape.name)
    match shape.type:
        case "structure":
            return _structure(shape, inside)
        case "list":
            inner = shape.member.shape
            return [] if inner.name in inside else [example(inner, inside)]
        case "map":
            inner = shape.value.shape
            return {} if inner.name in inside else {key: example(inner, inside) for key in _keys(shape)}
    return _scalar(shape)


def _structure(shape: Shape, inside: tuple[str, ...]) -> dict[str, Any]:
    names = list(shape.members)[:1] if shape.traits.get("union") else list(shape.members)
    found = {}
    for name in names:
        inner = shape.members[name].shape
        if inner.name not in inside and not inner.traits.get("eventstream"):
            value = example(inner, inside)
            if value not in ([], {}):
                found[name] = value
    return found


def _keys(shape: Shape) -> list[str]:
    """As many keys as a map needs."""
    key, count = shape.key.shape, max(1, int(shape.min or 1))
    return list(key.enum[:count]) if key.enum else [example(key) + "y" * number for number in range(count)]


def _scalar(shape: Shape) -> Any:
    match shape.type:
        case "string":
            if shape.enum:
                return shape.enum[0]
            return ("x" * int(shape.min or 1))[: int(shape.max or 64) or 1]
        case "integer" | "long":
            return int(shape.min or 1)
        case "float" | "double":
            return float(shape.min or 0.5)
        case "boolean":
            return True
        case "timestamp":
            return MOMENT
        case "blob":
            return b"bytes"
    raise ValueError(f"no example for {shape!r}")
