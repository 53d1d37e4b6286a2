"""The threads of the engine: each topic of the queue has a handler and a number of workers."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from oficina.clock import Clock
from oficina.config import Config
from oficina.store import shortage
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
            try:
                function(self.engine)
            except Exception as error:  # what cannot be written any more must not keep the others
                _rest("what is held in memory", error)

    def clear(self) -> None:
        """Kills what runs."""
        for function in self._clears:
            function(self.engine)

    def _work(self, topic: str, handler: Handler) -> None:
        while not self._stopping.is_set():
            try:
                self._once(topic, handler)
            except Exception as error:  # the edge of a thread: what is full or locked need not stay so
                if not self._stopping.is_set():
                    self._stopping.wait(_rest(f"the queue of {topic}", error))

    def _once(self, topic: str, handler: Handler) -> None:
        queue = self.engine.store.queue
        task = queue.lease([topic], timeout=30.0)
        if task is None or self._stopping.is_set():
            return
        try:
            handler(self.engine, task)
            queue.done(task)
        except Exception as error:
            if self._stopping.is_set():
                return
            rest = _rest(f"{topic} of {task.resource}", error)
            if shortage.is_shortage(error):  # not even that it rests could be written
                self._stopping.wait(rest)
                queue.let_go(task)
            else:
                queue.give_back(task, rest)


def _rest(what: str, error: Exception) -> float:
    """Tells what went wrong, and for how long to leave it."""
    if shortage.is_shortage(error):
        log.warning("%s waits for room: %s", what, error)
        return shortage.SECONDS
    log.error("%s failed", what, exc_info=error)
    return RETRY_SECONDS
