"""Waiting for what another process does, with a reason when it does not."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

PAUSE = 0.02
"""Seconds between two looks."""

PATIENCE = 600.0
"""Seconds after which a test gives up on what must come: a net for hangs, which measures nothing.

A machine many times slower than ours stays far below it."""

PROGRAM = 1800.0
"""The same net for a client's whole program, which waits many times, at the SDKs' own pace, and which may be
the first to need an image that has yet to be built."""


def wait_until(look: Callable[[], T], reason: str, seconds: float = PATIENCE) -> T:
    """The first truthy answer of ``look``; AssertionError with the reason when none comes in time."""
    end = time.monotonic() + seconds
    while True:
        answer = look()
        if answer:
            return answer
        if time.monotonic() > end:
            raise AssertionError(f"waited {seconds:g} s in vain: {reason} (last seen: {answer!r})")
        time.sleep(PAUSE)
