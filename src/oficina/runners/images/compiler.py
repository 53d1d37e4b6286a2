"""Building what has no wheel, on a machine without Python's headers.

AWS's ``sagemaker-training`` comes as source with one small C module, ``gethostname``, that only its MPI
runner needs. Many machines have a Python without headers, or no compiler at all. There a stand-in for the
compiler writes an empty module, and ``mend`` puts one in Python in its place: script mode works, MPI fails.
It is for the images that come with oficina, which compile nothing else; a user's image says what is missing.
"""

from __future__ import annotations

import secrets
import shutil
import subprocess
from pathlib import Path

_STAND_IN = """#!/bin/sh
# A compiler that makes empty files: see oficina.runners.images.compiler.
while [ $# -gt 0 ]; do
    if [ "$1" = -o ]; then : > "$2"; fi
    shift
done
"""
_HEADERS = "import sysconfig; print(sysconfig.get_path('include'))"
_MODULE = '"""Stands in for the C module, which could not be compiled; only the MPI runner needs it."""\n'


def missing(python: Path) -> str:
    """What a compilation for this Python lacks, or an empty text."""
    if shutil.which("cc") is None and shutil.which("gcc") is None:
        return "a C compiler (Debian: apt-get install gcc)"
    told = subprocess.run([python, "-I", "-S", "-c", _HEADERS], capture_output=True, text=True, check=True)
    if not (Path(told.stdout.strip()) / "Python.h").is_file():
        return "Python's headers (Debian: apt-get install python3-dev)"
    return ""


def stand_in(folder: Path) -> dict[str, str]:
    """The variables by which setuptools uses the stand-in."""
    path = folder / "stand-in-cc"
    temporary = folder / f"stand-in-cc.{secrets.token_hex(8)}"
    temporary.write_text(_STAND_IN, encoding="utf-8")
    temporary.chmod(0o755)
    temporary.rename(path)
    return {"CC": str(path), "CXX": str(path), "LDSHARED": str(path)}


def mend(packages: Path) -> None:
    """Put a module in Python where the stand-in left an empty one."""
    for path in packages.glob("gethostname.*.so"):
        if path.stat().st_size == 0:
            path.unlink()
            (packages / "gethostname.py").write_text(_MODULE, encoding="utf-8")
