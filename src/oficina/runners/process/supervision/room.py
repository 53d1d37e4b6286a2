"""Room on the disk: what needs some is tried again until there is, so that a full disk delays a job only."""

from __future__ import annotations

import errno
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    Made = TypeVar("Made")

FULL = (errno.ENOSPC, errno.EDQUOT)
SECONDS = 0.1
"""Between two tries."""
BLAME_BYTES = 1 << 20
"""Who has written less is not why the disk is full, and is not ended for it."""


def patiently(action: Callable[[], Made]) -> Made:
    """Do something that can be begun again, and again while the disk is full. Raises every other OSError."""
    while True:
        try:
            return action()
        except OSError as error:
            if error.errno not in FULL:
                raise
        time.sleep(SECONDS)
