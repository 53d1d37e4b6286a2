"""What passes by itself: a full disk, too few open files or memory. Work waits for it, and does not fail."""

from __future__ import annotations

import errno
import sqlite3
from pathlib import Path

from oficina.errors import AwsError
from oficina.store import blobs

SECONDS = 5.0
"""How long work rests before it looks whether there is room again."""

_ERRNOS = (errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EROFS, errno.EIO)
_FULL = (errno.ENOSPC, errno.EDQUOT)
_SQLITE = (
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_READONLY,
)


def is_shortage(error: BaseException) -> bool:
    """Whether an error tells of the machine's state and not of a fault."""
    if isinstance(error, AwsError):
        return error.code == blobs.FULL_CODE
    if isinstance(error, sqlite3.Error):
        return _code(error) in _SQLITE
    return isinstance(error, OSError) and error.errno in _ERRNOS


def refusal(error: BaseException, home: Path) -> AwsError:
    """What a client is told whose request met a shortage."""
    full = isinstance(error, OSError) and error.errno in _FULL
    if full or (isinstance(error, sqlite3.Error) and _code(error) == sqlite3.SQLITE_FULL):
        return blobs.full(home)
    return AwsError("ServiceUnavailable", f"oficina cannot do this now ({error}). Try again.", 503)


def _code(error: sqlite3.Error) -> int:
    """The primary code: the low byte (SQLite, "Result and Error Codes")."""
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF
