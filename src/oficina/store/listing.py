"""Lists of keys: pages in SQL that step over what a delimiter folds into a common prefix.

A prefix of a million keys costs one step: the next seek begins after all of them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from oficina.store.buckets import Bucket
from oficina.store.database import Database
from oficina.store.versions import COLUMNS, Object, read

_LAST = chr(0x10FFFF)

Seek = Callable[[str], sqlite3.Cursor]
"""Rows from a key on, that key included."""


def after_all(prefix: str) -> str | None:
    """The smallest text that stands after every text with this prefix; None when there is none.

    SQLite orders texts by their UTF-8, which is the order of code points.
    """
    stem = prefix.rstrip(_LAST)
    if not stem:
        return None
    last = ord(stem[-1]) + 1
    return stem[:-1] + chr(0xE000 if last == 0xD800 else last)


@dataclass(slots=True)
class Page:
    """A page of a list: rows and common prefixes, each by key."""

    rows: list[Any] = field(default_factory=list)
    prefixes: list[str] = field(default_factory=list)
    truncated: bool = False
    last: str = ""
    """The key or common prefix that the next page stands after."""

    @property
    def objects(self) -> list[Object]:
        """The rows as objects."""
        return [read(row) for row in self.rows]


@dataclass(frozen=True, slots=True)
class Wish:
    """What a list is asked for."""

    prefix: str = ""
    delimiter: str = ""
    after: str = ""
    """Only keys and common prefixes that stand after this one."""
    limit: int = 1000


def _fold(wish: Wish, first: Iterator[Any], seek: Seek) -> Page:
    page, rows = Page(), first
    while True:
        row = next(rows, None)
        if row is None or not row["key"].startswith(wish.prefix):
            return page
        common = _common(row["key"], wish)
        if len(page.rows) + len(page.prefixes) >= wish.limit:
            page.truncated = wish.limit > 0
            return page
        if common is None:
            page.rows.append(row)
            page.last = row["key"]
            continue
        if common > wish.after:
            page.prefixes.append(common)
            page.last = common
        beyond = after_all(common)
        if beyond is None:
            return page
        rows = seek(beyond)


def _common(key: str, wish: Wish) -> str | None:
    if not wish.delimiter:
        return None
    end = key.find(wish.delimiter, len(wish.prefix))
    return None if end < 0 else key[: end + len(wish.delimiter)]


class Listing:
    """The lists of all buckets."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def _from(self, sql: str, bucket: Bucket) -> Seek:
        return lambda key: self._database.reader.execute(sql, (bucket.id, key))

    def current(self, bucket: Bucket, wish: Wish) -> Page:
        """What the keys mean now; keys whose newest version is a delete marker are not there."""
        seek = self._from(
            f"SELECT {COLUMNS} FROM objects WHERE bucket=? AND key>=? AND latest=1 AND marker=0 ORDER BY key",
            bucket,
        )
        return _fold(wish, seek(_begin(wish)), seek)

    def versions(self, bucket: Bucket, wish: Wish, after_id: int | None) -> Page:
        """All versions, the newest of a key first, from after the row ``after_id`` on."""
        seek = self._from(
            f"SELECT {COLUMNS} FROM objects WHERE bucket=? AND key>=? ORDER BY key, id DESC", bucket
        )
        return _fold(wish, self._rest(bucket, wish, after_id, seek), seek)

    def _rest(self, bucket: Bucket, wish: Wish, after_id: int | None, seek: Seek) -> Iterator[Any]:
        if after_id is not None:
            yield from self._database.reader.execute(
                f"SELECT {COLUMNS} FROM objects WHERE bucket=? AND key=? AND id<? ORDER BY id DESC",
                (bucket.id, wish.after, after_id),
            )
        yield from seek(_begin(wish))

    def uploads(self, bucket: Bucket, wish: Wish, after_id: str) -> Page:
        """Uploads in progress by key, the oldest of a key first."""
        seek = self._from("SELECT * FROM uploads WHERE bucket=? AND key>=? ORDER BY key, id", bucket)
        return _fold(wish, self._later(bucket, wish, after_id, seek), seek)

    def _later(self, bucket: Bucket, wish: Wish, after_id: str, seek: Seek) -> Iterator[Any]:
        if after_id:
            yield from self._database.reader.execute(
                "SELECT * FROM uploads WHERE bucket=? AND key=? AND id>? ORDER BY id",
                (bucket.id, wish.after, after_id),
            )
        yield from seek(_begin(wish))


def _begin(wish: Wish) -> str:
    """The key to seek first: past ``after``, and past all that its common prefix holds."""
    if not wish.after or wish.after < wish.prefix:
        return wish.prefix
    common = _common(wish.after, wish) if wish.after.startswith(wish.prefix) else None
    return (common and after_all(common)) or wish.after + "\0"
