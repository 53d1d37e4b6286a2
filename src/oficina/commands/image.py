"""``oficina image``: the images that jobs run in, and the user's own."""

from __future__ import annotations

import argparse
import shlex
import sys
from pathlib import Path

from oficina.commands import home
from oficina.commands.table import table
from oficina.config import Config
from oficina.runners.images import Catalog


def main(arguments: argparse.Namespace) -> int:
    """Does the action that was typed."""
    settings = home.settings(arguments)
    match arguments.action:
        case "list":
            _list(settings)
        case "build":
            _build(settings, arguments.name)
        case "add":
            own = Catalog(settings).registry.add(
                arguments.name,
                Path(arguments.requirements).expanduser(),
                tuple(shlex.split(arguments.entrypoint)),
            )
            print(f"Any image URI that ends with {own.name} now means these packages.")
            print(f"Its environment is made by the first job, or now with: oficina image build {own.name}")
        case "remove":
            Catalog(settings).registry.remove(arguments.name)
            print(f"{arguments.name} has no meaning any more.")
    return 0


def _list(settings: Config) -> None:
    rows = [
        (
            image.repository if image.pinned else image.name.partition(":")[0],
            image.tag,
            "built" if image.ready else "on first use",
        )
        for image in Catalog(settings).images()
    ]
    print(table(("REPOSITORY", "TAG", "ENVIRONMENT"), rows))


def _build(settings: Config, names: list[str]) -> None:
    catalog = Catalog(settings)
    for image in [catalog.resolve(name) for name in names] if names else catalog.images():
        print(f"{image.repository}:{image.tag}", "is there" if image.ready else "…", flush=True)
        catalog.build(image, lambda line: print(f"  {line}", file=sys.stderr, flush=True))
