"""``oficina reset``: an empty server."""

from __future__ import annotations

import argparse
import sys
import urllib.request

from oficina.commands import home
from oficina.errors import OficinaError


def main(arguments: argparse.Namespace) -> int:
    """Empties every account and region; running jobs are killed, keys and built images stay."""
    settings = home.settings(arguments)
    server = home.server(settings.home)
    if not arguments.yes:
        _ask(f"Empty {settings.home}: every bucket, job, model and endpoint? [y/N] ")
    request = urllib.request.Request(f"{server.address}/_oficina/reset", method="POST")
    urllib.request.urlopen(request, timeout=60).close()
    print(f"{server.address} is empty.")
    return 0


def _ask(question: str) -> None:
    if not sys.stdin.isatty():
        raise OficinaError("Nobody is there to say yes. Type: oficina reset --yes")
    if input(question).strip().lower() not in ("y", "yes", "s", "sim"):
        raise OficinaError("Nothing was emptied.")
