"""Training on several hosts: who takes part, and XGBoost's collective between those who do.

The first host by name calls the roll on a port of its own address; the hosts that have data then join
XGBoost's tracker on it.
A host without data is told so and goes home, as in AWS's container.
"""

import json
import logging
import os
import select
import socket
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from sagemaker_algorithm_toolkit.exceptions import PlatformError, UserError

from xgboost_image.library import lean_xgboost

PORT = 9099
PATIENCE_SECONDS = 600.0
STOPPED_SECONDS = 3.0
_PAUSE_SECONDS = 0.1

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Member:
    """This host's part in the training of all."""

    included: bool
    is_master: bool


class _Patience:
    """How long a host waits for the others: less, once the job is being stopped."""

    def __init__(self, asked: Callable[[], bool]) -> None:
        self._asked = asked
        self._end = time.monotonic() + PATIENCE_SECONDS
        self._stop: float | None = None

    def check(self, sentence: str, cause: OSError | None = None) -> None:
        """Go on waiting. Raises PlatformError with the sentence at the end, SystemExit in a stopped job.

        A host that is stopped before it can note it never comes, so the others do not wait for it long.
        """
        now = time.monotonic()
        if self._asked():
            self._stop = self._stop or now + STOPPED_SECONDS
            if now > self._stop:
                logger.info("The job is being stopped, and not all hosts are there.")
                sys.exit(0)
        if now > self._end:
            raise PlatformError(sentence, caused_by=cause) from cause


def _never() -> bool:
    return False


@contextmanager
def joined(
    hosts: Sequence[str],
    current: str,
    *,
    included: bool,
    port: int = PORT,
    asked_to_stop: Callable[[], bool] = _never,
) -> Iterator[Member]:
    """Inside, XGBoost trains together with the other hosts that have data; the first is the master."""
    leader, patience = sorted(hosts)[0], _Patience(asked_to_stop)
    with ExitStack() as stack:
        if current == leader:
            answer = stack.enter_context(_lead(hosts, leader, included, port, patience))
        else:
            answer = _report(leader, port, {"host": current, "included": included}, patience)
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


def address_of(host: str, patience: _Patience | None = None) -> str:
    """The address of a host, as soon as its name resolves."""
    patience = patience or _Patience(_never)
    while True:
        try:
            return socket.gethostbyname(host)
        except OSError as error:
            patience.check(f"The name of host {host} does not resolve", error)
            time.sleep(_PAUSE_SECONDS)


@contextmanager
def _lead(
    hosts: Sequence[str], leader: str, included: bool, port: int, patience: _Patience
) -> Iterator[dict[str, Any]]:
    """Call the roll, start the tracker, tell everyone; at the end stay until the others are done."""
    address = address_of(leader, patience)
    with ExitStack() as stack:
        listener = stack.enter_context(socket.create_server((address, port)))
        present, calls = {leader: included}, []
        while len(present) < len(hosts):
            absent = sorted(set(hosts) - set(present))
            _wait(listener, patience, f"Hosts {absent} did not report for training")
            call = stack.enter_context(listener.accept()[0].makefile("rw"))
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


def _wait(connection: socket.socket, patience: _Patience, sentence: str) -> None:
    """Return when something came, or when the other side went away."""
    while not select.select([connection], [], [], _PAUSE_SECONDS)[0]:
        patience.check(sentence)


def _report(leader: str, port: int, report: dict[str, Any], patience: _Patience) -> dict[str, Any]:
    """Report to the leader, once it listens, and wait for its answer."""
    address = address_of(leader, patience)
    while True:
        try:
            connection = socket.create_connection((address, port))
            break
        except OSError as error:
            patience.check(f"Host {leader} does not answer on port {port}", error)
            time.sleep(_PAUSE_SECONDS)
    with connection, connection.makefile("rw") as call:
        call.write(json.dumps(report) + "\n")
        call.flush()
        _wait(connection, patience, f"Host {leader} does not say who trains")
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
