"""The threads of the engine: each topic of the queue has a handler and a number of workers."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from oficina.clock import Clock
from oficina.config import Config
from oficina.store.queue import Task
from oficina.store.store import Store

log = logging.getLogger(__name__)

RETRY_SECONDS = 5.0
"""How long failed work rests before it is tried again."""


FrontDoor = Callable[[str, str, str, str, dict[str, Any]], dict[str, Any]]
"""``(account, region, service, operation, request)`` → answer: checked and projected like a client's."""


@dataclass(frozen=True, slots=True)
class Engine:
    """What a handler may use."""

    config: Config
    store: Store
    clock: Clock
    address: str
    """The server's URL, for the environment of jobs."""
    call: FrontDoor
    """Any operation, as the account's default caller. Not inside a transaction. Raises AwsError."""


Handler = Callable[[Engine, Task], None]


class Workers:
    """Runs the handlers of the topics that were added."""

    def __init__(
        self, config: Config, store: Store, clock: Clock, address: str, front_door: FrontDoor
    ) -> None:
        self.engine = Engine(config, store, clock, address, front_door)
        self._handlers: dict[str, tuple[Handler, int]] = {}
        self._starts: list[Callable[[Engine], None]] = []
        self._clears: list[Callable[[Engine], None]] = []
        self._stops: list[Callable[[Engine], None]] = []
        self._stopping = threading.Event()

    def add(self, topic: str, handler: Handler, threads: int = 1) -> Workers:
        """Adds a topic; ``threads`` pieces of its work go on at once."""
        self._handlers[topic] = (handler, threads)
        return self

    def at_start(self, function: Callable[[Engine], None]) -> Workers:
        """Adds what is done when the server starts: taking up what an earlier one left."""
        self._starts.append(function)
        return self

    def at_clear(self, function: Callable[[Engine], None]) -> Workers:
        """Adds what is done before everything is emptied: killing what runs."""
        self._clears.append(function)
        return self

    def at_stop(self, function: Callable[[Engine], None]) -> Workers:
        """Adds what is done when the server is stopped: writing what is held in memory."""
        self._stops.append(function)
        return self

    def start(self) -> None:
        """Starts all threads."""
        for function in self._starts:
            function(self.engine)
        for topic, (handler, threads) in self._handlers.items():
            for number in range(threads):
                name = f"{topic}-{number}"
                threading.Thread(target=self._work, args=(topic, handler), name=name, daemon=True).start()

    def stop(self) -> None:
        """Lets every thread end after its present work."""
        self._stopping.set()
        for function in self._stops:
            function(self.engine)

    def clear(self) -> None:
        """Kills what runs."""
        for function in self._clears:
            function(self.engine)

    def _work(self, topic: str, handler: Handler) -> None:
        while not self._stopping.is_set():
            try:
                self._once(topic, handler)
            except Exception:  # the edge of a thread: what is full or locked now need not be so for ever
                if not self._stopping.is_set():
                    log.exception("the queue of %s cannot be worked on", topic)
                    self._stopping.wait(RETRY_SECONDS)

    def _once(self, topic: str, handler: Handler) -> None:
        queue = self.engine.store.queue
        task = queue.lease([topic], timeout=30.0)
        if task is None or self._stopping.is_set():
            return
        try:
            handler(self.engine, task)
            queue.done(task)
        except Exception:
            if not self._stopping.is_set():
                log.exception("%s failed for %s", topic, task.resource)
                queue.give_back(task, RETRY_SECONDS)
