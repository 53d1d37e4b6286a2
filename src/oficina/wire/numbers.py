"""Whole numbers on the wire are 32 or 64 bits wide."""

from __future__ import annotations

_BITS = {"integer": 31, "long": 63}


def fits(kind: str, value: float) -> bool:
    """Whether a number fits AWS's type ``integer`` or ``long``."""
    edge = 1 << _BITS[kind]
    return -edge <= value < edge
