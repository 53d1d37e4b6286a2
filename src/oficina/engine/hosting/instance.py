"""One model process: launched under a supervisor that outlives the server, kept alive, closed."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from oficina.engine.hosting import connection, ports
from oficina.engine.hosting.connection import Pool
from oficina.engine.hosting.kinds import HostingAbandoned, HostingFailed
from oficina.runners import process
from oficina.runners.process import Spec
from oficina.runners.transform import listening
from oficina.store import shortage

log = logging.getLogger(__name__)

HOST = "algo-1"
PING_SECONDS = 2.0
"""In what time ``/ping`` must be answered (aws-contracts D.6)."""
FIRST_PAUSE = 0.02
LONGEST_PAUSE = 0.5
PATIENCE_SECONDS = 1.0
"""How long a program may take to listen where it was told before it is looked for elsewhere."""
STEADY_SECONDS = 60.0
"""A process that lived this long is restarted at once when it dies."""
LONGEST_REST = 60.0
"""The longest time that a process which keeps dying rests between two starts."""
TAIL_LINES = 8


class Instance:
    """A model process and the way to it. What its folder holds decides, never what memory held."""

    def __init__(self, name: str, folder: Path, timeout: float) -> None:
        self.name = name
        self.folder = folder
        self.timeout = timeout
        """Seconds in which it must become healthy."""
        self.up = False
        self.in_flight = 0
        """Calls under way; guarded by the route."""
        self.pool = Pool(self._port())
        self._closing = threading.Event()
        self._lock = threading.Lock()
        self._changed: Callable[[], None] = lambda: None

    @property
    def log(self) -> Path:
        """The file that holds what it printed."""
        return self.folder / "hosts" / HOST / "log"

    def _spec(self) -> Spec:
        return Spec.from_json((self.folder / "spec.json").read_text(encoding="utf-8"))

    def _port(self) -> int:
        try:
            return self._spec().port or 0
        except FileNotFoundError:
            return 0

    def start(self, make: Callable[[int], Spec]) -> None:
        """Launches the process, or takes up the one that an earlier server launched."""
        if process.alive(self.folder):
            return
        self._clean()
        port = ports.free()
        try:
            make(port).write(self.folder)
            self.pool = Pool(port)
            process.launch(self.folder)
        except BaseException:
            ports.give_back(port)
            raise

    def await_health(self, deadline: float, abandoned: Callable[[], bool]) -> None:
        """Waits for ``/ping``. Raises HostingFailed when the process ends or the time is over."""
        pause, begun = FIRST_PAUSE, time.monotonic()
        while not (connection.ping(self.pool.port, PING_SECONDS) and self._listens()):
            if time.monotonic() - begun > PATIENCE_SECONDS and self._found_elsewhere():
                break
            if not process.alive(self.folder):
                raise HostingFailed("The process ended before it was healthy.")
            if time.monotonic() > deadline:
                raise HostingFailed("The process did not answer /ping with 200 in time.")
            if abandoned() or self._closing.wait(pause):
                raise HostingAbandoned(self.name)
            pause = min(LONGEST_PAUSE, pause * 1.3)
        self.up = True

    def _listens(self) -> bool:
        """Whether it is this process that answers at its port, and not one that took it before."""
        return self.pool.port in self._ports()

    def _found_elsewhere(self) -> bool:
        """Whether the program listens, and is healthy, on a port of its own choice."""
        for port in self._ports() - {self.pool.port}:
            if connection.ping(port, PING_SECONDS):
                self.pool = Pool(port)
                return True
        return False

    def _ports(self) -> set[int]:
        """Where the processes of the host listen."""
        pid = process.read_pid(self.folder / "hosts" / HOST / "pid")[0]
        return listening.ports(pid) if pid else set()

    def port_was_taken(self) -> bool:
        """Whether the process ended because somebody else had its port."""
        return "address already in use" in self.tail().lower()

    def tail(self) -> str:
        """The last lines that the process printed, without their times; of several containers each one's."""
        found = [_last_lines(path) for path in sorted((self.folder / "hosts").glob("*/log"))]
        return " | ".join(line for lines in found for line in lines)

    def keep(
        self, changed: Callable[[], None], refresh: Callable[[Spec], Spec], adopted: bool = False
    ) -> None:
        """Watches the process from now on, and starts it again when it dies.

        ``changed`` is called when it went up or down, ``refresh`` renews what a restarted server changed;
        an adopted process has yet to show that it is healthy.
        """
        self._changed = changed
        threading.Thread(
            target=self._keep, args=(refresh, adopted), name=f"keep {self.folder.name}", daemon=True
        ).start()

    def _keep(self, refresh: Callable[[Spec], Spec], adopted: bool) -> None:
        deaths = 0
        if adopted and not self._again(refresh):
            return
        while True:
            born = time.monotonic()
            end = process.wait(self.folder)
            self._set(False)
            if self._closing.is_set():
                return
            deaths = 1 if time.monotonic() - born > STEADY_SECONDS else deaths + 1
            log.warning("the model process %s ended (%s); starting it again", self.folder, end.reason)
            rest = 0.0 if deaths == 1 else min(LONGEST_REST, 0.5 * 2.0**deaths)
            if self._closing.wait(rest) or not self._again(refresh):
                return

    def _again(self, refresh: Callable[[Spec], Spec]) -> bool:
        """One more start; False when the instance is being closed."""
        try:
            if not shortage.outlast(f"the model process {self.folder}", lambda: self._restart(refresh)):
                return False
            self.await_health(time.monotonic() + self.timeout, self._closing.is_set)
            self._set(True)
        except HostingFailed as failure:
            log.warning("the model process %s is not healthy: %s", self.folder, failure)
            process.kill(self.folder)
        except HostingAbandoned:
            return False
        except OSError as error:
            if not self._closing.is_set():
                log.warning("the model process %s cannot be started: %s", self.folder, error)
        return True

    def _restart(self, refresh: Callable[[Spec], Spec]) -> bool:
        with self._lock:
            if self._closing.is_set():
                return False
            self.start(lambda port: refresh(with_port(self._spec(), port)))
            return True

    def _set(self, up: bool) -> None:
        self.up = up
        if not up:
            self.pool.clear()
        self._changed()

    def doubt(self) -> None:
        """Takes no calls until it has answered a ping: a call ended without an answer, so it may be dying."""
        with self._lock:
            if not self.up or self._closing.is_set():
                return
            self.up = False
        self.pool.clear()
        threading.Thread(target=self._look, name=f"look {self.folder.name}", daemon=True).start()

    def _look(self) -> None:
        pause = FIRST_PAUSE
        while not self._closing.wait(pause) and not self.up:
            if not process.alive(self.folder):
                return  # it is started again, and is up after that
            if connection.ping(self.pool.port, PING_SECONDS):
                self._set(True)
                return
            pause = min(LONGEST_PAUSE, pause * 1.3)

    def abandon(self) -> None:
        """Lets it die: nobody starts it again."""
        with self._lock:
            self._closing.set()
        self.up = False
        self.pool.clear()

    def close(self, kill: bool = False) -> None:
        """Ends the process, by SIGTERM and after its grace by SIGKILL; returns when it is gone."""
        self.abandon()
        if kill:
            process.kill(self.folder)
        else:
            process.stop(self.folder)
        if (self.folder / "supervisor.lock").exists():
            process.wait(self.folder)
        self.pool.clear()
        ports.give_back(self.pool.port)
        self._clean()
        for name in ("spec.json", "supervisor.lock", "supervisor.pid", "supervisor.log"):
            (self.folder / name).unlink(missing_ok=True)

    def _clean(self) -> None:
        """Removes what a run left but its log, so that the next one begins as the first did."""
        for name in ("exit.json", "started.json", "notes.json", "usage.jsonl"):
            (self.folder / name).unlink(missing_ok=True)
        for path in (self.folder / "hosts").glob("*/*"):
            if path.name != "log":
                process.remove(path)


def _last_lines(path: Path) -> list[str]:
    with path.open("rb") as file:
        file.seek(max(0, file.seek(0, 2) - 16_384))
        lines = file.read().decode("utf-8", "replace").splitlines()
    return [line.partition(" ")[2].strip() for line in lines[-TAIL_LINES:]]


def with_port(spec: Spec, port: int) -> Spec:
    """The spec of a process that listens on another port."""
    return replace(spec, port=port, env={**spec.env, "SAGEMAKER_BIND_TO_PORT": str(port)})
