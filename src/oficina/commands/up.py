"""``oficina up``: the server, until it is told to end."""

from __future__ import annotations

import argparse
import ipaddress
import logging
import os
import re
import signal
import sqlite3
import sys
import threading
from types import FrameType

from oficina import __version__
from oficina.app import App
from oficina.commands import home
from oficina.config import Config
from oficina.errors import OficinaError
from oficina.store import shortage


def main(arguments: argparse.Namespace) -> int:
    """Serves; SIGINT and SIGTERM end it, and jobs run on."""
    settings = home.settings(arguments).with_overrides(
        host=arguments.host,
        port=arguments.port,
        account=arguments.account,
        region=arguments.region,
        open=arguments.open,
    )
    _check(settings)
    logging.basicConfig(
        level=logging.WARNING, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    # The first job of an image waits for its environment to be built: here one sees why.
    logging.getLogger("oficina.images").setLevel(logging.INFO)
    try:
        _serve(settings, arguments.quiet)
    except (OSError, sqlite3.Error) as error:
        if not shortage.is_shortage(error):
            raise
        raise OficinaError(
            f"{settings.home} cannot be written to ({error}). Free some space there, or type: "
            "oficina up --home ANOTHER_FOLDER"
        ) from error
    return 0


def _serve(settings: Config, quiet: bool) -> None:
    app = App(settings)

    _end_with_signals(app)
    print(app.address if quiet else _greeting(app), flush=True)
    try:
        app.run()
    finally:
        app.close()


def _end_with_signals(app: App) -> None:
    """Stops listening at SIGINT and SIGTERM.

    A handler runs in the main thread, which waits in ``accept`` and hears nothing of a signal that the
    kernel gave to another thread; so a thread of its own waits for the byte that tells of one.
    """
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    signal.set_wakeup_fd(writer)

    def wait() -> None:
        os.read(reader, 1)
        app.server.close()

    def taken(number: int, frame: FrameType | None) -> None:
        """The byte is written already."""

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, taken)
    threading.Thread(target=wait, name="signals", daemon=True).start()


def _check(settings: Config) -> None:
    if not 0 <= settings.port <= 65535:
        raise OficinaError(f"{settings.port} is no port. Type: oficina up --port 4600")
    if re.fullmatch(r"\d{12}", settings.account) is None:
        raise OficinaError(
            f"{settings.account} is no account. Type twelve digits: oficina up --account 123456789012"
        )
    if re.fullmatch(r"[a-z]{2}(-[a-z]+)+-\d", settings.region) is None:
        raise OficinaError(f"{settings.region} is no region of AWS. Type: oficina up --region us-east-1")
    if settings.open and not _loopback(settings.host):
        print(
            f"oficina: whoever reaches {settings.host} can run programs as you: --open checks no signature.",
            file=sys.stderr,
        )


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _greeting(app: App) -> str:
    env = f"{home.typed()} env{home.flag(app.config.home)}"
    return f'oficina {__version__} listens at {app.address} — in another terminal: eval "$({env})"'
