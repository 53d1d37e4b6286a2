"""A model card in lines: its facts, then every section of its content."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from oficina.engine.cards.pdf import Line
from oficina.store.kinds import Document

_STEP = 14
"""How much further in a deeper level stands, in points."""


def lines(card: Document) -> list[Line]:
    """The lines of a version of a card."""
    found = [Line(card["ModelCardName"], 20, bold=True), Line("")]
    found += [Line(f"{name}: {value}") for name, value in _facts(card)]
    for section, content in json.loads(card["Content"]).items():
        found += [Line(""), Line(_words(section), 14, bold=True)]
        found += _told(content, 0)
    return found


def _facts(card: Document) -> list[tuple[str, Any]]:
    creator = card.get("CreatedBy", {})
    who = creator.get("UserProfileName") or creator.get("IamIdentity", {}).get("Arn", "")
    facts = [
        ("Version", card["ModelCardVersion"]),
        ("Status", card["ModelCardStatus"]),
        ("Created", _time(card["CreationTime"])),
        ("Last changed", _time(card["LastModifiedTime"])),
        ("Created by", who),
        ("ARN", card["ModelCardArn"]),
    ]
    return [(name, value) for name, value in facts if value]


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _words(name: str) -> str:
    text = name.replace("_", " ")
    return text[:1].upper() + text[1:]


def _told(value: Any, indent: int) -> list[Line]:
    if isinstance(value, dict):
        return [line for name, item in value.items() for line in _member(_words(str(name)), item, indent)]
    if isinstance(value, list):
        return [line for number, item in enumerate(value, 1) for line in _member(f"{number}", item, indent)]
    return [Line(_text(value), indent=indent)]


def _member(name: str, value: Any, indent: int) -> list[Line]:
    if isinstance(value, (dict, list)):
        deeper = min(indent + _STEP, 20 * _STEP)
        return [Line(name, 10, indent, bold=True), *_told(value, deeper)] if value else []
    return [Line(f"{name}: {_text(value)}", indent=indent)]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
