"""Bytes on disk, once: written beside, given their name, made durable; never changed after.

``<home>/incoming/<id>`` → rename to ``<home>/blobs/ab/<id>``, mode 0444 → fsync. A blob is one file, so that
a job's input is a hard link to it. Who refers to a blob stands in the database, and nobody sees one before
that; a file that no row refers to is a crash's leftover and goes at the next start. One fsync after the
rename makes bytes and name durable: ext4, xfs and btrfs all log a file's new name with the file.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import shutil
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from oficina.errors import AwsError

RESERVE = 32 * 1024 * 1024
"""Bytes of the disk that objects leave free, so that the facts can still be written."""
_LOOK = 64 * 1024 * 1024
"""How many bytes are written between two looks at the disk's free space."""
FULL_CODE, FULL_STATUS = "InsufficientStorage", 507
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def full(home: Path) -> AwsError:
    """The error for a disk without space; 507 because clients try a 503 again for minutes."""
    return AwsError(
        FULL_CODE,
        f"The disk that holds {home} is full; nothing was stored. Free some space there, or start oficina "
        "with --home on a larger disk.",
        FULL_STATUS,
    )


def gone() -> AwsError:
    """The error for bytes whose place was emptied while they were written."""
    return AwsError(
        "OperationAborted",
        "A conflicting conditional operation is currently in progress against this resource. Try again.",
        409,
    )


class Draft:
    """Bytes on their way in; without ``keep`` nothing of them stays."""

    def __init__(self, blobs: Blobs) -> None:
        self._blobs = blobs
        self.id = secrets.token_hex(16)
        self.path = blobs.incoming / self.id
        self.size = 0
        self._looked = 0
        self._synced = False
        with _told(blobs.home):
            self.descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.path.unlink(missing_ok=True)

    def expect(self, size: int | None) -> None:
        """Raises AwsError when the disk has no room for this many more bytes."""
        self._blobs.make_sure_of(size or 0)

    def write(self, data: bytes | memoryview) -> None:
        """Adds bytes. Raises AwsError when the disk is full."""
        self.wrote(len(data))
        with _told(self._blobs.home):
            written = os.write(self.descriptor, data)
            while written < len(data):
                data = memoryview(data)[written:]
                written = os.write(self.descriptor, data)

    def wrote(self, size: int) -> None:
        """Counts bytes and looks at the disk now and then."""
        self.size += size
        if self.size - self._looked > _LOOK:
            self._looked = self.size
            self.expect(None)

    def append(self, source: int, offset: int, length: int) -> None:
        """Adds bytes of another file, copied by the kernel. Raises AwsError when the disk is full."""
        with _told(self._blobs.home):
            while length:
                copied = _copy(source, self.descriptor, length, offset)
                if not copied:
                    raise OSError(errno.EIO, "a blob is shorter than it was")
                offset, length = offset + copied, length - copied
                self.wrote(copied)

    def sync(self) -> None:
        """Names the bytes and makes them durable, before ``keep``, while something else is still at work."""
        self._name()
        with _told(self._blobs.home):
            os.fsync(self.descriptor)
        self._synced = True

    def _name(self) -> None:
        with _told(self._blobs.home):
            os.fchmod(self.descriptor, 0o444)
            self.path = self._blobs.place(self.path, self.id)

    def keep(self, *, durable: bool = True) -> str:
        """Makes the bytes a blob that stays; returns its id. Nothing can be written after.

        Parts of an upload are not made durable each: what they become is, when it is completed.
        """
        if not durable:
            self._name()
        elif not self._synced:
            self.sync()
        os.close(self.descriptor)
        self.descriptor = -1
        return self.id


def _copy(source: int, target: int, length: int, offset: int) -> int:
    length = min(length, 1 << 30)
    try:
        return os.copy_file_range(source, target, length, offset)
    except OSError as error:
        if error.errno not in (errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP):
            raise
    return os.sendfile(target, source, offset, length)


@contextlib.contextmanager
def _told(home: Path) -> Iterator[None]:
    """The disk's errors as AWS's."""
    try:
        yield
    except FileNotFoundError as error:
        raise gone() from error
    except OSError as error:
        if error.errno in _FULL:
            raise full(home) from error
        raise


