"""What users wrote for the oldest clients that are promised to work (requirements/client-floor.in) runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.servers import Server, run_client

pytestmark = pytest.mark.floor
PROGRAMS = Path(__file__).parent / "programs"
LINES = {
    "whoami_v2": "arn:aws:iam::123456789012:role/service-role/AmazonSageMaker-ExecutionRole-oficina",
    "jobs_v2": "attached 3",
    "pipelines_v2": "hits ['Prepare']",
    "tasks_v2": "status Succeeded",
    "lambda_v2": "gone True",
    "endpoints_v2": "predicted ['6.0', '14.0']",
    "registry_v2": "card deleted True",
}
"""Programs of SDK v2, and a line that each prints near its end."""

Printed = Callable[[str], list[str]]


@pytest.fixture(scope="module")
def printed(verified_server: Server) -> Iterator[Printed]:
    """The lines of a program. Two run at once: much of their time is the SDK's own polling."""
    environment = verified_server.environment()

    def run(name: str) -> list[str]:
        return run_client("client-floor", PROGRAMS / f"{name}.py", environment).splitlines()

    with ThreadPoolExecutor(2) as pool:
        running: dict[str, Future[list[str]]] = {name: pool.submit(run, name) for name in LINES}
        yield lambda name: running[name].result()


@pytest.mark.parametrize("program", list(LINES))
def test_a_program_runs_with_the_oldest_sdk(printed: Printed, program: str) -> None:
    assert LINES[program] in printed(program)
