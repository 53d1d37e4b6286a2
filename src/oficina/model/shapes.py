"""Services, operations and shapes: botocore's data as objects, resolved when first used."""

from __future__ import annotations

import re
from functools import cache, cached_property
from typing import Any

from oficina.model import data, patterns

Traits = dict[str, Any]


class Shape:
    """One shape of a service's model: its type, members and limits."""

    def __init__(self, service: Model, name: str, traits: Traits) -> None:
        self.service = service
        self.name = name
        self.type: str = traits["type"]
        self.traits = traits
        self.required: tuple[str, ...] = tuple(traits.get("required", ()))
        self.enum: tuple[str, ...] = tuple(traits.get("enum", ()))
        self.min: float | None = traits.get("min")
        self.max: float | None = traits.get("max")
        self.pattern_text: str | None = traits.get("pattern")

    def __repr__(self) -> str:
        return f"<Shape {self.service.name}.{self.name} {self.type}>"

    @cached_property
    def members(self) -> dict[str, Member]:
        """The members of a structure by AWS's name."""
        found = self.traits.get("members", {})
        return {name: Member(self.service, name, traits) for name, traits in found.items()}

    @cached_property
    def outline(self) -> tuple[tuple[str, Shape | None], ...]:
        """The members of a structure in order, with the shapes of those that hold others."""
        held = ("structure", "list", "map")
        return tuple(
            (name, member.shape if member.type in held else None) for name, member in self.members.items()
        )

    @cached_property
    def member(self) -> Member:
        """What a list holds."""
        return Member(self.service, "member", self.traits["member"])

    @cached_property
    def key(self) -> Member:
        """The keys of a map."""
        return Member(self.service, "key", self.traits["key"])

    @cached_property
    def value(self) -> Member:
        """The values of a map."""
        return Member(self.service, "value", self.traits["value"])

    @cached_property
    def pattern(self) -> re.Pattern[str] | None:
        """The pattern that a text must match as a whole, rewritten for Python."""
        return patterns.compile_java(self.pattern_text) if self.pattern_text else None

    @cached_property
    def enum_set(self) -> frozenset[str]:
        """The legal values as a set."""
        return frozenset(self.enum)

    @cached_property
    def payload(self) -> Member | None:
        """The member that is the whole HTTP body, where there is one."""
        name = self.traits.get("payload")
        return self.members[name] if name else None

    @cached_property
    def event_stream(self) -> Member | None:
        """The member that is a stream of events, where there is one."""
        for member in self.members.values():
            if member.shape.traits.get("eventstream"):
                return member
        return None


class Member:
    """A reference to a shape with the traits of the place where it stands."""

    def __init__(self, service: Model, name: str, traits: Traits) -> None:
        self.service = service
        self.name = name
        self.traits = traits
        self.wire: str = traits.get("locationName", name)
        self.location: str | None = traits.get("location")

    @cached_property
    def shape(self) -> Shape:
        """The shape that is meant."""
        return self.service.shape(self.traits["shape"])

    @cached_property
    def type(self) -> str:
        """The type of the shape that is meant."""
        return self.shape.type

    @cached_property
    def flattened(self) -> bool:
        """Whether a list or a map stands without an element of its own around it."""
        return bool(self.traits.get("flattened") or self.shape.traits.get("flattened"))

    @cached_property
    def streaming(self) -> bool:
        """Whether the bytes are passed on rather than held."""
        return bool(self.traits.get("streaming") or self.shape.traits.get("streaming"))

    @cached_property
    def timestamp_format(self) -> str | None:
        """The format of a time where it differs from the protocol's."""
        return self.traits.get("timestampFormat") or self.shape.traits.get("timestampFormat")


class Operation:
    """One operation of a service."""

    def __init__(self, service: Model, name: str, traits: Traits) -> None:
        self.service = service
        self.name = name
        self.traits = traits
        self.method: str = traits["http"]["method"]
        self.uri: str = traits["http"].get("requestUri", "/")
        self.status: int = traits["http"].get("responseCode", 200)

    @cached_property
    def input(self) -> Shape | None:
        """The shape of the request, None when it has no members."""
        return self.service.shape(self.traits["input"]["shape"]) if "input" in self.traits else None

    @cached_property
    def output(self) -> Shape | None:
        """The shape of the answer, None when it has no members."""
        return self.service.shape(self.traits["output"]["shape"]) if "output" in self.traits else None

    @property
    def result_wrapper(self) -> str | None:
        """The element around the answer in the query protocol."""
        wrapper = self.traits.get("output", {}).get("resultWrapper")
        return str(wrapper) if wrapper else None


class Model:
    """The model of one service."""

    def __init__(self, name: str, raw: Traits) -> None:
        self.name = name
        self.metadata: Traits = raw["metadata"]
        self._shapes: Traits = raw["shapes"]
        self._operations: Traits = raw["operations"]
        self._made: dict[str, Shape] = {}
        self._ready: dict[str, Operation] = {}

    @property
    def operation_names(self) -> list[str]:
        """The names of all operations that AWS has in this service."""
        return list(self._operations)

    @property
    def error_names(self) -> list[str]:
        """The names of all modelled errors."""
        return [name for name, traits in self._shapes.items() if traits.get("exception")]

    @property
    def xml_namespace(self) -> str | None:
        """The namespace of its XML answers."""
        return self.metadata.get("xmlNamespace")

    def shape(self, name: str) -> Shape:
        """A shape by name."""
        made = self._made.get(name)
        if made is None:
            made = self._made[name] = Shape(self, name, self._shapes[name])
        return made

    def operation(self, name: str) -> Operation | None:
        """An operation by name, None when AWS has no such one."""
        ready = self._ready.get(name)
        if ready is None and name in self._operations:
            ready = self._ready[name] = Operation(self, name, self._operations[name])
        return ready

    def error(self, code: str) -> Shape | None:
        """The shape of a modelled error by its code or its name."""
        if code in self._shapes and self._shapes[code].get("exception"):
            return self.shape(code)
        name = self._error_codes.get(code)
        return self.shape(name) if name else None

    @cached_property
    def _error_codes(self) -> dict[str, str]:
        """The names of errors by their codes; of several with one code, the first."""
        found: dict[str, str] = {}
        for name in self.error_names:
            code = self._shapes[name].get("error", {}).get("code")
            if code is not None:
                found.setdefault(code, name)
        return found


@cache
def load(service: str) -> Model:
    """The model of a service by botocore's name of it."""
    return Model(service, data.read(service))
