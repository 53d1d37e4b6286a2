"""A course-like pipeline with SDK v3 whose steps are functions, beside steps of other kinds."""

from __future__ import annotations

import tempfile
from pathlib import Path

import boto3
from botocore.exceptions import WaiterError
from sagemaker.core.helper.session_helper import get_execution_role
from sagemaker.core.workflow.conditions import ConditionGreaterThanOrEqualTo
from sagemaker.core.workflow.functions import Join
from sagemaker.core.workflow.parameters import ParameterFloat, ParameterInteger
from sagemaker.core.workflow.pipeline_context import PipelineSession
from sagemaker.mlops.workflow.condition_step import ConditionStep
from sagemaker.mlops.workflow.fail_step import FailStep
from sagemaker.mlops.workflow.function_step import step
from sagemaker.mlops.workflow.pipeline import Pipeline
from sagemaker.mlops.workflow.retry import SageMakerJobExceptionTypeEnum, SageMakerJobStepRetryPolicy
from sagemaker.mlops.workflow.steps import TrainingStep
from sagemaker.train import ModelTrainer
from sagemaker.train.configs import Compute, InputData, SourceCode

PLAIN = "123456789012.dkr.ecr.us-east-1.amazonaws.com/sagemaker-base-python:1.0"

session = PipelineSession()
role = get_execution_role()
place = f"s3://{session.default_bucket()}/functions-v3"
common = {"instance_type": "ml.m5.large", "role": role}
again = SageMakerJobStepRetryPolicy(
    exception_types=[SageMakerJobExceptionTypeEnum.INTERNAL_ERROR], max_attempts=2
)


class Unfit(Exception):
    """An exception of the user's own."""


@step(name="Prepare", retry_policies=[again], **common)
def prepare(rows: int, where: str) -> tuple[str, list[int]]:
    """Puts rows where a training job finds them."""
    bucket, _, prefix = where.removeprefix("s3://").partition("/")
    numbers = list(range(rows))
    body = "".join(f"{number}\n" for number in numbers)
    boto3.client("s3").put_object(Bucket=bucket, Key=f"{prefix}/rows.csv", Body=body.encode())
    return f"{where}/rows.csv", numbers


@step(name="Evaluate", **common)
def evaluate(model: str, numbers: list[int], rows: int) -> dict[str, object]:
    """Takes what a job trained, what a function gave, and a parameter."""
    if rows < 10:
        raise Unfit(f"{len(numbers)} are too few")
    return {"auc": {"value": 0.5 + len(numbers) / 100}, "model": model}


@step(name="Register", display_name="Registers", description="what was judged fit", **common)
def register(model: str, auc: float) -> str:
    """A model package in a group."""
    client = boto3.client("sagemaker")
    client.create_model_package_group(ModelPackageGroupName="functions-v3")
    made = client.create_model_package(
        ModelPackageGroupName="functions-v3",
        CustomerMetadataProperties={"auc": str(auc)},
        InferenceSpecification={
            "Containers": [{"Image": PLAIN, "ModelDataUrl": model}],
            "SupportedContentTypes": ["text/csv"],
            "SupportedResponseMIMETypes": ["text/csv"],
        },
    )
    return str(made["ModelPackageArn"])


folder = Path(tempfile.mkdtemp())
(folder / "train.py").write_text(
    "import os\n"
    'rows = open(os.environ["SM_CHANNEL_TRAIN"] + "/rows.csv").readlines()\n'
    'open(os.environ["SM_MODEL_DIR"] + "/rows", "w").write(str(len(rows)))\n'
)
rows = ParameterInteger(name="Rows", default_value=40)
floor = ParameterFloat(name="Floor", default_value=0.8)
prepared = prepare(rows, place)
trainer = ModelTrainer(
    training_image=PLAIN,
    source_code=SourceCode(source_dir=str(folder), entry_script="train.py"),
    compute=Compute(instance_type="ml.m5.large", instance_count=1, volume_size_in_gb=5),
    role=role,
    sagemaker_session=session,
    base_job_name="functions-v3",
)
train = TrainingStep(
    name="Train",
    step_args=trainer.train(input_data_config=[InputData(channel_name="train", data_source=prepared[0])]),
)
model = train.properties.ModelArtifacts.S3ModelArtifacts
evaluated = evaluate(model, numbers=prepared[1], rows=rows)
auc = evaluated["auc"]["value"]
low = FailStep(name="Low", error_message=Join(on=" ", values=["AUC", auc, "is below", floor]))
check = ConditionStep(
    name="Check",
    conditions=[ConditionGreaterThanOrEqualTo(left=auc, right=floor)],
    if_steps=[register(evaluated["model"], auc)],
    else_steps=[low],
)
pipeline = Pipeline(
    name="functions-v3", parameters=[rows, floor], steps=[train, check], sagemaker_session=session
)
pipeline.upsert(role_arn=role)


def run(**parameters: int | float) -> dict[str, dict[str, object]]:
    """An execution's steps by name, once it has ended."""
    execution = pipeline.start(parameters=parameters)
    try:
        execution.wait(delay=1, max_attempts=1800)
    except WaiterError:
        print("failed", execution.describe()["FailureReason"])
    if not parameters:
        print("result", execution.result("Evaluate")["auc"])
        package = execution.result("Register")
        described = boto3.client("sagemaker").describe_model_package(ModelPackageName=package)
        print("registered", described["CustomerMetadataProperties"])
    return {each["StepName"]: each for each in reversed(execution.list_steps())}


print("steps", sorted(run()))
low_run = run(Rows=20)
print("low", low_run["Low"]["FailureReason"])
few = run(Rows=5)
print("few", few["Evaluate"]["StepStatus"], few["Evaluate"]["FailureReason"])
