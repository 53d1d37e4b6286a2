"""Endpoints of pipelines: made, updated, and what happens when a model package goes meanwhile."""

from __future__ import annotations

from typing import Any

from tests.jobs import ROLE
from tests.lines import Line, get, received
from tests.registry import specification
from tests.shops import Shop, variant


def deploy(line: Line, model: Any, endpoint: str) -> None:
    """The two steps that bring a model into service."""
    config = {"EndpointConfigName": "deployed", "ProductionVariants": [variant(model)]}
    line.add({"Name": "Configure", "Type": "EndpointConfig", "Arguments": config})
    arguments = {
        "EndpointName": endpoint,
        "EndpointConfigName": get("Steps.Configure.EndpointConfigName"),
    }
    line.add({"Name": "Deploy", "Type": "Endpoint", "Arguments": arguments})


def test_an_endpoint_is_made_under_a_name_of_the_execution_or_updated_where_it_is(
    line: Line, shop: Shop
) -> None:
    shop.model("old")
    shop.open("one", variant("old"))
    line.parameters.append({"Name": "Endpoint", "Type": "String"})
    deploy(line, shop.model("new"), "replaced below")
    line.steps[-1]["Arguments"]["EndpointName"] = get("Parameters.Endpoint")
    line.create()

    made = line.ended(line.start(Endpoint="fresh"))
    updated = line.ended(line.start(Endpoint="one"))

    assert {made["PipelineExecutionStatus"], updated["PipelineExecutionStatus"]} == {"Succeeded"}
    name = line.told(made)["Deploy"]["Metadata"]["Endpoint"]["Arn"].rpartition("/")[2]
    assert name.startswith(f"fresh-{made['PipelineExecutionArn'][-12:]}-")
    assert shop.ask(_spelt(shop, name))["mark"] == "new"
    assert line.told(updated)["Deploy"]["Metadata"]["Endpoint"]["Arn"].endswith(":endpoint/one")
    assert shop.ask("one")["mark"] == "new"


def _spelt(shop: Shop, name: str) -> str:
    """The endpoint's name with its capitals, which an ARN has not."""
    names = [each["EndpointName"] for each in shop.sagemaker.list_endpoints()["Endpoints"]]
    return str(next(each for each in names if each.lower() == name.lower()))


def registered_and_deployed(line: Line, shop: Shop, queue: str) -> str:
    """Register, wait for somebody, make a model of the version, deploy it; the execution's ARN."""
    shop.sagemaker.create_model_package_group(ModelPackageGroupName="models")
    register = {
        "ModelPackageGroupName": "models",
        "ModelApprovalStatus": "Approved",
        "InferenceSpecification": specification(shop),
    }
    line.add({"Name": "Register", "Type": "RegisterModel", "Arguments": register})
    package = get("Steps.Register.ModelPackageArn")
    ask = {"Name": "Ask", "Type": "Callback", "SqsQueueUrl": queue, "Arguments": {"package": package}}
    model = {
        "ExecutionRoleArn": ROLE,
        "PrimaryContainer": {"ModelPackageName": package, "Environment": {"MARK": "kept"}},
    }
    make = {"Name": "Make", "Type": "Model", "Arguments": model}
    if queue.endswith("before"):
        line.add(ask)
        make["DependsOn"] = ["Ask"]
    line.add(make)
    deploy(line, get("Steps.Make.ModelName"), "line")
    if queue.endswith("after"):
        line.add({**ask, "DependsOn": ["Make"]})
        line.steps[-2]["DependsOn"] = ["Ask"]
    line.create()
    return line.start()


def lose_the_package(line: Line, sqs: Any, queue: str) -> None:
    """Deletes the package that the callback names, then lets the execution go on."""
    body = received(sqs, queue)
    line.bench.sagemaker.delete_model_package(ModelPackageName=body["arguments"]["package"])
    line.bench.sagemaker.send_pipeline_execution_step_success(CallbackToken=body["token"])


def test_a_package_that_was_deleted_before_its_model_was_made_fails_that_step(
    line: Line, shop: Shop, aws: Any
) -> None:
    sqs = aws("sqs")
    queue = sqs.create_queue(QueueName="before")["QueueUrl"]
    arn = registered_and_deployed(line, shop, queue)
    lose_the_package(line, sqs, queue)

    execution = line.ended(arn)

    told = line.told(execution)
    assert execution["PipelineExecutionStatus"] == "Failed"
    assert list(told) == ["Register", "Ask", "Make"]
    refused = "ClientError: Failed to invoke sagemaker:CreateModel. Error Details: ModelPackage"
    assert told["Make"]["FailureReason"].startswith(refused)
    assert "does not exist" in told["Make"]["FailureReason"]


def test_a_package_that_is_deleted_while_its_model_is_deployed_is_not_missed(
    line: Line, shop: Shop, aws: Any
) -> None:
    sqs = aws("sqs")
    queue = sqs.create_queue(QueueName="after")["QueueUrl"]
    arn = registered_and_deployed(line, shop, queue)
    lose_the_package(line, sqs, queue)

    execution = line.ended(arn)

    assert execution["PipelineExecutionStatus"] == "Succeeded"
    endpoint = line.told(execution)["Deploy"]["Metadata"]["Endpoint"]["Arn"].rpartition("/")[2]
    assert shop.ask(_spelt(shop, endpoint))["mark"] == "kept"
