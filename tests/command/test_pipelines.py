"""``oficina pipelines``: the graph in the terminal, and why a step missed the cache."""

from __future__ import annotations

import json
import subprocess

from tests.jobs import IMAGE, ROLE
from tests.servers import OFICINA, Server, surroundings
from tests.waiting import PATIENCE, wait_until


def oficina(server: Server, *words: str) -> str:
    """What the command prints."""
    done = subprocess.run(
        [*OFICINA, "pipelines", *words, "--home", str(server.home)],
        capture_output=True,
        text=True,
        env=surroundings(),
        timeout=PATIENCE,
        check=False,
    )
    return done.stdout + done.stderr


def definition() -> str:
    """A step, a condition on it, and a failure in the branch that is not taken."""
    cluster = {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 5}
    step = {
        "Name": "prepare",
        "Type": "Processing",
        "CacheConfig": {"Enabled": True},
        "Arguments": {
            "RoleArn": ROLE,
            "AppSpecification": {"ImageUri": IMAGE, "ContainerEntrypoint": ["python", "-c", "pass"]},
            "ProcessingResources": {"ClusterConfig": cluster},
        },
    }
    poor = {"Name": "poor", "Type": "Fail", "Arguments": {"ErrorMessage": "poor"}}
    condition = {"Type": "Equals", "LeftValue": 1, "RightValue": 1}
    judge = {
        "Name": "judge",
        "Type": "Condition",
        "DependsOn": ["prepare"],
        "Arguments": {"Conditions": [condition], "IfSteps": [], "ElseSteps": [poor]},
    }
    return json.dumps({"Version": "2020-12-01", "Steps": [step, judge]})


def test_a_graph_is_drawn_with_its_states(verified_server: Server) -> None:
    sagemaker = verified_server.client("sagemaker")
    sagemaker.create_pipeline(PipelineName="drawn", PipelineDefinition=definition(), RoleArn=ROLE)
    arn = sagemaker.start_pipeline_execution(PipelineName="drawn")["PipelineExecutionArn"]

    def ended() -> bool:
        found = sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)
        return bool(found["PipelineExecutionStatus"] == "Succeeded")

    wait_until(ended, "the execution did not succeed")

    drawn = oficina(verified_server, "show", "drawn").splitlines()
    assert drawn[0].startswith("✔ drawn/execution/")
    assert drawn[1].startswith("  ✔ prepare  Processing  ")
    assert drawn[2].startswith("  ✔ judge  Condition  ")
    assert drawn[2].endswith("True")
    assert drawn[3:] == ["    else", "      · poor  Fail"]
    assert oficina(verified_server, "why", arn, "prepare").strip() == (
        "No earlier execution of this pipeline has run this step to success."
    )


def test_an_execution_that_nobody_started_is_told(verified_server: Server) -> None:
    assert "There is no execution nobody." in oficina(verified_server, "show", "nobody")
