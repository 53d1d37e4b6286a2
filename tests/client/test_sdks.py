"""Jobs and endpoints through both SDKs, as users write them; oficina is in neither environment."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.servers import Server, run_client

PROGRAMS = Path(__file__).parent / "programs"
NAMES = ("built_in_v3", "built_in_v2", "jobs_v3", "jobs_v2")

Printed = Callable[[str], list[str]]


@pytest.fixture(scope="module")
def printed(verified_server: Server) -> Iterator[Printed]:
    """The lines of a program. All run at once: most of their time is the SDKs' own polling."""
    environment = verified_server.environment()

    def run(name: str) -> list[str]:
        program = PROGRAMS / f"{name}.py"
        return run_client(f"client-{name[-2:]}", program, environment).splitlines()

    with ThreadPoolExecutor(len(NAMES)) as pool:
        running: dict[str, Future[list[str]]] = {name: pool.submit(run, name) for name in NAMES}
        yield lambda name: running[name].result()


@pytest.mark.parametrize("program", ["jobs_v3", "jobs_v2"])
def test_a_script_processes_another_trains_and_the_model_is_there(printed: Printed, program: str) -> None:
    lines = printed(program)
    assert "rows 3" in lines
    assert "model ['model.json']" in lines


def test_v3_shows_the_log_of_a_processing_job(printed: Printed) -> None:
    assert any("processed 3" in line for line in printed("jobs_v3"))


def test_v2_shows_each_line_of_the_log_once(printed: Printed) -> None:
    lines = printed("jobs_v2")
    assert len([line for line in lines if "rows=3 depth=3" in line]) == 1
    assert len([line for line in lines if "processed 3" in line]) == 1


def test_v2_finds_metrics_and_attaches_to_a_job(printed: Printed) -> None:
    lines = printed("jobs_v2")
    assert "metrics [0.75]" in lines
    assert "attached 3" in lines


@pytest.mark.parametrize("program", ["built_in_v3", "built_in_v2"])
def test_the_built_in_algorithm_trains_and_its_model_answers(printed: Printed, program: str) -> None:
    lines = printed(program)
    # The SDKs' progress marks end without a new line.
    assert any(line.endswith("predicted [1, 0]") for line in lines)
    assert lines[-1] == "done"


def test_v2_finds_the_metrics_of_the_built_in_algorithm(printed: Printed) -> None:
    assert "metrics ['train:auc']" in printed("built_in_v2")


def test_v2_transforms_a_file_by_the_model_of_the_built_in_algorithm(printed: Printed) -> None:
    assert any(line.endswith("transformed [('id-1', 1), ('id-2', 0)]") for line in printed("built_in_v2"))


def test_v2_keeps_and_ends_a_warm_pool(printed: Printed) -> None:
    assert "pool Terminated" in printed("jobs_v2")
