"""Where a hyper-parameter's value may lie, and how its text is read."""

import ast
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Interval:
    """Numbers between two ends; an open end is not itself allowed. Written as in mathematics: `(0, 1]`."""

    low: float = -math.inf
    high: float = math.inf
    low_open: bool = False
    high_open: bool = False

    def __contains__(self, value: Any) -> bool:
        above = value > self.low if self.low_open else value >= self.low
        below = value < self.high if self.high_open else value <= self.high
        return bool(above and below)

    def __str__(self) -> str:
        left = "(-inf" if self.low == -math.inf else f"{'(' if self.low_open else '['}{self.low}"
        right = "+inf)" if self.high == math.inf else f"{self.high}{')' if self.high_open else ']'}"
        return f"{left}, {right}"


@dataclass(frozen=True)
class Kind:
    """How text becomes a value, and how the parts of that value that must lie in the range are listed."""

    name: str
    parse: Callable[[str], Any]
    parts: Callable[[Any], list[Any]] = lambda value: [value]


def _finite(text: str) -> float:
    number = float(text)
    if math.isnan(number):
        raise ValueError("not a number")
    return number


def _literal(text: str, kind: type) -> Any:
    """A Python literal, as AWS documents for the constraint parameters: `(1, 0, -1)`, `[[1, 2], [3, 4]]`."""
    try:
        value = ast.literal_eval(text)
    except SyntaxError as error:
        raise ValueError(str(error)) from error
    if not isinstance(value, kind):
        raise ValueError(f"not a {kind.__name__}")
    return value


def _nested_list(text: str) -> list[list[Any]]:
    groups: list[list[Any]] = _literal(text, list)
    if not all(isinstance(group, list) for group in groups):
        raise ValueError("not a list of lists")
    return groups


INTEGER = Kind("Integer", int)
CONTINUOUS = Kind("Continuous", _finite)
CATEGORICAL = Kind("Categorical", str)
LIST = Kind("FreeText", lambda text: [part.strip() for part in text.split(",")], list)
TUPLE = Kind("FreeText", lambda text: tuple(_literal(text, tuple)), list)
NESTED = Kind("FreeText", _nested_list, lambda groups: [each for group in groups for each in group])
