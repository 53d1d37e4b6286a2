"""What passes by itself, such as a full disk, is told from faults."""

from __future__ import annotations

import errno
import sqlite3
from pathlib import Path

import pytest

from oficina.store import shortage
from oficina.store.database import Database


def test_a_full_database_passes_and_leaves_the_next_transaction_be(tmp_path: Path) -> None:
    database = Database(tmp_path / "db")
    with database.transaction() as connection:
        connection.execute("CREATE TABLE things (thing)")
    (pages,) = database.reader.execute("PRAGMA page_count").fetchone()
    with database.transaction() as connection:
        connection.execute(f"PRAGMA max_page_count={pages + 2}")

    for _ in range(2):
        with pytest.raises(sqlite3.OperationalError) as error, database.transaction() as connection:
            connection.execute("INSERT INTO things VALUES (zeroblob(1000000))")
        assert shortage.is_shortage(error.value)

    with database.transaction() as connection:
        connection.execute("INSERT INTO things VALUES (1)")
    database.close()


@pytest.mark.parametrize(
    ("error", "passes"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), True),
        (OSError(errno.EMFILE, "Too many open files"), True),
        (FileNotFoundError(errno.ENOENT, "No such file"), False),
        (sqlite3.OperationalError("no such table"), False),
        (ValueError(), False),
    ],
)
def test_what_passes_by_itself_is_told_from_faults(error: Exception, passes: bool) -> None:
    assert shortage.is_shortage(error) is passes
