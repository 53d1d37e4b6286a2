"""What waits in a warm pool: the hosts of a job that is not known yet, with a Python that has started.

It is made like the last job of the pool. The next job takes it whole, by renaming its folder; or it starts
as any job does, when it needs something else, or the hosts are not ready, or a server has died meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from oficina.engine import environment
from oficina.engine.jobfolder import folder_of
from oficina.engine.trainingjob import TRAINING_JOB
from oficina.engine.workers import Engine
from oficina.runners import process
from oficina.runners.images import Catalog, Client, Image, ImageError
from oficina.runners.process import Spec, Waits
from oficina.store.kinds import Document
from oficina.store.queue import Task
from oficina.store.store import Store

TOPIC = "standby"
"""The topic of the queue under which hosts are prepared for a pool that waits."""
FOLDER = "warmpools"
PLACE = "standby"
DOOR = "/var/tmp/.oficina-warm"
"""The socket, as a job sees it, of the Python that waits."""
KEPT = ("home", "hosts", "layers", "readonly", "writable", "hide", "laid_anew", "disk_bytes")
"""What is settled when hosts are prepared: a job that needs it otherwise cannot take them."""


def pool_folder(store: Store, pool: str) -> Path:
    """The folder of a warm pool."""
    return store.folder(FOLDER) / pool


class Standby:
    """The handler that prepares hosts."""

    def __call__(self, engine: Engine, task: Task) -> None:
        """Prepares hosts for the pool that a job left, if it still waits."""
        docs = engine.store.scope(task.account, task.region)
        pool = engine.store.warm_pools.find(task.resource)
        job = None if pool is None else docs.find(TRAINING_JOB, pool.name)
        if job is None or len(list(_alive(engine.store))) >= engine.config.slots:
            return
        spec = _like(engine, job)
        place = pool_folder(engine.store, job["_pool"]) / PLACE
        if spec is None or process.alive(place):
            return
        # Whoever takes or ends the pool drops its row first, and finds what is made here.
        with docs.transaction():
            if engine.store.warm_pools.find(task.resource) is not None:
                process.discard(place)
                process.prepare(place, spec)

    def start(self, engine: Engine) -> None:
        """Prepares hosts again for the pools that an earlier server left."""
        for place in engine.store.folder(FOLDER).glob(f"*/{PLACE}"):
            process.discard(place)
        for account, region, job in engine.store.warm_pools.waiting():
            engine.store.queue.put(TOPIC, job, account=account, region=region)

    def stop(self, engine: Engine) -> None:
        """Ends what waits: nothing of it outlives the server."""
        for place in list(_alive(engine.store)):
            process.discard(place)


def _alive(store: Store) -> Iterator[Path]:
    for place in store.folder(FOLDER).glob(f"*/{PLACE}"):
        if process.alive(place):
            yield place


def _like(engine: Engine, job: Document) -> Spec | None:
    """What is to wait for a job like this one; None when its image is no more."""
    try:
        spec = Spec.from_json((folder_of(engine.store, TRAINING_JOB, job) / "spec.json").read_text("utf-8"))
        algorithm = job["AlgorithmSpecification"]
        client = Client.of(algorithm.get("ContainerArguments", ()))
        image = Catalog(engine.config).resolve(algorithm["TrainingImage"], client)
    except (FileNotFoundError, KeyError, ImageError):
        return None
    known = environment.without_credentials(spec.env)
    return replace(
        spec,
        command=[str(image.path / "bin" / "python"), "-m", "oficina_warm"],
        env=known,
        workdir="/",
        inputs=[],
        pipes=[],
        files=[],
        outputs=[],
        waits=_waits(image),
    )


def _waits(image: Image) -> Waits:
    return Waits(
        shim=str(environment.shim()),
        door=DOOR,
        imports=list(image.warm),
        drivers=[list(image.train[1:])],
    )


def take(store: Store, job: Document, folder: Path) -> Spec | None:
    """Makes what waits in the job's pool the job's folder; None when there is nothing ready."""
    if "_pool" not in job:
        return None
    place = pool_folder(store, job["_pool"]) / PLACE
    if not process.ready(place):
        process.discard(place)
        return None
    place.rename(folder)
    return Spec.from_json((folder / "spec.json").read_text("utf-8"))


def fits(prepared: Spec, spec: Spec) -> bool:
    """Whether prepared hosts are such as a job needs."""
    return all(getattr(prepared, name) == getattr(spec, name) for name in KEPT)


def left(folder: Path) -> bool:
    """Whether a server died between taking prepared hosts and telling them what to do."""
    return process.waits(folder)


def end(store: Store, pool: str) -> None:
    """Ends what waits in a pool."""
    process.discard(pool_folder(store, pool) / PLACE)
