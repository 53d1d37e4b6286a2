"""A ``model.tar.gz`` unpacked without trust: nothing lands outside, nothing grows without bound.

Files and folders are written first, while there is no link on the disk that could lead anywhere; links come
last and must stay inside. The sizes in the headers are summed before a byte is written.
"""

from __future__ import annotations

import errno
import gzip
import os
import shutil
import tarfile
import time
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

PIECE = 1 << 20


class ArchiveRefused(Exception):
    """An archive that is not unpacked; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much an archive may unpack to."""

    entries: int = 200_000
    floor: int = 1 << 30
    """Bytes that any archive may unpack to."""
    ratio: int = 200
    """How many times its own size a larger one may unpack to; gzip packs zeros a thousand times smaller."""
    free: int = 512 << 20
    """Bytes of the disk that stay free."""
    seconds: float | None = None
    """How long unpacking may take (ModelDataDownloadTimeoutInSeconds); None for as long as it takes."""

    def bytes_for(self, packed: int, folder: Path) -> int:
        """The most that an archive of this size may unpack to on the disk of a folder, were that empty."""
        room = shutil.disk_usage(folder).total - self.free
        return max(0, min(max(self.floor, packed * self.ratio), room))

    def room(self, folder: Path) -> int:
        """How many bytes there is room for now."""
        return shutil.disk_usage(folder).free - self.free


class _Plain(gzip.GzipFile):
    """The unpacked stream; a header that asks for very much at once is refused before it is read."""

    def read(self, size: int | None = -1) -> bytes:
        if size is None or size < 0 or size > PIECE:
            raise ArchiveRefused("one of its headers is larger than 1 MiB")
        return super().read(size)


def unpack(archive: BinaryIO, target: Path, limits: Limits) -> None:
    """Unpacks a gzipped tar into a new folder. Raises ArchiveRefused; what was written is to be removed.

    Raises OSError when there is no room for it now.
    """
    target.mkdir(parents=True)
    packed = os.fstat(archive.fileno()).st_size
    try:
        with _Plain(fileobj=archive) as plain, tarfile.open(fileobj=plain, mode="r:") as tar:
            _Unpacking(tar, target, limits, limits.bytes_for(packed, target)).run()
    except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile, ValueError) as error:
        raise ArchiveRefused(f"it is not a whole tar archive packed with gzip ({error})") from error


class _Unpacking:
    """One archive on its way to the disk."""

    def __init__(self, tar: tarfile.TarFile, target: Path, limits: Limits, size: int) -> None:
        self._tar, self._target, self._limits, self._size = tar, target, limits, size
        self._begun = time.monotonic()
        self._seen = self._bytes = 0
        self._room = limits.room(target)
        self._links: list[tuple[tarfile.TarInfo, Path]] = []

    def run(self) -> None:
        for member in self._tar:
            self._count(member)
            path = self._place(member)
            if member.isdir():
                self._make(path, member.name)
            elif member.isreg():
                self._write(member, path)
            elif member.issym() or member.islnk():
                self._links.append((member, path))
            else:
                raise ArchiveRefused(f"{member.name!r} is neither a file nor a folder")
        for member, path in self._links:
            self._link(member, path)
        self._check_links()

    def _count(self, member: tarfile.TarInfo) -> None:
        self._seen += 1
        self._bytes += max(0, member.size)
        if self._seen > self._limits.entries:
            raise ArchiveRefused(f"it has more than {self._limits.entries} entries")
        if self._bytes > self._size:
            raise ArchiveRefused(f"it unpacks to more than {self._size} bytes")
        if self._bytes > self._room:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self._target))
        self._hurry()

    def _hurry(self) -> None:
        seconds = self._limits.seconds
        if seconds is not None and time.monotonic() - self._begun > seconds:
            raise ArchiveRefused(
                f"it took longer than the {seconds} seconds of ModelDataDownloadTimeoutInSeconds"
            )

    def _place(self, member: tarfile.TarInfo) -> Path:
        name = PurePosixPath(member.name)
        if name.is_absolute() or ".." in name.parts or "\0" in member.name:
            raise ArchiveRefused(f"the path {member.name!r} leads outside")
        return self._target / name

    def _make(self, folder: Path, name: str) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError) as error:
            raise ArchiveRefused(f"{name!r} is both a file and a folder") from error

    def _write(self, member: tarfile.TarInfo, path: Path) -> None:
        self._make(path.parent, member.name)
        if path.is_dir():
            raise ArchiveRefused(f"{member.name!r} is both a file and a folder")
        source = self._tar.extractfile(member)
        if source is None:
            raise ArchiveRefused(f"{member.name!r} has no content")
        path.unlink(missing_ok=True)
        with source, path.open("xb") as file:
            while piece := source.read(PIECE // 4):
                file.write(piece)
                self._hurry()
        path.chmod(0o755 if member.mode & 0o100 else 0o644)

    def _link(self, member: tarfile.TarInfo, path: Path) -> None:
        if path.is_symlink() or not self._inside(path.parent):
            raise ArchiveRefused(f"the path {member.name!r} leads outside")
        self._make(path.parent, member.name)
        if path.exists():
            raise ArchiveRefused(f"{member.name!r} is in it twice")
        if member.issym():
            path.symlink_to(member.linkname)
            return
        source = self._target / PurePosixPath(member.linkname.lstrip("/"))
        if ".." in source.parts or not source.is_file() or source.is_symlink() or not self._inside(source):
            raise ArchiveRefused(f"the link {member.name!r} leads outside or to nothing")
        os.link(source, path)

    def _check_links(self) -> None:
        for member, path in self._links:
            if PurePosixPath(member.linkname).is_absolute() or not self._inside(path):
                raise ArchiveRefused(f"the link {member.name!r} leads outside")

    def _inside(self, path: Path) -> bool:
        return path.resolve().is_relative_to(self._target.resolve())
