"""Pipelines under kill -9 of the server at each named point: the same end, and no step run twice."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.jobs import IMAGE, ROLE, Bench
from tests.servers import Server
from tests.waiting import wait_until

ACCOUNT = "444455556666"


def definition() -> str:
    """Two steps, a condition and a third."""

    def step(name: str, *needs: str) -> dict[str, object]:
        return {
            "Name": name,
            "Type": "Processing",
            "DependsOn": list(needs),
            "Arguments": {
                "RoleArn": ROLE,
                "AppSpecification": {"ImageUri": IMAGE, "ContainerEntrypoint": ["python", "-c", "pass"]},
                "ProcessingResources": {
                    "ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 5}
                },
            },
        }

    condition = {"Type": "Equals", "LeftValue": 1, "RightValue": 1}
    arguments = {"Conditions": [condition], "IfSteps": [step("c")], "ElseSteps": []}
    judge = {"Name": "judge", "Type": "Condition", "DependsOn": ["b"], "Arguments": arguments}
    return json.dumps({"Version": "2020-12-01", "Steps": [step("a"), step("b", "a"), judge]})


@pytest.mark.parametrize("where", ["step-named", "step-made", "step-ended", "execution-ended", "recorded"])
def test_an_execution_comes_to_the_same_end(
    start_server: Callable[..., Server], tmp_path: Path, where: str
) -> None:
    home = tmp_path / "home"
    server = start_server(home, "--open", OFICINA_CHAOS=where)
    sagemaker = server.client("sagemaker", ACCOUNT)
    sagemaker.create_pipeline(PipelineName="line", PipelineDefinition=definition(), RoleArn=ROLE)
    sagemaker.start_pipeline_execution(PipelineName="line")
    server.process.wait(timeout=60)

    server = start_server(home, "--open")

    bench = Bench(*(server.client(service, ACCOUNT) for service in ("s3", "sagemaker", "logs")))
    arn = bench.sagemaker.list_pipeline_executions(PipelineName="line")["PipelineExecutionSummaries"][0][
        "PipelineExecutionArn"
    ]

    def ended() -> bool:
        found = bench.sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)
        return bool(found["PipelineExecutionStatus"] == "Succeeded")

    wait_until(ended, "the execution did not succeed", 60)
    steps = bench.sagemaker.list_pipeline_execution_steps(PipelineExecutionArn=arn)["PipelineExecutionSteps"]
    assert [each["StepName"] for each in reversed(steps)] == ["a", "b", "judge", "c"]
    assert all(each["AttemptCount"] == 1 for each in steps)
    assert len(bench.sagemaker.list_processing_jobs()["ProcessingJobSummaries"]) == 3
