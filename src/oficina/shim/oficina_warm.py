"""A Python that waits in a warm pool: started, with an image's libraries imported, before there is a program.

``python -m oficina_warm SETTINGS`` (JSON) is started by process 1 of a host. Each program that it is asked to
run becomes a process of its own, forked from this one, in which nothing was run but imports. A program for
which the imports could have been different (other variables, another path, a module of its own of the same
name) is refused and starts as any other does.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import select
import signal
import socket
import sys

import oficina_ask
import oficina_program

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any


class _Missing:
    """The last of the finders: notes what the imports looked for and did not find."""

    def __init__(self) -> None:
        self.names: set[str] = set()

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: object = None) -> None:
        """Finds nothing."""
        if "." not in name:
            self.names.add(name)


def main() -> None:
    """Imports, says that it is ready, and runs what it is asked to until the host ends."""
    settings: dict[str, Any] = json.loads(sys.argv[1])
    output, before = _quiet(), dict(os.environ)
    world = oficina_program.World(before, imported(settings["imports"]), settings["drivers"])
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(settings["door"])
        listener.listen(16)
        _aloud(output)
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        gc.collect()
        gc.freeze()
        os.write(settings["answer"], b"ready\n")
        program = _serve(world, listener, settings["ask"], settings["answer"])
    # Only a fork gets here: the program's own process.
    program()


def imported(names: Sequence[str]) -> set[str]:
    """Imports modules, those that are there, and gives the names that nothing was found for.

    Of ``module:function`` the function is called once its module is imported.
    """
    missing = _Missing()
    sys.meta_path.append(missing)
    for name in names:
        module, _, function = name.partition(":")
        try:
            found = importlib.import_module(module)
            if function:
                getattr(found, function)()
        except Exception as error:  # a module that cannot be imported is the program's own affair
            print(f"{name} could not be imported: {error!r}", file=sys.stderr)
    sys.meta_path.remove(missing)
    return missing.names


def _quiet() -> tuple[int, int]:
    """Nothing of the imports is to be seen in the log of a job that has not begun."""
    kept = os.dup(1), os.dup(2)
    null = os.open("/dev/null", os.O_WRONLY)
    os.dup2(null, 1)
    os.dup2(null, 2)
    os.close(null)
    return kept


def _aloud(kept: tuple[int, int]) -> None:
    for number, handle in enumerate(kept, 1):
        os.dup2(handle, number)
        os.close(handle)


def _serve(world: oficina_program.World, listener: socket.socket, ask: int, answer: int) -> Any:
    """Answers until the end of the host; returns in the processes of programs, with the program."""
    poll = select.poll()
    poll.register(ask, select.POLLIN)
    poll.register(listener.fileno(), select.POLLIN)
    while True:
        for number, _ in poll.poll():
            if number == ask:
                program = _first(world, ask, answer)
            else:
                connection = listener.accept()[0]
                program = _another(world, connection)
                connection.close()
            if program is not None:
                listener.close()
                os.close(ask)
                os.close(answer)
                return program


def _first(world: oficina_program.World, ask: int, answer: int) -> Any:
    """The job's own program, asked for by process 1, whose child it becomes."""
    data = _exactly(lambda count: os.read(ask, count))
    if data is None:
        os._exit(0)
    asked = oficina_ask.Asked(data)
    refused = world.refusal(asked)
    if refused:
        os.write(answer, f"no {refused}\n".encode())
        return None
    if os.fork():
        if not world.drives(asked.argv):
            os._exit(0)  # Nobody else may ask: the program's own programs start as everywhere.
        return None
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    if os.fork():
        os._exit(0)  # An orphan is process 1's.
    os.write(answer, b"runs %d\n" % os.getpid())
    return world.program(asked)


def _another(world: oficina_program.World, connection: socket.socket) -> Any:
    """A program that another program of the job has started; a process of its own watches over it."""
    if os.fork():
        return None
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    handles: list[int] = []

    def read(count: int) -> bytes:
        data, more, _, _ = socket.recv_fds(connection, count, 3)
        handles.extend(more)
        return data

    data = _exactly(read)
    if data is None:
        os._exit(0)
    asked = oficina_ask.Asked(data)
    refused = world.refusal(asked, oficina_ask.limits())
    if refused:
        word = "keep" if world.drives(asked.argv) else "no"
        connection.sendall(f"{word} {refused}\n".encode())
        os._exit(0)
    child = os.fork()
    if child == 0:
        for number, handle in enumerate(handles):
            os.dup2(handle, number)
            os.close(handle)
        return world.program(asked)
    os.closerange(0, 3)
    for handle in handles:
        os.close(handle)
    with contextlib.suppress(OSError):  # whoever asked may be dead by now; then the program is killed
        connection.sendall(b"runs %d\n" % child)
    status = _watch(child, connection)
    with contextlib.suppress(OSError):
        connection.sendall(b"%d\n" % status)
    os._exit(0)


def _watch(child: int, connection: socket.socket) -> int:
    """The program's wait status; it is killed when the process in front of it is."""
    handle = os.pidfd_open(child)
    poll = select.poll()
    poll.register(handle, select.POLLIN)
    poll.register(connection.fileno(), select.POLLIN)
    if handle not in {number for number, _ in poll.poll()}:
        os.kill(child, signal.SIGKILL)
    return os.waitpid(child, 0)[1]


def _exactly(read: Callable[[int], bytes]) -> bytes | None:
    """A request, whose length comes first; None at the end."""
    data = b""
    while len(data) < 4 or len(data) < 4 + int.from_bytes(data[:4], "little"):
        piece = read(65536)
        if not piece:
            return None
        data += piece
    return data[4:]


if __name__ == "__main__":
    main()
