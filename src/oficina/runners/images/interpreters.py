"""The Pythons of this machine, and which of them an image runs on."""

from __future__ import annotations

import functools
import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import uv

Version = tuple[int, int]

ELSEWHERE = (
    "~/.pyenv/versions",
    "~/.asdf/installs/python",
    "~/.local/share/mise/installs/python",
)
"""Where version managers keep the Pythons that are not on the PATH, beside those that uv manages itself."""

_CLAUSE = re.compile(r"(>=|<=|==|<|>)\s*3\.(\d+)")


@dataclass(frozen=True, kw_only=True)
class Interpreter:
    """One installed Python."""

    version: Version
    full: str
    path: Path


def running() -> Interpreter:
    """The Python that runs oficina (below its virtual environment): the only one sure to be there."""
    version = sys.version_info
    base = getattr(sys, "_base_executable", None) or sys.executable
    return Interpreter(
        version=(version.major, version.minor),
        full=".".join(str(part) for part in version[:3]),
        path=Path(os.path.realpath(base)),
    )


@functools.cache
def installed() -> tuple[Interpreter, ...]:
    """The other CPythons that uv finds, on the PATH or at a version manager's; none is ever downloaded."""
    command = [uv.find_uv_bin(), "python", "list", "--only-installed", "--output-format", "json"]
    folders = [*os.environ.get("PATH", "").split(os.pathsep), *_elsewhere()]
    environment = {
        **os.environ,
        "PATH": os.pathsep.join(part for part in folders if os.path.basename(part) != "shims"),
        "UV_PYTHON_DOWNLOADS": "never",
        "UV_NO_CONFIG": "1",
    }
    answer = subprocess.run(command, env=environment, capture_output=True, check=False)
    found: dict[Path, Interpreter] = {}
    for entry in json.loads(answer.stdout or b"[]"):
        if entry.get("implementation") == "cpython" and entry.get("variant", "default") == "default":
            path = Path(os.path.realpath(entry["path"]))
            parts = entry["version_parts"]
            found.setdefault(
                path,
                Interpreter(version=(parts["major"], parts["minor"]), full=entry["version"], path=path),
            )
    return tuple(sorted(found.values(), key=lambda each: each.version, reverse=True))


def _elsewhere() -> list[str]:
    """The folders of programs of every version that a version manager has."""
    roots = [Path(place).expanduser() for place in ELSEWHERE]
    if os.environ.get("PYENV_ROOT"):
        roots.insert(0, Path(os.environ["PYENV_ROOT"]) / "versions")
    return [str(folder) for root in roots for folder in sorted(root.glob("3.*/bin"))]


def fits(version: Version, constraint: str) -> bool:
    """Whether a version is within a constraint such as ``>=3.11,<3.13``."""
    for clause in filter(None, (part.strip() for part in constraint.split(","))):
        found = _CLAUSE.fullmatch(clause)
        if found is None:
            raise ValueError(f"'{clause}' is no constraint on Python; write it like '>=3.11'")
        mine, other = version[1], int(found.group(2))
        held = {
            ">=": mine >= other,
            "<=": mine <= other,
            "==": mine == other,
            "<": mine < other,
            ">": mine > other,
        }
        if not held[found.group(1)]:
            return False
    return True


def choose(constraint: str, wanted: Version | None = None) -> Interpreter | None:
    """The wanted version if the machine has it, else the Python that runs oficina, else any that fits."""
    own = running()
    if wanted not in (None, own.version) and fits(wanted, constraint):
        for each in installed():
            if each.version == wanted:
                return each
    if fits(own.version, constraint):
        return own
    return next((each for each in installed() if fits(each.version, constraint)), None)
