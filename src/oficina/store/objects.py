"""Objects as the engine reads and writes them: by account, bucket and key, without a request."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from oficina.chaos import point
from oficina.store.blobs import Blobs
from oficina.store.buckets import Bucket, Buckets
from oficina.store.database import Database
from oficina.store.digests import Digests
from oficina.store.listing import after_all
from oficina.store.versions import COLUMNS, Object, Versions, no_such_key, read

__all__ = ["Object", "Objects"]

_FIRST_PAGE, _PAGE = 100, 5000
"""Rows read at once: few at first, because some only ask whether there is any."""


class Objects:
    """The objects of all accounts. Every method raises AwsError NoSuchBucket when there is no such bucket."""

    def __init__(self, database: Database, blobs: Blobs, buckets: Buckets, versions: Versions) -> None:
        self._database = database
        self._blobs = blobs
        self._buckets = buckets
        self._versions = versions

    def has_bucket(self, account: str, bucket: str) -> bool:
        """Whether an account has a bucket of this name."""
        return self._buckets.find(account, bucket) is not None

    def find(self, account: str, bucket: str, key: str, version: str | None = None) -> Object | None:
        """What a key, or a version of it, means; None when there is no such key."""
        found = self._versions.find(self._buckets.get(account, bucket), key, version)
        return None if found is None or found.marker else found

    def get(self, account: str, bucket: str, key: str, version: str | None = None) -> Object:
        """What a key, or a version of it, means. Raises AwsError NoSuchKey."""
        found = self.find(account, bucket, key, version)
        if found is None:
            raise no_such_key(key)
        return found

    def iterate(self, account: str, bucket: str, prefix: str = "") -> Iterator[Object]:
        """Every object whose key begins with ``prefix``, by key."""
        owner, after, end = self._buckets.get(account, bucket), "", after_all(prefix)
        size = _FIRST_PAGE
        while True:
            rows = self._database.reader.execute(
                f"SELECT {COLUMNS} FROM objects WHERE bucket=? AND key>=? AND key>?"
                " AND (? IS NULL OR key<?) AND latest=1 AND marker=0 ORDER BY key LIMIT ?",
                (owner.id, prefix, after, end, end, size),
            ).fetchall()
            yield from (read(row) for row in rows)
            if len(rows) < size:
                return
            after, size = rows[-1]["key"], _PAGE

    def open(self, account: str, bucket: str, key: str, version: str | None = None) -> BinaryIO:
        """An object's bytes as a file; they stay the same when the object is replaced. Raises NoSuchKey."""
        _, descriptor = self._versions.opened(lambda: self.get(account, bucket, key, version))
        return os.fdopen(descriptor, "rb")

    def read(self, account: str, bucket: str, key: str, version: str | None = None) -> bytes:
        """An object's bytes in memory. Raises AwsError NoSuchKey."""
        with self.open(account, bucket, key, version) as file:
            return file.read()

    def path(self, found: Object) -> Path:
        """The file that holds an object's bytes; only to be read or linked."""
        return self._blobs.path(found.blob)

    def link(self, found: Object, target: Path | str) -> None:
        """A hard link to an object's bytes; they must not be changed through it.

        An object that was replaced meanwhile is linked as it is now. Raises FileNotFoundError when it was
        deleted, and OSError for a target that cannot be.
        """
        try:
            self._blobs.link(found.blob, target)
        except FileNotFoundError:
            now = self._versions.current(found)
            if now is None or now.marker or now.blob == found.blob:
                raise
            self.link(now, target)

    def write(
        self, account: str, bucket: str, key: str, data: bytes, content_type: str = "", **facts: Any
    ) -> Object:
        """Stores bytes. ``facts`` are in AWS's spelling, such as ``Metadata={…}``."""
        owner = self._buckets.get(account, bucket)
        digests = Digests(size=len(data))
        digests.update(data)
        with self._blobs.draft() as draft:
            draft.expect(len(data))
            draft.write(data)
            blob = draft.keep()
        return self._add(owner, key, blob, len(data), digests, content_type, facts)

    def adopt(
        self, account: str, bucket: str, key: str, path: Path, content_type: str = "", **facts: Any
    ) -> Object:
        """Stores a file without a copy: it becomes the object and is gone from where it was.

        Nobody may write to it any more. Raises OSError for what is not a plain file.
        """
        owner = self._buckets.get(account, bucket)
        blob = self._blobs.adopt(path)
        point("placed")
        made = self._add_blob(owner, key, blob, content_type, facts)
        path.unlink(missing_ok=True)  # only now: who is killed before the commit finds it again
        return made

    def copy_in(
        self, account: str, bucket: str, key: str, path: Path, content_type: str = "", **facts: Any
    ) -> Object:
        """Stores the bytes that a file has now; it stays. Raises OSError for what is not a plain file."""
        owner = self._buckets.get(account, bucket)
        return self._add_blob(owner, key, self._blobs.copy(path), content_type, facts)

    def remove(self, account: str, bucket: str, key: str) -> None:
        """Deletes a key as S3's Delete does."""
        self._versions.delete(self._buckets.get(account, bucket), key)

    def _add_blob(
        self, bucket: Bucket, key: str, blob: str, content_type: str, facts: dict[str, Any]
    ) -> Object:
        with self._blobs.reader(blob) as file:
            size = os.fstat(file.fileno()).st_size
            digests = Digests(size=size)
            while piece := file.read(1024 * 1024):
                digests.update(piece)
        return self._add(bucket, key, blob, size, digests, content_type, facts)

    def _add(
        self,
        bucket: Bucket,
        key: str,
        blob: str,
        size: int,
        digests: Digests,
        content_type: str,
        facts: dict[str, Any],
    ) -> Object:
        known = {"ContentType": content_type or "binary/octet-stream", "ChecksumType": "FULL_OBJECT"}
        known |= digests.checksums | facts
        return self._versions.add(bucket, key, blob=blob, size=size, etag=digests.etag, facts=known)
