"""Each member of each operation of SageMaker in turn is given what it cannot be; the answer names it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from oficina.app import App
from oficina.model.example import example
from oficina.model.shapes import Shape
from oficina.services import catalog
from tests.contract.test_bad_input import ask

SAGEMAKER = catalog.services()["sagemaker"]
OPERATIONS = [name for name in SAGEMAKER.model.operation_names if SAGEMAKER.handler(name) is not None]
OTHER: dict[str, tuple[Any, ...]] = {
    "structure": ("x", [1], 7, True),
    "list": ("x", {"a": 1}, 7, False),
    "map": ("x", ["a"], 7, True),
    "string": (7, True, ["x"], {"x": "x"}, 1.5),
    "boolean": ("true", 1, [True], {}),
    "integer": ("seven", True, [7], {}, 1.5, 2**80, "7"),
    "long": ("seven", True, [7], {}, 1.5, 2**80, "7"),
    "float": ("seven", True, [7], {}),
    "double": ("seven", True, [7], {}),
    "blob": (7, True, ["x"], {}, "not base64!"),
    "timestamp": ("yesterday", True, [7], {}, 1e300),
}
"""What a type is not."""

Place = tuple[Any, ...]
"""Members, places in lists and keys of maps, from the request to a value."""


def places(shape: Shape, value: Any, place: Place = ()) -> Iterator[tuple[Place, Shape]]:
    """Every value below a value, with its shape."""
    if place:
        yield place, shape
    if shape.traits.get("document"):
        return
    if isinstance(value, dict) and shape.type == "structure":
        for name, item in value.items():
            yield from places(shape.members[name].shape, item, (*place, name))
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from places(shape.value.shape, item, (*place, key))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from places(shape.member.shape, item, (*place, number))


def replaced(value: Any, place: Place, other: Any) -> Any:
    """A value with another at a place."""
    if not place:
        return other
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[place[0]] = replaced(value[place[0]], place[1:], other)
    return copy


def beyond(shape: Shape, value: Any) -> Iterator[tuple[Any, str]]:
    """Values of the right type that a shape's limits do not allow, with AWS's word for the limit."""
    most, least = shape.max, shape.min
    if shape.enum:
        yield "no-such-value", "enum value set"
    elif shape.type == "string":
        if most is not None and most < 100_000:
            yield "x" * (int(most) + 1), "less than or equal to"
        if least:
            yield "", "greater than or equal to"
        if shape.pattern is not None and not shape.pattern.fullmatch("\x07"):
            yield "\x07", "regular expression pattern"
    elif shape.type in ("integer", "long", "float", "double"):
        if most is not None:
            yield int(most) + 1, "less than or equal to"
        if least is not None:
            yield int(least) - 1, "greater than or equal to"
    elif shape.type == "list":
        if most is not None and most < 1000:
            yield value * (int(most) + 1), "less than or equal to"
        if least:
            yield [], "greater than or equal to"


def plain(value: Any) -> Any:
    """An example as JSON can say it."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return "Ynl0ZXM=" if isinstance(value, bytes) else value


def example_of(operation: str) -> tuple[Any, list[tuple[Place, Shape]]]:
    """A request, and the place and shape of every value in it."""
    model = SAGEMAKER.model.operation(operation)
    assert model is not None
    if model.input is None:
        return {}, []
    whole = plain(example(model.input))
    return whole, list(places(model.input, whole))


def answer(app: App, operation: str, request: Any) -> tuple[int, dict[str, Any]]:
    """Status and body."""
    told = ask(app, "sagemaker", operation, json.dumps(request).encode())
    assert isinstance(told.content, bytes)
    return told.status, json.loads(told.content)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_member_of_another_type_is_not_read(app: App, operation: str) -> None:
    whole, members = example_of(operation)
    for count, (place, shape) in enumerate(members):
        others = OTHER[shape.type]
        other = others[count % len(others)]
        status, told = answer(app, operation, replaced(whole, place, other))
        assert (status, told["__type"]) == (400, "SerializationException"), (place, other, told)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_member_beyond_its_limits_is_named(app: App, operation: str) -> None:
    whole, members = example_of(operation)
    for count, (place, shape) in enumerate(members):
        value = whole
        for part in place:
            value = value[part]
        limits = list(beyond(shape, value))
        if not limits:
            continue
        other, word = limits[count % len(limits)]
        status, told = answer(app, operation, replaced(whole, place, other))
        assert (status, told["__type"]) == (400, "ValidationException"), (place, told)
        assert word in told["message"], (place, other)
        assert f"{place[0][:1].lower()}{place[0][1:]}" in told["message"], place
