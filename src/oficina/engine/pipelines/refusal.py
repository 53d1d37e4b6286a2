"""How a definition that is not right is refused."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from oficina.errors import AwsError, validation


def refuse(sentence: str) -> AwsError:
    """The refusal of a definition."""
    return validation(f"Unable to parse pipeline definition. {sentence}")


def only(given: dict[str, Any], known: Iterable[str], what: str) -> None:
    """Refuses members that the definition's schema does not have: a misspelt one would be lost silently."""
    strangers = sorted(set(given) - set(known))
    if strangers:
        raise refuse(f"{what} has the unknown member {strangers[0]}; it may have {', '.join(sorted(known))}.")


def too_deep(value: Any, deepest: int) -> bool:
    """Whether lists and objects stand in each other deeper than this."""
    level, depth = [value], 0
    while level and depth <= deepest:
        level = [item for each in level for item in _inside(each)]
        depth += 1
    return bool(level)


def _inside(value: Any) -> list[Any]:
    found = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [item for item in found if isinstance(item, (dict, list))]
