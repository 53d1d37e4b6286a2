"""Pipe mode: a channel as named pipes, one for each epoch (``train_0``, ``train_1``, …)."""

from __future__ import annotations

import functools
import os
import signal

from . import kernel, room

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def make_first(pipe: dict[str, Any], path: str) -> None:
    """Make the first epoch's pipe, before the program can ask for it."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    if not os.path.exists(f"{path}_0"):
        os.mkfifo(f"{path}_0", 0o644)


def feed(pipe: dict[str, Any], path: str) -> int:
    """Start the process that feeds one channel of one host while the supervisor lives; its process id."""
    supervisor = os.getpid()
    child = os.fork()
    if child:
        return child
    try:
        kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != supervisor:  # It died before that.
            return 0
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        # Its standard input is the job's lock: the folder is not free before this, too, has ended.
        os.closerange(1, 256)
        feed_epochs(pipe["files"], path)
    finally:
        os._exit(0)


def feed_epochs(files: list[str], path: str) -> None:
    """Feed epoch after epoch; the next pipe exists before one ends, as a reader may ask for it at once."""
    epoch = 0
    while True:
        room.patiently(functools.partial(os.mkfifo, f"{path}_{epoch + 1}", 0o644))
        writer = os.open(f"{path}_{epoch}", os.O_WRONLY)
        try:
            for file in files:
                send(file, writer)
        except BrokenPipeError:
            pass  # The reader has seen enough of this epoch.
        os.unlink(f"{path}_{epoch}")
        os.close(writer)
        epoch += 1


def send(file: str, writer: int) -> None:
    """Move a file's bytes into a pipe inside the kernel."""
    reader = os.open(file, os.O_RDONLY)
    try:
        while os.sendfile(writer, reader, None, 1 << 20):
            pass
    finally:
        os.close(reader)
