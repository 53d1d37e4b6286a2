"""A course-like pipeline with SDK v2 whose steps are functions, beside a condition and a failure."""

from __future__ import annotations

import boto3
import sagemaker
from botocore.exceptions import WaiterError
from sagemaker.workflow.condition_step import ConditionStep
from sagemaker.workflow.conditions import ConditionGreaterThanOrEqualTo
from sagemaker.workflow.fail_step import FailStep
from sagemaker.workflow.function_step import step
from sagemaker.workflow.functions import Join
from sagemaker.workflow.parameters import ParameterInteger
from sagemaker.workflow.pipeline import Pipeline
from sagemaker.workflow.pipeline_context import PipelineSession

IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/sagemaker-distribution:2.0"
GROUP = "functions-v2"

session = PipelineSession()
role = sagemaker.get_execution_role()
common = {"instance_type": "ml.m5.large", "image_uri": IMAGE, "role": role}


@step(name="prepare", **common)
def prepare(rows: int) -> tuple[list[int], list[int]]:
    """Numbers and their doubles."""
    return list(range(rows)), [2 * number for number in range(rows)]


@step(name="train", keep_alive_period_in_seconds=60, **common)
def train(numbers: list[int], doubles: list[int]) -> dict[str, object]:
    """What of one makes the other, and how well."""
    factor = sum(doubles) / sum(numbers)
    return {"factor": factor, "quality": {"score": 0.5 + len(numbers) / 100}}


@step(name="register", **common)
def register(factor: float, score: float) -> str:
    """A model package that tells what it was registered for."""
    client = boto3.client("sagemaker")
    client.create_model_package_group(ModelPackageGroupName=GROUP)
    made = client.create_model_package(
        ModelPackageGroupName=GROUP, CustomerMetadataProperties={"factor": str(factor), "score": str(score)}
    )
    return str(made["ModelPackageArn"])


rows = ParameterInteger(name="Rows", default_value=40)
prepared = prepare(rows)
trained = train(prepared[0], doubles=prepared[1])
score = trained["quality"]["score"]
check = ConditionStep(
    name="check",
    conditions=[ConditionGreaterThanOrEqualTo(left=score, right=0.8)],
    if_steps=[register(trained["factor"], score)],
    else_steps=[FailStep(name="low", error_message=Join(on=" ", values=["only", score]))],
)
pipeline = Pipeline(GROUP, parameters=[rows], steps=[check], sagemaker_session=session)
pipeline.upsert(role_arn=role)

execution = pipeline.start()
execution.wait(delay=1, max_attempts=1800)
print("steps", sorted(each["StepName"] for each in execution.list_steps()))
print("result", execution.result("train"))
package = boto3.client("sagemaker").describe_model_package(ModelPackageName=execution.result("register"))
print("registered", package["CustomerMetadataProperties"])

execution = pipeline.start(parameters={"Rows": 1})  # a sum of nothing divides nothing
try:
    execution.wait(delay=1, max_attempts=1800)
except WaiterError:
    failed = next(each for each in execution.list_steps() if each["StepStatus"] == "Failed")
    print("failed", failed["StepName"], failed["FailureReason"])
try:
    execution.result("train")
except sagemaker.remote_function.errors.RemoteFunctionError as error:
    print("no result:", error)
