"""Pipelines through both SDKs, as users write them, from environments that never heard of oficina."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.servers import Server, run_client

PROGRAMS = Path(__file__).parent / "programs"


@pytest.mark.parametrize(
    ("client", "steps"),
    [
        ("client-v3", ["Prepare", "Train", "Judge", "Check"]),
        ("client-v2", ["Prepare", "Train", "Judge", "Check", "Make-CreateModel"]),
    ],
)
def test_a_pipeline_runs_judges_and_remembers(verified_server: Server, client: str, steps: list[str]) -> None:
    program = PROGRAMS / f"pipelines_{client[-2:]}.py"

    printed = run_client(client, program, verified_server.environment(), 600).splitlines()

    assert "first Succeeded" in printed
    assert f"steps {steps}" in printed
    assert "waiter WaiterError" in printed
    assert "second AUC below 0.9" in printed
    assert "hits ['Prepare']" in printed


def test_functions_are_steps_with_sdk_v2(verified_server: Server) -> None:
    printed = run_client("client-v2", PROGRAMS / "functions_v2.py", verified_server.environment(), 600)

    assert "result {'result': 8}" in printed.splitlines()


@pytest.mark.parametrize("client", ["client-v3", "client-v2"])
def test_functions_and_callbacks_are_steps(verified_server: Server, client: str) -> None:
    program = PROGRAMS / f"tasks_{client[-2:]}.py"

    printed = run_client(client, program, verified_server.environment(), 300).splitlines()

    assert "asked {'twice': 42}" in printed
    assert "status Succeeded" in printed
    assert "steps ['Double', 'Ask', 'Check']" in printed
