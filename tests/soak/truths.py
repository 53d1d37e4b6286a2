"""What must be true of a home when all work on it has ended."""

from __future__ import annotations

import json
import sqlite3
import time
from collections import Counter
from itertools import groupby
from pathlib import Path

from tests.soak.actors import Registrar
from tests.soak.plant import Plant, processes

FOLDERS = ("incoming", "trash", "endpoints", "mlflow", "warmpools")
"""The folders of a home that are empty when there is nothing of what they are for."""
SECONDS = 30.0
"""How long what is to go may take to go."""


def reckon(plant: Plant, registrars: list[Registrar]) -> None:
    """Looks at processes, folders and the database."""
    end = time.monotonic() + SECONDS
    while time.monotonic() < end and (_left_processes(plant) or _queued(plant)):
        time.sleep(0.5)
    for pid, words in _left_processes(plant).items():
        plant.flaw(f"the process {pid} is left: {words}")
    for row in _queued(plant):
        plant.flaw(f"work is left in the queue: {row}")
    _mounts(plant)
    _folders(plant)
    _facts(plant)
    _events(plant, registrars)


def _left_processes(plant: Plant) -> dict[int, str]:
    found = processes(plant.home)
    found.pop(plant.server.process.pid, None)
    return found


def _rows(plant: Plant, query: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(f"file:{plant.home / 'oficina.db'}?mode=ro", uri=True)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def _queued(plant: Plant) -> list[tuple[object, ...]]:
    return _rows(plant, "SELECT topic, resource, due, attempts FROM queue")


def _mounts(plant: Plant) -> None:
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        if f"{plant.home}/" in line:
            plant.flaw(f"a mount is left: {line}")


def _folders(plant: Plant) -> None:
    home = plant.home
    for pattern in (*(f"{name}/*" for name in FOLDERS), "jobs/*/inputs", "jobs/*/out"):
        for path in home.glob(pattern):
            plant.flaw(f"{path.relative_to(home)} is left")
    for path in home.glob("jobs/*/hosts/*/*"):
        if path.name != "log":
            plant.flaw(f"{path.relative_to(home)} is left")
    for path in home.rglob("*"):
        if path.is_socket() or path.is_fifo():
            plant.flaw(f"{path.relative_to(home)} is left")


def _facts(plant: Plant) -> None:
    told = _rows(plant, "PRAGMA integrity_check")
    if told != [("ok",)]:
        plant.flaw(f"integrity_check: {told}")
    keys = _rows(plant, "SELECT job FROM keys WHERE job IS NOT NULL")
    if keys:
        plant.flaw(f"{len(keys)} keys of jobs that have ended are left: {keys[:3]}")


def _events(plant: Plant, registrars: list[Registrar]) -> None:
    """One event for each change; an update whose answer was lost may have been made twice."""
    rows = _rows(plant, "SELECT detail FROM outbox WHERE detail_type LIKE '%Model Package%' ORDER BY id")
    told = [json.loads(str(row[0])) for row in rows]
    for registrar in registrars:
        for arn, changes in registrar.changes.items():
            every = [one["ModelApprovalStatus"] for one in told if one["ModelPackageArn"] == arn]
            seen = [status for status, _ in groupby(every)]
            if seen != changes:
                plant.flaw(f"the events of {arn} are {Counter(seen)}, its changes {Counter(changes)}")
