"""Uploads in parts: each part is a blob until the upload is completed and they become one."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from oficina import chaos
from oficina.errors import AwsError
from oficina.store.buckets import Bucket
from oficina.store.database import Database
from oficina.store.versions import Check, Object, Parts, Versions

_BOOT = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True)
class Upload:
    """An upload in progress."""

    id: str
    bucket: int
    key: str
    started: float
    facts: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Part:
    """A part that was sent."""

    upload: str
    number: int
    blob: str
    size: int
    etag: str
    modified: float
    facts: dict[str, Any]


def no_such_upload(upload: str) -> AwsError:
    """S3's error for an upload that is not there."""
    return AwsError(
        "NoSuchUpload",
        "The specified upload does not exist. The upload ID may be invalid, or the upload may have been "
        "aborted or completed.",
        404,
        UploadId=upload,
    )


def read_upload(row: Any) -> Upload:
    """A row as an upload."""
    return Upload(row["id"], row["bucket"], row["key"], row["started"], orjson.loads(row["facts"]))


def _read_part(row: Any) -> Part:
    return Part(
        row["upload"],
        row["number"],
        row["blob"],
        row["size"],
        row["etag"],
        row["modified"],
        orjson.loads(row["facts"]),
    )


class Uploads:
    """The uploads of all buckets."""

    def __init__(self, database: Database, versions: Versions) -> None:
        self._database = database
        self._versions = versions
        self._busy: set[str] = set()
        self._freed = threading.Condition()
        self._boot = _BOOT.read_text().strip() if _BOOT.exists() else ""
        # Parts are not made durable one by one, so those of before a power cut may have lost bytes.
        with database.transaction() as connection:
            connection.execute("DELETE FROM parts WHERE boot<>?", (self._boot,))

    def create(self, bucket: Bucket, key: str, facts: dict[str, Any]) -> Upload:
        """Begins an upload."""
        upload = f"{time.time_ns():016x}{secrets.token_hex(24)}"
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO uploads (id, bucket, key, started, facts) VALUES (?, ?, ?, ?, ?)",
                (upload, bucket.id, key, self._versions.now(), orjson.dumps(facts).decode()),
            )
        return self.get(bucket, key, upload)

    def get(self, bucket: Bucket, key: str, upload: str) -> Upload:
        """An upload in progress. Raises AwsError NoSuchUpload."""
        row = self._database.reader.execute(
            "SELECT * FROM uploads WHERE id=? AND bucket=? AND key=?", (upload, bucket.id, key)
        ).fetchone()
        if row is None:
            raise no_such_upload(upload)
        return read_upload(row)

    def put_part(
        self, upload: Upload, number: int, *, blob: str, size: int, etag: str, facts: dict[str, Any]
    ) -> Part:
        """Keeps a part; one of the same number is replaced. Raises AwsError NoSuchUpload."""
        try:
            with self._database.transaction() as connection:
                self._still(upload)
                old = self._part(upload, number)
                connection.execute(
                    "INSERT OR REPLACE INTO parts (upload, number, blob, size, etag, modified, facts, boot)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                    (
                        upload.id,
                        number,
                        blob,
                        size,
                        etag,
                        self._versions.now(),
                        orjson.dumps(facts).decode(),
                        self._boot,
                    ),
                )
                if old is not None:
                    self._versions.drop([old.blob])
        except BaseException:
            self._versions.drop([blob])
            raise
        return self.parts(upload, after=number - 1, limit=1)[0]

    def _still(self, upload: Upload) -> None:
        found = self._database.reader.execute("SELECT 1 FROM uploads WHERE id=?", (upload.id,)).fetchone()
        if found is None:
            raise no_such_upload(upload.id)

    def _part(self, upload: Upload, number: int) -> Part | None:
        row = self._database.reader.execute(
            "SELECT * FROM parts WHERE upload=? AND number=?", (upload.id, number)
        ).fetchone()
        return None if row is None else _read_part(row)

    def parts(self, upload: Upload, after: int = 0, limit: int = 10_000) -> list[Part]:
        """The parts by number, those whose number is greater than ``after``."""
        rows = self._database.reader.execute(
            "SELECT * FROM parts WHERE upload=? AND number>? ORDER BY number LIMIT ?",
            (upload.id, after, limit),
        )
        return [_read_part(row) for row in rows]

    def abort(self, upload: Upload) -> None:
        """Forgets an upload and its parts."""
        with self._database.transaction() as connection:
            self._still(upload)
            blobs = [part.blob for part in self.parts(upload)]
            connection.execute("DELETE FROM parts WHERE upload=?", (upload.id,))
            connection.execute("DELETE FROM uploads WHERE id=?", (upload.id,))
            self._versions.drop(blobs)

    def abort_all(self, bucket: Bucket) -> None:
        """Forgets every upload into a bucket."""
        with self._database.transaction() as connection:
            for row in connection.execute("SELECT * FROM uploads WHERE bucket=?", (bucket.id,)).fetchall():
                self.abort(read_upload(row))

    @contextmanager
    def alone(self, upload: str) -> Iterator[None]:
        """Makes others who complete the same upload wait: a client that lost patience asks again."""
        with self._freed:
            self._freed.wait_for(lambda: upload not in self._busy)
            self._busy.add(upload)
        try:
            yield
        finally:
            with self._freed:
                self._busy.discard(upload)
                self._freed.notify_all()

    def complete(
        self,
        bucket: Bucket,
        upload: Upload,
        parts: Sequence[Part],
        *,
        etag: str,
        facts: dict[str, Any],
        sizes: Parts,
        check: Check | None,
    ) -> Object:
        """Makes the parts one object, at once and whole. Raises NoSuchUpload, or what ``check`` does."""
        blob = self._join(parts)
        chaos.point("s3-joined")
        try:
            with self._database.transaction():
                self._still(upload)
                made = self._versions.add(
                    bucket,
                    upload.key,
                    blob=blob,
                    size=sum(part.size for part in parts),
                    etag=etag,
                    facts=facts,
                    parts=sizes,
                    check=check,
                )
                self.abort(upload)
        except BaseException:
            self._versions.drop([blob])
            raise
        return made

    def _join(self, parts: Sequence[Part]) -> str:
        """One durable blob of all parts; the only part's own when there is no other."""
        blobs = self._versions.blobs
        try:
            if len(parts) == 1:
                blobs.make_durable(parts[0].blob)
                return parts[0].blob
            with blobs.draft() as draft:
                draft.expect(sum(part.size for part in parts))
                for part in parts:
                    with blobs.reader(part.blob) as file:
                        draft.append(file.fileno(), 0, part.size)
                return draft.keep()
        except FileNotFoundError as error:
            raise no_such_upload(parts[0].upload) from error
