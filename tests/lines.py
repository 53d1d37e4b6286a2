"""Pipelines for tests: a definition in the making, its expressions, and its executions."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.jobs import IMAGE, ROLE, Bench, processing_input, processing_output
from tests.waiting import wait_until

OUT = "/opt/ml/processing/output"


def get(path: str) -> dict[str, str]:
    """A reference."""
    return {"Get": path}


def join(*values: object, on: str = "") -> dict[str, Any]:
    """Texts put together."""
    return {"Std:Join": {"On": on, "Values": list(values)}}


def equals(left: object, right: object) -> dict[str, Any]:
    """A condition."""
    return {"Type": "Equals", "LeftValue": left, "RightValue": right}


def fail(name: str = "a", **members: Any) -> dict[str, Any]:
    """The smallest step there is."""
    return {"Name": name, "Type": "Fail", "Arguments": {}, **members}


def model(name: str, *needs: str) -> dict[str, Any]:
    """A step that may stand before others."""
    return {"Name": name, "Type": "Model", "Arguments": {}, "DependsOn": list(needs)}


def decide(*conditions: Any, **arguments: Any) -> dict[str, Any]:
    """A condition."""
    return {"Name": "a", "Type": "Condition", "Arguments": {"Conditions": list(conditions), **arguments}}


def saying(message: Any) -> list[dict[str, Any]]:
    """A step that says something."""
    return [fail(Arguments={"ErrorMessage": message})]


class Line:
    """A pipeline in the making: steps are added, then it is created and started."""

    def __init__(self, bench: Bench, name: str = "line") -> None:
        self.bench, self.name = bench, name
        self.steps: list[dict[str, Any]] = []
        self.parameters: list[dict[str, Any]] = []

    def processing(self, name: str, program: str, **members: Any) -> dict[str, Any]:
        """A step that runs a Python program and leaves ``output``."""
        code = self.bench.put(f"code/{name}/program.py", program)
        arguments = {
            "RoleArn": ROLE,
            "AppSpecification": {
                "ImageUri": IMAGE,
                "ContainerEntrypoint": ["python", "/opt/ml/processing/code/program.py"],
                **members.pop("app", {}),
            },
            "ProcessingResources": {
                "ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 5}
            },
            "ProcessingInputs": [
                processing_input("code", code, "/opt/ml/processing/code"),
                *members.pop("inputs", []),
            ],
            "ProcessingOutputConfig": {
                "Outputs": [processing_output("output", f"s3://workbench/{name}", OUT)]
            },
            **members.pop("arguments", {}),
        }
        return self.add({"Name": name, "Type": "Processing", "Arguments": arguments, **members})

    def add(self, step: dict[str, Any]) -> dict[str, Any]:
        """Adds a step and gives it back."""
        self.steps.append(step)
        return step

    def inside(self, step: dict[str, Any]) -> dict[str, Any]:
        """Takes a step out of the top level, to stand in a condition."""
        self.steps.remove(step)
        return step

    @property
    def definition(self) -> str:
        """The definition as text."""
        return json.dumps({"Version": "2020-12-01", "Parameters": self.parameters, "Steps": self.steps})

    def create(self) -> None:
        """Creates the pipeline."""
        self.bench.sagemaker.create_pipeline(
            PipelineName=self.name, PipelineDefinition=self.definition, RoleArn=ROLE
        )

    def start(self, **parameters: str) -> str:
        """Starts an execution and gives its ARN."""
        given = [{"Name": name, "Value": value} for name, value in parameters.items()]
        arn: str = self.bench.sagemaker.start_pipeline_execution(
            PipelineName=self.name, PipelineParameters=given
        )["PipelineExecutionArn"]
        return arn

    def run(self, **parameters: str) -> dict[str, Any]:
        """Creates, starts, and gives the execution once it has ended."""
        self.create()
        return self.ended(self.start(**parameters))

    def ended(self, arn: str) -> dict[str, Any]:
        """An execution once it has ended."""

        def look() -> dict[str, Any] | None:
            found: dict[str, Any] = self.bench.sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)
            return found if found["PipelineExecutionStatus"] in ("Succeeded", "Failed", "Stopped") else None

        found = wait_until(look, "the execution did not end")
        assert found is not None
        return found

    def told(self, execution: dict[str, Any]) -> dict[str, dict[str, Any]]:
        """The steps of an execution by name, the oldest first."""
        arn = execution["PipelineExecutionArn"]
        steps = self.bench.sagemaker.list_pipeline_execution_steps(PipelineExecutionArn=arn)
        return {each["StepName"]: each for each in reversed(steps["PipelineExecutionSteps"])}


def execution_of(sagemaker: Any, name: str = "line") -> str:
    """The ARN of a pipeline's one execution, whatever server began it."""
    listed = sagemaker.list_pipeline_executions(PipelineName=name)["PipelineExecutionSummaries"]
    (summary,) = listed
    return str(summary["PipelineExecutionArn"])


def received(sqs: Any, url: str) -> dict[str, Any]:
    """What a queue's next message says, which is JSON; the message is deleted."""

    def look() -> list[dict[str, Any]]:
        answer = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20)
        return list(answer.get("Messages", ()))

    (message,) = wait_until(look, "no message came")
    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    body: dict[str, Any] = json.loads(message["Body"])
    return body


def refusal(call: Callable[[], Any]) -> str:
    """The sentence of a ValidationException."""
    with pytest.raises(ClientError) as error:
        call()
    assert error.value.response["Error"]["Code"] == "ValidationException"
    return str(error.value.response["Error"]["Message"])
