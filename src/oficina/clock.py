"""The time of day, as one object that a test can hold still."""

from __future__ import annotations

import time


class Clock:
    """The machine's clock."""

    def now(self) -> float:
        """Seconds since the epoch, rounded to the millisecond as AWS shows its times."""
        return round(time.time(), 3)


class StoppedClock(Clock):
    """A clock that moves only when told to; the one fake that tests may use."""

    def __init__(self, at: float = 1_700_000_000.0) -> None:
        self.at = at

    def now(self) -> float:
        """The time that was set, in seconds since the epoch."""
        return self.at
