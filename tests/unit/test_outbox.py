"""Events on their way out: none is lost, none is told of what did not happen."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from oficina.clock import StoppedClock
from oficina.store import outbox as module
from oficina.store.database import Database
from oficina.store.outbox import Outbox


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """A file of its own."""
    database = Database(tmp_path / "db", ("outbox.sql",))
    yield database
    database.close()


@pytest.fixture
def outbox(database: Database) -> Outbox:
    """An outbox in it."""
    return Outbox(database, StoppedClock(7.0))


def put(outbox: Outbox, word: str) -> None:
    """Adds an event."""
    outbox.put("1", "us-east-1", "Kind", ["arn"], {"word": word})


def words(outbox: Outbox) -> list[str]:
    """The events that wait."""
    return [event.detail["word"] for event in outbox.waiting()]


def test_events_wait_in_order_until_they_are_done(outbox: Outbox) -> None:
    put(outbox, "one")
    put(outbox, "two")
    first, second = outbox.waiting()
    assert (first.source, first.detail_type, first.resources, first.time) == (
        "aws.sagemaker",
        "Kind",
        ["arn"],
        7.0,
    )
    assert first.id != second.id
    outbox.done(first)
    assert words(outbox) == ["two"]


def test_an_event_goes_with_the_change_that_was_rolled_back(database: Database, outbox: Outbox) -> None:
    class Refused(Exception):
        """The change did not happen."""

    def change() -> None:
        with database.transaction():
            put(outbox, "never")
            raise Refused

    with pytest.raises(Refused):
        change()
    assert words(outbox) == []


def test_the_oldest_go_when_nobody_delivers(outbox: Outbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LIMIT", 2)
    for word in ("one", "two", "three"):
        put(outbox, word)
    assert words(outbox) == ["two", "three"]
