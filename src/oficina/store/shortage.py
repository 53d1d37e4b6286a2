"""What passes by itself: a full disk, too few open files or memory. Work waits for it, and does not fail."""

from __future__ import annotations

import errno
import logging
import os
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from oficina.errors import AwsError
from oficina.store import blobs

log = logging.getLogger(__name__)
T = TypeVar("T")

SECONDS = 1.0
"""How long work rests before it looks whether there is room again."""
LEAST_BYTES = 1 << 20
"""With less room than this, whatever went wrong may have gone wrong for it."""

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


def outlast(what: str, action: Callable[[], T]) -> T:
    """Does what can be begun again, and again until nothing is short. Raises every other error."""
    told = False
    while True:
        try:
            return action()
        except Exception as error:
            if not is_shortage(error):
                raise
            if not told:
                log.warning("%s waits: %s", what, error)
            told = True
        time.sleep(SECONDS)


def see_to(what: str, action: Callable[[], None]) -> None:
    """Does something now or, when something is short, in the background as soon as it can be."""
    try:
        action()
    except Exception as error:
        if not is_shortage(error):
            raise
        threading.Thread(target=outlast, args=(what, action), name=what, daemon=True).start()


def check(home: Path) -> None:
    """Raises OSError when the disk is so full that a program may have failed for it."""
    stat = os.statvfs(home)
    if stat.f_bavail * stat.f_frsize < LEAST_BYTES:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(home))


def refusal(error: BaseException, home: Path) -> AwsError:
    """What a client is told whose request met a shortage."""
    full = isinstance(error, OSError) and error.errno in _FULL
    if full or (isinstance(error, sqlite3.Error) and _code(error) == sqlite3.SQLITE_FULL):
        return blobs.full(home)
    return AwsError("ServiceUnavailable", f"oficina cannot do this now ({error}). Try again.", 503)


def _code(error: sqlite3.Error) -> int:
    """The primary code: the low byte (SQLite, "Result and Error Codes")."""
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF
