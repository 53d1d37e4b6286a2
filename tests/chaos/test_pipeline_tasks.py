"""Lambda and Callback steps under kill -9 of the server: the same end, and each function run once."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.functions import create
from tests.jobs import ROLE
from tests.lines import execution_of
from tests.servers import Server, dying
from tests.waiting import wait_until

ACCOUNT = "444455556666"
PROGRAM = (
    "import time\ndef main(event, context):\n    print('ran')\n    time.sleep(0.3)\n    return {'x': 7}\n"
)


def definition(function: str, queue: str) -> str:
    """A function whose answer goes to a queue."""
    outputs = [{"OutputName": "x", "OutputType": "Integer"}]
    call = {"Name": "call", "Type": "Lambda", "FunctionArn": function, "OutputParameters": outputs}
    arguments = {"x": {"Get": "Steps.call.OutputParameters['x']"}}
    ask = {"Name": "ask", "Type": "Callback", "SqsQueueUrl": queue, "Arguments": arguments}
    return json.dumps({"Version": "2020-12-01", "Steps": [call, ask]})


def times_run(logs: Any) -> int:
    """How often the function has printed its line."""
    events = logs.filter_log_events(logGroupName="/aws/lambda/once")["events"]
    return sum(event["message"].strip() == "ran" for event in events)


def received(sqs: Any, queue: str) -> dict[str, Any]:
    """The body of the next message of a queue, whenever it comes."""

    def look() -> list[Any]:
        found: list[Any] = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=20).get("Messages", [])
        return found

    body: dict[str, Any] = json.loads(wait_until(look, "no message came")[0]["Body"])
    return body


@pytest.mark.parametrize("where", ["step-named", "function-launched", "step-made", "step-ended"])
def test_a_function_runs_once_and_its_token_is_sent(
    start_server: Callable[..., Server], tmp_path: Path, where: str
) -> None:
    home = tmp_path / "home"
    server = start_server(home, "--open", OFICINA_CHAOS=where)
    sagemaker = server.client("sagemaker", ACCOUNT)
    queue = server.client("sqs", ACCOUNT).create_queue(QueueName="answers")["QueueUrl"]
    function = create(server.client("lambda", ACCOUNT), "once", PROGRAM, Timeout=30)
    sagemaker.create_pipeline(
        PipelineName="line", PipelineDefinition=definition(function, queue), RoleArn=ROLE
    )
    with dying():
        sagemaker.start_pipeline_execution(PipelineName="line")
    server.ended()

    server = start_server(home, "--open")
    sagemaker, sqs = server.client("sagemaker", ACCOUNT), server.client("sqs", ACCOUNT)
    arn = execution_of(sagemaker)
    body = received(sqs, queue)
    assert body["arguments"] == {"x": 7}
    sagemaker.send_pipeline_execution_step_success(CallbackToken=body["token"])

    def succeeded() -> bool:
        found = sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)
        return bool(found["PipelineExecutionStatus"] == "Succeeded")

    wait_until(succeeded, "the execution did not succeed")
    assert times_run(server.client("logs", ACCOUNT)) == 1


def test_a_token_that_came_back_while_the_server_was_killed_is_kept(
    start_server: Callable[..., Server], tmp_path: Path
) -> None:
    home = tmp_path / "home"
    server = start_server(home, "--open")
    sagemaker, sqs = server.client("sagemaker", ACCOUNT), server.client("sqs", ACCOUNT)
    queue = sqs.create_queue(QueueName="answers")["QueueUrl"]
    steps = [{"Name": "ask", "Type": "Callback", "SqsQueueUrl": queue}]
    text = json.dumps({"Version": "2020-12-01", "Steps": steps})
    sagemaker.create_pipeline(PipelineName="line", PipelineDefinition=text, RoleArn=ROLE)
    arn = sagemaker.start_pipeline_execution(PipelineName="line")["PipelineExecutionArn"]
    sagemaker.send_pipeline_execution_step_success(CallbackToken=received(sqs, queue)["token"])
    server.kill()

    sagemaker = start_server(home, "--open").client("sagemaker", ACCOUNT)

    def succeeded() -> bool:
        found = sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)
        return bool(found["PipelineExecutionStatus"] == "Succeeded")

    wait_until(succeeded, "the execution did not succeed")


@pytest.mark.parametrize("where", ["lineage-recorded", "step-ended"])
def test_lineage_is_kept_once(start_server: Callable[..., Server], tmp_path: Path, where: str) -> None:
    home = tmp_path / "home"
    server = start_server(home, "--open", OFICINA_CHAOS=where)
    sagemaker = server.client("sagemaker", ACCOUNT)
    source = {"SourceUri": "s3://data/rows"}
    action = {"ActionName": "noted", "ActionType": "Note", "Source": source}
    artifact = {"ArtifactName": "rows", "ArtifactType": "DataSet", "Source": source}
    arguments = {"Actions": [action], "Artifacts": [artifact]}
    steps = [{"Name": "note", "Type": "Lineage", "Arguments": arguments}]
    definition = json.dumps({"Version": "2020-12-01", "Steps": steps})
    sagemaker.create_pipeline(PipelineName="line", PipelineDefinition=definition, RoleArn=ROLE)
    with dying():
        sagemaker.start_pipeline_execution(PipelineName="line")
    server.ended()

    sagemaker = start_server(home, "--open").client("sagemaker", ACCOUNT)
    arn = execution_of(sagemaker)

    def succeeded() -> bool:
        found = sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)
        return bool(found["PipelineExecutionStatus"] == "Succeeded")

    wait_until(succeeded, "the execution did not succeed")
    (kept,) = sagemaker.list_artifacts(SourceUri=source["SourceUri"])["ArtifactSummaries"]
    (told,) = sagemaker.list_pipeline_execution_steps(PipelineExecutionArn=arn)["PipelineExecutionSteps"]
    assert told["Metadata"]["Lineage"]["ArtifactArns"] == {"rows": kept["ArtifactArn"]}
