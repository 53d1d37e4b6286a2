"""Jobs through both SDKs, as users write them, from environments that never heard of oficina."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.servers import Server, run_client

PROGRAMS = Path(__file__).parent / "programs"


@pytest.fixture(scope="module")
def printed_by_v3(verified_server: Server) -> list[str]:
    """The lines of the SDK v3 program."""
    return run_client("client-v3", PROGRAMS / "jobs_v3.py", verified_server.environment(), 600).splitlines()


@pytest.fixture(scope="module")
def printed_by_v2(verified_server: Server) -> list[str]:
    """The lines of the SDK v2 program."""
    return run_client("client-v2", PROGRAMS / "jobs_v2.py", verified_server.environment(), 600).splitlines()


def test_v3_processes_trains_and_finds_the_model(printed_by_v3: list[str]) -> None:
    assert "rows 3" in printed_by_v3
    assert "status Completed" in printed_by_v3
    assert "model ['model.json']" in printed_by_v3


def test_v3_shows_the_log_of_a_processing_job(printed_by_v3: list[str]) -> None:
    assert any("processed 3" in line for line in printed_by_v3)


def test_v2_processes_trains_and_finds_the_model(printed_by_v2: list[str]) -> None:
    assert "rows 3" in printed_by_v2
    assert "model ['model.json']" in printed_by_v2


def test_v2_shows_each_line_of_the_log_once(printed_by_v2: list[str]) -> None:
    assert len([line for line in printed_by_v2 if "rows=3 depth=3" in line]) == 1
    assert len([line for line in printed_by_v2 if "processed 3" in line]) == 1


def test_v2_finds_metrics_and_attaches_to_a_job(printed_by_v2: list[str]) -> None:
    assert "metrics [0.75]" in printed_by_v2
    assert "attached 3" in printed_by_v2
