"""Lambda and Callback steps through boto3: functions that run, tokens that come back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.functions import create
from tests.jobs import Bench
from tests.lines import Line, equals, get, received
from tests.waiting import wait_until

DOUBLE = (
    "def main(event, context):\n    return {'twice': event['n'] * 2, 'name': event['name'], 'more': [1]}\n"
)


def output(name: str, kind: str = "String") -> dict[str, str]:
    """A declared output parameter."""
    return {"OutputName": name, "OutputType": kind}


@pytest.fixture
def line(bench: Bench) -> Line:
    """A pipeline in the making."""
    return Line(bench)


@pytest.fixture
def double(aws: Callable[..., Any]) -> str:
    """The ARN of a function that doubles."""
    return create(aws("lambda"), "double", DOUBLE, Timeout=30)


@pytest.fixture
def sqs(aws: Callable[..., Any]) -> Any:
    """An SQS client of the test's own account."""
    return aws("sqs")


def lambda_step(arn: str, *outputs: dict[str, str], **members: Any) -> dict[str, Any]:
    """A Lambda step with two arguments."""
    return {
        "Name": "double",
        "Type": "Lambda",
        "FunctionArn": arn,
        "Arguments": {"n": get("Parameters.N"), "name": "x"},
        "OutputParameters": list(outputs),
        **members,
    }


def callback_step(url: str, *outputs: dict[str, str]) -> dict[str, Any]:
    """A Callback step."""
    return {
        "Name": "ask",
        "Type": "Callback",
        "SqsQueueUrl": url,
        "Arguments": {"question": "which?"},
        "OutputParameters": list(outputs),
    }


def test_a_function_gets_the_arguments_and_its_answer_is_seen_by_later_steps(line: Line, double: str) -> None:
    line.parameters = [{"Name": "N", "Type": "Integer", "DefaultValue": 21}]
    line.add(lambda_step(double, output("twice", "Integer"), output("name")))
    fail = {"Name": "wrong", "Type": "Fail", "Arguments": {"ErrorMessage": "not 42"}}
    condition = equals(get("Steps.double.OutputParameters['twice']"), 42)
    line.add(
        {
            "Name": "is-it",
            "Type": "Condition",
            "Arguments": {"Conditions": [condition], "IfSteps": [], "ElseSteps": [fail]},
        }
    )

    execution = line.run()

    assert execution["PipelineExecutionStatus"] == "Succeeded"
    told = line.told(execution)
    assert list(told) == ["double", "is-it"]
    assert told["double"]["Metadata"]["Lambda"] == {
        "Arn": double,
        "OutputParameters": [{"Name": "twice", "Value": "42"}, {"Name": "name", "Value": "x"}],
    }


def test_a_function_is_taken_from_the_cache_where_it_is_asked_to(line: Line, double: str) -> None:
    line.parameters = [{"Name": "N", "Type": "Integer", "DefaultValue": 1}]
    line.add(lambda_step(double, output("twice", "Integer"), CacheConfig={"Enabled": True}))
    first = line.run()

    again, other = line.ended(line.start()), line.ended(line.start(N="2"))

    hit = line.told(again)["double"]["CacheHitResult"]
    assert hit == {"SourcePipelineExecutionArn": first["PipelineExecutionArn"]}
    assert "CacheHitResult" not in line.told(other)["double"]


@pytest.mark.parametrize(
    ("program", "declared", "reason"),
    [
        ("def main(e, c):\n    raise ValueError('no such luck')\n", [], "no such luck"),
        ("def main(e, c):\n    return {}\n", [output("gone")], "The output parameter gone"),
        (
            "def main(e, c):\n    return {'x': 'text'}\n",
            [output("x", "Integer")],
            "cannot have the value text",
        ),
        ("def main(e, c):\n    return {'x': [1]}\n", [output("x")], "of type String"),
    ],
    ids=["raises", "missing", "type", "list"],
)
def test_a_step_fails_with_its_function(
    line: Line, aws: Callable[..., Any], program: str, declared: list[dict[str, str]], reason: str
) -> None:
    line.parameters = [{"Name": "N", "Type": "Integer", "DefaultValue": 1}]
    line.add(lambda_step(create(aws("lambda"), "broken", program), *declared))

    execution = line.run()

    assert execution["PipelineExecutionStatus"] == "Failed"
    assert reason in line.told(execution)["double"]["FailureReason"]


