"""The process runner: a job is a folder, a supervisor process and namespaces of its own; no container.

The engine writes a ``Spec`` into a job's folder, calls ``launch`` and ``wait``; all else is in the folder.
"""

from .check import check, notes
from .exit import Exit, HostExit
from .launch import VANISHED, alive, begun, kill, kill_all, launch, read_pid, started, stop, wait
from .prepared import discard, order, prepare, ready, waits
from .spec import File, Input, Layer, Output, Pipe, Spec, Waits
from .supervision.facts import read_text
from .supervision.removal import remove

__all__ = [
    "VANISHED",
    "Exit",
    "File",
    "HostExit",
    "Input",
    "Layer",
    "Output",
    "Pipe",
    "Spec",
    "Waits",
    "alive",
    "begun",
    "check",
    "discard",
    "kill",
    "kill_all",
    "launch",
    "notes",
    "order",
    "prepare",
    "read_pid",
    "read_text",
    "ready",
    "remove",
    "started",
    "stop",
    "wait",
    "waits",
]
