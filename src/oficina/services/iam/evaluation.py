"""What policies say of an action: IAM's evaluation logic for identity policies, as the simulator tells it.

User guide, "Policy evaluation logic": a Deny that matches wins, then an Allow that matches, else nothing is
allowed. Nothing here keeps a caller from anything: only the simulator asks.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

Statement = Mapping[str, Any]
Values = Mapping[str, list[str]]
"""Values of context keys by the key's name in lower case."""
Test = Callable[[str, str], bool]

ALLOWED, DENIED, UNSAID = "allowed", "explicitDeny", "implicitDeny"


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy with the name and the kind that the simulator tells of it."""

    name: str
    kind: Literal["role", "user-managed", "aws-managed", "none"]
    document: Mapping[str, Any]

    @property
    def statements(self) -> list[Statement]:
        """The statements, of which a document may have one without a list around it."""
        return [dict(each) for each in _listed(self.document.get("Statement"))]


@dataclass(frozen=True, slots=True)
class Question:
    """Whether an action may be done on a resource, in a context."""

    action: str
    resource: str
    context: Values


@dataclass(slots=True)
class Verdict:
    """What policies say, which of them said it, and which context keys they asked for in vain."""

    decision: str = UNSAID
    matched: list[Policy] = field(default_factory=list)
    missing: set[str] = field(default_factory=set)


def evaluate(policies: Iterable[Policy], question: Question) -> Verdict:
    """The verdict of several policies together."""
    verdict = Verdict()
    said: dict[str, list[Policy]] = {"Deny": [], "Allow": []}
    for policy in policies:
        for statement in policy.statements:
            if _applies(statement, question, verdict.missing):
                said[str(statement.get("Effect"))].append(policy)
    for effect, decision in (("Deny", DENIED), ("Allow", ALLOWED)):
        if said[effect]:
            verdict.decision, verdict.matched = decision, said[effect]
            break
    return verdict


def _applies(statement: Statement, question: Question, missing: set[str]) -> bool:
    """Whether a statement is about the question: its action, its resource, and all its conditions."""
    return (
        statement.get("Effect") in ("Allow", "Deny")
        and _names(statement, "Action", question.action.lower(), question, lower=True)
        and _names(statement, "Resource", question.resource, question)
        and _conditions_hold(statement.get("Condition", {}), question, missing)
    )


def _names(statement: Statement, member: str, value: str, question: Question, *, lower: bool = False) -> bool:
    """Whether ``Action`` or ``Resource`` matches, or ``NotAction`` or ``NotResource`` does not."""
    turned = f"Not{member}" in statement
    patterns = _listed(statement.get(f"Not{member}" if turned else member))
    filled = [_filled(pattern.lower() if lower else pattern, question.context) for pattern in patterns]
    return any(_like(value, pattern) for pattern in filled if pattern is not None) is not turned


def _listed(value: Any) -> list[Any]:
    """The values of a member; a null among them means nothing."""
    return [each for each in (value if isinstance(value, list) else [value]) if each is not None]


def _filled(pattern: str, context: Values) -> str | None:
    """A pattern with its policy variables; None where one of them has no value."""
    known = True

    def value(match: re.Match[str]) -> str:
        nonlocal known
        name, _, default = match[1].partition(",")
        found = context.get(name.strip().lower())
        known = known and (found is not None or bool(default))
        return found[0] if found else default.strip().strip("'")

    filled = re.sub(r"\$\{([^}*?$]+)\}", value, pattern)
    return filled if known else None


def _like(value: str, pattern: str) -> bool:
    """Whether a text matches: ``*`` is any text, ``?`` any character. Takes no longer than both are long.

    A ``*`` first stands for nothing; where the rest does not fit, the last one takes a character more.
    """
    at = place = 0
    last: tuple[int, int] | None = None
    while at < len(value):
        if place < len(pattern) and pattern[place] == "*":
            last = (place, at)
            place += 1
        elif place < len(pattern) and pattern[place] in (value[at], "?"):
            at, place = at + 1, place + 1
        elif last is not None:
            last = (last[0], last[1] + 1)
            place, at = last[0] + 1, last[1]
        else:
            return False
    return not pattern[place:].strip("*")


def _conditions_hold(conditions: Mapping[str, Any], question: Question, missing: set[str]) -> bool:
    """All operators, and all keys of each, must hold. Every key is looked at, to tell which are missing."""
    answers = [
        _holds(operator, key, [str(each) for each in _listed(wanted)], question, missing)
        for operator, keys in conditions.items()
        for key, wanted in keys.items()
    ]
    return all(answers)


def _holds(operator: str, key: str, wanted: list[str], question: Question, missing: set[str]) -> bool:
    """One condition: ``[ForAllValues:|ForAnyValue:]Operator[IfExists]``."""
    prefix, _, name = operator.rpartition(":")
    optional = name.endswith("IfExists")
    name = name.removesuffix("IfExists")
    actual = question.context.get(key.lower())
    if name == "Null":
        return (actual is None) is (wanted[0].lower() == "true")
    if actual is None:
        missing.add(key)
        return optional or prefix == "ForAllValues" or ("Not" in name and not prefix)
    test = OPERATORS.get(name)
    if test is None:
        return False
    filled = [each for each in (_filled(one, question.context) for one in wanted) if each is not None]
    turned = "Not" in name
    answers = [any(_safe(test, value, each) for each in filled) is not turned for value in actual]
    return all(answers) if prefix == "ForAllValues" or (turned and not prefix) else any(answers)


def _safe(test: Test, value: str, wanted: str) -> bool:
    """A test whose values may not be of the operator's type: then it does not hold."""
    try:
        return test(value, wanted)
    except ValueError:
        return False


