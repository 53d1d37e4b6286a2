"""Outputs as AWS delivers them: one tar.gz for all hosts, names relative to the source, links kept."""

from __future__ import annotations

import contextlib
import gzip
import os
import stat
import tarfile

from . import facts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

LEVEL = 3
"""Of gzip: models hardly get smaller above it, and people wait for the end of the job."""


class Package:
    """A tar.gz being written; the first host to bring a name wins."""

    def __init__(self, path: str) -> None:
        self.raw = open(path, "wb")  # noqa: SIM115 - open for as long as the package
        self.compressed = gzip.GzipFile("", "wb", LEVEL, self.raw, mtime=0)
        self.tar = tarfile.TarFile(fileobj=self.compressed, mode="w", format=tarfile.PAX_FORMAT)
        self.names: set[str] = set()
        self.left_out: list[str] = []

    def add_tree(self, folder: int, prefix: str = "") -> None:
        """Add what is in an opened folder, in the order of names."""
        for name in sorted(os.listdir(folder)):
            path = prefix + name
            found = os.stat(name, dir_fd=folder, follow_symlinks=False)
            if stat.S_ISDIR(found.st_mode):
                self.add_folder(folder, name, path, found)
            elif path in self.names:
                continue
            elif stat.S_ISREG(found.st_mode):
                self.add_file(folder, name, path, found)
            elif stat.S_ISLNK(found.st_mode):
                self.add_link(os.readlink(name, dir_fd=folder), path, found)
            else:
                self.left_out.append(path)

    def header(self, path: str, found: os.stat_result, kind: bytes) -> tarfile.TarInfo:
        member = tarfile.TarInfo(path)
        member.type = kind
        member.mode = stat.S_IMODE(found.st_mode)
        member.mtime = int(found.st_mtime)
        self.names.add(path)
        return member

    def add_folder(self, folder: int, name: str, path: str, found: os.stat_result) -> None:
        if path not in self.names:
            self.tar.addfile(self.header(path, found, tarfile.DIRTYPE))
        if found.st_mode & 0o500 != 0o500:
            os.chmod(name, 0o700, dir_fd=folder)
        inner = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
        try:
            self.add_tree(inner, path + "/")
        finally:
            os.close(inner)

    def add_file(self, folder: int, name: str, path: str, found: os.stat_result) -> None:
        if not found.st_mode & 0o400:
            os.chmod(name, 0o600, dir_fd=folder)
        handle = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
        with open(handle, "rb") as file:
            member = self.header(path, found, tarfile.REGTYPE)
            member.size = found.st_size
            self.tar.addfile(member, file)

    def add_link(self, target: str, path: str, found: os.stat_result) -> None:
        inside = os.path.normpath(os.path.join(os.path.dirname(path), target))
        if target.startswith("/") or inside == ".." or inside.startswith("../"):
            self.left_out.append(path)
            return
        member = self.header(path, found, tarfile.SYMTYPE)
        member.linkname = target
        self.tar.addfile(member)

    def close(self) -> None:
        self.tar.close()
        self.compressed.close()
        self.raw.flush()
        os.fsync(self.raw.fileno())
        self.raw.close()

    def discard(self) -> None:
        """Give up a package that could not be written."""
        os.unlink(self.raw.name)
        with contextlib.suppress(OSError):  # What is still to be written cannot be, on a full disk.
            self.raw.close()


def sources(folder: str, hosts: list[str], source: str) -> Iterator[int]:
    """The opened folder behind an output on each host that has it."""
    relative = source.removeprefix("/opt/ml").lstrip("/")
    for host in hosts:
        root = os.path.join(folder, "hosts", host, "opt-ml")
        try:
            yield facts.open_beneath(root, relative, os.O_RDONLY | os.O_DIRECTORY)
        except OSError:
            continue


def unlock(handles: Iterator[int]) -> bool:
    """Give the owner back what the job took from its folders and files; whether there was a folder at all."""
    found = False
    for handle in handles:
        found = True
        try:
            for _, folders, files, parent in os.fwalk(".", dir_fd=handle, follow_symlinks=False):
                for name in (*folders, *files):
                    give_back(name, parent)
        finally:
            os.close(handle)
    return found


def give_back(name: str, parent: int) -> None:
    found = os.stat(name, dir_fd=parent, follow_symlinks=False)
    least = 0o700 if stat.S_ISDIR(found.st_mode) else 0o400
    if not stat.S_ISLNK(found.st_mode) and found.st_mode & least != least:
        os.chmod(name, stat.S_IMODE(found.st_mode) | least, dir_fd=parent)


def fill(package: Package, handles: Iterator[int]) -> None:
    for handle in handles:
        try:
            package.add_tree(handle)
        finally:
            os.close(handle)
    package.close()


def package(folder: str, hosts: list[str], outputs: list[dict[str, Any]]) -> tuple[list[str], list[str]]:
    """Write all outputs of kind tar.gz to ``out/``; their names, and what had to be left out of them.

    One of kind tree stays where it is, but only a real folder is named, and what is in it is made readable.
    """
    out = os.path.join(folder, "out")
    os.makedirs(out, exist_ok=True)
    done, left_out = [], []
    for output in outputs:
        if output["kind"] == "tar.gz":
            path = os.path.join(out, output["as"])
            package = Package(path + ".new")
            try:
                fill(package, sources(folder, hosts, output["source"]))
            except OSError:
                package.discard()
                raise
            os.rename(path + ".new", path)
            left_out += [os.path.join(output["source"], name) for name in package.left_out]
            done.append(output["as"])
        elif unlock(sources(folder, hosts, output["source"])):
            done.append(output["as"])
        else:
            left_out.append(output["source"])
    return done, left_out
