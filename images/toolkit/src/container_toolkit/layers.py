"""pip, with what was installed before kept by content."""

from __future__ import annotations


def main(arguments: list[str]) -> int:
    """Run pip."""
    from pip._internal.cli.main import main as pip

    return int(pip(arguments))
