"""Experiments of both SDKs, as data scientists track runs, from environments that never heard of oficina."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.servers import Server, run_client

PROGRAMS = Path(__file__).parent / "programs"


@pytest.fixture(scope="module")
def printed_by_v2(verified_server: Server) -> list[str]:
    """The lines of the SDK v2 program."""
    environment = verified_server.environment()
    return run_client("client-v2", PROGRAMS / "runs_v2.py", environment).splitlines()


def test_a_run_of_v2_keeps_parameters_metrics_and_files(printed_by_v2: list[str]) -> None:
    assert "parameters {'depth': 3.0, 'kind': 'tree'}" in printed_by_v2
    assert "metrics [('auc', 1.4, 15)]" in printed_by_v2
    assert "file text/plain" in printed_by_v2
    assert "runs [('first', 'Completed'), ('second', 'Completed'), ('third', 'Failed')]" in printed_by_v2


def test_a_run_of_v2_goes_on_inside_a_job(printed_by_v2: list[str]) -> None:
    assert "in the job {'StringValue': 'job'} ['auc', 'loss']" in printed_by_v2
    assert "job in the experiment True" in printed_by_v2


def test_runs_of_v2_are_compared_in_a_table(printed_by_v2: list[str]) -> None:
    assert "best ['runs-v2-second', 'runs-v2-first'] [9.0, 1.4] ['runs-v2']" in printed_by_v2
    assert "deep ['runs-v2-second']" in printed_by_v2
    assert "left []" in printed_by_v2


def test_a_run_of_v3_keeps_curves_and_stands_in_a_table(verified_server: Server) -> None:
    environment = verified_server.environment()
    printed = run_client("client-v3", PROGRAMS / "runs_v3.py", environment).splitlines()
    assert "metrics [('auc', 1.1, 12)]" in printed
    assert "curves ['ConfusionMatrix', 'PrecisionRecallCurve', 'ROCCurve']" in printed
    assert "table ['runs-v3-first'] [1.1] [3.0]" in printed
