"""Pipelines under kill -9 of the server at each named point: the same end, and no step run twice."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.jobs import IMAGE, ROLE, Bench
from tests.lines import execution_of
from tests.servers import Server, dying
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
    with dying():
        sagemaker.start_pipeline_execution(PipelineName="line")
    server.ended()

    server = start_server(home, "--open")

    bench = Bench(*(server.client(service, ACCOUNT) for service in ("s3", "sagemaker", "logs")))
    arn = execution_of(bench.sagemaker)

    def ended() -> bool:
        found = bench.sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)
        return bool(found["PipelineExecutionStatus"] == "Succeeded")

    wait_until(ended, "the execution did not succeed")
    steps = bench.sagemaker.list_pipeline_execution_steps(PipelineExecutionArn=arn)["PipelineExecutionSteps"]
    assert [each["StepName"] for each in reversed(steps)] == ["a", "b", "judge", "c"]
    assert all(each["AttemptCount"] == 1 for each in steps)
    assert len(bench.sagemaker.list_processing_jobs()["ProcessingJobSummaries"]) == 3


def test_an_execution_that_cannot_go_on_ends_with_its_steps(
    start_server: Callable[..., Server], tmp_path: Path
) -> None:
    home = tmp_path / "home"
    server = start_server(home, "--open", OFICINA_CHAOS="step-made")
    sagemaker = server.client("sagemaker", ACCOUNT)
    sagemaker.create_pipeline(PipelineName="line", PipelineDefinition=definition(), RoleArn=ROLE)
    with dying():
        sagemaker.start_pipeline_execution(PipelineName="line")
    server.ended()
    spoil(home / "oficina.db")

    sagemaker = start_server(home, "--open").client("sagemaker", ACCOUNT)
    arn = execution_of(sagemaker)

    def ended() -> bool:
        found = sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)
        return bool(found["PipelineExecutionStatus"] == "Failed")

    wait_until(ended, "the execution did not fail")
    (step,) = sagemaker.list_pipeline_execution_steps(PipelineExecutionArn=arn)["PipelineExecutionSteps"]
    assert (step["StepName"], step["StepStatus"]) == ("a", "Failed")
    assert step["FailureReason"].startswith("InternalServerError")
    assert step["EndTime"] >= step["StartTime"]


def spoil(database: Path) -> None:
    """Takes the definition out of the row of the execution, as a fault of the disk might."""
    connection = sqlite3.connect(database)
    connection.execute(
        "UPDATE resources SET body=json_set(body, '$._definition', '{') WHERE kind='PipelineExecution'"
    )
    connection.commit()
    connection.close()


def test_a_stop_that_was_cut_short_reaches_the_steps_in_the_end(
    start_server: Callable[..., Server], tmp_path: Path
) -> None:
    home = tmp_path / "home"
    server = start_server(home, "--open", OFICINA_CHAOS="step-stop")
    sagemaker = server.client("sagemaker", ACCOUNT)
    endless = definition().replace('"pass"', '"import time; time.sleep(1000)"')
    sagemaker.create_pipeline(PipelineName="line", PipelineDefinition=endless, RoleArn=ROLE)
    arn = sagemaker.start_pipeline_execution(PipelineName="line")["PipelineExecutionArn"]
    wait_until(lambda: list(home.glob("jobs/*/started.json")), "the first step does not run")
    with dying():
        sagemaker.stop_pipeline_execution(PipelineExecutionArn=arn, ClientRequestToken="t" * 32)
    server.ended()

    sagemaker = start_server(home, "--open").client("sagemaker", ACCOUNT)

    def status() -> str:
        told = sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)
        return str(told["PipelineExecutionStatus"])

    wait_until(lambda: status() == "Stopped", "the execution was not stopped")
