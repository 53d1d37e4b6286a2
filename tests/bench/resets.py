"""``oficina reset`` of a server with many objects."""

from __future__ import annotations

import os
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from oficina.clock import Clock
from oficina.config import Config
from oficina.store.store import Store
from tests.bench import places
from tests.bench.figures import Figure, milliseconds
from tests.waiting import PATIENCE

OBJECTS = 200_000
ACCOUNT = "123456789012"


def measure(smoke: bool) -> list[Figure]:
    """From the request to the answer; the rows have no files, which go in the background anyway."""
    count = OBJECTS // 100 if smoke else OBJECTS
    taken = [_reset(count) for _ in range(1 if smoke else 3)]
    return [Figure(f"reset of a server with {count} objects", milliseconds(taken), "ms", most=50)]


def _reset(count: int) -> float:
    """The seconds of one reset, of a server of its own."""
    with places.home() as folder:
        _fill(folder, count)
        with places.oficina(folder) as server:
            begin = time.perf_counter()
            urllib.request.urlopen(f"{server.address}/_oficina/reset", data=b"", timeout=PATIENCE).close()
            return time.perf_counter() - begin


def _fill(folder: Path, count: int) -> None:
    store = Store(Config(home=folder), Clock())
    store.buckets.create(ACCOUNT, "bench", "us-east-1")
    made = folder / "jobs" / "made"
    made.write_bytes(b"")
    store.objects.adopt(ACCOUNT, "bench", "first", made)
    row = dict(store.database.reader.execute("SELECT * FROM objects").fetchone())

    def rows() -> Iterator[dict[str, object]]:
        for number in range(count):
            yield row | {"id": None, "key": f"data/{number:08}", "blob": os.urandom(16).hex()}

    marks = ",".join(f":{name}" for name in row)
    with store.database.transaction() as connection:
        connection.executemany(f"INSERT INTO objects ({','.join(row)}) VALUES ({marks})", rows())
    store.close()
