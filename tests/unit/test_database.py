"""The database: a change is made whole or not at all, and what follows it keeps nobody from going on."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from oficina.store.database import Database


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "db")
    yield database
    database.close()


def test_a_commit_that_fails_undoes_the_change_and_lets_others_go_on(database: Database) -> None:
    with database.transaction() as connection:
        connection.execute("CREATE TABLE parents (id INTEGER PRIMARY KEY)")
        connection.execute(
            "CREATE TABLE children (parent REFERENCES parents (id) DEFERRABLE INITIALLY DEFERRED)"
        )

    with pytest.raises(sqlite3.IntegrityError), database.transaction() as connection:
        connection.execute("INSERT INTO children VALUES (1)")

    with database.transaction() as connection:
        connection.execute("INSERT INTO parents VALUES (2)")
    assert database.reader.execute("SELECT count(*) FROM children").fetchone()[0] == 0
    assert database.reader.execute("SELECT count(*) FROM parents").fetchone()[0] == 1


def test_what_fails_after_a_commit_takes_nothing_back_and_keeps_nothing_else_from_being_done(
    database: Database,
) -> None:
    done = []

    with database.transaction() as connection:
        connection.execute("CREATE TABLE kept (id INTEGER)")
        database.after_commit(lambda: Path("/nowhere/at/all").unlink())
        database.after_commit(lambda: done.append("next"))

    assert done == ["next"]
    assert "kept" in database.tables()


def test_what_was_to_follow_a_change_that_was_undone_is_not_done(database: Database) -> None:
    done: list[str] = []

    def change() -> None:
        with database.transaction():
            database.after_commit(lambda: done.append("wrong"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        change()

    with database.transaction():
        database.after_commit(lambda: done.append("right"))
    assert done == ["right"]
