"""SDK v3, as a user writes it: a processing job and a training job, and what they leave."""

import tarfile
from pathlib import Path
from tempfile import mkdtemp

import boto3
from sagemaker.core import image_uris
from sagemaker.core.helper.session_helper import Session, get_execution_role
from sagemaker.core.processing import ScriptProcessor
from sagemaker.core.shapes import ProcessingInput, ProcessingOutput, ProcessingS3Input, ProcessingS3Output
from sagemaker.train import ModelTrainer
from sagemaker.train.configs import Compute, InputData, SourceCode

CODE = str(Path(__file__).parent / "code")
session = Session()
bucket, role = session.default_bucket(), get_execution_role(session)
image = image_uris.retrieve("sklearn", session.boto_region_name, version="1.2-1")
data = session.upload_string_as_file_body("a,b\n1,2\n3,4\n", bucket, "jobs-v3/train/data.csv")

processor = ScriptProcessor(
    image_uri=image,
    command=["python3"],
    role=role,
    instance_count=1,
    instance_type="ml.m5.large",
    base_job_name="process-v3",
    sagemaker_session=session,
)
processor.run(
    code=f"{CODE}/process.py",
    inputs=[
        ProcessingInput(
            input_name="in",
            s3_input=ProcessingS3Input(
                s3_uri=f"s3://{bucket}/jobs-v3/train",
                local_path="/opt/ml/processing/input",
                s3_data_type="S3Prefix",
                s3_input_mode="File",
            ),
        )
    ],
    outputs=[
        ProcessingOutput(
            output_name="out",
            s3_output=ProcessingS3Output(
                s3_uri=f"s3://{bucket}/jobs-v3/out",
                local_path="/opt/ml/processing/output",
                s3_upload_mode="EndOfJob",
            ),
        )
    ],
    logs=True,
)
print("rows", session.read_s3_file(bucket, "jobs-v3/out/rows.txt"))

trainer = ModelTrainer(
    training_image=image,
    source_code=SourceCode(source_dir=CODE, entry_script="train.py"),
    compute=Compute(instance_type="ml.m5.large", instance_count=1),
    hyperparameters={"depth": 3},
    base_job_name="train-v3",
    role=role,
    sagemaker_session=session,
)
trainer.train(input_data_config=[InputData(channel_name="train", data_source=f"s3://{bucket}/jobs-v3/train")])
job = trainer._latest_training_job
print("status", job.training_job_status)
key = job.model_artifacts.s3_model_artifacts.removeprefix(f"s3://{bucket}/")
path = Path(mkdtemp()) / "model.tar.gz"
boto3.client("s3").download_file(bucket, key, str(path))
with tarfile.open(path) as tar:
    print("model", tar.getnames())
