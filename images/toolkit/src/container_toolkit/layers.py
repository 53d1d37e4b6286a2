"""pip in front of pip: what was installed once is kept by content, and put in place the next time.

The environment of a job is a writable copy of the image's. The first job that asks for something lets pip do
it there, and then leaves what pip added as a *layer* in the folder OFICINA_LAYERS::

    incoming/<key>-<id>/        where jobs leave layers: manifest.json, and files/ as in the environment
    ready/<key>.json            the manifest of a layer that may be used, with the name of its folder
    ready/<key>-<id>/files/     read-only for jobs; whoever starts jobs moves layers here from incoming

The key is made of the environment (its image, and every package in it), the question (requirements, options)
and pip's settings. A job that comes with the same key gets links to the layer's folders and copies of its
single files, and pip is never started. Where anything is not as it should be, pip itself does the work;
before it does, links are turned into copies, so that pip may change what it likes. A layer is made aside and
then renamed: it is there whole or not at all, whoever is killed. A question that leaves versions open is
answered anew after a day.
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
from typing import Any

from . import asked as questions
from . import namesakes, registry

VARIABLE = "OFICINA_LAYERS"
FORMAT = 2
DAY = 24 * 3600.0
ROOM = 1 << 30
"""Bytes that keeping a layer must leave free on the disk."""
LINKS = ".layers"
"""The file that lists the links in an environment."""
_IMAGE = "oficina-image.json"
_SETTINGS = ("/etc/pip.conf", "/etc/xdg/pip/pip.conf", os.path.join(sys.prefix, "pip.conf"))

File = tuple[str, int, int]
"""Name below the environment, size, mode."""


def main(arguments: list[str]) -> int:
    """Do what pip's arguments ask for."""
    folder = os.environ.get(VARIABLE, "")
    incoming = os.path.join(folder, "incoming")
    if not folder or not os.access(incoming, os.W_OK):
        return _pip(arguments)
    os.environ.setdefault("PIP_CACHE_DIR", os.path.join(incoming, "pip"))
    os.environ.setdefault("PIP_DISABLE_PIP_VERSION_CHECK", "1")
    asked = questions.read(arguments)
    if asked is None:
        return _pip(arguments)
    key = _key(asked)
    if _put(os.path.join(folder, "ready"), key, asked):
        return _leave()
    before = _distributions()
    code = _pip(arguments, " ".join(asked.texts))
    if code == 0:
        _keep(incoming, key, before)
    return code


def _leave() -> int:
    """End well. To take down all that a warm pool's Python has imported costs 0.1 s, and is left out."""
    words = [*getattr(sys, "orig_argv", [])[1:], ""]
    # A program that runs pip within itself goes on afterwards.
    if words[:2] == ["-m", "pip"] or os.path.basename(words[0]).startswith("pip"):
        sys.stdout.flush()
        os._exit(0)
    return 0


def _pip(arguments: list[str], asked: str = "") -> int:
    _materialise()
    from pip._internal.cli.main import main as pip

    try:
        registry.be_patient()
    except (ImportError, AttributeError, KeyError) as error:
        print(f"This pip is as it is, without more patience for its index: {error!r}", file=sys.stderr)
    with namesakes.known_to_pip(_packages(), " ".join((*arguments, asked))):
        return int(pip(arguments))


def _packages() -> str:
    return sysconfig.get_paths()["purelib"]


def _distributions() -> set[str]:
    return {name for name in os.listdir(_packages()) if name.endswith(".dist-info")}


def _key(asked: questions.Asked) -> str:
    settings = sorted(f"{name}={value}" for name, value in os.environ.items() if name.startswith("PIP_"))
    document = {
        "format": FORMAT,
        "image": _read(os.path.join(sys.prefix, _IMAGE)),
        "python": sys.version,
        "there": sorted(_distributions()),
        "asked": asked.texts,
        "settings": [text for text in settings if not text.startswith("PIP_CACHE_DIR=")],
        "files": [_read(path) for path in (*_SETTINGS, os.environ.get("PIP_CONFIG_FILE", ""))],
    }
    return hashlib.sha256(json.dumps(document).encode()).hexdigest()[:32]


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except OSError:
        return ""


