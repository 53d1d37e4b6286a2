"""SDK v2, as a user writes it: a step that cleans and a trained model as one, deployed and over a file."""

import io
import random
import tarfile
from pathlib import Path

import sagemaker
from sagemaker.deserializers import StringDeserializer
from sagemaker.estimator import Estimator
from sagemaker.inputs import TrainingInput
from sagemaker.pipeline import PipelineModel
from sagemaker.serializers import CSVSerializer
from sagemaker.sklearn import SKLearnModel

CODE = str(Path(__file__).parent / "code")
session = sagemaker.Session()
bucket, role = session.default_bucket(), sagemaker.get_execution_role(session)
chance = random.Random(1)
points = [chance.random() for _ in range(500)]
rows = "\n".join(f"{int(x > 0.5)},{x},{1 - x}" for x in points)
session.upload_string_as_file_body(rows, bucket, "serial-v2/train/data.csv")
estimator = Estimator(
    image_uri=sagemaker.image_uris.retrieve("xgboost", session.boto_region_name, version="1.7-1"),
    role=role,
    instance_count=1,
    instance_type="ml.m5.large",
    hyperparameters={"num_round": 20, "objective": "binary:logistic"},
    output_path=f"s3://{bucket}/serial-v2/out",
    sagemaker_session=session,
)
estimator.fit({"train": TrainingInput(f"s3://{bucket}/serial-v2/train", content_type="text/csv")}, logs=False)
packed = io.BytesIO()
with tarfile.open(fileobj=packed, mode="w:gz"):
    pass
session.boto_session.client("s3").put_object(
    Bucket=bucket, Key="serial-v2/empty.tar.gz", Body=packed.getvalue()
)
cleaner = SKLearnModel(
    model_data=f"s3://{bucket}/serial-v2/empty.tar.gz",
    role=role,
    entry_point="clean.py",
    source_dir=CODE,
    framework_version="1.2-1",
    sagemaker_session=session,
)
pipeline = PipelineModel(
    models=[cleaner, estimator.create_model()], role=role, name="serial-v2", sagemaker_session=session
)
session.upload_string_as_file_body("a, 0.9, 0.1\nb, 0.1, 0.9\n", bucket, "serial-v2/batch/rows.csv")
transformer = pipeline.transformer(
    instance_count=1,
    instance_type="ml.m5.large",
    assemble_with="Line",
    accept="text/csv",
    output_path=f"s3://{bucket}/serial-v2/scores",
)
transformer.transform(
    f"s3://{bucket}/serial-v2/batch", content_type="text/csv", split_type="Line", logs=False
)
scores = session.read_s3_file(bucket, "serial-v2/scores/rows.csv.out").split()
print("batch", [round(float(score)) for score in scores])
pipeline.deploy(initial_instance_count=1, instance_type="ml.m5.large", endpoint_name="serial-v2", wait=False)
session.sagemaker_client.get_waiter("endpoint_in_service").wait(EndpointName="serial-v2")
predictor = sagemaker.Predictor("serial-v2", session, CSVSerializer(), StringDeserializer(accept="text/csv"))
print("predicted", round(float(predictor.predict("c, 0.9, 0.1"))))
predictor.delete_endpoint()
