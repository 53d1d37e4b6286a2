"""``oficina doctor``: what this machine has and lacks, each lack with its remedy."""

from __future__ import annotations

import argparse
import os
import platform
import resource
import shutil
import socket
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from oficina.commands import home
from oficina.config import Config


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; a remedy means that something is wrong."""

    subject: str
    said: str
    remedy: str = ""


def main(arguments: argparse.Namespace) -> int:
    """Prints the findings; 1 when something is lacking."""
    settings = home.settings(arguments)
    lacking = 0
    for look in LOOKS:
        for finding in look(settings):
            lacking += bool(finding.remedy)
            print(f"{'!!' if finding.remedy else 'ok'}  {finding.subject:<12} {finding.said}", flush=True)
            if finding.remedy:
                print(f"    {'':<12} → {finding.remedy}")
    print(f"{lacking} to mend." if lacking else "All is well.")
    return 1 if lacking else 0


def _python(settings: Config) -> Iterator[Finding]:
    said = f"{platform.python_version()} at {sys.executable}"
    old = sys.version_info < (3, 11)
    yield Finding("Python", said, "Install Python 3.11, 3.12 or 3.13." if old else "")


def _uv(settings: Config) -> Iterator[Finding]:
    try:
        import uv

        yield Finding("uv", uv.find_uv_bin())
    except (ImportError, FileNotFoundError):
        yield Finding("uv", "is missing; images cannot be built", "Type: pip install uv")


def _compiler(settings: Config) -> Iterator[Finding]:
    found = shutil.which("cc") or shutil.which("gcc")
    remedy = "Debian, Ubuntu: apt-get install gcc libc6-dev"
    yield Finding("C compiler", found or "none; sagemaker-training needs one", "" if found else remedy)


def _home(settings: Config) -> Iterator[Finding]:
    place = settings.home
    while not place.exists():
        place = place.parent
    if not os.access(place, os.W_OK):
        yield Finding(
            "home", f"{settings.home} cannot be written to", "Type: oficina up --home ANOTHER_FOLDER"
        )
        return
    free = shutil.disk_usage(place).free
    said = f"{settings.home}, {free / 1e9:.1f} GB free"
    short = free < settings.free_bytes + 4e9
    yield Finding(
        "home", said, "Make room: images need about 4 GB and jobs what they write." if short else ""
    )


def _server(settings: Config) -> Iterator[Finding]:
    found = home.running(settings.home)
    if found is not None:
        yield Finding("server", f"process {found.pid} at {found.address}")
        return
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((settings.host, settings.port))
        except OSError as error:
            said = f"none on this home, and {settings.host}:{settings.port} is not free ({error.strerror})"
            yield Finding("server", said, "Type: oficina up --port 0")
            return
    yield Finding("server", f"none on this home; port {settings.port} is free")


def _jobs(settings: Config) -> Iterator[Finding]:
    from oficina.runners.process import check

    lacks = check()
    for lack in lacks:
        yield Finding("jobs", lack, _kernel_remedy() or "Run oficina where namespaces are allowed.")
    if not lacks:
        yield Finding("jobs", "a job runs in namespaces of its own")


_KERNEL = {
    "/proc/sys/kernel/unprivileged_userns_clone": ("0", "kernel.unprivileged_userns_clone=1"),
    "/proc/sys/user/max_user_namespaces": ("0", "user.max_user_namespaces=15000"),
    "/proc/sys/kernel/apparmor_restrict_unprivileged_userns": (
        "1",
        "kernel.apparmor_restrict_unprivileged_userns=0",
    ),
}
"""Switches that forbid an ordinary user its namespaces: the file, its forbidding value, the remedy."""


def _kernel_remedy() -> str:
    closed = [
        setting
        for path, (value, setting) in _KERNEL.items()
        if _read(Path(path)) == value and os.geteuid() != 0
    ]
    return f"Type: sudo sysctl -w {' '.join(closed)}" if closed else ""


def _read(path: Path) -> str | None:
    try:
        return path.read_text().strip()
    except OSError:
        return None


def _clients(settings: Config) -> Iterator[Finding]:
    from oficina.runners.images.interpreters import installed, running

    found = {each.version for each in (running(), *installed())}
    pythons = ", ".join(f"{major}.{minor}" for major, minor in sorted(found) if minor >= 9)
    yield Finding("Pythons", f"{pythons}: remote functions of clients on these can run here")


def _limits(settings: Config) -> Iterator[Finding]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    remedy = "" if soft >= 1024 else "Type before oficina up: ulimit -n 4096"
    yield Finding("open files", f"at most {soft} ({hard})", remedy)


def _images(settings: Config) -> Iterator[Finding]:
    from oficina.runners.images import Catalog

    images = Catalog(settings).images()
    built = [f"{image.repository}:{image.tag}" for image in images if image.ready]
    said = f"{len(built)} of {len(images)} built; the others are on first use, or now: oficina image build"
    yield Finding("images", said if len(built) < len(images) else f"all {len(images)} built")


LOOKS: tuple[Callable[[Config], Iterator[Finding]], ...] = (
    _python,
    _uv,
    _compiler,
    _home,
    _server,
    _limits,
    _jobs,
    _clients,
    _images,
)
