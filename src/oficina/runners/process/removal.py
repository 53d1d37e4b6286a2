"""Remove a job's folder, whatever the job did to it."""

from __future__ import annotations

import os
import stat
from pathlib import Path


def remove(folder: Path) -> None:
    """Remove a folder with all it holds, following no link; it need not exist.

    An overlay's work folder has mode 000, and a job may take its own folders' permissions away.
    """
    try:
        parent = os.open(folder.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        remove_entry(folder.name, parent)
    except FileNotFoundError:
        return
    finally:
        os.close(parent)


def remove_entry(name: str, parent: int) -> None:
    found = os.stat(name, dir_fd=parent, follow_symlinks=False)
    if not stat.S_ISDIR(found.st_mode):
        os.unlink(name, dir_fd=parent)
        return
    if found.st_mode & 0o700 != 0o700:
        os.chmod(name, 0o700, dir_fd=parent)
    handle = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=parent)
    try:
        for entry in os.listdir(handle):
            remove_entry(entry, handle)
    finally:
        os.close(handle)
    os.rmdir(name, dir_fd=parent)
