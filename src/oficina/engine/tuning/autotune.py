"""Autotune: ranges for hyper-parameters of which only an example value is known.

AWS does not say how it chooses. Here an algorithm that comes with oficina brings the ranges that AWS
documents for it (``tunable.json`` beside its ``image.toml``), and an example value says where in them to
look; for a program of the user's own the example alone says it (decision 0122).
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping

from oficina.store.kinds import Document

WIDTH = 4
"""A whole number is searched from a fourth of its example to four times that."""
DECADE = 10
"""A real number is searched from a tenth of its example to ten times that."""
SHARE = 0.99
"""Where the search of an example below 1 ends: it may be a share, such as a dropout."""
RESERVED = ("sagemaker_", "_")
"""How the names begin that speak to the image and not to the algorithm."""
NUMBERS = ("IntegerParameterRanges", "ContinuousParameterRanges")


def auto_ranges(hints: Mapping[str, str], known: Document, settled: Iterable[str]) -> Document:
    """A ``ParameterRanges`` for the hints, and for what an algorithm has to tune beside them.

    ``known`` are the algorithm's own ranges, empty for a program of the user's; ``settled`` are the names
    that have a value or a range already.
    """
    found: Document = {}
    table = {each["Name"]: (member, each) for member in NUMBERS for each in known.get(member, ())}
    for name, hint in hints.items():
        member, chosen = (
            _of_hint(name, hint, bool(table)) if name not in table else _within(hint, *table[name])
        )
        found.setdefault(member, []).append(chosen)
    for name in table.keys() - hints.keys() - set(settled):
        member, chosen = table[name]
        if name not in ALGORITHMS_OWN:
            found.setdefault(member, []).append(chosen)
    return {member: sorted(each, key=lambda one: str(one["Name"])) for member, each in found.items()}


ALGORITHMS_OWN = ("num_round",)
"""How long an algorithm works is its user's to say: it is searched only around an example."""


def _of_hint(name: str, hint: str, fixed: bool) -> tuple[str, Document]:
    """The range around an example; its only value where it is no number, or the algorithm tunes others."""
    value = _number(hint)
    fixed = fixed or name.startswith(RESERVED)
    if hint.strip('"').lower() in ("true", "false") and not fixed:
        quote = '"' if hint.startswith('"') else ""
        return _choice(name, f"{quote}True{quote}", f"{quote}False{quote}")
    if value is None or fixed or value == 0:
        return _choice(name, hint)
    whole = hint.lstrip("+-").isdigit()
    factor = WIDTH if whole else DECADE
    low, high = sorted((value / factor, value * factor))
    if whole:
        return _range(NUMBERS[0], name, str(math.ceil(low)), str(math.floor(high)))
    if 0 < value < 1:
        high = min(high, SHARE)
    scaling = "Logarithmic" if low > 0 else "Linear"
    return _range(NUMBERS[1], name, repr(low), repr(high), scaling)


def _within(hint: str, member: str, known: Document) -> tuple[str, Document]:
    """The part of an algorithm's range that lies around an example; all of it where the two do not meet."""
    near, around = _of_hint(str(known["Name"]), hint, fixed=False)
    if near not in NUMBERS:
        return member, known
    low = max(float(around["MinValue"]), float(known["MinValue"]))
    high = min(float(around["MaxValue"]), float(known["MaxValue"]))
    if low >= high:
        return member, known
    texts = [str(round(each)) if member == NUMBERS[0] else repr(each) for each in (low, high)]
    return _range(member, str(known["Name"]), *texts)


def _range(member: str, name: str, low: str, high: str, scaling: str = "Auto") -> tuple[str, Document]:
    return member, {"Name": name, "MinValue": low, "MaxValue": high, "ScalingType": scaling}


def _choice(name: str, *values: str) -> tuple[str, Document]:
    return "CategoricalParameterRanges", {"Name": name, "Values": list(values)}


def _number(text: str) -> float | None:
    """The number that an example says; None when it is none. SDKs write a framework's values as JSON."""
    try:
        value = json.loads(text)
    except ValueError:
        return None
    plain = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return float(value) if plain else None
