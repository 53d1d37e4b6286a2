"""The subset of JSONPath that batch transform knows, over JSON values; a CSV row is an array.

``$``, ``$.a.b``, ``$[0]``, ``$[-1]``, ``$['a','b']``, ``$[1,3]``, ``$[s:e]``, ``$.*`` (developer guide,
"Associate prediction results with input records"; contracts, aws-contracts D.7).
"""

from __future__ import annotations

import re
from typing import Any, Union

Single = Union[str, int, slice]  # noqa: UP007  # an alias is evaluated, and Python 3.9 knows no other way
Part = Union[Single, "list[Single]", None]
"""A member, a place, a range, several of them, or (None) everything."""

_TOKEN = re.compile(r"\.(\*|[^.\[\]]+)|\[([^\]]*)\]")


class BadPath(ValueError):
    """A path that is outside the subset."""


def compile_path(path: str) -> list[Part]:
    """The parts of a path. Raises BadPath."""
    if not path.startswith("$"):
        raise BadPath(f"{path} must begin with $.")
    found: list[Part] = []
    at = 1
    while at < len(path):
        match = _TOKEN.match(path, at)
        if match is None:
            raise BadPath(f"{path} is not a path that batch transform knows.")
        name, inside = match.groups()
        found.append(_bracket(path, inside) if inside is not None else (None if name == "*" else name))
        at = match.end()
    return found


def _bracket(path: str, inside: str) -> Part:
    pieces = [piece.strip() for piece in inside.split(",")]
    if pieces == ["*"]:
        return None
    parts = [_one(path, piece) for piece in pieces]
    return parts[0] if len(parts) == 1 else parts


def _one(path: str, piece: str) -> Single:
    if len(piece) > 1 and piece[0] == piece[-1] and piece[0] in "'\"":
        return piece[1:-1]
    if ":" in piece:
        ends = [int(end) if end.strip() else None for end in piece.split(":")]
        if len(ends) > 2:
            raise BadPath(f"{path}: ranges have no step.")
        return slice(*ends)
    try:
        return int(piece)
    except ValueError as error:
        raise BadPath(f"{path}: {piece} is neither a name in quotes nor a place.") from error


def select(value: Any, parts: list[Part]) -> Any:
    """What a path selects. Raises LookupError when a named thing is not there."""
    for part in parts:
        value = _step(value, part)
    return value


def _step(value: Any, part: Part) -> Any:
    if part is None:
        return list(value.values()) if isinstance(value, dict) else list(value)
    if isinstance(part, list):
        if all(isinstance(name, str) for name in part) and isinstance(value, dict):
            return {name: value[name] for name in part if name in value}
        return [item for each in part for item in _listed(value, each)]
    if isinstance(part, (int, slice)):
        if not isinstance(value, list):
            raise LookupError(f"{value!r} is no array")
        return value[part]
    if not isinstance(value, dict):
        raise LookupError(f"{value!r} has no {part}")
    return value[part]


def _listed(value: Any, part: Single) -> list[Any]:
    found = _step(value, part)
    return found if isinstance(part, slice) else [found]
