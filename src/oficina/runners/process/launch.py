"""Start, watch and end jobs from the server, through their folders alone: a restarted server can too."""

from __future__ import annotations

import errno
import fcntl
import os
import select
import signal
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

from .exit import Exit
from .supervision.facts import start_time

SUPERVISOR = str(Path(__file__).with_name("supervisor.py"))
CROWDED = (errno.EMFILE, errno.ENFILE)
"""What the kernel says when too many files are open: it passes."""
CROWDED_SECONDS = 0.5
NAMELESS_SECONDS = 10.0
"""How long the number of a supervisor is waited for at most: on a full disk it is not written down."""
RESERVED = "supervisor.pid.server"
PID_BYTES = 64
VANISHED = "the job's supervisor was killed before it could tell how the job ended"


def launch(folder: Path) -> None:
    """Start the supervisor of the job whose spec.json is in folder; returns in about 1 ms.

    The lock that tells whether a job is alive is taken here and handed over: ``alive`` is true from now on.
    A folder that has a running supervisor, or an exit.json, is left as it is.
    """
    lock = os.open(folder / "supervisor.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        if not take_over(folder, lock) or (folder / "exit.json").exists():
            return
        with reserve(folder) as file:
            write_pid(folder, file, spawn(folder, lock))
    finally:
        os.close(lock)


def take_over(folder: Path, lock: int) -> bool:
    """Take the lock, unless a supervisor holds it; who only looks at it lets go of it at once."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        if is_running(*read_pid(folder / "supervisor.pid")):
            return False
        fcntl.flock(lock, fcntl.LOCK_EX)
    return True


def spawn(folder: Path, lock: int) -> int:
    """posix_spawn shares memory with the server until exec, so it is quick whatever the server's size."""
    log = str(folder / "supervisor.log")
    chaos = os.environ.get("OFICINA_CHAOS")
    return os.posix_spawn(
        sys.executable,
        [sys.executable, "-I", "-S", SUPERVISOR, str(folder)],
        {"OFICINA_CHAOS": chaos} if chaos else {},
        file_actions=[
            (os.POSIX_SPAWN_DUP2, lock, 0),
            (os.POSIX_SPAWN_OPEN, 1, log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ],
        setsid=True,
        # A stop that comes before the supervisor can take it waits for it.
        setsigmask=[signal.SIGTERM],
        setsigdef=[signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD],
    )


def reserve(folder: Path) -> BinaryIO:
    """Room for a supervisor's id: one that ran without it being known could not be ended."""
    file = (folder / RESERVED).open("wb", buffering=0)
    try:
        file.write(b" " * PID_BYTES)
    except OSError:
        file.close()
        raise
    return file


def write_pid(folder: Path, file: BinaryIO, pid: int) -> None:
    try:
        text = f"{pid} {start_time(pid)}".ljust(PID_BYTES)
    except FileNotFoundError:
        (folder / RESERVED).unlink()
        return
    file.seek(0)
    file.write(text.encode("ascii"))
    (folder / RESERVED).rename(folder / "supervisor.pid")


def begun(folder: Path) -> bool:
    """Whether there is, or was, a supervisor: who launched may have died when there was but its lock."""
    return alive(folder) or (folder / "supervisor.pid").exists()


def alive(folder: Path) -> bool:
    """Whether the job's supervisor runs."""
    return not take_lock(folder, blocking=False)


def wait(folder: Path) -> Exit:
    """Wait until the job and all its processes have ended, whoever launched it, and say how."""
    while True:
        try:
            return wait_once(folder)
        except OSError as error:
            if error.errno not in CROWDED:
                raise
            time.sleep(CROWDED_SECONDS)


def wait_once(folder: Path) -> Exit:
    take_lock(folder, blocking=True)
    reap(folder)
    try:
        return Exit.from_json((folder / "exit.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        for path in sorted(folder.glob("hosts/*/pid")):
            wait_for_process(*read_pid(path))
        return Exit(ended=time.time(), reason="error", detail=VANISHED, started=started(folder))


def started(folder: Path) -> float | None:
    """When the user's program began, or None."""
    import json

    try:
        return float(json.loads((folder / "started.json").read_text(encoding="utf-8"))["time"])
    except FileNotFoundError:
        return None


def stop(folder: Path) -> None:
    """Ask the job to stop: SIGTERM, and SIGKILL after its grace. Returns at once."""
    send(folder, signal.SIGTERM)


def kill(folder: Path) -> None:
    """End the job's supervisor and with it all its processes, now."""
    send(folder, signal.SIGKILL)


def kill_all(folders: Iterable[Path]) -> None:
    """End several jobs' supervisors at once, and take those that are this server's off the process table."""
    ended = [folder for folder in folders if alive(folder)]
    for folder in ended:
        kill(folder)
    for folder in ended:
        reap(folder)


def take_lock(folder: Path, blocking: bool) -> bool:
    """Whether no supervisor holds the job's lock (any more).

    It is shared with others who look, and given back by name: a process that is being started just now has a
    copy of every handle for a moment.
    """
    try:
        lock = os.open(folder / "supervisor.lock", os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return True
    try:
        fcntl.flock(lock, fcntl.LOCK_SH if blocking else fcntl.LOCK_SH | fcntl.LOCK_NB)
        fcntl.flock(lock, fcntl.LOCK_UN)
        return True
    except BlockingIOError:
        return False
    finally:
        os.close(lock)


def reap(folder: Path) -> None:
    """Take the ended supervisor off the process table if it is this server's child."""
    pid, started_at = read_pid(folder / "supervisor.pid")
    if is_running(pid, started_at):
        try:
            os.waitpid(pid, 0)
        except ChildProcessError:
            return


def wait_for_process(pid: int, started_at: str) -> None:
    """Wait for the end of a process that is nobody's child here, such as process 1 of a killed supervisor."""
    try:
        handle = os.pidfd_open(pid) if pid else -1
    except OSError as error:
        if error.errno == errno.ESRCH:
            return
        raise
    if handle >= 0:
        if is_running(pid, started_at):
            poll = select.poll()
            poll.register(handle, select.POLLIN)
            poll.poll()
        os.close(handle)


def is_running(pid: int, started_at: str) -> bool:
    """Whether a process id still names the process that it named when it was written down."""
    try:
        return pid != 0 and start_time(pid) == started_at
    except (FileNotFoundError, ProcessLookupError):
        return False


def read_pid(path: Path) -> tuple[int, str]:
    """A process id and its process's start time; 0 when it is not known."""
    try:
        pid, started_at = path.read_text(encoding="ascii").split()
    except FileNotFoundError:
        return 0, ""
    return int(pid), started_at


def send(folder: Path, number: int) -> None:
    """Signal the supervisor, and never a stranger who was given its old number.

    One that was started just now is alive before its number is written down: that is waited for.
    """
    end = time.monotonic() + NAMELESS_SECONDS
    while alive(folder) and not signal_it(*read_pid(folder / "supervisor.pid"), number):
        if time.monotonic() > end:
            return
        time.sleep(0.001)


def signal_it(pid: int, started_at: str, number: int) -> bool:
    """Signal a process; False when it is not there, or not known yet."""
    try:
        handle = os.pidfd_open(pid) if pid else -1
    except OSError as error:
        if error.errno == errno.ESRCH:
            return False
        raise
    if handle < 0:
        return False
    try:
        running = is_running(pid, started_at)
        if running:
            signal.pidfd_send_signal(handle, number)
        return running
    except ProcessLookupError:
        return False
    finally:
        os.close(handle)
