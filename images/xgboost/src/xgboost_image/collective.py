"""Training on several hosts: who takes part, and XGBoost's collective between those who do.

The first host by name calls the roll on a port of its own address; the hosts that have data then join
XGBoost's tracker on it.
A host without data is told so and goes home, as in AWS's container.
"""

import json
import logging
import os
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from sagemaker_algorithm_toolkit.exceptions import PlatformError, UserError

from xgboost_image.library import lean_xgboost

PORT = 9099
PATIENCE_SECONDS = 600.0
_PAUSE_SECONDS = 0.1

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Member:
    """This host's part in the training of all."""

    included: bool
    is_master: bool


@contextmanager
def joined(hosts: Sequence[str], current: str, *, included: bool, port: int = PORT) -> Iterator[Member]:
    """Inside, XGBoost trains together with the other hosts that have data; the first is the master."""
    leader = sorted(hosts)[0]
    with ExitStack() as stack:
        if current == leader:
            answer = stack.enter_context(_lead(hosts, leader, included, port))
        else:
            answer = _report(leader, port, {"host": current, "included": included})
        members: list[str] = answer["members"]
        if not members:
            raise UserError("No data in training channel path on any host.")
        if current in members and len(members) > 1:
            stack.enter_context(_communicator(answer["tracker"], current))
        yield Member(included=current in members, is_master=current == members[0])


def any_says(flag: bool) -> bool:
    """Whether the flag is set on any of the hosts that train together; without others, whether it is set."""
    together = lean_xgboost().collective
    if not together.is_distributed():
        return flag
    return bool(together.allreduce(np.array([float(flag)]), together.Op.MAX)[0])


def address_of(host: str) -> str:
    """The address of a host, as soon as its name resolves."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return socket.gethostbyname(host)
        except OSError as error:
            if time.monotonic() > deadline:
                raise PlatformError(f"The name of host {host} does not resolve", caused_by=error) from error
            time.sleep(_PAUSE_SECONDS)


@contextmanager
def _lead(hosts: Sequence[str], leader: str, included: bool, port: int) -> Iterator[dict[str, Any]]:
    """Call the roll, start the tracker, tell everyone; at the end stay until the others are done."""
    address = address_of(leader)
    with ExitStack() as stack:
        listener = stack.enter_context(socket.create_server((address, port)))
        listener.settimeout(PATIENCE_SECONDS)
        present, calls = {leader: included}, []
        while len(present) < len(hosts):
            try:
                call = stack.enter_context(listener.accept()[0].makefile("rw"))
            except TimeoutError as error:
                absent = sorted(set(hosts) - set(present))
                raise PlatformError(f"Hosts {absent} did not report for training", caused_by=error) from error
            report = json.loads(call.readline())
            present[report["host"]] = report["included"]
            calls.append(call)
        members = sorted(host for host, has_data in present.items() if has_data)
        tracker = _Tracker(address, len(members)) if len(members) > 1 else None
        answer = {"members": members, "tracker": tracker.arguments if tracker else {}}
        for call in calls:
            call.write(json.dumps(answer) + "\n")
            call.flush()
        yield answer
        if tracker:
            tracker.wait()


def _report(leader: str, port: int, report: dict[str, Any]) -> dict[str, Any]:
    """Report to the leader, once it listens, and wait for its answer."""
    address = address_of(leader)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            connection = socket.create_connection((address, port))
            break
        except OSError as error:
            if time.monotonic() > deadline:
                raise PlatformError(
                    f"Host {leader} does not answer on port {port}", caused_by=error
                ) from error
            time.sleep(_PAUSE_SECONDS)
    with connection, connection.makefile("rw") as call:
        call.write(json.dumps(report) + "\n")
        call.flush()
        line = call.readline()
    if not line:
        raise PlatformError(f"Host {leader} went away before training began")
    answer: dict[str, Any] = json.loads(line)
    return answer


class _Tracker:
    """XGBoost's tracker, whose interface changed with version 2.1."""

    def __init__(self, address: str, workers: int) -> None:
        lean_xgboost()
        from xgboost.tracker import RabitTracker

        self._new = hasattr(RabitTracker, "worker_args")
        if self._new:
            self._tracker = RabitTracker(n_workers=workers, host_ip=address, sortby="task")
            self._tracker.start()
            self.arguments = dict(self._tracker.worker_args())
        else:
            self._tracker = RabitTracker(host_ip=address, n_workers=workers, sortby="task")
            self._tracker.start(workers)
            self.arguments = dict(self._tracker.worker_envs())

    def wait(self) -> None:
        """Until every worker has said goodbye."""
        if self._new:
            self._tracker.wait_for()
        else:
            self._tracker.join()


@contextmanager
def _communicator(tracker: dict[str, Any], current: str) -> Iterator[None]:
    xgboost = lean_xgboost()
    os.environ["DMLC_TASK_ID"] = current
    with xgboost.collective.CommunicatorContext(dmlc_communicator="rabit", dmlc_task_id=current, **tracker):
        yield
