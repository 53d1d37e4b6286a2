"""The threads of the engine outlive what goes wrong while they work."""

import sqlite3
import threading
from pathlib import Path

import pytest

from oficina.clock import Clock
from oficina.config import Config
from oficina.engine import workers
from oficina.engine.workers import Engine, Workers
from oficina.store.queue import Task
from oficina.store.store import Store
from tests.waiting import PATIENCE, wait_until


def test_a_worker_goes_on_after_a_time_in_which_nothing_could_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(workers, "RETRY_SECONDS", 0.01)
    store = Store(Config(home=tmp_path), Clock())
    done = threading.Event()

    with store.database.transaction() as writer:
        pass  # the connection that all changes go through

    def work(engine: Engine, task: Task) -> None:
        if task.resource == "first" and task.attempts == 0 and not caplog.text:
            writer.execute("PRAGMA query_only=ON")
            raise sqlite3.OperationalError("database or disk is full")
        if task.resource == "second":
            done.set()

    several = Workers(Config(home=tmp_path), store, Clock(), "http://localhost", lambda *_: {})
    several.add("job", work).start()
    store.queue.put("job", "first", account="1", region="r")
    wait_until(lambda: "the queue of job waits" in caplog.text, "the worker told of no trouble")
    writer.execute("PRAGMA query_only=OFF")

    store.queue.put("job", "second", account="1", region="r")

    assert done.wait(PATIENCE)
    several.stop()
    store.close()
