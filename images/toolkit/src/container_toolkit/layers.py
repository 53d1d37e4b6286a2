"""pip in front of pip: what was installed once is kept by content, and put in place the next time.

The environment of a job is a writable copy of the image's. The first job that asks for something lets pip do
it there, and then leaves what pip added as a *layer* in the folder OFICINA_LAYERS::

    <key>/manifest.json      what was added and taken away, every file with its size
    <key>/files/...          the added files, as they lie below the environment

The key is made of the environment (its image, and every package in it), the question (requirements, options)
and pip's settings. A job that comes with the same key copies the files and never starts pip. A layer is made
aside and renamed, so that it is there whole or not at all, whoever is killed; who finds one that was made
meanwhile keeps it. Where anything is not as it should be, pip itself does the work. A question that leaves
versions open is answered anew after a day.
"""

from __future__ import annotations

import csv
import hashlib
import json
import os
import shutil
import sys
import sysconfig
import time
import uuid
from collections.abc import Iterator

from . import asked as questions

VARIABLE = "OFICINA_LAYERS"
FORMAT = 1
DAY = 24 * 3600.0
ROOM = 1 << 30
"""Bytes that keeping a layer must leave free on the disk."""
_IMAGE = "oficina-image.json"
_SETTINGS = ("/etc/pip.conf", "/etc/xdg/pip/pip.conf", os.path.join(sys.prefix, "pip.conf"))


def main(arguments: list[str]) -> int:
    """Do what pip's arguments ask for."""
    folder = os.environ.get(VARIABLE, "")
    asked = questions.read(arguments)
    if not folder or not os.access(folder, os.W_OK):
        return _pip(arguments)
    os.environ.setdefault("PIP_CACHE_DIR", os.path.join(folder, "pip"))
    os.environ.setdefault("PIP_DISABLE_PIP_VERSION_CHECK", "1")
    if asked is None:
        return _pip(arguments)
    layer = os.path.join(folder, _key(asked))
    if _put(layer, asked):
        return 0
    before = _distributions()
    code = _pip(arguments)
    if code == 0:
        _keep(layer, before, asked)
    return code


def _pip(arguments: list[str]) -> int:
    from pip._internal.cli.main import main as pip

    return int(pip(arguments))


def _packages() -> str:
    return sysconfig.get_paths()["purelib"]


def _distributions() -> set[str]:
    return {name for name in os.listdir(_packages()) if name.endswith(".dist-info")}


def _key(asked: questions.Asked) -> str:
    told = hashlib.sha256()
    settings = sorted(f"{name}={value}" for name, value in os.environ.items() if name.startswith("PIP_"))
    image = os.path.join(sys.prefix, _IMAGE)
    document = {
        "format": FORMAT,
        "image": _read(image),
        "python": sys.version,
        "there": sorted(_distributions()),
        "asked": asked.texts,
        "settings": [text for text in settings if not text.startswith("PIP_CACHE_DIR=")],
        "files": [_read(path) for path in (*_SETTINGS, os.environ.get("PIP_CONFIG_FILE", ""))],
    }
    told.update(json.dumps(document).encode())
    return told.hexdigest()[:32]


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except OSError:
        return ""


def _put(layer: str, asked: questions.Asked) -> bool:
    """Put a layer in place; False when there is none to trust, and pip has to do it."""
    try:
        with open(os.path.join(layer, "manifest.json"), encoding="utf-8") as file:
            manifest = json.load(file)
        if not asked.exact and not 0 <= time.time() - manifest["time"] < DAY:
            return False
        for name, size, _ in manifest["files"]:
            if os.stat(os.path.join(layer, "files", name)).st_size != size:
                return False
        for distribution in manifest["removed"]:
            _take_away(distribution)
        _copy(os.path.join(layer, "files"), sys.prefix, manifest["files"])
    except (OSError, ValueError, KeyError):
        return False
    if not asked.quiet:
        print("Using what was installed before for the same requirements")
        if manifest["added"]:
            print("Successfully installed", " ".join(_title(name) for name in manifest["added"]))
        else:
            print("Requirements already satisfied")
    return True


def _title(distribution: str) -> str:
    return distribution.removesuffix(".dist-info").replace("_", "-")


