"""Batch transform through both SDKs, as users write it; oficina is in neither environment."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.servers import Server, run_client

PROGRAMS = Path(__file__).parent / "programs"
NAMES = ("transform_v2", "transform_v3", "serial_v2")

Says = Callable[[str, str], bool]


@pytest.fixture(scope="module")
def says(verified_server: Server) -> Iterator[Says]:
    """Whether a program prints a line that ends so: the SDKs' progress marks end without a new line.

    All run at once: most of their time is the SDKs' own polling.
    """
    environment = verified_server.environment()

    def run(name: str) -> list[str]:
        return run_client(f"client-{name[-2:]}", PROGRAMS / f"{name}.py", environment).splitlines()

    with ThreadPoolExecutor(len(NAMES)) as pool:
        running: dict[str, Future[list[str]]] = {name: pool.submit(run, name) for name in NAMES}
        yield lambda name, line: any(said.endswith(line) for said in running[name].result())


def test_v2_joins_filters_and_captures(says: Says) -> None:
    assert says("transform_v2", "joined [['a', '6.0'], ['b', '14.0'], ['c', '22.0']] ids 3")
    assert says("transform_v2", "input ['one.csv', 'two.csv']")
    assert says("transform_v2", "output ['one.csv.out', 'two.csv.out']")


def test_v2_attaches_to_a_job(says: Says) -> None:
    assert says("transform_v2", "attached MultiRecord 1 text/csv")


def test_v2_tells_the_file_and_the_record_that_failed(says: Says) -> None:
    assert says("transform_v2", "failed True")


def test_v3_joins_compressed_rows_and_captures(says: Says) -> None:
    assert says("transform_v3", "joined [['1', '2', '30.0'], ['3', '4', '70.0']]")
    assert says("transform_v3", "told Completed {'SHOP': 'v3'} True")
    assert says("transform_v3", "listed True")


def test_v2_makes_one_of_a_step_that_cleans_and_a_trained_model(says: Says) -> None:
    assert says("serial_v2", "batch [1, 0]")
    assert says("serial_v2", "predicted 1")
