"""The SQLite file: one writer at a time, readers beside it, a commit that survives a power cut.

WAL with ``synchronous=FULL``: a fact that was answered is on the disk. A change wakes all who wait for one.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path

from oficina.errors import OficinaError

log = logging.getLogger(__name__)

VERSION = 3
"""The version of the schema, kept in the file's ``user_version``."""
MIGRATIONS = {2: "to-2.sql", 3: "to-3.sql"}
"""What brings a file from the version before to each one."""


class Database:
    """The connections of one server to its file; safe to use from any thread."""

    def __init__(self, path: Path, schemas: tuple[str, ...] = ("schema.sql",)) -> None:
        self.path = path
        self._local = threading.local()
        self._write = threading.RLock()
        self._depth = 0
        self._changed = threading.Condition()
        self._version = 0
        self._after: list[Callable[[], None]] = []
        self._writer = self._connect()
        self._prepare(schemas)

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False, timeout=30)
        connection.row_factory = sqlite3.Row
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "case_sensitive_like=ON",
            "mmap_size=268435456",
            "cache_size=-4000",
            "temp_store=MEMORY",
            # Some builds of SQLite write zeros over whatever is deleted, which takes as long as writing it.
            "secure_delete=OFF",
        ):
            connection.execute(f"PRAGMA {pragma}")
        return connection

    def _prepare(self, schemas: tuple[str, ...]) -> None:
        (version,) = self._writer.execute("PRAGMA user_version").fetchone()
        if version > VERSION:
            raise OficinaError(
                f"{self.path} was written by another version of oficina (schema {version}, this one has "
                f"{VERSION}). Type: oficina up --home ANOTHER_FOLDER"
            )
        if version == VERSION:
            return
        names = [MIGRATIONS[each] for each in range(version + 1, VERSION + 1)] if version else schemas
        script = "\n".join(resources.files("oficina.store").joinpath(name).read_text() for name in names)
        self._writer.executescript(f"BEGIN IMMEDIATE;\n{script}\nPRAGMA user_version={VERSION};\nCOMMIT;")

    @property
    def reader(self) -> sqlite3.Connection:
        """This thread's connection for reading; inside a transaction of this thread, the writer's."""
        if self._depth and self._owner == threading.get_ident():
            return self._writer
        connection = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = self._connect()
            connection.execute("PRAGMA query_only=ON")
        return connection

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing: commits at the end, rolls back on an error. Nested, the outermost commits."""
        with self._write:
            if self._depth:
                self._depth += 1
                try:
                    yield self._writer
                finally:
                    self._depth -= 1
                return
            self._owner = threading.get_ident()
            self._writer.execute("BEGIN IMMEDIATE")
            self._depth = 1
            try:
                yield self._writer
                self._writer.execute("COMMIT")
            except BaseException:
                self._after = []
                self._undo()
                raise
            finally:
                self._depth = 0
            after, self._after = self._after, []
        self.wake()
        for action in after:
            _do(action)

    def _undo(self) -> None:
        """Ends a transaction that cannot be; SQLite itself has ended one for which the disk had no room."""
        if self._writer.in_transaction:
            self._writer.execute("ROLLBACK")

    def after_commit(self, action: Callable[[], None]) -> None:
        """Does something once this thread's transaction is committed; at once when it has none.

        What must not be lost when the server dies is put into the queue instead.
        """
        if self._depth and self._owner == threading.get_ident():
            self._after.append(action)
        else:
            action()

    _owner = 0

    def wake(self) -> None:
        """Lets all who wait look again."""
        with self._changed:
            self._version += 1
            self._changed.notify_all()

    def wait_until(self, ready: Callable[[], bool], timeout: float) -> bool:
        """Waits until ``ready`` holds, looking again after every commit; False when the seconds run out."""
        deadline = time.monotonic() + timeout
        while True:
            with self._changed:
                version = self._version
            if ready():
                return True
            with self._changed:
                while self._version == version:
                    left = deadline - time.monotonic()
                    if left <= 0 or not self._changed.wait(left):
                        return False

    def tables(self) -> list[str]:
        """The names of all tables."""
        rows = self.reader.execute("SELECT name FROM sqlite_master WHERE type='table' ORDER BY name")
        return [row["name"] for row in rows if not row["name"].startswith("sqlite_")]

    def close(self) -> None:
        """Closes the writer and this thread's reader."""
        with self._write:
            self._writer.close()
        connection = getattr(self._local, "connection", None)
        if connection is not None:
            connection.close()


def _do(action: Callable[[], None]) -> None:
    """Something after a commit: when it fails the change stands all the same, and the others are done."""
    try:
        action()
    except Exception:
        log.exception("a change was made; what should have followed it failed")
