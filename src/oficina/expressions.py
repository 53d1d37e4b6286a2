"""A user's regular expression, which must not be able to hold the server up.

Python's ``re`` cannot be interrupted and keeps the interpreter to itself; ``regex`` gives up after a time and
lets other threads run (decision 0010). It is imported when first used, to keep the start of the server short.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import regex

SECONDS = 0.2
"""How long an expression may think about one line."""


class Expression:
    """A compiled expression. Raises ValueError when the text is not one."""

    def __init__(self, text: str) -> None:
        import regex

        self.text = text
        try:
            self._compiled: regex.Pattern[str] = regex.compile(text)
        except regex.error as error:
            raise ValueError(f"{text} is not a regular expression: {error}") from error

    def search(self, line: str) -> regex.Match[str] | None:
        """The first place where the line matches. Raises TimeoutError when that takes too long."""
        return self._compiled.search(line, timeout=SECONDS, concurrent=True)