def _put(ready: str, key: str, asked: questions.Asked) -> bool:
    """Put a layer in place; False when there is none to use, and pip has to do it."""
    try:
        with open(os.path.join(ready, f"{key}.json"), encoding="utf-8") as file:
            manifest = json.load(file)
        if not asked.exact and not 0 <= time.time() - manifest["time"] < DAY:
            return False
        _place(os.path.join(ready, manifest["folder"], "files"), manifest)
    except (OSError, ValueError, KeyError):
        return False
    if not asked.quiet:
        print("Using what was installed before for the same requirements")
        if manifest["added"]:
            print("Successfully installed", " ".join(_title(name) for name in manifest["added"]))
        else:
            print("Requirements already satisfied")
    return True


def _place(files: str, manifest: dict[str, Any]) -> None:
    if manifest["removed"]:
        _materialise()
    elif os.path.exists(os.path.join(sys.prefix, LINKS)):
        # A package may add to a folder that an earlier layer gave as a link.
        _materialise({os.path.dirname(name) for name, _, _ in manifest["files"]})
    for distribution in manifest["removed"]:
        _take_away(distribution)
    _copy(files, sys.prefix, manifest["files"])
    with open(os.path.join(sys.prefix, LINKS), "a", encoding="utf-8") as links:
        for name in manifest["links"]:
            target = os.path.join(sys.prefix, name)
            os.symlink(os.path.join(files, name), target)
            links.write(f"{name}\n")


def _materialise(only: set[str] | None = None) -> None:
    """Turn links into copies, since what is behind them is about to change: all, or those on some paths."""
    for name in _read(os.path.join(sys.prefix, LINKS)).splitlines():
        target = os.path.join(sys.prefix, name)
        wanted = only is None or any(f"{path}/".startswith(f"{name}/") for path in only)
        if wanted and os.path.islink(target):
            source = os.readlink(target)
            os.unlink(target)
            shutil.copytree(source, target)


def _title(distribution: str) -> str:
    return distribution.removesuffix(".dist-info").replace("_", "-")


def _keep(incoming: str, key: str, before: set[str]) -> None:
    """Leave what pip did for the next one; what goes wrong here is not the job's trouble."""
    after = _distributions()
    added, removed = sorted(after - before), sorted(before - after)
    temporary = os.path.join(incoming, f".new-{uuid.uuid4().hex}")
    try:
        files = [each for distribution in added for each in _files(distribution)]
        room = os.statvfs(incoming)
        if sum(size for _, size, _ in files) + ROOM > room.f_bavail * room.f_frsize:
            return
        os.makedirs(os.path.join(temporary, "files"))
        _copy(sys.prefix, os.path.join(temporary, "files"), files)
        links = _linkable(files)
        manifest = {
            "time": time.time(),
            "added": added,
            "removed": removed,
            "links": links,
            "linked": [each for each in files if _inside(each[0], links)],
            # What tells that a package is there comes last: a copy that stops halfway is no package to pip.
            "files": sorted(
                (each for each in files if not _inside(each[0], links)),
                key=lambda each: ".dist-info/" in each[0],
            ),
        }
        with open(os.path.join(temporary, "manifest.json"), "w", encoding="utf-8") as file:
            json.dump(manifest, file)
        os.rename(temporary, os.path.join(incoming, f"{key}-{uuid.uuid4().hex[:8]}"))
    except (OSError, ValueError) as error:
        print(f"What pip installed could not be kept for the next job: {error}", file=sys.stderr)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _linkable(files: list[File]) -> list[str]:
    """The folders right below site-packages that hold nothing but the layer's files."""
    packages = os.path.relpath(_packages(), sys.prefix)
    mine = {name for name, _, _ in files}
    tops = {
        os.path.join(packages, rest.partition("/")[0])
        for rest in (os.path.relpath(name, packages) for name in mine)
        if "/" in rest and not rest.startswith(("../", "__pycache__/"))
    }
    return sorted(top for top in tops if all(name in mine for name in _walk(top)))


def _walk(top: str) -> Iterator[str]:
    for folder, _, names in os.walk(os.path.join(sys.prefix, top)):
        for name in names:
            yield os.path.relpath(os.path.join(folder, name), sys.prefix)


def _inside(name: str, folders: list[str]) -> bool:
    return any(name.startswith(f"{folder}/") for folder in folders)


def _files(distribution: str) -> Iterator[File]:
    """Every file that a package's RECORD lists and that is there."""
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


def _copy(source: str, target: str, files: list[File]) -> None:
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
