"""Metrics in log lines: MetricDefinitions, each a name and a regular expression.

AWS's log agent writes a tab as ``#011``, and the expressions of its images expect that (contracts,
aws-contracts D.3).
"""

from __future__ import annotations

import logging
import math
from collections.abc import Iterable, Mapping
from typing import Any

from oficina.expressions import Expression

log = logging.getLogger(__name__)


class MetricReader:
    """Finds values in lines. A definition that is no expression, or takes too long, is left out and told."""

    def __init__(self, definitions: Iterable[Mapping[str, Any]]) -> None:
        self._expressions: dict[str, Expression] = {}
        self.dropped: dict[str, str] = {}
        """Why a metric is not looked for (any more), by its name."""
        for definition in definitions:
            try:
                self._expressions[definition["Name"]] = Expression(definition["Regex"])
            except ValueError as error:
                self._drop(definition["Name"], str(error))

    def _drop(self, name: str, why: str) -> None:
        self._expressions.pop(name, None)
        self.dropped[name] = why
        log.warning("the metric %s is not looked for any more: %s", name, why)

    def read(self, line: str) -> list[tuple[str, float]]:
        """The metrics that a line tells: names and values."""
        line = line.replace("\t", "#011")
        found = []
        for name, expression in list(self._expressions.items()):
            try:
                match = expression.search(line)
            except TimeoutError:
                self._drop(name, f"{expression.text} takes too long on a line of {len(line)} characters")
                continue
            value = _number(match[1] if match.re.groups else match[0]) if match else None
            if value is not None:
                found.append((name, value))
        return found


def _number(text: str | None) -> float | None:
    """A finite number, None where the text is none; what a greedy group took after a tab does not count."""
    try:
        value = float((text or "").partition("#011")[0])
    except ValueError:
        return None
    return value if math.isfinite(value) else None
