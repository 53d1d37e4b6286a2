"""The home folder as the command sees it: who serves it, and with which key."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import socket
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from oficina import config
from oficina.config import Config
from oficina.errors import OficinaError


@dataclass(frozen=True, slots=True)
class Running:
    """A server that answers."""

    pid: int
    address: str
    region: str


def settings(arguments: argparse.Namespace) -> Config:
    """The settings, with the home that was typed, if any."""
    try:
        found = config.load()
    except ValueError as error:
        raise OficinaError(f"{error}. Type: unset {str(error).partition('=')[0]}") from error
    home = getattr(arguments, "home", None)
    return found.with_overrides(home=Path(home).expanduser().absolute() if home else None)


def running(home: Path) -> Running | None:
    """The server of a home, or None when none answers."""
    try:
        said = json.loads((home / "server.json").read_bytes())
        found = Running(said["pid"], said["address"], said["region"])
        os.kill(found.pid, 0)
        where = urlsplit(found.address)
        socket.create_connection((where.hostname or "", where.port or 0), timeout=1.0).close()
    except PermissionError:  # somebody else's process, and alive
        return found
    except (OSError, ValueError, KeyError):
        return None
    return found


def server(home: Path) -> Running:
    """The server of a home. Raises OficinaError when none answers."""
    found = running(home)
    if found is None:
        raise OficinaError(f"No server runs on {home}. Type in another terminal: {up(home)}")
    return found


def keys(home: Path) -> tuple[str, str]:
    """The access key and the secret that were made at the home's first start."""
    try:
        said = json.loads((home / "keys.json").read_bytes())
    except OSError as error:
        raise OficinaError(f"{home}/keys.json cannot be read ({error.strerror}). Type: {up(home)}") from error
    return said["access_key"], said["secret"]


def up(home: Path) -> str:
    """The command that starts a server on a home."""
    return f"{typed()} up{flag(home)}"


def flag(home: Path) -> str:
    """The option that names a home, empty for the home that needs no naming."""
    return "" if home == Config().home.expanduser() else f" --home {home}"


def typed() -> str:
    """How this command is typed here: by its name where the shell would find it, else by its path."""
    script = Path(sys.argv[0])
    if script.name != "oficina" or shutil.which("oficina"):
        return "oficina"
    return os.path.relpath(script) if script.is_relative_to(Path.cwd()) else str(script)
