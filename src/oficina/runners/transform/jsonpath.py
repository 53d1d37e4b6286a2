"""The subset of JSONPath that batch transform knows, over JSON values; a CSV row is an array.

``$``, ``$.a.b``, ``$[0]``, ``$[-1]``, ``$['a','b']``, ``$.a.['b','c']``, ``$[1,3]``, ``$[0,5:]``, ``$[s:e]``,
``$.*`` (developer guide, "Associate prediction results with input records"; contracts, aws-contracts D.7).
A range ends before its second number, as in the JsonPath that the guide refers to.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Union

Single = Union[str, int, slice]  # noqa: UP007  # an alias is evaluated, and Python 3.9 knows no other way
Part = Union[Single, "list[Single]", None]
"""A member, a place, a range, several of them, or (None) everything."""

_QUOTED = r"'[^']*'|\"[^\"]*\""
_TOKEN = re.compile(rf"\.(\*|[^.\[\]*]+)|\.?\[((?:{_QUOTED}|[^\]'\"])*)\]")
_PIECES = re.compile(rf"(?:\s*(?:{_QUOTED}|[^,'\"]+)\s*)(?:,\s*(?:{_QUOTED}|[^,'\"]+)\s*)*")
_PIECE = re.compile(rf"{_QUOTED}|[^,]+")


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
    if inside.strip() == "*":
        return None
    if not _PIECES.fullmatch(inside):
        raise BadPath(f"{path} is not a path that batch transform knows.")
    parts = [_one(path, piece.strip()) for piece in _PIECE.findall(inside) if piece.strip()]
    return parts[0] if len(parts) == 1 else parts


def _one(path: str, piece: str) -> Single:
    if len(piece) > 1 and piece[0] == piece[-1] and piece[0] in "'\"":
        return piece[1:-1]
    try:
        if ":" not in piece:
            return int(piece)
        ends = [int(end) if end.strip() else None for end in piece.split(":")]
    except ValueError as error:
        raise BadPath(f"{path}: {piece} is neither a name in quotes nor a place.") from error
    if len(ends) > 2:
        raise BadPath(f"{path}: ranges have no step.")
    return slice(*ends)


def select(value: Any, parts: list[Part]) -> Any:
    """What a path selects: one value, or a list where the path may find several.

    Raises LookupError when a named thing is not there; behind a wildcard or a range, what lacks it is left
    out.
    """
    for place, part in enumerate(parts):
        if _several(part, value):
            return [found for each in _children(value, part) for found in _rest(each, parts[place + 1 :])]
        value = _names(value, part) if isinstance(part, list) else _child(value, part)
    return value


def _several(part: Part, value: Any) -> bool:
    """Whether a part may find more than one thing; several names of one object are one smaller object."""
    if isinstance(part, list):
        return not (isinstance(value, dict) and all(isinstance(name, str) for name in part))
    return part is None or isinstance(part, slice)


def _rest(value: Any, parts: list[Part]) -> Iterator[Any]:
    if not parts:
        yield value
        return
    try:
        found = select(value, parts)
    except LookupError:
        return
    several = any(part is None or isinstance(part, (slice, list)) for part in parts)
    yield from found if several and isinstance(found, list) else [found]


def _children(value: Any, part: Part) -> Iterator[Any]:
    if part is None:
        if not isinstance(value, (dict, list)):
            raise LookupError(f"{value!r} has no members")
        yield from value.values() if isinstance(value, dict) else value
        return
    for each in part if isinstance(part, list) else [part]:
        found = _child(value, each)
        yield from found if isinstance(each, slice) else [found]


def _child(value: Any, part: Part) -> Any:
    if isinstance(part, (int, slice)):
        if not isinstance(value, list):
            raise LookupError(f"{value!r} is no array")
        return value[part]
    if not isinstance(value, dict):
        raise LookupError(f"{value!r} has no {part}")
    return value[part]


def _names(value: dict[str, Any], part: list[Single]) -> dict[str, Any]:
    return {str(name): value[name] for name in part if isinstance(name, str) and name in value}
