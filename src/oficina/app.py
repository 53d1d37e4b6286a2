"""The composition root: builds everything from a Config; the only file that knows every room."""

from __future__ import annotations

import errno
import fcntl
import logging
import os
import resource
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import IO

import orjson

from oficina.clock import Clock
from oficina.config import Config
from oficina.engine.pipelines import misses
from oficina.errors import OficinaError
from oficina.services import catalog
from oficina.services.context import Context
from oficina.services.service import Service
from oficina.store.keys import Key, mint_id
from oficina.store.store import Store
from oficina.wire.gateway import Gateway
from oficina.wire.http import Server
from oficina.wire.local import Local
from oficina.wire.mlflow import Door

log = logging.getLogger(__name__)

MOST_FILES = 65536
"""How many files the server wants to be able to have open."""
SESSION = "oficina"
"""The session name of the default caller."""


class App:
    """One server on one home folder."""

    def __init__(self, config: Config, clock: Clock | None = None) -> None:
        self.config = config
        self.clock = clock or Clock()
        _raise_limit()
        self._lock = _take_home(config)
        self.store = Store(config, self.clock)
        self.services: Mapping[str, Service] = catalog.services()
        self._worlds: set[tuple[str, str]] = set()
        self._entering = threading.Lock()
        self._key = _default_key(self.store, config)
        self.gateway = Gateway(self, (Local(self),), (Door(),))
        self.server = _listen(config, self.gateway)
        self.workers = catalog.workers(
            self.config, self.store, self.clock, self.address, self.gateway.call_as_account
        )
        self._say_where()

    @property
    def address(self) -> str:
        """The URL that clients use."""
        host, port = self.server.address
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    @property
    def default_key(self) -> Key:
        """The key that ``oficina env`` prints."""
        return self._key

    def run(self) -> None:
        """Serves until ``close`` is called."""
        self.workers.start()
        threading.Thread(target=self.store.sweep, name="sweep", daemon=True).start()
        self.server.run()

    def close(self) -> None:
        """Stops listening and lets go of the home; jobs run on."""
        self.server.close()
        self.workers.stop()
        self.store.close()
        self._lock.close()

    def reset(self) -> None:
        """Empties every account and region; running jobs are killed.

        The rows go first, all or none: a disk without room for that leaves everything as it is.
        """
        with self._entering:
            self.store.forget()
            self.workers.clear()
            self.store.empty()
            self._worlds.clear()

    def why(self, execution: str, step: str) -> str:
        """Why a step of an execution (by ARN) was, or was not, taken from the cache. Raises LookupError."""
        account, region = execution.split(":")[4], execution.split(":")[3]
        found = self.store.scope(account, region).find_arn(execution)
        if found is None:
            raise LookupError(execution)
        return misses.explain(self.store, found, step)

    def default_caller(self, account: str) -> Key:
        """The caller of an account's default key: the execution role, assumed."""
        if account == self._key.account:
            return self._key
        return assumed_role(account, self.config, "", "")

    def enter(self, context: Context) -> None:
        """Sows what an account and a region begin with, once."""
        world = (context.account, context.region)
        if world in self._worlds:
            return
        with self._entering:
            if world in self._worlds:
                return
            with context.docs.transaction():
                for service in self.services.values():
                    for seed in service.seeds:
                        seed(context)
            self._worlds.add(world)

    def _say_where(self) -> None:
        path = self.config.home / "server.json"
        fresh = path.with_suffix(".new")
        said = {"pid": os.getpid(), "address": self.address, "region": self.config.region}
        fresh.write_bytes(orjson.dumps(said))
        fresh.rename(path)


def _raise_limit() -> None:
    """As many open files as this process may have: a connection takes four, and shells give few."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_FILES)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def _take_home(config: Config) -> IO[bytes]:
    """The home's lock, held for the server's life. Raises OficinaError when another server has it."""
    try:
        config.home.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = (config.home / "server.lock").open("ab")
    except OSError as error:
        raise OficinaError(
            f"{config.home} cannot be written to ({error.strerror}). Type: oficina up --home ANOTHER_FOLDER"
        ) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.close()
        raise OficinaError(
            f"{config.home} is in use by {where(config.home)}. "
            "Type: oficina up --home ANOTHER_FOLDER --port 0"
        ) from error
    return lock


def where(home: Path) -> str:
    """Who serves a home, for a sentence."""
    try:
        said = orjson.loads((home / "server.json").read_bytes())
    except (OSError, orjson.JSONDecodeError):
        return "another server"
    return f"the server with process {said['pid']} at {said['address']}"


def _listen(config: Config, gateway: Gateway) -> Server:
    try:
        return Server(config.host, config.port, gateway)
    except OSError as error:
        taken = error.errno in (errno.EADDRINUSE, errno.EACCES)
        remedy = "--port 0" if taken else "--host 127.0.0.1"
        raise OficinaError(
            f"{config.host}:{config.port} cannot be listened on ({error.strerror}). Type: oficina up {remedy}"
        ) from error


def assumed_role(account: str, config: Config, access_key: str, secret: str) -> Key:
    """A key whose caller is an account's execution role, assumed."""
    role_id = "AROA" + account.rjust(16, "A")[:16]
    arn = f"arn:aws:sts::{account}:assumed-role/{config.execution_role}/{SESSION}"
    return Key(access_key, secret, None, account, arn, f"{role_id}:{SESSION}")


def _default_key(store: Store, config: Config) -> Key:
    """The key made at first start; kept in ``keys.json`` for the command and in the database for the wire."""
    path = config.home / "keys.json"
    if path.exists():
        said = orjson.loads(path.read_bytes())
    else:
        said = {"access_key": mint_id("AKIA"), "secret": os.urandom(30).hex()[:40]}
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(orjson.dumps(said))
    key = assumed_role(config.account, config, said["access_key"], said["secret"])
    known = store.keys.find(key.access_key)
    if known != key:
        store.keys.put(key)
        store.keys.forget()
    return key