def _time(text: str) -> float:
    if re.fullmatch(r"\d+(\.\d+)?", text):
        return float(text)
    return datetime.fromisoformat(text).timestamp()


def _arn_like(value: str, pattern: str) -> bool:
    """ARNs part by part, so that ``*`` does not reach over a colon before the resource."""
    parts, patterns = value.split(":", 5), pattern.split(":", 5)
    return len(parts) == len(patterns) and all(map(_like, parts, patterns))


def _compared(read: Callable[[str], float]) -> dict[str, Test]:
    """The tests of an ordered type by the endings of their names."""
    return {
        "Equals": lambda value, wanted: read(value) == read(wanted),
        "NotEquals": lambda value, wanted: read(value) == read(wanted),
        "LessThan": lambda value, wanted: read(value) < read(wanted),
        "LessThanEquals": lambda value, wanted: read(value) <= read(wanted),
        "GreaterThan": lambda value, wanted: read(value) > read(wanted),
        "GreaterThanEquals": lambda value, wanted: read(value) >= read(wanted),
    }


def _same(value: str, wanted: str) -> bool:
    return value == wanted


def _same_letters(value: str, wanted: str) -> bool:
    return value.lower() == wanted.lower()


def _in_network(value: str, wanted: str) -> bool:
    return ipaddress.ip_address(value) in ipaddress.ip_network(wanted, strict=False)


OPERATORS: dict[str, Test] = {
    "StringEquals": _same,
    "StringNotEquals": _same,
    "StringEqualsIgnoreCase": _same_letters,
    "StringNotEqualsIgnoreCase": _same_letters,
    "StringLike": _like,
    "StringNotLike": _like,
    "ArnEquals": _arn_like,
    "ArnLike": _arn_like,
    "ArnNotEquals": _arn_like,
    "ArnNotLike": _arn_like,
    "Bool": _same_letters,
    "BinaryEquals": _same,
    "IpAddress": _in_network,
    "NotIpAddress": _in_network,
    **{f"Numeric{name}": test for name, test in _compared(float).items()},
    **{f"Date{name}": test for name, test in _compared(_time).items()},
}
"""The tests of the condition operators; one with ``Not`` holds when the test of its opposite does not."""
