"""Times on the wire: epoch seconds inside, three spellings outside."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any

FIRST, LAST = -62_135_596_800, 253_402_300_799
"""The seconds since the epoch that years 1 to 9999 have."""


def read(value: Any) -> float:
    """A time in any of AWS's spellings as seconds since the epoch. Raises ValueError when it is none."""
    seconds = _read(value)
    if not FIRST <= seconds <= LAST:
        raise ValueError(f"{value} is not a time")
    return seconds


def _read(value: Any) -> float:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    text = str(value)
    try:
        return float(text)
    except ValueError:
        pass
    try:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        try:
            moment = parsedate_to_datetime(text)
        except (TypeError, IndexError) as error:
            raise ValueError(f"{text} is not a time") from error
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return moment.timestamp()


def iso8601(value: float) -> str:
    """``2024-01-31T23:59:59.123Z``."""
    moment = datetime.fromtimestamp(value, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def rfc822(value: float) -> str:
    """``Wed, 31 Jan 2024 23:59:59 GMT``."""
    return format_datetime(datetime.fromtimestamp(int(value), UTC), usegmt=True)


def write(value: float, form: str) -> str | float:
    """A time in one of botocore's named formats."""
    if form == "iso8601":
        return iso8601(value)
    if form == "rfc822":
        return rfc822(value)
    return value
