"""Lets the Python that waits in a warm pool run the program that this Python was started for.

This one stays in front of it: it passes signals on and ends as the program ends. Only a plain start is handed
over; whatever is unusual runs here, as everywhere else.
"""

from __future__ import annotations

import _signal
import _socket
import os
import sys

import oficina_ask

PASSED_ON = (
    _signal.SIGTERM,
    _signal.SIGINT,
    _signal.SIGHUP,
    _signal.SIGQUIT,
    _signal.SIGUSR1,
    _signal.SIGUSR2,
)


def hand_over(door: str) -> None:
    """Ends this process with the program, or returns when the program has to run here."""
    keep = False
    # 0, 1, 2 and the listing itself; what else is open is meant for this very process (multiprocessing).
    # Python 3.9 does not know how it was started.
    if hasattr(sys, "orig_argv") and len(os.listdir("/proc/self/fd")) == 4:
        # What is sent to this process meanwhile is kept, for the program or for this one when it runs here.
        before = _signal.pthread_sigmask(_signal.SIG_BLOCK, PASSED_ON)
        try:
            keep = _hand_over(door, before)
        except OSError:
            keep = False
        _signal.pthread_sigmask(_signal.SIG_SETMASK, before)
    if not keep:
        os.environ.pop(oficina_ask.VARIABLE, None)


def _hand_over(door: str, mask: set[int]) -> bool:
    connection = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
    connection.connect(door)
    umask = os.umask(0)
    os.umask(umask)
    data = oficina_ask.request(sys.orig_argv, dict(os.environ), os.getcwd(), umask, oficina_ask.limits())
    handles = b"".join(number.to_bytes(4, sys.byteorder) for number in (0, 1, 2))
    sent = connection.sendmsg([data], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, handles)])
    while sent < len(data):
        sent += connection.send(data[sent:])
    word, _, rest = _line(connection).partition(b" ")
    if word != b"runs":
        connection.close()
        return word == b"keep"
    _stand_in(connection, int(rest), mask)
    return False


def _stand_in(connection: _socket.socket, program: int, mask: set[int]) -> None:
    """Be the program to whoever started this process, until it ends."""

    def pass_on(number: int, _frame: object) -> None:
        try:
            os.kill(program, number)
        except ProcessLookupError:
            return

    for number in PASSED_ON:
        _signal.signal(number, pass_on)
    _signal.pthread_sigmask(_signal.SIG_SETMASK, mask)
    line = _line(connection)
    status = int(line) if line else 9  # The one that watched it was killed, and took it along.
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        if number not in (_signal.SIGKILL, _signal.SIGSTOP):
            _signal.signal(number, _signal.SIG_DFL)
        os.kill(os.getpid(), number)
    os._exit(os.WEXITSTATUS(status))


def _line(connection: _socket.socket) -> bytes:
    line = b""
    while not line.endswith(b"\n"):
        piece = connection.recv(256)
        if not piece:
            break
        line += piece
    return line.rstrip(b"\n")
