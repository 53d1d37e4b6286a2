"""Paths into documents: ``A.B['train'].C[0]`` of properties, ``a.b`` and ``a['b']`` of property files."""

from __future__ import annotations

import re
from typing import Any

_TOKEN = re.compile(r"\.?([^.\[\]'\"]+)|\[(-?\d+)\]|\['([^']*)'\]|\[\"([^\"]*)\"\]")


class NoSuchPath(Exception):
    """A path that leads nowhere; the sentence says where it ends."""


def tokens(path: str) -> list[str | int]:
    """The parts of a path: texts for members, numbers for places. Raises NoSuchPath when it is none."""
    found: list[str | int] = []
    at = 0
    path = path.removeprefix("$")
    while at < len(path):
        match = _TOKEN.match(path, at)
        if match is None:
            raise NoSuchPath(f"{path} is not a path.")
        name, place, single, double = match.groups()
        found.append(
            int(place) if place is not None else next(x for x in (name, single, double) if x is not None)
        )
        at = match.end()
    return found


def follow(document: Any, path: list[str | int]) -> Any:
    """What a path leads to. Raises NoSuchPath.

    A text into a list finds the item of that name: ``Outputs['train']`` is the output whose OutputName is
    ``train`` (contracts, surface §7.2).
    """
    for part in path:
        document = _step(document, part)
    return document


def _step(document: Any, part: str | int) -> Any:
    if isinstance(document, list):
        if isinstance(part, int):
            if -len(document) <= part < len(document):
                return document[part]
        else:
            for item in document:
                if isinstance(item, dict) and part in _names(item):
                    return item
    elif isinstance(document, dict) and str(part) in document:
        return document[str(part)]
    raise NoSuchPath(f"There is nothing at {part!r}.")


def _names(item: dict[str, Any]) -> list[Any]:
    return [value for key, value in item.items() if key.endswith("Name") and isinstance(value, str)]
