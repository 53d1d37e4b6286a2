"""Why a program failed, where it left no text of its own: what its exit code and its last line say.

AWS's sentence has the exit code alone then. The codes are those of shells and of Docker: 126 and 127 for a
program that cannot be executed or is not there, 128 and the signal's number for one that was killed.
"""

from __future__ import annotations

from pathlib import Path

from oficina.runners.process import Exit

NOT_EXECUTABLE, NOT_FOUND, KILLED = 126, 127, 137
_SAID = {
    NOT_EXECUTABLE: "a program could not be executed",
    NOT_FOUND: "a program was not found",
    KILLED: "the program was killed (SIGKILL), as the system does when memory runs short",
}
_TAIL = 4096


def code_of(end: Exit) -> int:
    """The exit code of a job; of a program that could not be started, what a shell would have given."""
    if end.reason != "not_started":
        return end.exit_code
    return NOT_EXECUTABLE if "could not be started" in end.detail else NOT_FOUND


def unsaid(end: Exit, folder: Path) -> str:
    """What an end says by itself, empty when that is nothing. ``folder`` is the job's."""
    if end.reason == "not_started":
        return end.detail
    host, code = next(((name, one.exit_code) for name, one in end.hosts.items() if one.exit_code), ("", 0))
    line = _last_line(folder / "hosts" / host / "log") if host else ""
    if code in (NOT_EXECUTABLE, NOT_FOUND):
        return f"{_SAID[code]}: {line}" if line else _SAID[code]
    if "can't open file" in line:  # what Python says of an entry point that is missing
        return line
    return _SAID.get(code, "")


def _last_line(log: Path) -> str:
    """The last line that a host printed, without its time."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, file.seek(0, 2) - _TAIL))
            lines = file.read().decode("utf-8", "replace").splitlines()
    except FileNotFoundError:
        return ""
    return lines[-1].partition(" ")[2].strip()[:512] if lines else ""
