"""SDK v2, as a user writes it: a model in script mode over files, joined, filtered and captured."""

import io
import json
import tarfile
from pathlib import Path

import sagemaker
from sagemaker.inputs import BatchDataCaptureConfig
from sagemaker.sklearn import SKLearnModel
from sagemaker.transformer import Transformer

CODE = str(Path(__file__).parent / "code")
session = sagemaker.Session()
bucket, role = session.default_bucket(), sagemaker.get_execution_role(session)
s3 = session.boto_session.client("s3")
packed = io.BytesIO()
with tarfile.open(fileobj=packed, mode="w:gz") as tar:
    data = json.dumps({"factor": 2}).encode()
    member = tarfile.TarInfo("model.json")
    member.size = len(data)
    tar.addfile(member, io.BytesIO(data))
s3.put_object(Bucket=bucket, Key="transform-v2/model.tar.gz", Body=packed.getvalue())
for name, rows in {"one": "a,1,2\nb,3,4\n", "two": "c,5,6\n"}.items():
    s3.put_object(Bucket=bucket, Key=f"transform-v2/in/{name}.csv", Body=rows.encode())

model = SKLearnModel(
    model_data=f"s3://{bucket}/transform-v2/model.tar.gz",
    role=role,
    entry_point="serve.py",
    source_dir=CODE,
    framework_version="1.2-1",
    sagemaker_session=session,
)
transformer = model.transformer(
    instance_count=1,
    instance_type="ml.m5.large",
    strategy="MultiRecord",
    assemble_with="Line",
    accept="text/csv",
    max_concurrent_transforms=2,
    max_payload=1,
    output_path=f"s3://{bucket}/transform-v2/out",
)
transformer.transform(
    f"s3://{bucket}/transform-v2/in",
    content_type="text/csv",
    split_type="Line",
    input_filter="$[1:]",
    join_source="Input",
    output_filter="$[0,-1]",
    model_client_config={"InvocationsTimeoutInSeconds": 60, "InvocationsMaxRetries": 2},
    batch_data_capture_config=BatchDataCaptureConfig(
        destination_s3_uri=f"s3://{bucket}/transform-v2/captured", generate_inference_id=True
    ),
    logs=False,
)
rows = [
    row.split(",")
    for name in ("one", "two")
    for row in session.read_s3_file(bucket, f"transform-v2/out/{name}.csv.out").split()
]
print("joined", [row[:2] for row in rows], "ids", len({row[2] for row in rows}))
for side in ("input", "output"):
    (manifest,) = session.list_s3_files(bucket, f"transform-v2/captured/{side}/")
    print(side, json.loads(session.read_s3_file(bucket, manifest))[1:])
attached = Transformer.attach(transformer.latest_transform_job.name, session)
print("attached", attached.strategy, attached.max_payload, attached.accept)
again = Transformer(
    transformer.model_name,
    1,
    "ml.m5.large",
    output_path=f"s3://{bucket}/transform-v2/again",
    accept="text/csv",
)
(manifest,) = session.list_s3_files(bucket, "transform-v2/captured/input/")
try:
    again.transform(
        f"s3://{bucket}/{manifest}",
        data_type="ManifestFile",
        content_type="text/csv",
        split_type="Line",
        logs=False,
    )
except Exception as error:  # the SDK's own error has the reason in its text
    print("failed", "one.csv: record 1: Bad HTTP status" in str(error))
transformer.delete_model()
