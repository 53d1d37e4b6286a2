"""What an environment gets besides its packages: our sources, ``train`` and ``serve``, and the quick pip."""

from __future__ import annotations

import shlex
import shutil
import subprocess
from pathlib import Path

from . import compiler
from .image import Image

_PIP_MAIN = '''"""pip, with what was installed before kept by content: see container_toolkit.layers."""

import sys

from container_toolkit.layers import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
'''


def furnish(image: Image) -> None:
    """Put our own things into a fresh environment."""
    packages = next((image.path / "lib").glob("python*/site-packages"))
    compiler.mend(packages)
    copied = []
    for source in image.sources:
        for package in sorted(each for each in source.iterdir() if each.name != "__pycache__"):
            _copy(package, packages / package.name)
            copied.append(packages / package.name)
    for name, command in (("train", image.train), ("serve", image.serve)):
        _command(image.path / "bin" / name, command)
    if (packages / "pip").is_dir() and (packages / "container_toolkit").is_dir():
        _quick_pip(image.path / "bin", packages)
        copied.append(packages / "pip" / "__main__.py")
    python = str(image.path / "bin" / "python")
    subprocess.run([python, "-I", "-m", "compileall", "-q", *map(str, copied)], check=True)


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"), dirs_exist_ok=True)
    else:
        shutil.copy(source, target)


def _command(path: Path, command: tuple[str, ...]) -> None:
    """``train`` and ``serve`` as programs, as containers have them; one that names itself exists already."""
    if command[0] == path.name:
        return
    python = path.parent / "python"
    words = [str(python) if word in ("python", "python3") else word for word in command[:1]]
    line = shlex.join([*words, *command[1:]])
    _write(path, f'#!/bin/sh\nexec {line} "$@"\n')


def _quick_pip(binaries: Path, packages: Path) -> None:
    """Every way to call pip goes through the front; ``import pip`` is pip's own as before."""
    _write(packages / "pip" / "__main__.py", _PIP_MAIN, executable=False)
    for script in binaries.glob("pip*"):
        _write(script, f"#!{binaries / 'python'}\n{_PIP_MAIN}")


def _write(path: Path, text: str, executable: bool = True) -> None:
    """Replace a file whole: the old one may be a hard link into uv's cache and must stay as it is."""
    temporary = path.with_name(f"{path.name}.new")
    temporary.write_text(text, encoding="utf-8")
    temporary.chmod(0o755 if executable else 0o644)
    temporary.rename(path)
