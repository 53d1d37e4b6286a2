"""Remove a job's folder, whatever the job did to it."""

from __future__ import annotations

import os
import stat


def remove(folder: str | os.PathLike[str]) -> None:
    """Remove a folder with all it holds, following no link; it need not exist.

    An overlay's work folder has mode 000, and a job may take its own folders' permissions away.
    """
    above, name = os.path.split(os.path.abspath(folder))
    try:
        parent = os.open(above, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        remove_entry(name, parent)
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
