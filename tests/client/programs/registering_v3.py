"""A pipeline of SDK v3 that trains a model and registers it with ModelBuilder."""

import tempfile
from pathlib import Path

from sagemaker.core.helper.session_helper import get_execution_role
from sagemaker.core.resources import ModelPackage
from sagemaker.core.workflow.parameters import ParameterString
from sagemaker.core.workflow.pipeline_context import PipelineSession
from sagemaker.mlops.workflow.model_step import ModelStep
from sagemaker.mlops.workflow.pipeline import Pipeline
from sagemaker.mlops.workflow.steps import TrainingStep
from sagemaker.serve import ModelBuilder
from sagemaker.train import ModelTrainer
from sagemaker.train.configs import Compute, SourceCode

IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/sagemaker-base-python:1.0"
GROUP = "registering-v3"
session = PipelineSession()
role = get_execution_role()
folder = Path(tempfile.mkdtemp())
(folder / "train.py").write_text('import os\nopen(os.environ["SM_MODEL_DIR"] + "/m", "w").write("1")\n')
approval = ParameterString(name="Approval", default_value="PendingManualApproval")

trainer = ModelTrainer(
    training_image=IMAGE,
    source_code=SourceCode(source_dir=str(folder), entry_script="train.py"),
    compute=Compute(instance_type="ml.m5.large", instance_count=1),
    base_job_name="registering-v3",
    role=role,
    sagemaker_session=session,
)
train = TrainingStep(name="Train", step_args=trainer.train())
data = train.properties.ModelArtifacts.S3ModelArtifacts
builder = ModelBuilder(s3_model_data_url=data, image_uri=IMAGE, role_arn=role, sagemaker_session=session)
register = ModelStep(
    name="Register",
    step_args=builder.register(
        model_package_group_name=GROUP,
        content_types=["text/csv"],
        response_types=["text/csv"],
        inference_instances=["ml.m5.large"],
        approval_status=approval,
        customer_metadata_properties={"data": data},
    ),
)
pipeline = Pipeline(name=GROUP, parameters=[approval], steps=[train, register], sagemaker_session=session)
pipeline.upsert(role_arn=role)
execution = pipeline.start(parameters={"Approval": "Approved"})
execution.wait(delay=2, max_attempts=1800)
print("steps", sorted(step["StepName"] for step in execution.list_steps()))
(version,) = ModelPackage.get_all(model_package_group_name=GROUP)
version.refresh()
print("version", version.model_package_version, version.model_approval_status)
container = version.inference_specification.containers[0]
print("data", container.model_data_url == version.customer_metadata_properties["data"])
