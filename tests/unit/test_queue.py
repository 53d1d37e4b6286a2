"""The queue: work is given out once, kept until it is done, and found again after a crash."""

import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from oficina.clock import Clock, StoppedClock
from oficina.store.database import Database
from oficina.store.queue import Queue
from tests.waiting import PATIENCE


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "db")
    yield database
    database.close()


def put(queue: Queue, resource: str, after: float = 0.0) -> None:
    queue.put("job", resource, account="1", region="r", after=after)


def test_work_is_leased_once(database: Database) -> None:
    queue = Queue(database, StoppedClock())
    put(queue, "a")

    first, second = queue.lease(["job"], 0.01), queue.lease(["job"], 0.01)

    assert first is not None
    assert first.resource == "a"
    assert second is None


def test_work_comes_in_order(database: Database) -> None:
    queue = Queue(database, StoppedClock())
    for name in "abc":
        put(queue, name)

    leased = [queue.lease(["job"], 0.01) for _ in range(3)]

    assert [task.resource for task in leased if task] == ["a", "b", "c"]


def test_a_killed_server_finds_its_work_again(database: Database) -> None:
    clock = StoppedClock()
    queue = Queue(database, clock)
    put(queue, "a")
    queue.lease(["job"], 0.01)

    again = Queue(database, clock).lease(["job"], 0.01)

    assert again is not None
    assert again.resource == "a"


def test_work_that_is_done_is_gone(database: Database) -> None:
    clock = StoppedClock()
    queue = Queue(database, clock)
    put(queue, "a")
    task = queue.lease(["job"], 0.01)
    assert task is not None

    queue.done(task)

    assert Queue(database, clock).lease(["job"], 0.01) is None


def test_work_that_failed_rests_and_comes_back(database: Database) -> None:
    clock = StoppedClock()
    queue = Queue(database, clock)
    put(queue, "a")
    task = queue.lease(["job"], 0.01)
    assert task is not None

    queue.give_back(task, after=5.0)

    assert queue.lease(["job"], 0.01) is None
    clock.at += 6
    again = queue.lease(["job"], 0.01)
    assert again is not None
    assert again.attempts == 1


def test_work_of_another_topic_is_left_alone(database: Database) -> None:
    queue = Queue(database, StoppedClock())
    put(queue, "a")

    assert queue.lease(["endpoint"], 0.01) is None


def test_work_told_done_twice_takes_no_other_work_with_it(database: Database) -> None:
    queue = Queue(database, StoppedClock())
    put(queue, "a")
    first = queue.lease(["job"], 0.01)
    assert first is not None
    queue.done(first)
    put(queue, "b")

    queue.done(first)

    second = queue.lease(["job"], 0.01)
    assert second is not None
    assert second.resource == "b"


def test_work_stays_leased_until_its_end_is_committed(database: Database) -> None:
    queue = Queue(database, StoppedClock())
    put(queue, "a")
    task = queue.lease(["job"], 0.01)
    assert task is not None

    with database.transaction():
        queue.done(task)
        with ThreadPoolExecutor() as another:
            assert another.submit(queue.lease, ["job"], 0.01).result() is None


class Crowded(Database):
    """A database in which work is put just when somebody begins to wait for some."""

    def wait_until(self, ready: Callable[[], bool], timeout: float) -> bool:
        queue = Queue(self, Clock())
        if queue.depth("job") == 0:
            put(queue, "a", after=0.05)
        return super().wait_until(ready, timeout)


def test_work_put_for_later_while_somebody_waits_is_found_when_it_is_due(tmp_path: Path) -> None:
    database = Crowded(tmp_path / "db")

    task = Queue(database, Clock()).lease(["job"], PATIENCE)

    assert task is not None
    assert task.resource == "a"
    database.close()


def test_work_that_cannot_be_given_back_is_free_all_the_same(database: Database) -> None:
    queue = Queue(database, StoppedClock())
    put(queue, "a")
    task = queue.lease(["job"], 0.01)
    assert task is not None
    with database.transaction() as connection:
        connection.execute("PRAGMA query_only=ON")

    with pytest.raises(sqlite3.OperationalError):
        queue.give_back(task, after=5.0)

    again = queue.lease(["job"], 0.01)
    assert again is not None
    assert again.resource == "a"


def test_work_that_need_not_wait_is_found_after_the_clock_was_set_back(database: Database) -> None:
    clock = StoppedClock()
    queue = Queue(database, clock)
    put(queue, "a")
    put(queue, "later", after=10.0)
    clock.at -= 3600

    found = Queue(database, clock).lease(["job"], 0.01)

    assert found is not None
    assert found.resource == "a"
