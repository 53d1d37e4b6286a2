"""SDK v3, as a user writes it: the built-in algorithm trains, its model answers behind an endpoint."""

import random

from sagemaker.core import image_uris
from sagemaker.core.helper.session_helper import Session, get_execution_role
from sagemaker.serve import ModelBuilder
from sagemaker.train import ModelTrainer
from sagemaker.train.configs import Compute, InputData, OutputDataConfig

session = Session()
bucket, role = session.default_bucket(), get_execution_role(session)
image = image_uris.retrieve("xgboost", session.boto_region_name, version="1.7-1")
chance = random.Random(1)
points = [chance.random() for _ in range(500)]
rows = "\n".join(f"{int(x > 0.5)},{x},{1 - x}" for x in points)
session.upload_string_as_file_body(rows, bucket, "built-in-v3/train/data.csv")

trainer = ModelTrainer(
    training_image=image,
    compute=Compute(instance_type="ml.m5.large", instance_count=1),
    hyperparameters={"num_round": 20, "objective": "binary:logistic", "eval_metric": "auc"},
    output_data_config=OutputDataConfig(s3_output_path=f"s3://{bucket}/built-in-v3/out"),
    base_job_name="built-in-v3",
    role=role,
    sagemaker_session=session,
)
channel = InputData(
    channel_name="train", data_source=f"s3://{bucket}/built-in-v3/train", content_type="text/csv"
)
trainer.train(input_data_config=[channel])

builder = ModelBuilder(model=trainer, image_uri=image, role_arn=role, sagemaker_session=session)
builder.build(model_name="built-in-v3")
endpoint = builder.deploy(endpoint_name="built-in-v3", instance_type="ml.m5.large", initial_instance_count=1)
answer = endpoint.invoke(body="0.9,0.1\n0.1,0.9", content_type="text/csv").body.read().decode()
print("predicted", [round(float(word)) for word in answer.replace(",", " ").split()])
endpoint.delete()
print("done")
