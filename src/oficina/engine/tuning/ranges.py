"""Ranges of hyper-parameters: each is seen as a share from 0 to 1, whatever its scaling."""

from __future__ import annotations

import math
from dataclasses import dataclass

from oficina.store.kinds import Document

WIDE = 1000
"""How many times the least value the greatest is where Auto takes the logarithm (decision 0120)."""


class RangeFailed(Exception):
    """A range that has no meaning; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A categorical range."""

    name: str
    values: tuple[str, ...]

    def at(self, share: float) -> str:
        """The value at a share."""
        return self.values[min(int(share * len(self.values)), len(self.values) - 1)]

    def place(self, text: str) -> str | None:
        """The value itself; None when it is not one of the range."""
        return text if text in self.values else None


@dataclass(frozen=True, slots=True)
class Number:
    """An integer or continuous range."""

    name: str
    low: float
    high: float
    whole: bool
    scaling: str

    def at(self, share: float) -> str:
        """The value at a share, as AWS gives it to the program."""
        low, high = self._edges()
        value = self._inverse(low + share * (high - low))
        value = min(max(value, self.low), self.high)
        return str(round(value)) if self.whole else repr(value)

    def place(self, text: str) -> float | None:
        """The share of a value; None when it is outside of the range."""
        try:
            value = float(text)
        except ValueError:
            return None
        if not self.low <= value <= self.high:
            return None
        low, high = self._edges()
        return (self._scale(value) - low) / (high - low) if high > low else 0.5

    def _edges(self) -> tuple[float, float]:
        """The scaled ends; an integer has half of its neighbourhood on each side, so that all are alike."""
        half = 0.5 if self.whole and self.scaling != "ReverseLogarithmic" else 0.0
        return self._scale(self.low - half), self._scale(self.high + half)

    def _scale(self, value: float) -> float:
        if self.scaling == "Logarithmic":
            return math.log(value)
        if self.scaling == "ReverseLogarithmic":
            return -math.log1p(-value)
        return value

    def _inverse(self, value: float) -> float:
        if self.scaling == "Logarithmic":
            return math.exp(value)
        if self.scaling == "ReverseLogarithmic":
            return -math.expm1(-value)
        return value


Range = Choice | Number


def read_ranges(ranges: Document) -> tuple[Range, ...]:
    """The ranges of a ``ParameterRanges``; its AutoParameters have theirs by now. Raises RangeFailed."""
    found: list[Range] = [
        *(_number(each, whole=True) for each in ranges.get("IntegerParameterRanges", ())),
        *(_number(each, whole=False) for each in ranges.get("ContinuousParameterRanges", ())),
        *(
            Choice(each["Name"], tuple(each["Values"]))
            for each in ranges.get("CategoricalParameterRanges", ())
        ),
    ]
    names_seen: set[str] = set()
    for each in found:
        if each.name in names_seen:
            raise RangeFailed(f"Parameter {each.name} has more than one range.")
        names_seen.add(each.name)
    return tuple(found)


def _number(given: Document, *, whole: bool) -> Number:
    name, kind = given["Name"], "integer" if whole else "continuous"
    low, high = (_read(name, given[member], whole) for member in ("MinValue", "MaxValue"))
    if low > high:
        raise RangeFailed(f"The MinValue of the {kind} parameter range {name} is greater than its MaxValue.")
    scaling = given.get("ScalingType", "Auto")
    if scaling == "Auto":
        scaling = "Logarithmic" if low > 0 and high / low >= WIDE else "Linear"
    elif scaling == "Logarithmic" and low <= 0:
        raise RangeFailed(
            f"The MinValue of the {kind} parameter range {name} must be greater than 0 for "
            "Logarithmic scaling."
        )
    elif scaling == "ReverseLogarithmic" and (whole or not 0 <= low <= high < 1):
        raise RangeFailed(
            f"ReverseLogarithmic scaling is for continuous ranges within 0 <= x < 1; the {kind} parameter "
            f"range {name} goes from {given['MinValue']} to {given['MaxValue']}."
        )
    return Number(name, low, high, whole, scaling)


def _read(name: str, text: str, whole: bool) -> float:
    try:
        value = float(int(text)) if whole else float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise RangeFailed(f"The value {text} of the parameter range {name} is not a valid number.")
    return value
