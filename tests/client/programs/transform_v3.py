"""SDK v3, as a user writes it: a model in script mode over JSON lines and over compressed rows."""

import gzip
import io
import json
import tarfile
from pathlib import Path

from sagemaker.core import image_uris
from sagemaker.core.helper.session_helper import Session, get_execution_role
from sagemaker.core.resources import Model, TransformJob
from sagemaker.core.shapes import BatchDataCaptureConfig, ContainerDefinition
from sagemaker.core.transformer import Transformer

CODE = Path(__file__).parent / "code"
session = Session()
bucket, role = session.default_bucket(), get_execution_role(session)
s3 = session.boto_session.client("s3")
packed = io.BytesIO()
with tarfile.open(fileobj=packed, mode="w:gz") as tar:
    tar.add(CODE / "serve.py", "code/serve.py")
    data = json.dumps({"factor": 10}).encode()
    member = tarfile.TarInfo("model.json")
    member.size = len(data)
    tar.addfile(member, io.BytesIO(data))
s3.put_object(Bucket=bucket, Key="transform-v3/model.tar.gz", Body=packed.getvalue())
Model.create(
    model_name="transform-v3",
    primary_container=ContainerDefinition(
        image=image_uris.retrieve("sklearn", session.boto_region_name, version="1.2-1"),
        model_data_url=f"s3://{bucket}/transform-v3/model.tar.gz",
        environment={"SAGEMAKER_PROGRAM": "serve.py", "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code"},
    ),
    execution_role_arn=role,
)
s3.put_object(Bucket=bucket, Key="transform-v3/in/rows.csv.gz", Body=gzip.compress(b"1,2\n3,4\n"))
transformer = Transformer(
    model_name="transform-v3",
    instance_count=1,
    instance_type="ml.m5.large",
    strategy="SingleRecord",
    assemble_with="Line",
    accept="text/csv",
    env={"SHOP": "v3"},
    output_path=f"s3://{bucket}/transform-v3/out",
    sagemaker_session=session,
)
transformer.transform(
    f"s3://{bucket}/transform-v3/in",
    content_type="text/csv",
    compression_type="Gzip",
    split_type="Line",
    join_source="Input",
    batch_data_capture_config=BatchDataCaptureConfig(
        destination_s3_uri=f"s3://{bucket}/transform-v3/captured", generate_inference_id=True
    ),
    wait=True,
    logs=False,
)
made = s3.get_object(Bucket=bucket, Key="transform-v3/out/rows.csv.gz.out")["Body"].read().decode()
print("joined", [row.split(",")[:3] for row in made.split()])
job = TransformJob.get(transform_job_name=transformer.latest_transform_job.transform_job_name)
print("told", job.transform_job_status, job.environment, job.data_capture_config.generate_inference_id)
print("listed", job.transform_job_name in [each.transform_job_name for each in TransformJob.get_all()])
