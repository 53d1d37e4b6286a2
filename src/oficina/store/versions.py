"""Versions of objects: one row each, saying which blob it is; the newest is what the key means."""

from __future__ import annotations

import math
import secrets
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import orjson

from oficina.clock import Clock
from oficina.errors import AwsError
from oficina.store.blobs import Blobs
from oficina.store.buckets import Bucket, no_such_bucket
from oficina.store.database import Database

NULL = "null"
"""The version of what was stored while versioning was not enabled."""
COLUMNS = "id, bucket, key, version, latest, marker, blob, size, etag, modified, facts"


@dataclass(frozen=True, slots=True)
class Object:
    """One version of a key."""

    id: int
    bucket: int
    key: str
    version: str
    latest: bool
    marker: bool
    """Whether this is a delete marker."""
    blob: str
    size: int
    etag: str
    """Without quotes."""
    modified: float
    facts: dict[str, Any]
    """``ContentType``, ``Metadata``, ``ChecksumCRC32`` and so on, in AWS's spelling."""


Parts = list[tuple[int, int, str | None]]
"""Number, size and checksum (base64) of each part of an object."""

Check = Callable[[Object | None], None]
"""A condition on what a key means now; raises AwsError when it does not hold."""


def read(row: Any) -> Object:
    """A row as an object."""
    return Object(
        id=row["id"],
        bucket=row["bucket"],
        key=row["key"],
        version=row["version"],
        latest=bool(row["latest"]),
        marker=bool(row["marker"]),
        blob=row["blob"] or "",
        size=row["size"],
        etag=row["etag"],
        modified=float(row["modified"]),
        facts=orjson.loads(row["facts"]),
    )


def no_such_key(key: str) -> AwsError:
    """S3's error for a key that is not there."""
    return AwsError("NoSuchKey", "The specified key does not exist.", 404, Key=key)


