"""SDK v2, as a user writes it: the built-in algorithm trains, its model answers behind an endpoint."""

import random

import sagemaker
from sagemaker.estimator import Estimator
from sagemaker.inputs import TrainingInput
from sagemaker.model_monitor import DataCaptureConfig
from sagemaker.serializers import CSVSerializer

session = sagemaker.Session()
bucket, role = session.default_bucket(), sagemaker.get_execution_role(session)
image = sagemaker.image_uris.retrieve("xgboost", session.boto_region_name, version="1.7-1")
chance = random.Random(1)
points = [chance.random() for _ in range(500)]
rows = "\n".join(f"{int(x > 0.5)},{x},{1 - x}" for x in points)
session.upload_string_as_file_body(rows, bucket, "built-in-v2/train/data.csv")

estimator = Estimator(
    image_uri=image,
    role=role,
    instance_count=1,
    instance_type="ml.m5.large",
    hyperparameters={"num_round": 20, "objective": "binary:logistic", "eval_metric": "auc"},
    output_path=f"s3://{bucket}/built-in-v2/out",
    sagemaker_session=session,
)
estimator.fit(
    {"train": TrainingInput(f"s3://{bucket}/built-in-v2/train", content_type="text/csv")}, logs=False
)
print("metrics", sorted(set(estimator.training_job_analytics.dataframe()["metric_name"])))

predictor = estimator.deploy(
    initial_instance_count=1,
    instance_type="ml.m5.large",
    endpoint_name="built-in-v2",
    serializer=CSVSerializer(),
    data_capture_config=DataCaptureConfig(
        enable_capture=True, sampling_percentage=100, destination_s3_uri=f"s3://{bucket}/built-in-v2/captured"
    ),
)
answer = predictor.predict([[0.9, 0.1], [0.1, 0.9]]).decode()
print("predicted", [round(float(word)) for word in answer.replace(",", " ").split()])
predictor.delete_endpoint()

session.upload_string_as_file_body("id-1,0.9,0.1\nid-2,0.1,0.9\n", bucket, "built-in-v2/batch/rows.csv")
transformer = estimator.transformer(
    instance_count=1,
    instance_type="ml.m5.large",
    strategy="MultiRecord",
    assemble_with="Line",
    accept="text/csv",
    output_path=f"s3://{bucket}/built-in-v2/scores",
)
transformer.transform(
    f"s3://{bucket}/built-in-v2/batch",
    content_type="text/csv",
    split_type="Line",
    input_filter="$[1:]",
    join_source="Input",
    output_filter="$[0,-1]",
    logs=False,
)
scores = session.read_s3_file(bucket, "built-in-v2/scores/rows.csv.out").split()
print("transformed", [(row.split(",")[0], round(float(row.split(",")[1]))) for row in scores])
print("done")