def test_a_function_that_is_not_there_fails_the_step(line: Line, account: str) -> None:
    line.parameters = [{"Name": "N", "Type": "Integer", "DefaultValue": 1}]
    line.add(lambda_step(f"arn:aws:lambda:us-east-1:{account}:function:nobody"))

    assert "Function not found: arn:aws:lambda" in line.told(line.run())["double"]["FailureReason"]


def test_a_callback_waits_for_its_token(line: Line, sqs: Any) -> None:
    url = sqs.create_queue(QueueName="questions")["QueueUrl"]
    line.add(callback_step(url, output("answer", "Integer")))
    line.create()
    arn = line.start()

    body = received(sqs, url)
    assert body["pipelineExecutionArn"] == arn
    assert body["arguments"] == {"question": "which?"}
    assert body["status"] == "Executing"
    told = line.bench.sagemaker.send_pipeline_execution_step_success(
        CallbackToken=body["token"], OutputParameters=[{"Name": "answer", "Value": "42"}]
    )
    assert told["PipelineExecutionArn"] == arn

    execution = line.ended(arn)
    assert execution["PipelineExecutionStatus"] == "Succeeded"
    assert line.told(execution)["ask"]["Metadata"]["Callback"] == {
        "CallbackToken": body["token"],
        "SqsQueueUrl": url,
        "OutputParameters": [{"Name": "answer", "Value": "42"}],
    }
    with pytest.raises(ClientError, match="is in status Succeeded already"):
        line.bench.sagemaker.send_pipeline_execution_step_failure(CallbackToken=body["token"])


def test_a_callback_fails_with_the_reason_that_is_sent(line: Line, sqs: Any) -> None:
    url = sqs.create_queue(QueueName="questions")["QueueUrl"]
    line.add(callback_step(url))
    line.create()
    arn = line.start()

    line.bench.sagemaker.send_pipeline_execution_step_failure(
        CallbackToken=received(sqs, url)["token"], FailureReason="nobody knows"
    )

    execution = line.ended(arn)
    assert execution["PipelineExecutionStatus"] == "Failed"
    assert line.told(execution)["ask"]["FailureReason"] == "nobody knows"


def test_a_stop_is_told_to_the_queue_and_waits_for_the_token(line: Line, sqs: Any) -> None:
    url = sqs.create_queue(QueueName="questions")["QueueUrl"]
    line.add(callback_step(url))
    line.create()
    arn = line.start()
    token = received(sqs, url)["token"]

    line.bench.sagemaker.stop_pipeline_execution(PipelineExecutionArn=arn)

    second = received(sqs, url)
    assert (second["token"], second["status"]) == (token, "Stopping")
    line.bench.sagemaker.send_pipeline_execution_step_success(CallbackToken=token)
    assert line.ended(arn)["PipelineExecutionStatus"] == "Stopped"


def test_a_queue_that_is_not_there_fails_the_step(line: Line) -> None:
    line.add(callback_step("https://sqs.us-east-1.amazonaws.com/123/none"))

    assert "The specified queue does not exist" in line.told(line.run())["ask"]["FailureReason"]


def test_an_unknown_token_is_refused(bench: Bench) -> None:
    with pytest.raises(ClientError, match="does not exist"):
        bench.sagemaker.send_pipeline_execution_step_success(CallbackToken="abcdefghij")


@pytest.mark.parametrize(
    "step",
    [
        {"Name": "a", "Type": "Lambda", "Arguments": {}},
        {"Name": "a", "Type": "Callback", "Arguments": {}},
        {"Name": "a", "Type": "Lambda", "FunctionArn": "x", "OutputParameters": [{"OutputName": 1}]},
    ],
    ids=["no function", "no queue", "output"],
)
def test_a_definition_without_what_a_step_needs_is_refused(line: Line, step: dict[str, Any]) -> None:
    line.add(step)
    with pytest.raises(ClientError, match="Unable to parse pipeline definition"):
        line.create()


