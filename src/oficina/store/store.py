"""The store as one thing: the database, the keys, the queue and the folder of a server."""

from __future__ import annotations

import os
import shutil
import threading
import time
from pathlib import Path

from oficina.clock import Clock
from oficina.config import Config
from oficina.errors import OficinaError
from oficina.store.blobs import Blobs
from oficina.store.buckets import Buckets
from oficina.store.database import Database
from oficina.store.documents import Scope
from oficina.store.experiments import Experiments
from oficina.store.keys import Keys
from oficina.store.lineage import Lineage
from oficina.store.listing import Listing
from oficina.store.logs import Logs
from oficina.store.messages import Messages
from oficina.store.metrics import Metrics
from oficina.store.objects import Objects
from oficina.store.outbox import Outbox
from oficina.store.queue import Queue
from oficina.store.steps import Steps
from oficina.store.takeovers import Takeovers
from oficina.store.tickets import Tickets
from oficina.store.uploads import Uploads
from oficina.store.versions import Versions
from oficina.store.warm_pools import WarmPools

SCHEMAS = (
    "schema.sql",
    "s3.sql",
    "logs.sql",
    "metrics.sql",
    "steps.sql",
    "mlflow.sql",
    "outbox.sql",
    "registry.sql",
    "messages.sql",
    "experiments.sql",
    "warm_pools.sql",
    "lineage.sql",
)
"""The files of the schema, in order."""

FOLDERS = ("blobs", "incoming", "jobs", "endpoints", "functions", "mlflow", "warmpools", "logs", "trash")
"""The folders of a home that hold the bytes of a server's worlds."""


class Store:
    """Facts and bytes under one home folder."""

    def __init__(self, config: Config, clock: Clock) -> None:
        self.config = config
        self.clock = clock
        self.home: Path = config.home
        # Files carry the kernel's coarse clock, which may be a few milliseconds behind.
        self._started = time.time() - 0.05
        try:
            for folder in FOLDERS:
                (self.home / folder).mkdir(parents=True, exist_ok=True)
            self.database = Database(self.home / "oficina.db", SCHEMAS)
        except OSError as error:
            raise OficinaError(
                f"{self.home} cannot be written to ({error.strerror}). Type: oficina up --home ANOTHER_FOLDER"
            ) from error
        self.keys = Keys(self.database)
        self.queue = Queue(self.database, clock)
        self.warm_pools = WarmPools(self.database)
        self.steps = Steps(self.database)
        self.experiments = Experiments(self.database)
        self.lineage = Lineage(self.database, clock)
        self.tickets = Tickets(self.database, clock)
        self.takeovers = Takeovers(self.database)
        self.blobs = Blobs(self.home)
        self.buckets = Buckets(self.database, clock)
        self.versions = Versions(self.database, self.blobs, clock)
        self.uploads = Uploads(self.database, self.versions)
        self.listing = Listing(self.database)
        self.objects = Objects(self.database, self.blobs, self.buckets, self.versions)
        self.logs = Logs(self.database, clock, self.home)
        self.metrics = Metrics(self.database)
        self.messages = Messages(self.database, clock)
        self.outbox = Outbox(self.database, clock)

    def scope(self, account: str, region: str) -> Scope:
        """The documents of one account in one region."""
        return Scope(self.database, self.clock, account, region)

    def folder(self, name: str) -> Path:
        """One of the home's folders."""
        return self.home / name

    def empty(self) -> None:
        """Forgets everything but the lasting keys; bytes go in the background."""
        trash = self._lay_out_trash()
        self.forget()
        for folder in (trash / "fresh").iterdir():
            (self.home / folder.name).rename(trash / folder.name)
            folder.rename(self.home / folder.name)
        threading.Thread(target=self.sweep, name="sweep", daemon=True).start()

    def forget(self) -> None:
        """Removes the rows of everything but the lasting keys, all or none. What is empty is not written."""
        with self.database.transaction() as connection:
            for table in self.database.tables():
                if table != "keys" and connection.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone():
                    connection.execute(f"DELETE FROM {table}")
            connection.execute("DELETE FROM keys WHERE job IS NOT NULL OR token IS NOT NULL")
        self.keys.forget()
        self.queue.forget()
        self.logs.forget()

    def _lay_out_trash(self) -> Path:
        """A place for what is thrown away, with the folders that come instead: later there may be no room."""
        trash = self.home / "trash" / os.urandom(8).hex()
        for folder in FOLDERS:
            if folder != "trash":
                (trash / "fresh" / folder).mkdir(parents=True)
        return trash

    def sweep(self) -> None:
        """Removes what was thrown away, and what a crash left of objects."""
        shutil.rmtree(self.home / "trash", ignore_errors=True)
        self.blobs.sweep(self._started, self.versions.referred_on)

    def close(self) -> None:
        """Closes the database."""
        self.database.close()
