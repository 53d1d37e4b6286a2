"""Hosts that are prepared before their job is known: made, taken by a job, or thrown away.

Whoever takes them renames their folder to the job's, writes the job's spec there and calls ``order``; from
then on ``wait``, ``stop`` and ``kill`` are those of any job. How it looks inside is told in
``supervision/standby.py``.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path

from .launch import alive, kill, launch, read_pid, reap, send, take_lock, wait_for_process
from .spec import Spec
from .supervision.removal import remove

MARK, READY = "standby", "ready"


def prepare(folder: Path, spec: Spec) -> None:
    """Begin to prepare hosts; they end with this process while nobody has taken them."""
    spec.write(folder)
    (folder / MARK).write_text(str(os.getpid()), encoding="ascii")
    launch(folder)


def ready(folder: Path) -> bool:
    """Whether hosts are prepared and nothing is lacking but the job."""
    return (folder / READY).exists() and alive(folder)


def waits(folder: Path) -> bool:
    """Whether a folder's hosts have not been told of a job."""
    return (folder / MARK).exists()


def order(folder: Path) -> bool:
    """Tell hosts that a job's spec is in their folder now; False when they have ended."""
    (folder / READY).unlink(missing_ok=True)
    if not alive(folder):
        return False
    send(folder, signal.SIGUSR1)
    return True


def discard(folder: Path) -> None:
    """End what is in a folder and remove it; it need not exist."""
    kill(folder)
    take_lock(folder, blocking=True)
    reap(folder)
    for path in folder.glob("hosts/*/pid"):
        wait_for_process(*read_pid(path))
    remove(folder)