def test_a_stopped_execution_waits_for_its_function(line: Line, aws: Callable[..., Any]) -> None:
    program = (
        "import boto3, time\n"
        "def main(e, c):\n"
        "    s3 = boto3.client('s3')\n"
        "    while not s3.list_objects_v2(Bucket='workbench', Prefix='go')['KeyCount']:\n"
        "        time.sleep(0.1)\n"
        "    return {}\n"
    )
    line.parameters = [{"Name": "N", "Type": "Integer", "DefaultValue": 1}]
    line.add(lambda_step(create(aws("lambda"), "slow", program, Timeout=900)))
    line.create()
    arn = line.start()
    wait_until(
        lambda: bool(line.told({"PipelineExecutionArn": arn}).get("double", {}).get("Metadata")),
        "the step did not begin",
    )

    line.bench.sagemaker.stop_pipeline_execution(PipelineExecutionArn=arn)
    line.bench.put("go", "")

    execution = line.ended(arn)
    assert execution["PipelineExecutionStatus"] == "Stopped"
    assert line.told(execution)["double"]["StepStatus"] == "Succeeded"


def test_a_function_that_times_out_while_the_execution_stops_fails_it(
    line: Line, aws: Callable[..., Any]
) -> None:
    program = "import time\ndef main(e, c):\n    time.sleep(600)\n"
    line.parameters = [{"Name": "N", "Type": "Integer", "DefaultValue": 1}]
    line.add(lambda_step(create(aws("lambda"), "endless", program, Timeout=10)))
    line.create()
    arn = line.start()
    wait_until(
        lambda: bool(line.told({"PipelineExecutionArn": arn}).get("double", {}).get("Metadata")),
        "the step did not begin",
    )

    line.bench.sagemaker.stop_pipeline_execution(PipelineExecutionArn=arn)

    execution = line.ended(arn)
    assert execution["PipelineExecutionStatus"] == "Failed"
    assert "Task timed out after 10.00 seconds" in line.told(execution)["double"]["FailureReason"]


def lineage(name: str = "note", **arguments: Any) -> dict[str, Any]:
    """A step that keeps lineage."""
    return {"Name": name, "Type": "Lineage", "Arguments": arguments}


def test_a_lineage_step_makes_entities_and_ties_them(line: Line) -> None:
    line.parameters = [{"Name": "Model", "Type": "String", "DefaultValue": "s3://models/1"}]
    action = {
        "ActionName": "trained",
        "ActionType": "Training",
        "Source": {"SourceUri": get("Parameters.Model")},
    }
    data = {"ArtifactName": "rows", "ArtifactType": "DataSet", "Source": {"SourceUri": "s3://data/rows"}}
    place = {"ContextName": "desk", "ContextType": "Place", "Source": {"SourceUri": "s3://desk"}}
    here = {"Name": "trained", "Type": "Action"}
    ties = [
        {
            "Source": {"Name": "rows", "Type": "Artifact"},
            "Destination": here,
            "AssociationType": "ContributedTo",
        },
        {"Source": here, "Destination": {"Name": "desk", "Type": "Context"}},
    ]
    first = lineage(Actions=[action], Artifacts=[data], Contexts=[place], Associations=ties)
    said = get("Steps.note.ActionArns['trained']")
    line.steps = [first, {"Name": "end", "Type": "Fail", "Arguments": {"ErrorMessage": said}}]

    ended = line.run()

    told = line.told(ended)["note"]
    made = told["Metadata"]["Lineage"]
    arn = made["ActionArns"]["trained"]
    assert (told["StepStatus"], arn.rpartition(":")[2]) == ("Succeeded", "action/trained")
    assert line.told(ended)["end"]["FailureReason"] == arn
    sagemaker = line.bench.sagemaker
    assert sagemaker.describe_action(ActionName="trained")["Source"]["SourceUri"] == "s3://models/1"
    (tie,) = sagemaker.list_associations(DestinationArn=arn)["AssociationSummaries"]
    assert (tie["SourceArn"], tie["AssociationType"]) == (made["ArtifactArns"]["rows"], "ContributedTo")
    assert made["Associations"][1] == {"SourceArn": arn, "DestinationArn": made["ContextArns"]["desk"]}


def test_a_lineage_step_that_fails_leaves_nothing(line: Line) -> None:
    action = {"ActionName": "half", "ActionType": "Training", "Source": {"SourceUri": "s3://models/1"}}
    end = {"Name": "other", "Type": "Action"}
    line.steps = [lineage(Actions=[action], Associations=[{"Source": end, "Destination": end}])]

    ended = line.run()

    assert line.told(ended)["note"]["FailureReason"].startswith(
        "ClientError: The step made no Action named other"
    )
    with pytest.raises(ClientError, match="ResourceNotFound"):
        line.bench.sagemaker.describe_action(ActionName="half")
