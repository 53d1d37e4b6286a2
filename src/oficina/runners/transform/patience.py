"""Files that wait for room on a full disk: a job that has filled it is ended by its supervisor."""

from __future__ import annotations

import errno
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

FULL = (errno.ENOSPC, errno.EDQUOT)
PAUSE_SECONDS = 0.1
"""Between two looks for room."""

Made = TypeVar("Made")


def patiently(action: Callable[[], Made]) -> Made:
    """Does something, and again while the disk is full. Raises every other OSError."""
    while True:
        try:
            return action()
        except OSError as error:
            if error.errno not in FULL:
                raise
        time.sleep(PAUSE_SECONDS)


class PatientFile:
    """A file to write bytes to."""

    def __init__(self, path: Path, mode: str) -> None:
        self._file: Any = patiently(lambda: path.open(mode, buffering=0))

    def __enter__(self) -> PatientFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def write(self, data: bytes) -> None:
        """Adds bytes, all of them."""
        left = memoryview(data)
        while left:
            left = left[patiently(lambda: int(self._file.write(left))) :]  # noqa: B023  # called at once

    def close(self) -> None:
        """Ends it."""
        self._file.close()
