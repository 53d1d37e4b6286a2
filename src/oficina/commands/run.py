"""``oficina run -- COMMAND``: a server on a home of its own for as long as a command runs."""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

from oficina.commands import env, home
from oficina.config import Config
from oficina.errors import OficinaError

PR_SET_PDEATHSIG = 1
"""From Linux's ``prctl.h``."""

ENDING_SECONDS = 300.0
"""A net for hangs: killing what still runs may take a busy machine long; what is not killed lives on."""

FORWARDED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)


def main(arguments: argparse.Namespace) -> int:
    """Gives the command's exit code; 128 and the number when a signal ended it."""
    command = arguments.command[1:] if arguments.command[:1] == ["--"] else arguments.command
    if not command:
        raise OficinaError("There is nothing to run. Type for example: oficina run -- pytest")
    settings = home.settings(arguments)
    with _folder(arguments.home) as folder, _server(folder, settings, arguments) as address:
        key, secret = home.keys(folder)
        region = arguments.region or settings.region
        found = env.variables(address, region, key, secret, os.environ)
        found |= {"OFICINA_HOME": str(folder), "OFICINA_CACHE": _cache(settings, arguments)}
        return _follow(command, env.apply(found, os.environ))


@contextlib.contextmanager
def _folder(kept: str | None) -> Iterator[Path]:
    if kept:
        yield Path(kept).expanduser().absolute()
        return
    folder = Path(tempfile.mkdtemp(prefix="oficina-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _server(folder: Path, settings: Config, arguments: argparse.Namespace) -> Iterator[str]:
    """A server process; jobs that still run when the command has ended are killed with it."""
    words = ["up", "--quiet", "--port", "0", "--home", str(folder)]
    words += ["--open"] if arguments.open else []
    words += ["--region", arguments.region] if arguments.region else []
    process = subprocess.Popen(
        [sys.executable, "-m", "oficina", *words],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "OFICINA_CACHE": _cache(settings, arguments) or ""},
        start_new_session=True,  # a Ctrl-C is for the command; the server ends after it
        preexec_fn=_die_with_parent,  # also after a kill -9
    )
    assert process.stdout is not None
    try:
        address = process.stdout.readline().strip()
        if not address:
            raise OficinaError(f"The server did not start (exit code {process.wait()}). Type: oficina doctor")
        yield address
        if not arguments.home:
            request = urllib.request.Request(f"{address}/_oficina/reset", method="POST")
            with contextlib.suppress(OSError):
                urllib.request.urlopen(request, timeout=ENDING_SECONDS).close()
    finally:
        process.terminate()
        try:
            process.wait(timeout=ENDING_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _cache(settings: Config, arguments: argparse.Namespace) -> str | None:
    """Images are built once, not for each temporary home."""
    if settings.cache is None and arguments.home:
        return None
    return str(settings.cache or settings.home)


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _follow(command: list[str], environment: dict[str, str]) -> int:
    begun: list[subprocess.Popen[bytes]] = []
    early: list[int] = []

    def forward(number: int, frame: FrameType | None) -> None:
        if not begun:
            early.append(number)  # it came while the command was being started
        # A Ctrl-C of the terminal has reached the command by itself.
        elif number not in (signal.SIGINT, signal.SIGQUIT) or not sys.stdin.isatty():
            begun[0].send_signal(number)

    # What is ignored, as under nohup, the command ignores too.
    heard = [number for number in FORWARDED if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, forward) for number in heard}
    try:
        begun.append(subprocess.Popen(command, env=environment))
        for number in early:
            forward(number, None)
        code = begun[0].wait()
    except OSError as error:
        raise OficinaError(f"{command[0]} cannot be run ({error.strerror}).") from error
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return 128 - code if code < 0 else code
