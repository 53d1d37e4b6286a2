"""Endpoints through both SDKs, as users write them, from environments that never heard of oficina."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.servers import Server, run_client

PROGRAMS = Path(__file__).parent / "programs"


@pytest.fixture(scope="module")
def printed_by_v3(verified_server: Server) -> list[str]:
    """The lines of the SDK v3 program."""
    return run_client("client-v3", PROGRAMS / "endpoints_v3.py", verified_server.environment()).splitlines()


@pytest.fixture(scope="module")
def printed_by_v2(verified_server: Server) -> list[str]:
    """The lines of the SDK v2 program."""
    return run_client("client-v2", PROGRAMS / "endpoints_v2.py", verified_server.environment()).splitlines()


def test_v3_asks_a_model_of_its_own(printed_by_v3: list[str]) -> None:
    assert "predicted ['6.0', '14.0']" in printed_by_v3
    assert "variant AllTraffic" in printed_by_v3


def test_v3_updates_to_another_model(printed_by_v3: list[str]) -> None:
    assert "predicted again 30.0" in printed_by_v3
    assert "capture Started" in printed_by_v3


def test_v3_lists_and_deletes(printed_by_v3: list[str]) -> None:
    assert "listed ['endpoint-v3']" in printed_by_v3
    assert any("left []" in line for line in printed_by_v3)


def test_v2_deploys_a_model_in_script_mode(printed_by_v2: list[str]) -> None:
    assert any(line.endswith("predicted ['6.0', '14.0']") for line in printed_by_v2)


def test_v2_updates_its_endpoint_in_place(printed_by_v2: list[str]) -> None:
    assert any(line.endswith("instances 2") for line in printed_by_v2)
    assert "predicted again 22.0" in printed_by_v2


def test_v2_deletes_model_and_endpoint(printed_by_v2: list[str]) -> None:
    assert "endpoints []" in printed_by_v2
