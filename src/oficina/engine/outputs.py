"""A job's outputs: files of its folder taken up as objects, by link where they are final."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from oficina.engine.inputs import split
from oficina.store.store import Store


def files(folder: Path) -> Iterator[tuple[str, Path]]:
    """Every plain file below a folder with its name relative to it; links are not followed (D.5).

    Neither is one that the program put above the folder or in its place, to whatever it may lead.
    """
    if has_link(folder):
        return
    for parent, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            path = Path(parent, name)
            if path.is_file() and not path.is_symlink():
                yield path.relative_to(folder).as_posix(), path


def has_link(folder: Path) -> bool:
    """Whether one of the folders of a path below a host's /opt/ml is a link."""
    below = [folder, *folder.parents]
    own = [each.name for each in below].index("opt-ml")
    return any(each.is_symlink() for each in below[:own])


def join(uri: str, name: str) -> str:
    """A name below an S3 URI."""
    return f"{uri.rstrip('/')}/{name}"


def take(store: Store, account: str, path: Path, uri: str) -> None:
    """One file as the object at a URI, without a copy: the file is gone from where it was."""
    bucket, key = split(uri)
    store.objects.adopt(account, bucket, key, path)


def take_tree(store: Store, account: str, folder: Path, uri: str) -> int:
    """Every file of a folder as objects below a URI; how many there were."""
    count = 0
    for name, path in files(folder):
        take(store, account, path, join(uri, name))
        count += 1
    return count


class Mirror:
    """A folder that is uploaded while it grows: each file again when its size or time changed."""

    def __init__(self, store: Store, account: str, folder: Path, uri: str) -> None:
        self._store, self._account, self._folder, self._uri = store, account, folder, uri
        self._seen: dict[str, tuple[int, int]] = {}

    def __call__(self, last: bool) -> None:
        """Uploads what changed since the last time."""
        for name, path in files(self._folder):
            try:
                facts = path.stat()
                mark = (facts.st_size, facts.st_mtime_ns)
                if self._seen.get(name) != mark:
                    bucket, key = split(join(self._uri, name))
                    self._store.objects.copy_in(self._account, bucket, key, path)
                    self._seen[name] = mark
            except FileNotFoundError:
                continue  # the program removed it between the look and the upload
