"""A supervisor whose hosts are prepared before there is a job; it dies with the server until there is one.

The server makes the folder, with the spec of what waits and ``standby``, which holds its process id. When
``ready`` is there, it may rename the folder to that of a job, write the job's spec and send SIGUSR1. The mark
``standby`` goes when the order has been taken: from then on it is a job as any other.
"""

from __future__ import annotations

import json
import os
import signal

from . import chaos, facts, job, kernel
from .host import Host

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MARK, READY = "standby", "ready"


class Standby(job.Job):
    """A job that is not known yet."""

    def __init__(self, folder: str, spec: dict[str, Any]) -> None:
        super().__init__(folder, spec)
        self.place = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        self.orders: dict[str, int] = {}
        self.unready = set(spec["hosts"])
        self.waits, self.ordered = True, False
        signal.signal(signal.SIGUSR1, self.on_order)

    def run(self) -> None:
        kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
        with open(os.path.join(self.folder, MARK), encoding="ascii") as file:
            if os.getppid() != int(file.read()):
                return
        super().run()

    def on_order(self, _number: int, _frame: object) -> None:
        self.ordered = True

    def order_pipe(self, name: str) -> int:
        reader, self.orders[name] = os.pipe()
        return reader

    def hear(self, host: Host, word: str, rest: str) -> None:
        if word != "ready":
            super().hear(host, word, rest)
            return
        self.unready.discard(host.name)
        if not self.unready:
            facts.write(os.path.join(self.folder, READY), "")

    def pause(self) -> int | None:
        return None if self.waits else super().pause()

    def tick(self) -> None:
        if self.waits and self.ordered:
            self.take()
        elif not self.waits:
            super().tick()

    def take(self) -> None:
        """Become the supervisor of the job in whose folder this finds itself."""
        kernel.prctl(kernel.PR_SET_PDEATHSIG, 0)
        self.folder = os.readlink(f"/proc/self/fd/{self.place}")
        self.spec = job.read_spec(self.folder)
        os.unlink(os.path.join(self.folder, MARK))
        self.waits = False
        chaos.point("taken")
        self.begin_measures()
        line = json.dumps({"folder": self.folder, "spec": self.spec}).encode() + b"\n"
        for name, order in self.orders.items():
            fed = self.make_pipes(name)
            view = memoryview(line)
            while view:
                view = view[os.write(order, view) :]
            os.close(order)
            self.feed(fed)
