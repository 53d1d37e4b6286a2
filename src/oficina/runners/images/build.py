"""Building an environment: uv into the place where it stays, one builder at a time, marked when it is whole.

An environment knows its own place (its scripts name its Python), so it is not built elsewhere and moved: what
a killed builder left has no marker, and the next builder starts over.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import uv

from . import furnish
from .image import MARKER, Image, ImageNotBuilt, Progress


def build(image: Image, images: Path, downloads: Path, progress: Progress) -> None:
    """Make an image's environment; who comes second waits for the first."""
    images.mkdir(parents=True, exist_ok=True)
    downloads.mkdir(parents=True, exist_ok=True)
    with _locked(images / f"{image.path.name}.lock", progress):
        if image.ready:
            return
        if image.path.exists():
            shutil.rmtree(image.path)
        progress(f"Building the image {image.name} {image.tag} (once)")
        _make(image, downloads, progress)
        facts = {"name": image.name, "tag": image.tag, "digest": image.digest, "python": str(image.python)}
        temporary = image.path / f"{MARKER}.new"
        temporary.write_text(json.dumps(facts), encoding="utf-8")
        temporary.rename(image.path / MARKER)
        progress(f"Built the image {image.name} {image.tag}")


def _make(image: Image, downloads: Path, progress: Progress) -> None:
    run = _Uv(image, downloads, progress)
    run("venv", "--python", str(image.python), "--no-project", str(image.path))
    pins = _pins(image, downloads, run)
    python = str(image.path / "bin" / "python")
    strict = ["--require-hashes"] if image.pinned else []
    run(
        "pip",
        "sync",
        "--python",
        python,
        *strict,
        "--compile-bytecode",
        "--allow-empty-requirements",
        str(pins),
    )
    furnish.furnish(image)


def _pins(image: Image, downloads: Path, run: _Uv) -> Path:
    """The file of pins; what a user left open is resolved once and kept."""
    folder = downloads / "requirements"
    folder.mkdir(exist_ok=True)
    key = hashlib.sha256(f"{image.python}\n{image.requirements}".encode()).hexdigest()
    pins = folder / f"{key}.txt"
    if pins.exists():
        return pins
    temporary = folder / f"{key}.{os.getpid()}"
    if image.pinned:
        temporary.write_text(image.requirements, encoding="utf-8")
    else:
        asked = folder / f"{key}.{os.getpid()}.in"
        asked.write_text(image.requirements + "\npip\n", encoding="utf-8")
        run("pip", "compile", "-q", "--python", str(image.python), "-o", str(temporary), str(asked))
        asked.unlink()
    temporary.rename(pins)
    return pins


class _Uv:
    """Runs uv for one image and passes on what it says."""

    def __init__(self, image: Image, downloads: Path, progress: Progress) -> None:
        self.image = image
        self.progress = progress
        self.environment = {
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

    def __call__(self, *arguments: str) -> None:
        command = [uv.find_uv_bin(), *arguments]
        last = deque[str](maxlen=12)
        with subprocess.Popen(
            command,
            env=self.environment,
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
def _locked(path: Path, progress: Progress) -> Iterator[None]:
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress("Waiting for another process that builds this image")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
