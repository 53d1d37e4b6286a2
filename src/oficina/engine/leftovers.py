"""What a killed server left of work that is over: folders to tidy, half layers, keys that nobody waits for.

Work that is in the queue is no leftover: its handler takes it up and finds its folder as it is.
"""

from __future__ import annotations

import threading
from pathlib import Path

import orjson

from oficina.engine.functions import functions
from oficina.engine.jobfolder import suffix_of, tidy
from oficina.engine.workers import Engine
from oficina.runners import process
from oficina.runners.images import Catalog

MARK = "/invocation/"
"""What stands in the name of an invocation's key before its request id."""


def start(engine: Engine) -> None:
    """Notes what an earlier server left, and tidies it beside the new work."""
    Catalog(engine.config).sweep()
    queued = _queued(engine)
    left = [folder for folder in engine.store.folder("jobs").iterdir() if not folder.name.endswith(queued)]
    keys = [arn for arn in engine.store.keys.jobs() if MARK in arn and not arn.endswith(queued)]
    if left or keys:
        threading.Thread(target=_sweep, args=(engine, left, keys), name="leftovers", daemon=True).start()


def _queued(engine: Engine) -> tuple[str, ...]:
    """How the names of the folders end that belong to work in the queue."""
    rows = engine.store.database.reader.execute(
        "SELECT topic, payload, resource, body FROM queue LEFT JOIN resources ON arn=resource"
    )
    return tuple(_suffix(row["topic"], row["payload"], row["resource"], row["body"]) for row in rows)


def _suffix(topic: str, payload: str, arn: str, body: str | None) -> str:
    if topic == functions.TOPIC:
        return str(orjson.loads(payload)["id"])
    created = "" if body is None else orjson.loads(body).get("CreationTime")
    return suffix_of(arn, created)


def _sweep(engine: Engine, left: list[Path], keys: list[str]) -> None:
    """Tidies what has ended, then what ends: a function may still run for whoever called the last server."""
    for folder in sorted(left, key=process.alive):
        if process.alive(folder):
            process.wait(folder)
        try:
            tidy(folder)
        except FileNotFoundError:  # a reset has come in between
            continue
    for arn in keys:
        engine.store.keys.end_job(arn)
