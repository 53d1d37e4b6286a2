"""A home that an earlier oficina wrote is brought to today's schema, with all that is in it."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from oficina.errors import OficinaError
from oficina.store.database import VERSION, Database
from oficina.store.store import SCHEMAS

BACK_TO_1 = """
ALTER TABLE mlflow_versions DROP COLUMN born;
DROP TABLE deduplications;
DROP INDEX messages_by_line;
ALTER TABLE messages DROP COLUMN line;
ALTER TABLE messages DROP COLUMN source;
INSERT INTO messages (queue, visible, expires, body) VALUES ('arn', 0, 9, 'kept');
PRAGMA user_version=1;
"""
"""Makes of today's schema what version 1 was."""


def schema(path: Path) -> dict[str, set[str]]:
    """The columns of each table, and the names of the indexes."""
    connection = sqlite3.connect(path)
    names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type='table'")]
    found = {name: {row[1] for row in connection.execute(f"PRAGMA table_info({name})")} for name in names}
    indexes = connection.execute("SELECT name FROM sqlite_master WHERE type='index'").fetchall()
    connection.close()
    return found | {"indexes": {name for (name,) in indexes}}


def test_a_file_of_version_1_is_brought_to_today(tmp_path: Path) -> None:
    today, old = tmp_path / "today.db", tmp_path / "old.db"
    for path in (today, old):
        Database(path, SCHEMAS).close()
    connection = sqlite3.connect(old)
    connection.executescript(BACK_TO_1)
    connection.close()

    database = Database(old, SCHEMAS)
    kept = database.reader.execute("SELECT body, line, source FROM messages").fetchall()
    database.close()

    assert [tuple(row) for row in kept] == [("kept", None, None)]
    assert schema(old) == schema(today)
    assert sqlite3.connect(old).execute("PRAGMA user_version").fetchone() == (VERSION,)


def test_a_file_of_a_later_oficina_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "later.db"
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version={VERSION + 1}")
    connection.close()

    with pytest.raises(OficinaError, match="oficina up --home"):
        Database(path, SCHEMAS)

    assert sqlite3.connect(path).execute("PRAGMA user_version").fetchone() == (VERSION + 1,)
