"""Pipelines through both SDKs, as users write them, from environments that never heard of oficina."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.analyzers import CLARIFY, QUALITY, teach
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

    printed = run_client(client, program, verified_server.environment()).splitlines()

    assert "first Succeeded" in printed
    assert f"steps {steps}" in printed
    assert "waiter WaiterError" in printed
    assert "second AUC below 0.9" in printed
    assert "hits ['Prepare']" in printed


def test_functions_are_steps_with_sdk_v2(verified_server: Server) -> None:
    program = PROGRAMS / "functions_v2.py"

    printed = run_client("client-v2", program, verified_server.environment()).splitlines()

    assert "steps ['check', 'prepare', 'register', 'train']" in printed
    assert "result {'factor': 2.0, 'quality': {'score': 0.9}}" in printed
    assert "registered {'factor': '2.0', 'score': '0.9'}" in printed
    reason = "ClientError: AlgorithmError: ZeroDivisionError('division by zero'), exit code: 1"
    assert f"failed train {reason}" in printed
    assert any(line.startswith("no result: Unable to retrieve step output") for line in printed)


def test_functions_are_steps_beside_others_with_sdk_v3(verified_server: Server) -> None:
    program = PROGRAMS / "functions_v3.py"

    printed = run_client("client-v3", program, verified_server.environment()).splitlines()

    assert "result {'value': 0.9}" in printed
    assert "registered {'auc': '0.9'}" in printed
    assert "steps ['Check', 'Evaluate', 'Prepare', 'Register', 'Train']" in printed
    assert "low AUC 0.7 is below 0.8" in printed
    assert "few Failed ClientError: AlgorithmError: Unfit('5 are too few'), exit code: 1" in printed


@pytest.mark.parametrize("client", ["client-v3", "client-v2"])
def test_functions_and_callbacks_are_steps(verified_server: Server, client: str) -> None:
    program = PROGRAMS / f"tasks_{client[-2:]}.py"

    printed = run_client(client, program, verified_server.environment()).splitlines()

    assert "asked {'twice': 42}" in printed
    assert "status Succeeded" in printed
    assert "steps ['Ask', 'Check', 'Double']" in printed
    assert ("lineage answers ContributedTo" in printed) == (client == "client-v3")


@pytest.mark.parametrize("client", ["client-v3", "client-v2"])
def test_checks_calculate_register_and_compare_baselines(verified_server: Server, client: str) -> None:
    teach(verified_server, "sagemaker-model-monitor-analyzer", QUALITY)
    teach(verified_server, "sagemaker-clarify-processing", CLARIFY)
    program = PROGRAMS / f"checks_{client[-2:]}.py"

    printed = run_client(client, program, verified_server.environment()).splitlines()

    names = ["DataBias", "DataQuality", "Explain", "ModelQuality", "Register"]
    assert f"first {[(name, 'Succeeded') for name in names]}" in printed
    assert "registered True ['Bias', 'Explainability', 'ModelDataQuality', 'ModelQuality']" in printed
    assert "second True {'Succeeded'}" in printed
    assert "third ClientError: Quality check failed. See violation report: s3:" in printed
    assert "reports True" in printed
