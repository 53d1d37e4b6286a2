"""SDK v2, as a user writes it: a processing job and a training job, and what they leave."""

import tarfile
from pathlib import Path
from tempfile import mkdtemp

import boto3
import sagemaker
from sagemaker.processing import ProcessingInput, ProcessingOutput
from sagemaker.sklearn import SKLearn
from sagemaker.sklearn.processing import SKLearnProcessor

CODE = str(Path(__file__).parent / "code")
session = sagemaker.Session()
bucket, role = session.default_bucket(), sagemaker.get_execution_role(session)
data = session.upload_string_as_file_body("a,b\n1,2\n3,4\n", bucket, "jobs-v2/train/data.csv")

processor = SKLearnProcessor(
    framework_version="1.2-1",
    role=role,
    instance_type="ml.m5.large",
    instance_count=1,
    base_job_name="process-v2",
    sagemaker_session=session,
)
processor.run(
    code=f"{CODE}/process.py",
    inputs=[ProcessingInput(source=f"s3://{bucket}/jobs-v2/train", destination="/opt/ml/processing/input")],
    outputs=[ProcessingOutput(source="/opt/ml/processing/output", destination=f"s3://{bucket}/jobs-v2/out")],
    logs=True,
)
print("rows", session.read_s3_file(bucket, "jobs-v2/out/rows.txt"))

estimator = SKLearn(
    entry_point="train.py",
    source_dir=CODE,
    framework_version="1.2-1",
    role=role,
    instance_type="ml.m5.large",
    hyperparameters={"depth": 3},
    base_job_name="train-v2",
    metric_definitions=[{"Name": "validation:auc", "Regex": "validation-auc: ([0-9.]+)"}],
    keep_alive_period_in_seconds=600,
    volume_size=31,  # no other program's job is like it, so none takes its pool
    sagemaker_session=session,
)
estimator.fit({"train": f"s3://{bucket}/jobs-v2/train"})
print("metrics", estimator.training_job_analytics.dataframe()["value"].tolist())
key = estimator.model_data.removeprefix(f"s3://{bucket}/")
path = Path(mkdtemp()) / "model.tar.gz"
boto3.client("s3").download_file(bucket, key, str(path))
with tarfile.open(path) as tar:
    print("model", tar.getnames())
again = SKLearn.attach(estimator.latest_training_job.name, sagemaker_session=session)
print("attached", again.hyperparameters()["depth"])
session.update_training_job(
    estimator.latest_training_job.name, resource_config={"KeepAlivePeriodInSeconds": 0}
)
print("pool", estimator.latest_training_job.describe()["WarmPoolStatus"]["Status"])
