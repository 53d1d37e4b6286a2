"""A legal example of any shape, made from the model: the material of the contract tests."""

from __future__ import annotations

from typing import Any

from oficina.model.shapes import Shape

MOMENT = 1_700_000_000.0
"""The time that every example shows, in seconds since the epoch."""


def example(shape: Shape, seen: tuple[str, ...] = ()) -> Any:
    """A value of the shape: every member once, every list with one item, no shape inside itself."""
    inside = (*seen, shape.name)
    match shape.type:
        case "structure":
            return _structure(shape, inside)
        case "list":
            inner = shape.member.shape
            return [] if inner.name in inside else [example(inner, inside)]
        case "map":
            inner = shape.value.shape
            return {} if inner.name in inside else {example(shape.key.shape, inside): example(inner, inside)}
    return _scalar(shape)


def _structure(shape: Shape, inside: tuple[str, ...]) -> dict[str, Any]:
    names = list(shape.members)[:1] if shape.traits.get("union") else list(shape.members)
    found = {}
    for name in names:
        inner = shape.members[name].shape
        if inner.name not in inside and not inner.traits.get("eventstream"):
            found[name] = example(inner, inside)
    return found


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
