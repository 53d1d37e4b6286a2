"""Named points at which a process kills itself, or stands still, when a test asks for it."""

from __future__ import annotations

import os
import signal
import time
from functools import cache
from pathlib import Path

from oficina import config

_LOOK_SECONDS = 0.01
_stood: set[str] = set()


@cache
def _asked() -> str:
    return config.load().chaos


def point(name: str) -> None:
    """Dies here by SIGKILL when ``OFICINA_CHAOS`` names this point.

    With a path after the name, it makes an empty file there instead and waits, once, until it is removed.
    """
    asked, _, path = _asked().partition(" ")
    if asked != name:
        return
    if not path:
        os.kill(os.getpid(), signal.SIGKILL)
    if name not in _stood:
        _stood.add(name)
        _stand_still(Path(path))


def _stand_still(mark: Path) -> None:
    mark.touch()
    while mark.exists():
        time.sleep(_LOOK_SECONDS)
