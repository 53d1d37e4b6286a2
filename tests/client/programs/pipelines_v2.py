"""A pipeline as a user of SDK v2 writes one: process, train in script mode, judge, make a model or fail."""

from __future__ import annotations

import tempfile
from pathlib import Path

import sagemaker
from sagemaker.inputs import TrainingInput
from sagemaker.model import Model
from sagemaker.processing import ProcessingInput, ProcessingOutput
from sagemaker.sklearn.estimator import SKLearn
from sagemaker.sklearn.processing import SKLearnProcessor
from sagemaker.workflow.condition_step import ConditionStep
from sagemaker.workflow.conditions import ConditionGreaterThanOrEqualTo
from sagemaker.workflow.fail_step import FailStep
from sagemaker.workflow.functions import Join, JsonGet
from sagemaker.workflow.model_step import ModelStep
from sagemaker.workflow.parameters import ParameterFloat
from sagemaker.workflow.pipeline import Pipeline
from sagemaker.workflow.pipeline_context import PipelineSession
from sagemaker.workflow.properties import PropertyFile
from sagemaker.workflow.steps import CacheConfig, ProcessingStep, TrainingStep

session = PipelineSession()
role = sagemaker.get_execution_role()
folder = Path(tempfile.mkdtemp())
(folder / "prepare.py").write_text('open("/opt/ml/processing/out/a.csv", "w").write("1,2\\n")\n')
(folder / "train.py").write_text('import os\nopen(os.environ["SM_MODEL_DIR"] + "/m", "w").write("1")\n')
(folder / "judge.py").write_text(
    'import json\njson.dump({"auc": {"value": 0.8}}, open("/opt/ml/processing/ev/evaluation.json", "w"))\n'
)
threshold = ParameterFloat("Threshold", 0.7)
processor = SKLearnProcessor(
    "1.2-1", role, instance_type="ml.m5.large", instance_count=1, sagemaker_session=session
)
prepared = ProcessingOutput(source="/opt/ml/processing/out", output_name="train")
prepare = ProcessingStep(
    "Prepare",
    step_args=processor.run(str(folder / "prepare.py"), outputs=[prepared]),
    cache_config=CacheConfig(enable_caching=True, expire_after="P30d"),
)
estimator = SKLearn(
    entry_point="train.py",
    source_dir=str(folder),
    framework_version="1.2-1",
    instance_type="ml.m5.large",
    instance_count=1,
    role=role,
    sagemaker_session=session,
)
uri = prepare.properties.ProcessingOutputConfig.Outputs["train"].S3Output.S3Uri
train = TrainingStep("Train", step_args=estimator.fit({"train": TrainingInput(uri)}))
evaluation = PropertyFile("evaluation", "evaluation", "evaluation.json")
judged = ProcessingOutput(source="/opt/ml/processing/ev", output_name="evaluation")
model_input = ProcessingInput(train.properties.ModelArtifacts.S3ModelArtifacts, "/opt/ml/processing/model")
judge = ProcessingStep(
    "Judge",
    step_args=processor.run(str(folder / "judge.py"), inputs=[model_input], outputs=[judged]),
    property_files=[evaluation],
)
model = Model(
    image_uri=sagemaker.image_uris.retrieve("sklearn", "us-east-1", version="1.2-1"),
    model_data=train.properties.ModelArtifacts.S3ModelArtifacts,
    sagemaker_session=session,
    role=role,
)
make = ModelStep("Make", step_args=model.create(instance_type="ml.m5.large"))
fail = FailStep("Poor", error_message=Join(on=" ", values=["AUC below", threshold]))
value = JsonGet(step_name=judge.name, property_file=evaluation, json_path="auc.value")
check = ConditionStep(
    "Check", conditions=[ConditionGreaterThanOrEqualTo(value, threshold)], if_steps=[make], else_steps=[fail]
)
pipeline = Pipeline(
    "line-v2", parameters=[threshold], steps=[prepare, train, judge, check], sagemaker_session=session
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
print("hits", [step["StepName"] for step in second.list_steps() if "CacheHitResult" in step])
