"""Where a job's files are, and what of them is kept."""

from __future__ import annotations

import hashlib
from pathlib import Path

from oficina.runners import process
from oficina.store.kinds import Document, Kind
from oficina.store.store import Store


def suffix_of(arn: str, created: object) -> str:
    """How the name of a job's folder ends: unique, and the same after a restart."""
    return hashlib.sha256(f"{arn} {created}".encode()).hexdigest()[:12]


def folder_of(store: Store, kind: Kind, job: Document) -> Path:
    """The folder of a job: its name for people, its ARN and time for uniqueness."""
    arn = str(job[kind.member("arn")])
    return store.folder("jobs") / f"{job[kind.member('name')]}-{suffix_of(arn, job['CreationTime'])}"


def tidy(folder: Path) -> None:
    """Keeps what tells how it went (spec, exit, logs, measures); the rest is in the bucket by now."""
    for name in ("inputs", "out"):
        process.remove(folder / name)
    for host in (folder / "hosts").glob("*"):
        for each in host.iterdir():
            if each.name != "log":
                process.remove(each)
