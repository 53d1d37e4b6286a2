"""Lists of keys: pages in SQL that step over what a delimiter folds into a common prefix."""

from __future__ import annotations

_LAST = chr(0x10FFFF)


def after_all(prefix: str) -> str | None:
    """The smallest text that stands after every text with this prefix; None when there is none.

    SQLite orders texts by their UTF-8, which is the order of code points.
    """
    stem = prefix.rstrip(_LAST)
    if not stem:
        return None
    last = ord(stem[-1]) + 1
    return stem[:-1] + chr(0xE000 if last == 0xD800 else last)
