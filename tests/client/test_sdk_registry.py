"""The model registry through both SDKs, as users write it, from environments that never heard of oficina."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.servers import Server, run_client

PROGRAMS = Path(__file__).parent / "programs"


@pytest.fixture(scope="module")
def printed_by_v3(verified_server: Server) -> list[str]:
    """The lines of the SDK v3 program."""
    environment = verified_server.environment()
    return run_client("client-v3", PROGRAMS / "registry_v3.py", environment).splitlines()


@pytest.fixture(scope="module")
def printed_by_v2(verified_server: Server) -> list[str]:
    """The lines of the SDK v2 program."""
    environment = verified_server.environment()
    return run_client("client-v2", PROGRAMS / "registry_v2.py", environment).splitlines()


def test_v3_registers_with_its_model_builder(printed_by_v3: list[str]) -> None:
    assert "group Completed" in printed_by_v3
    assert "registered registry-v3/1" in printed_by_v3
    assert "status Completed PendingManualApproval" in printed_by_v3
    assert "card Draft" in printed_by_v3


def test_v3_approves_and_serves_what_was_registered(printed_by_v3: list[str]) -> None:
    assert "approved Approved good" in printed_by_v3
    assert "predicted ['6.0', '14.0']" in printed_by_v3


def test_v3_lists_and_deletes_versions_and_groups(printed_by_v3: list[str]) -> None:
    assert "listed [1]" in printed_by_v3
    assert "groups ['registry-v3']" in printed_by_v3
    assert "left []" in printed_by_v3


def test_v2_registers_what_its_estimator_trained(printed_by_v2: list[str]) -> None:
    assert "registered registry-v2/2" in printed_by_v2
    assert "approval PendingManualApproval 2" in printed_by_v2
    assert "statistics True" in printed_by_v2
    assert "trained by True" in printed_by_v2
    assert "metadata {'number': 'two'}" in printed_by_v2


def test_v2_approves_and_deploys_a_version(printed_by_v2: list[str]) -> None:
    assert "after deploy Approved" in printed_by_v2
    assert any(line.startswith("predicted") for line in printed_by_v2)


def test_v2_changes_a_version_and_finds_its_model_card(printed_by_v2: list[str]) -> None:
    assert "changed s3://elsewhere/model PendingReview" in printed_by_v2
    expected = "one card The model package has already been associated with ['of-package'] model cards."
    assert expected in printed_by_v2


def test_v2_writes_a_model_card_and_exports_it(printed_by_v2: list[str]) -> None:
    assert "card versions 2" in printed_by_v2
    assert "card 2 another number" in printed_by_v2
    assert "pdf b'%PDF-'" in printed_by_v2
    assert "card deleted True" in printed_by_v2


def test_v3_registers_in_a_pipeline(verified_server: Server) -> None:
    environment = verified_server.environment()
    printed = run_client("client-v3", PROGRAMS / "registering_v3.py", environment).splitlines()
    assert "steps ['Register', 'Train']" in printed
    assert "version 1 Approved" in printed
    assert "data True" in printed


def test_v2_registers_in_a_pipeline_and_serves_the_version(verified_server: Server) -> None:
    environment = verified_server.environment()
    printed = run_client("client-v2", PROGRAMS / "registering_v2.py", environment).splitlines()
    assert "steps ['Register-RegisterModel', 'Train']" in printed
    assert "version 1 Approved" in printed
    assert "metrics True" in printed
    assert "predicted ['6.0', '14.0']" in printed
    assert "data of endpoint [True]" in printed
    assert "execution of endpoint True" in printed
    assert "execution of group True" in printed
    assert "actions ['Approval', 'ModelDeployment']" in printed
    assert "endpoints of version ['Endpoint']" in printed
    assert "table ['Approval', 'Image', 'Model', 'ModelDeployment', 'ModelGroup']" in printed
    assert "endpoints of data {'Endpoint'}" in printed
