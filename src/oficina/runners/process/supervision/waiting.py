"""Process 1 of a host that was prepared before there is a job, with a Python that waits in it.

The order comes as one line of JSON: the job's folder and its spec. The Python is ``oficina_warm`` of the
shim; what it is asked, and what it answers, is told in ``oficina_ask``.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time

from . import init, mounts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

VARIABLE = "OFICINA_WARM"


def begin(host: init.Host, view: mounts.View) -> int:
    """Wait for the job, complete what its program will see, and start it."""
    init.fill(host)
    python = Python(host)
    host.tell("ready")
    order = read_order(host)
    host.spec = order["spec"]
    for subject, sentence in view.complete(host.spec, order["folder"]).items():
        host.tell("note", subject, sentence)
    init.fill(host)
    host.tell("mounted")
    return python.run(host) or init.spawn(host)


def read_order(host: init.Host) -> dict[str, Any]:
    """The job; this process ends where none comes."""
    assert host.order is not None
    data = b""
    while not data.endswith(b"\n"):
        piece = os.read(host.order, 1 << 20)
        if not piece:
            os._exit(0)
        data += piece
    os.close(host.order)
    order: dict[str, Any] = json.loads(data)
    return order


class Python:
    """The Python that waits."""

    def __init__(self, host: init.Host) -> None:
        """Start it, and wait until it has imported what it is to import."""
        sys.path.append(host.spec["waits"]["shim"])
        self.asking = importlib.import_module("oficina_ask")
        self.door = host.spec["waits"]["door"]
        asked, self.ask = os.pipe()
        self.answer, answering = os.pipe()
        for number in (asked, answering):
            os.set_inheritable(number, True)
        settings = {**host.spec["waits"], "ask": asked, "answer": answering}
        host.spec["command"] = [*host.spec["command"], json.dumps(settings)]
        _, failure = init.start_program(host)
        os.close(asked)
        os.close(answering)
        if failure:
            host.tell("note", "warm", failure)
        self.waits = not failure and self.hear() == "ready"

    def hear(self) -> str:
        """A line of its answer, empty when it has ended."""
        data = b""
        while not data.endswith(b"\n"):
            piece = os.read(self.answer, 4096)
            if not piece:
                return ""
            data += piece
        return data.decode(errors="replace").rstrip("\n")

    def run(self, host: init.Host) -> int:
        """Let it run the job's program; 0 when that has to be started as usual."""
        if not self.waits:
            return 0
        env = {**init.environment(host), VARIABLE: self.door}
        folder = host.spec.get("workdir") or "/"
        os.write(self.ask, self.asking.request(init.command(host), env, folder, 0o022, ""))
        word, _, rest = self.hear().partition(" ")
        if word == "runs":
            host.tell("started", time.time())
            return int(rest)
        host.tell("note", "warm", rest or "the Python that waited has ended")
        # What this program starts, such as the Python of a shell script, may be warm.
        host.spec["env"] = env
        return 0