class Blobs:
    """The files of one home."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.incoming = home / "incoming"
        self.folder = home / "blobs"
        self._root = str(self.folder)

    def draft(self) -> Draft:
        """A file to write to."""
        return Draft(self)

    def path(self, blob: str) -> Path:
        """Where a blob is."""
        return self.folder / blob[:2] / blob

    def open(self, blob: str) -> int:
        """A descriptor for reading; it stays good when the blob is removed. Raises FileNotFoundError."""
        return os.open(self.path(blob), os.O_RDONLY | os.O_CLOEXEC)

    def reader(self, blob: str) -> BinaryIO:
        """A file object for reading."""
        return open(self.path(blob), "rb")

    def make_sure_of(self, size: int) -> None:
        """Raises AwsError when the disk has no room for this many bytes and the reserve."""
        stat = os.statvfs(self.home)
        if stat.f_bavail * stat.f_frsize < size + min(RESERVE, stat.f_blocks * stat.f_frsize // 20):
            raise full(self.home)

    def place(self, path: Path, blob: str) -> Path:
        """Gives a finished file a blob's name and returns it."""
        target = self.path(blob)
        try:
            path.rename(target)
        except FileNotFoundError:
            target.parent.mkdir(exist_ok=True)
            _sync_folder(self.folder)
            path.rename(target)
        return target

    def make_durable(self, blob: str) -> None:
        """What ``keep`` left undone for a part. Raises FileNotFoundError when the blob is not there."""
        descriptor = self.open(blob)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def adopt(self, path: Path) -> str:
        """Makes a finished file a blob without copying it.

        ``path`` stays, as another name of the same bytes, until the caller has kept the blob: who is killed
        before that finds the file again, and then it is copied. Raises OSError for what is not a plain file:
        a link left by a job must not bring in the host's.
        """
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            stat = os.fstat(descriptor)
            alone = stat.st_nlink == 1 and stat.st_dev == os.stat(self.folder).st_dev
            return self._take(path, descriptor) if alone else self._copy(descriptor, stat.st_size)
        finally:
            os.close(descriptor)

    def _take(self, path: Path, descriptor: int) -> str:
        blob = secrets.token_hex(16)
        with _told(self.home):
            os.fchmod(descriptor, 0o444)
            os.fsync(descriptor)  # while the file still is where it was: a full disk must not lose it
            self._name(path, blob)
            os.fsync(descriptor)
        return blob

    def _name(self, path: Path, blob: str) -> None:
        """Gives a file a blob's name beside its own."""
        target = self.path(blob)
        try:
            os.link(path, target, follow_symlinks=False)
        except FileNotFoundError:
            target.parent.mkdir(exist_ok=True)
            _sync_folder(self.folder)
            os.link(path, target, follow_symlinks=False)

    def _copy(self, descriptor: int, size: int) -> str:
        with self.draft() as draft:
            draft.expect(size)
            draft.append(descriptor, 0, size)
            return draft.keep()

    def copy(self, path: Path) -> str:
        """A blob with the bytes that a plain file has now. Raises OSError for anything else."""
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            return self._copy(descriptor, os.fstat(descriptor).st_size)
        finally:
            os.close(descriptor)

    def link(self, blob: str, target: Path | str) -> None:
        """A second name for a blob; a copy where the file system allows no more or no names there."""
        try:
            os.link(f"{self._root}/{blob[:2]}/{blob}", target)
        except OSError as error:
            if error.errno not in (errno.EMLINK, errno.EXDEV, errno.EPERM):
                raise
            shutil.copyfile(self.path(blob), target)

    def remove(self, blobs: Iterable[str]) -> None:
        """Removes files that no row refers to any more; those who read them read on."""
        for blob in blobs:
            with contextlib.suppress(FileNotFoundError):
                self.path(blob).unlink()

    def sweep(self, before: float, referred: Callable[[str], set[str]]) -> int:
        """Removes unfinished files and files without a row that are older than ``before`` (epoch).

        ``referred`` gives the blobs of a shelf that rows refer to; a shelf is a blob's first two letters.
        """
        swept = _remove_old(self.incoming, before, set())
        for shelf in _entries(self.folder):
            if shelf.is_dir():
                swept += _remove_old(Path(shelf.path), before, referred(shelf.name))
        return swept


def _remove_old(folder: Path, before: float, kept: set[str]) -> int:
    removed = 0
    for entry in _entries(folder):
        if entry.name not in kept:
            with contextlib.suppress(FileNotFoundError):
                if entry.stat(follow_symlinks=False).st_ctime < before:
                    os.unlink(entry.path)
                    removed += 1
    return removed


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as found:
            return list(found)
    except FileNotFoundError:
        return []


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
