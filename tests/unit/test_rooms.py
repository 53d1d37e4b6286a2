"""Rooms: a room imports only what stands to its right."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers import ROOT

SOURCE = ROOT / "src" / "oficina"

ORDER = ("app", "wire", "services", "engine", "runners", "store", "model", "errors")
"""The arrows of ARCHITECTURE.md, left to right."""

FREE = {"cli", "commands", "__main__"}
"""What a person types stands left of all rooms."""

GROUND = {"config", "__init__"}
"""May be imported by all and import nothing but one another."""

SAME = dict.fromkeys(("arns", "chaos", "clock", "expressions"), "errors")
"""What stands on the floor of the last room."""


FORMS = {"services/s3": ("body", "http", "rest", "sigv4", "times", "xml")}
"""S3 is HTTP by nature: its bodies stream, its documents are XML, its forms are signed (decision 0042)."""


def room(path: Path) -> str:
    """The room of a source file."""
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def imported(path: Path) -> Iterator[tuple[str, ...]]:
    """The modules of oficina that a file imports, as parts below ``oficina``."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            if name.startswith("oficina."):
                yield tuple(name.split(".")[1:])


def place(name: str) -> int:
    """How far right a room stands."""
    return ORDER.index(SAME.get(name, name))


FILES = sorted(
    path.relative_to(SOURCE) for path in SOURCE.rglob("*.py") if room(path) not in FREE | GROUND | {"shim"}
)


@pytest.mark.parametrize("name", FILES, ids=str)
def test_arrows_go_one_way(name: Path) -> None:
    mine = room(SOURCE / name)
    for parts in imported(SOURCE / name):
        if parts[0] in GROUND or parts[0].startswith("__"):
            continue
        if parts[0] == "wire" and parts[1] in FORMS.get("/".join(name.parts[:2]), ()):
            continue
        assert place(parts[0]) >= place(mine), f"{mine} imports oficina.{'.'.join(parts)}"


@pytest.mark.parametrize("name", [name for name in FILES if name.parts[0] == "services"], ids=str)
def test_services_never_import_each_other(name: Path) -> None:
    mine = name.parts[1]
    if not (SOURCE / "services" / mine).is_dir():
        return
    for parts in imported(SOURCE / name):
        other = parts[:2] != ("services", mine) and (SOURCE / "services" / "/".join(parts[1:2])).is_dir()
        assert not (parts[0] == "services" and len(parts) > 1 and other), f"imports {'.'.join(parts)}"


def test_images_never_import_oficina() -> None:
    for path in (ROOT / "images").rglob("*.py"):
        if "tests" not in path.parts:
            assert not list(imported(path)), path
