"""Tickets of the UI, names of groups, and the database that a new server begins with."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from oficina.clock import StoppedClock
from oficina.config import Config
from oficina.engine.mlflow import fresh, versions
from oficina.engine.mlflow.registration import group_name
from oficina.store.store import Store
from oficina.store.tickets import Tickets

ARN = "arn:aws:sagemaker:us-east-1:123456789012:mlflow-tracking-server/a"


@pytest.fixture
def clock() -> StoppedClock:
    """A clock that the test moves."""
    return StoppedClock()


@pytest.fixture
def tickets(tmp_path: Path, clock: StoppedClock) -> Tickets:
    """The tickets of a new home."""
    return Store(Config(home=tmp_path), clock).tickets


def test_a_ticket_is_good_once_and_opens_a_session_that_ends(tickets: Tickets, clock: StoppedClock) -> None:
    secret = tickets.issue(ARN, 5, 1800)
    redeemed = tickets.redeem(secret, ARN)
    assert redeemed is not None
    session, seconds = redeemed
    assert seconds == 1800
    assert tickets.redeem(secret, ARN) is None
    assert tickets.admits(session, ARN)
    assert not tickets.admits(session, ARN + "b")
    assert not tickets.admits(secret, ARN)
    clock.at += 1801
    assert not tickets.admits(session, ARN)


def test_a_ticket_is_not_good_late_or_for_another_server(tickets: Tickets, clock: StoppedClock) -> None:
    secret = tickets.issue(ARN, 5, 1800)
    assert tickets.redeem(secret, ARN + "b") is None
    clock.at += 6
    assert tickets.redeem(secret, ARN) is None
    assert tickets.redeem("nonsense", ARN) is None


@pytest.mark.parametrize("model", ["bank", "Bank-2", "a" * 56])
def test_a_group_is_named_as_its_model_with_what_tells_the_server(model: str) -> None:
    assert group_name(model, ARN) == f"{model}-ca9781"
    assert group_name(model, ARN + "b") == f"{model}-fb8e20"


@pytest.mark.parametrize("model", ["a b", "ünïcode", "!!!", "a" * 57, "a" * 64, "-a", "a_b"])
def test_a_group_has_a_name_of_its_own_for_a_model_whose_name_it_may_not_have(model: str) -> None:
    name = group_name(model, ARN)
    assert name.endswith("-ca9781")
    assert len(name) <= 63
    assert name.replace("-", "").isascii()
    assert name.replace("-", "").isalnum()
    assert name != group_name(model + "x", ARN)


def test_a_new_server_begins_with_a_copied_database_and_its_own_artifacts(tmp_path: Path) -> None:
    first, made, second = tmp_path / "first.db", tmp_path / "kept" / "made.db", tmp_path / "second.db"
    assert not fresh.lay(made, second, "s3://b/two/")
    with sqlite3.connect(first) as connection:
        connection.execute("CREATE TABLE experiments (artifact_location, creation_time, last_update_time)")
        connection.execute("INSERT INTO experiments VALUES ('s3://b/one/0', 1, 1)")
    connection.close()
    fresh.keep(first, made)
    assert fresh.lay(made, second, "s3://b/two/")
    with sqlite3.connect(second) as connection:
        found = connection.execute("SELECT artifact_location FROM experiments").fetchall()
    connection.close()
    assert found == [("s3://b/two/0",)]


def test_what_is_written_within_one_tick_of_the_clock_is_seen(tmp_path: Path) -> None:
    database = tmp_path / "mlflow.db"
    with contextlib.closing(sqlite3.connect(database)) as connection:
        connection.execute("CREATE TABLE registered_models (name TEXT)")
        before = versions.state(database)
        with connection:
            connection.execute("INSERT INTO registered_models VALUES ('a')")
    times = (before[0][1], before[0][1])  # type: ignore[index]  # of the file itself
    os.utime(database, ns=times)

    assert versions.state(database) != before


KILLED = """
import os, sqlite3, sys
connection = sqlite3.connect(sys.argv[1])
connection.execute("CREATE TABLE registered_models (name TEXT)")
connection.executemany("INSERT INTO registered_models VALUES (?)", [("a" * 4000,)] * 100)
connection.commit()
connection.execute("PRAGMA cache_size=1")
connection.execute("UPDATE registered_models SET name = name || 'b'")
os.kill(os.getpid(), 9)
"""
"""A writer that dies in a transaction of which a part is on the disk."""


def test_what_a_killed_mlflow_left_half_written_is_read_as_it_was_before(tmp_path: Path) -> None:
    database = tmp_path / "mlflow.db"
    subprocess.run([sys.executable, "-c", KILLED, str(database)], check=False)
    assert database.with_name("mlflow.db-journal").exists()

    found = versions.rows(database, "SELECT DISTINCT length(name) FROM registered_models")

    assert found == [(4000,)]
    assert not database.with_name("mlflow.db-journal").exists()
