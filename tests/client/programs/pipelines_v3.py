"""A pipeline as a user of SDK v3 writes one: process, train, judge; then the same again from the cache."""

from __future__ import annotations

import tempfile
from pathlib import Path

from sagemaker.core.helper.session_helper import get_execution_role
from sagemaker.core.processing import ProcessingInput, ProcessingOutput, ScriptProcessor
from sagemaker.core.shapes import ProcessingS3Input, ProcessingS3Output
from sagemaker.core.workflow.conditions import ConditionGreaterThanOrEqualTo
from sagemaker.core.workflow.functions import Join, JsonGet
from sagemaker.core.workflow.parameters import ParameterFloat
from sagemaker.core.workflow.pipeline_context import PipelineSession
from sagemaker.core.workflow.properties import PropertyFile
from sagemaker.mlops.workflow.condition_step import ConditionStep
from sagemaker.mlops.workflow.fail_step import FailStep
from sagemaker.mlops.workflow.pipeline import Pipeline
from sagemaker.mlops.workflow.steps import CacheConfig, ProcessingStep, TrainingStep
from sagemaker.train import ModelTrainer
from sagemaker.train.configs import Compute, InputData, SourceCode

IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/sagemaker-base-python:1.0"

session = PipelineSession()
role = get_execution_role()
bucket = session.default_bucket()
folder = Path(tempfile.mkdtemp())
(folder / "prepare.py").write_text('open("/opt/ml/processing/train/a.csv", "w").write("1,2\\n")\n')
(folder / "train.py").write_text(
    'import os\nopen(os.environ["SM_MODEL_DIR"] + "/m", "w").write(os.environ["SM_CHANNEL_TRAIN"])\n'
)
(folder / "judge.py").write_text(
    "import json\n"
    'json.dump({"auc": {"value": 0.8}}, open("/opt/ml/processing/evaluation/evaluation.json", "w"))\n'
)
threshold = ParameterFloat(name="Threshold", default_value=0.7)
cache = CacheConfig(enable_caching=True, expire_after="P30d")


def processor() -> ScriptProcessor:
    """A processor of the plain Python image."""
    return ScriptProcessor(
        image_uri=IMAGE,
        command=["python3"],
        role=role,
        instance_type="ml.m5.large",
        instance_count=1,
        sagemaker_session=session,
    )


def output(name: str) -> ProcessingOutput:
    """An output of its own name."""
    place = ProcessingS3Output(
        s3_uri=f"s3://{bucket}/v3/{name}", local_path=f"/opt/ml/processing/{name}", s3_upload_mode="EndOfJob"
    )
    return ProcessingOutput(output_name=name, s3_output=place)


prepare = ProcessingStep(
    name="Prepare",
    step_args=processor().run(code=str(folder / "prepare.py"), outputs=[output("train")]),
    cache_config=cache,
)
trainer = ModelTrainer(
    training_image=IMAGE,
    source_code=SourceCode(source_dir=str(folder), entry_script="train.py"),
    compute=Compute(instance_type="ml.m5.large", instance_count=1, volume_size_in_gb=5),
    role=role,
    sagemaker_session=session,
    base_job_name="v3-train",
)
uri = prepare.properties.ProcessingOutputConfig.Outputs["train"].S3Output.S3Uri
train = TrainingStep(
    name="Train",
    step_args=trainer.train(input_data_config=[InputData(channel_name="train", data_source=uri)]),
)
evaluation = PropertyFile(name="evaluation", output_name="evaluation", path="evaluation.json")
model = ProcessingInput(
    input_name="model",
    s3_input=ProcessingS3Input(
        s3_uri=train.properties.ModelArtifacts.S3ModelArtifacts,
        local_path="/opt/ml/processing/model",
        s3_data_type="S3Prefix",
        s3_input_mode="File",
    ),
)
judge = ProcessingStep(
    name="Judge",
    step_args=processor().run(code=str(folder / "judge.py"), inputs=[model], outputs=[output("evaluation")]),
    property_files=[evaluation],
)
fail = FailStep(name="Poor", error_message=Join(on=" ", values=["AUC below", threshold]))
value = JsonGet(step_name=judge.name, property_file=evaluation, json_path="auc.value")
check = ConditionStep(
    name="Check",
    conditions=[ConditionGreaterThanOrEqualTo(left=value, right=threshold)],
    if_steps=[],
    else_steps=[fail],
)
pipeline = Pipeline(
    name="line-v3", parameters=[threshold], steps=[prepare, train, judge, check], sagemaker_session=session
)

pipeline.upsert(role_arn=role)
pipeline.upsert(role_arn=role)
first = pipeline.start()
first.wait(delay=1, max_attempts=1800)
print("first", first.describe()["PipelineExecutionStatus"])
print("steps", [step["StepName"] for step in reversed(first.list_steps())])

second = pipeline.start(parameters={"Threshold": 0.9})
try:
    second.wait(delay=1, max_attempts=1800)
except Exception as error:  # the SDK's waiter says that the execution failed
    print("waiter", type(error).__name__)
print("second", second.describe()["FailureReason"])
hits = [step["StepName"] for step in second.list_steps() if "CacheHitResult" in step]
print("hits", hits)