class Versions:
    """The versions of all keys of all accounts."""

    def __init__(self, database: Database, blobs: Blobs, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self.blobs = blobs

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Makes several changes one."""
        with self._database.transaction():
            yield

    def now(self) -> float:
        """The time that a change is given: whole seconds, as S3's are.

        Rounded up, so that ``aws s3 sync`` does not find a file that was just written newer than its object.
        """
        return float(math.ceil(self._clock.now()))

    def find(self, bucket: Bucket, key: str, version: str | None = None) -> Object | None:
        """What a key means now, delete marker or not; or one version of it."""
        condition, values = ("latest=1", ()) if version is None else ("version=?", (version,))
        row = self._database.reader.execute(
            f"SELECT {COLUMNS} FROM objects WHERE bucket=? AND key=? AND {condition}",
            (bucket.id, key, *values),
        ).fetchone()
        return None if row is None else read(row)

    def current(self, found: Object) -> Object | None:
        """What the key of an object means now, delete marker or not."""
        row = self._database.reader.execute(
            f"SELECT {COLUMNS} FROM objects WHERE bucket=? AND key=? AND latest=1", (found.bucket, found.key)
        ).fetchone()
        return None if row is None else read(row)

    def add(
        self,
        bucket: Bucket,
        key: str,
        *,
        blob: str,
        size: int,
        etag: str,
        facts: dict[str, Any],
        parts: Parts | None = None,
        check: Check | None = None,
    ) -> Object:
        """Gives a key new bytes, at once and whole. Raises what ``check`` raises; the blob is gone then."""
        try:
            with self._database.transaction():
                bucket = self._still(bucket)
                if check:
                    check(self.find(bucket, key))
                return self._insert(bucket, key, blob=blob, size=size, etag=etag, facts=facts, parts=parts)
        except BaseException:
            self.drop([blob])
            raise

    def _still(self, bucket: Bucket) -> Bucket:
        """The bucket as it is now. Raises AwsError when it was deleted meanwhile."""
        row = self._database.reader.execute("SELECT * FROM buckets WHERE id=?", (bucket.id,)).fetchone()
        if row is None:
            raise no_such_bucket(bucket.name)
        return Bucket(**dict(row))

    def _insert(
        self,
        bucket: Bucket,
        key: str,
        *,
        blob: str | None = None,
        size: int = 0,
        etag: str = "",
        facts: dict[str, Any],
        parts: Parts | None = None,
    ) -> Object:
        version = secrets.token_urlsafe(24) if bucket.versioning == "Enabled" else NULL
        with self._database.transaction() as connection:
            if version == NULL:
                self._forget(self.find(bucket, key, NULL))
            connection.execute(
                "UPDATE objects SET latest=0 WHERE bucket=? AND key=? AND latest=1", (bucket.id, key)
            )
            row = connection.execute(
                "INSERT INTO objects"
                " (bucket, key, version, latest, marker, blob, size, etag, modified, facts, parts)"
                f" VALUES (?, ?, ?, 1, ?, ?, ?, ?, ?, ?, ?) RETURNING {COLUMNS}",
                (
                    bucket.id,
                    key,
                    version,
                    blob is None,
                    blob,
                    size,
                    etag,
                    self.now(),
                    orjson.dumps(facts).decode(),
                    None if parts is None else orjson.dumps(parts).decode(),
                ),
            ).fetchone()
        return read(row)

    def _forget(self, found: Object | None) -> None:
        """Removes a row, and its bytes once that is committed."""
        if found is None:
            return
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM objects WHERE id=?", (found.id,))
        if found.blob:
            self.drop([found.blob])

    def delete(self, bucket: Bucket, key: str, check: Check | None = None) -> Object | None:
        """What S3 does on Delete: removes the key, or puts a delete marker on its versions and returns it."""
        with self._database.transaction():
            bucket = self._still(bucket)
            if check:
                check(self.find(bucket, key))
            if bucket.versioning:
                return self._insert(bucket, key, facts={})
            self._forget(self.find(bucket, key, NULL))
        return None

    def delete_version(
        self, bucket: Bucket, key: str, version: str, check: Check | None = None
    ) -> Object | None:
        """Removes one version for good and returns it; the one before it is the key's meaning then."""
        with self._database.transaction() as connection:
            found = self.find(bucket, key, version)
            if check:
                check(found)
            self._forget(found)
            if found is not None and found.latest:
                connection.execute(
                    "UPDATE objects SET latest=1 WHERE id="
                    "(SELECT id FROM objects WHERE bucket=? AND key=? ORDER BY id DESC LIMIT 1)",
                    (bucket.id, key),
                )
        return found

    def parts(self, found: Object) -> Parts | None:
        """The parts that an object was made of, None when it came as one."""
        row = self._database.reader.execute("SELECT parts FROM objects WHERE id=?", (found.id,)).fetchone()
        return None if row is None or row["parts"] is None else orjson.loads(row["parts"])

    def set_facts(self, found: Object, facts: dict[str, Any]) -> None:
        """Changes what is known of a version (its tags, say); its bytes and its time stay."""
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE objects SET facts=? WHERE id=?", (orjson.dumps(facts).decode(), found.id)
            )

    def drop(self, blobs: Iterable[str]) -> None:
        """Removes those of the blobs that no row refers to, once the transaction is committed."""
        several = list(blobs)
        self._database.after_commit(
            lambda: self.blobs.remove(one for one in several if not self.referred(one))
        )

    def referred(self, blob: str) -> bool:
        """Whether any row means this blob."""
        found = self._database.reader.execute(
            "SELECT EXISTS (SELECT 1 FROM objects WHERE blob=?) OR EXISTS (SELECT 1 FROM parts WHERE blob=?)",
            (blob, blob),
        ).fetchone()
        return bool(found[0])

    def referred_on(self, shelf: str) -> set[str]:
        """The blobs whose names begin with ``shelf`` and that any row means."""
        found: set[str] = set()
        for table in ("objects", "parts"):
            rows = self._database.reader.execute(
                f"SELECT blob FROM {table} WHERE blob>=? AND blob<?", (shelf, shelf + "~")
            )
            found.update(row["blob"] for row in rows)
        return found

    def opened(self, look: Callable[[], Object]) -> tuple[Object, int]:
        """What ``look`` finds, with a descriptor; looks again when the bytes were replaced meanwhile."""
        while True:
            found = look()
            try:
                return found, self.blobs.open(found.blob)
            except FileNotFoundError:
                if look().blob == found.blob:
                    raise
