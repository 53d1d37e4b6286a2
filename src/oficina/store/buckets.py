"""Buckets: rows, and what each was told. Every account has names of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson

from oficina.clock import Clock
from oficina.errors import AwsError
from oficina.store.database import Database


@dataclass(frozen=True, slots=True)
class Bucket:
    """One bucket."""

    id: int
    account: str
    name: str
    region: str
    created: float
    versioning: str
    """Empty, ``Enabled`` or ``Suspended``."""


def no_such_bucket(name: str) -> AwsError:
    """S3's error for a bucket that is not there."""
    return AwsError("NoSuchBucket", "The specified bucket does not exist", 404, BucketName=name)


class Buckets:
    """The buckets of all accounts."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def find(self, account: str, name: str) -> Bucket | None:
        """A bucket by name, None when it is not there."""
        row = self._database.reader.execute(
            "SELECT * FROM buckets WHERE account=? AND name=?", (account, name)
        ).fetchone()
        return None if row is None else Bucket(**dict(row))

    def get(self, account: str, name: str) -> Bucket:
        """A bucket by name. Raises AwsError NoSuchBucket."""
        bucket = self.find(account, name)
        if bucket is None:
            raise no_such_bucket(name)
        return bucket

    def create(self, account: str, name: str, region: str) -> Bucket:
        """Makes a bucket, or returns the one that is there."""
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO buckets (account, name, region, created) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (account, name) DO NOTHING",
                (account, name, region, self._clock.now()),
            )
            return self.get(account, name)

    def page(self, account: str, *, prefix: str, after: str, region: str | None, limit: int) -> list[Bucket]:
        """Buckets by name, the names beginning with ``prefix`` and standing after ``after``."""
        rows = self._database.reader.execute(
            "SELECT * FROM buckets WHERE account=? AND name>? AND substr(name, 1, ?)=?"
            " AND (? IS NULL OR region=?) ORDER BY name LIMIT ?",
            (account, after, len(prefix), prefix, region, region, limit),
        )
        return [Bucket(**dict(row)) for row in rows]

    def delete(self, bucket: Bucket) -> None:
        """Forgets an empty bucket and what it was told. Raises AwsError BucketNotEmpty."""
        with self._database.transaction() as connection:
            if connection.execute("SELECT 1 FROM objects WHERE bucket=? LIMIT 1", (bucket.id,)).fetchone():
                sentence = "The bucket you tried to delete is not empty"
                if bucket.versioning:
                    sentence += ". You must delete all versions in the bucket."
                raise AwsError("BucketNotEmpty", sentence, 409, BucketName=bucket.name)
            connection.execute("DELETE FROM bucket_settings WHERE bucket=?", (bucket.id,))
            connection.execute("DELETE FROM buckets WHERE id=?", (bucket.id,))

    def set_versioning(self, bucket: Bucket, status: str) -> None:
        """Turns versions on (``Enabled``) or off (``Suspended``)."""
        with self._database.transaction() as connection:
            connection.execute("UPDATE buckets SET versioning=? WHERE id=?", (status, bucket.id))

    def setting(self, bucket: Bucket, name: str) -> Any:
        """What the bucket was told, None when nothing."""
        row = self._database.reader.execute(
            "SELECT body FROM bucket_settings WHERE bucket=? AND name=?", (bucket.id, name)
        ).fetchone()
        return None if row is None else orjson.loads(row["body"])

    def set_setting(self, bucket: Bucket, name: str, body: Any) -> None:
        """Keeps what the bucket is told; None forgets it."""
        with self._database.transaction() as connection:
            if body is None:
                connection.execute("DELETE FROM bucket_settings WHERE bucket=? AND name=?", (bucket.id, name))
            else:
                connection.execute(
                    "INSERT INTO bucket_settings (bucket, name, body) VALUES (?, ?, ?)"
                    " ON CONFLICT (bucket, name) DO UPDATE SET body=excluded.body",
                    (bucket.id, name, orjson.dumps(body).decode()),
                )
