"""Ports that programs are told to listen on."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator


@contextlib.contextmanager
def held() -> Iterator[int]:
    """A free port for a program that has yet to listen there, and that nobody else is given meanwhile.

    A socket that is bound without listening keeps the kernel from giving the port away, and lets in who asks
    for the port itself with SO_REUSEADDR, as servers do.
    """
    with socket.socket() as place:
        place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        place.bind(("127.0.0.1", 0))
        port: int = place.getsockname()[1]
        yield port