def _keep(layer: str, before: set[str], asked: questions.Asked) -> None:
    """Leave what pip did for the next one; what goes wrong here is not the job's trouble."""
    after = _distributions()
    added, removed = sorted(after - before), sorted(before - after)
    temporary = os.path.join(os.path.dirname(layer), f".new-{uuid.uuid4().hex}")
    try:
        files = [each for distribution in added for each in _files(distribution)]
        # What tells that a package is there comes last: a copy that stops halfway is then no package to pip.
        files.sort(key=lambda each: ".dist-info/" in each[0])
        room = os.statvfs(os.path.dirname(layer))
        if sum(size for _, size, _ in files) + ROOM > room.f_bavail * room.f_frsize:
            return
        os.makedirs(os.path.join(temporary, "files"))
        _copy(sys.prefix, os.path.join(temporary, "files"), files)
        manifest = {"time": time.time(), "added": added, "removed": removed, "files": files}
        with open(os.path.join(temporary, "manifest.json"), "w", encoding="utf-8") as file:
            json.dump(manifest, file)
        _publish(temporary, layer)
        _sweep(os.path.dirname(layer))
    except (OSError, ValueError) as error:
        print(f"What pip installed could not be kept for the next job: {error}", file=sys.stderr)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _publish(temporary: str, layer: str) -> None:
    """Rename into place; a layer that is there was refused just now, or somebody made it meanwhile."""
    old = f"{temporary}.old"
    try:
        os.rename(layer, old)
    except FileNotFoundError:
        old = ""
    try:
        os.rename(temporary, layer)
    except OSError:
        if not os.path.isdir(layer):
            raise
    if old:
        shutil.rmtree(old, ignore_errors=True)


def _sweep(folder: str) -> None:
    """Remove what killed jobs left half made, a day later."""
    for name in os.listdir(folder):
        path = os.path.join(folder, name)
        if name.startswith(".new-") and time.time() - os.stat(path).st_mtime > DAY:
            shutil.rmtree(path, ignore_errors=True)


def _files(distribution: str) -> Iterator[tuple[str, int, int]]:
    """Name below the environment, size and mode of every file that a package's RECORD lists."""
    packages = _packages()
    for name in _record(distribution):
        path = os.path.normpath(os.path.join(packages, name))
        inside = os.path.relpath(path, sys.prefix)
        if inside.startswith(".."):
            raise ValueError(f"{distribution} has a file outside the environment: {path}")
        if os.path.isfile(path):
            facts = os.stat(path)
            yield inside, facts.st_size, facts.st_mode & 0o777


def _record(distribution: str) -> list[str]:
    path = os.path.join(_packages(), distribution, "RECORD")
    with open(path, encoding="utf-8", newline="") as file:
        return [row[0] for row in csv.reader(file) if row]


def _take_away(distribution: str) -> None:
    """Remove a package's files, their compiled forms and the folders that are empty then."""
    packages = _packages()
    folders = set()
    for name in _record(distribution):
        path = os.path.normpath(os.path.join(packages, name))
        _unlink(path)
        folders.add(os.path.dirname(path))
        if path.endswith(".py"):
            compiled = os.path.join(os.path.dirname(path), "__pycache__")
            stem = os.path.basename(path)[:-3]
            _unlink(os.path.join(compiled, f"{stem}.{sys.implementation.cache_tag}.pyc"))
            folders.add(compiled)
    for folder in sorted(folders, key=len, reverse=True):
        while folder.startswith(packages + os.sep):
            try:
                os.rmdir(folder)
            except OSError:
                break
            folder = os.path.dirname(folder)


def _unlink(path: str) -> None:
    try:
        os.unlink(path)
    except FileNotFoundError:
        return


def _copy(source: str, target: str, files: list[tuple[str, int, int]]) -> None:
    """Copy files with their times (compiled code is valid for its source's time) and modes."""
    made: set[str] = set()
    for name, _, mode in files:
        start, end = os.path.join(source, name), os.path.join(target, name)
        folder = os.path.dirname(end)
        if folder not in made:
            os.makedirs(folder, exist_ok=True)
            made.add(folder)
        facts = os.stat(start)
        # Never write into a file that is there: it may be a link that others have too.
        _unlink(end)
        shutil.copyfile(start, end)
        os.chmod(end, mode)
        os.utime(end, ns=(facts.st_atime_ns, facts.st_mtime_ns))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
