"""Named points at which a process kills itself when a test asks for it; nothing otherwise."""

from __future__ import annotations

import os
import signal
from functools import cache

from oficina import config


@cache
def _asked() -> str:
    return config.load().chaos


def point(name: str) -> None:
    """Dies here by SIGKILL when ``OFICINA_CHAOS`` names this point."""
    if _asked() == name:
        os.kill(os.getpid(), signal.SIGKILL)
