"""Building an environment: uv into the place where it stays, one builder at a time, marked when it is whole.

An environment knows its own place (its scripts name its Python), so it is not built elsewhere and moved: what
a killed builder left has no marker, and the next builder starts over.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import secrets
import shutil
import subprocess
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from uv import find_uv_bin

from . import compiler, furnish
from .image import MARKER, Image, ImageNotBuilt, Progress

PATIENCE = {"UV_HTTP_TIMEOUT": "180", "UV_HTTP_RETRIES": "5", "UV_COMPILE_BYTECODE_TIMEOUT": "1800"}
"""With an index that is slow or fails for a moment: seconds of silence, and how often uv asks again. And with
a busy machine: by itself uv gives up when the compiling of one file takes a minute, and some are large."""


def build(image: Image, images: Path, downloads: Path, progress: Progress) -> None:
    """Make an image's environment; who comes second waits for the first."""
    images.mkdir(parents=True, exist_ok=True)
    downloads.mkdir(parents=True, exist_ok=True)
    with _locked(images / f"{image.path.name}.lock", progress) as lock:
        if image.ready:
            return
        if image.path.exists():
            shutil.rmtree(image.path)
        progress(f"Building the image {image.name} {image.tag} (once)")
        if image.note:
            progress(image.note)
        _make(image, Uv(image, downloads.absolute(), progress, lock))
        facts = {"name": image.name, "tag": image.tag, "digest": image.digest, "python": str(image.python)}
        temporary = image.path / f"{MARKER}.new"
        temporary.write_text(json.dumps(facts), encoding="utf-8")
        temporary.rename(image.path / MARKER)
        progress(f"Built the image {image.name} {image.tag}")


def _make(image: Image, uv: Uv) -> None:
    uv.run("venv", "--python", str(image.python), "--no-project", str(image.path))
    lacking = compiler.missing(image.python) if image.pinned else ""
    if lacking:
        uv.progress(f"Going on without {lacking}: nothing but MPI needs it")
        uv.environment.update(compiler.stand_in(uv.downloads))
    options = ["--python", str(image.path / "bin" / "python"), "--compile-bytecode"]
    if image.pinned:
        options.append("--require-hashes")
    pins = str(_pins(image, uv))
    try:
        uv.run("pip", "sync", *options, pins)
    except ImageNotBuilt as error:
        # uv believes a list of versions for ten minutes; a pin may be younger than that.
        if "there is no version of" not in str(error):
            raise
        uv.run("pip", "sync", *options, "--refresh", pins)
    furnish.furnish(image)


def _pins(image: Image, uv: Uv) -> Path:
    """The file of pins; what a user left open is resolved once and kept."""
    folder = uv.downloads / "requirements"
    folder.mkdir(exist_ok=True)
    key = hashlib.sha256(f"{image.python}\n{image.requirements}".encode()).hexdigest()
    pins = folder / f"{key}.txt"
    if pins.exists():
        return pins
    own = secrets.token_hex(8)  # images of the same packages may be built at once
    temporary = folder / f"{key}.{own}"
    if image.pinned:
        temporary.write_text(image.requirements, encoding="utf-8")
    else:
        asked = folder / f"{key}.{own}.in"
        asked.write_text(image.requirements + "\npip\n", encoding="utf-8")
        uv.run("pip", "compile", "-q", "--python", str(image.python), "-o", str(temporary), str(asked))
        asked.unlink()
    temporary.rename(pins)
    return pins


class Uv:
    """Runs uv for one image and passes on what it says."""

    def __init__(self, image: Image, downloads: Path, progress: Progress, lock: int) -> None:
        self.image = image
        self.downloads = downloads
        self.progress = progress
        self.lock = lock
        """uv holds it too: when its builder is killed, the next one waits for this uv to end."""
        self.environment = {
            **PATIENCE,
            **{
                name: value
                for name, value in os.environ.items()
                if not name.startswith(("PYTHON", "VIRTUAL_ENV"))
            },
            "UV_CACHE_DIR": str(downloads / "uv"),
            "UV_LINK_MODE": "hardlink",
            "UV_PYTHON_DOWNLOADS": "never",
            "UV_NO_PROGRESS": "1",
            "NO_COLOR": "1",
        }

    def run(self, *arguments: str) -> None:
        """One command, away from projects whose settings are not meant for it. Raises ImageNotBuilt."""
        last = deque[str](maxlen=12)
        with subprocess.Popen(
            [find_uv_bin(), *arguments],
            env=self.environment,
            cwd=self.downloads,
            pass_fds=[self.lock],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        ) as process:
            assert process.stdout is not None
            for line in process.stdout:
                if line.strip():
                    last.append(line.strip())
                    self.progress(line.rstrip())
        if process.returncode:
            raise ImageNotBuilt(_failure(self.image, last))


def _failure(image: Image, last: Sequence[str]) -> str:
    said = " ".join(last)
    remedy = "Look at what it says"
    if "Python.h" in said:
        remedy = "Install Python's headers (Debian: apt-get install python3-dev)"
    elif "gcc" in said or "command 'cc'" in said:
        remedy = "Install a C compiler (Debian: apt-get install gcc)"
    elif "dns error" in said or "Failed to fetch" in said or "error sending request" in said:
        remedy = "Connect to the package index"
    return (
        f"The image {image.name} {image.tag} could not be built. {remedy}, then type: "
        f"oficina image build {image.uri}. uv said: {said}"
    )


@contextmanager
def _locked(path: Path, progress: Progress) -> Iterator[int]:
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress("Waiting for another process that builds this image")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield handle
    finally:
        os.close(handle)
