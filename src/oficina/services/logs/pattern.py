"""Filter patterns: terms that a message must hold, as CloudWatch Logs writes them.

Known: ``ERROR``, ``"two words"``, ``-not this``, ``?either ?or`` and ``%regular expression%``
(User Guide, "Filter pattern syntax"). The patterns for JSON and for columns are refused by name.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from oficina.errors import AwsError
from oficina.expressions import SECONDS, Expression

Matcher = Callable[[str], bool]

_TERM = re.compile(r'\s*([-?]?)(?:"((?:[^"\\]|\\.)*)"|%((?:[^%\\]|\\.)+)%|(\S+))')


def refuse(pattern: str, why: str) -> AwsError:
    """The error for a pattern that cannot be read."""
    return AwsError("InvalidParameterException", f"Invalid filter pattern: {pattern} ({why})")


def compile_filter(pattern: str) -> Matcher:
    """The test that a pattern makes of a message. Raises AwsError when the pattern cannot be read."""
    text = pattern.strip()
    if text[:1] in ("{", "["):
        raise refuse(pattern, "oficina reads terms and %expressions%, not patterns for JSON or columns yet")
    wanted: list[Matcher] = []
    unwanted: list[Matcher] = []
    optional: list[Matcher] = []
    at = 0
    while at < len(text):
        found = _TERM.match(text, at)
        if found is None:
            raise refuse(pattern, f"not understood from character {at + 1} on")
        at = found.end()
        target = {"": wanted, "-": unwanted, "?": optional}[found[1]]
        target.append(_term(pattern, found))

    def matches(message: str) -> bool:
        return (
            all(test(message) for test in wanted)
            and not any(test(message) for test in unwanted)
            and (bool(wanted) or not optional or any(test(message) for test in optional))
        )

    return matches


def _term(pattern: str, found: re.Match[str]) -> Matcher:
    if found[3] is not None:
        return _expression(pattern, found[3])
    phrase = re.sub(r"\\(.)", r"\1", found[2]) if found[2] is not None else found[4]
    return lambda message: phrase in message


def _expression(pattern: str, text: str) -> Matcher:
    try:
        expression = Expression(text)
    except ValueError as error:
        raise refuse(pattern, str(error)) from error

    def matches(message: str) -> bool:
        try:
            return expression.search(message) is not None
        except TimeoutError as error:
            raise refuse(pattern, f"takes longer than {SECONDS} s for one message") from error

    return matches
