"""What goes on while a program runs: metrics out of its log, outputs uploaded as they appear."""

from __future__ import annotations

from collections.abc import Callable, Sequence

Step = Callable[[bool], None]
"""Something to do once more; told whether it is for the last time."""


class Watch:
    """A list of things to do every ``interval`` seconds while a job runs, and once when it has ended."""

    def __init__(self, steps: Sequence[Step], interval: float = 1.0) -> None:
        self.interval = interval
        self._steps = steps

    def tick(self, last: bool = False) -> None:
        """Does everything once."""
        for step in self._steps:
            step(last)
