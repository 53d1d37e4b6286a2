"""A model that is ready for its endpoint when it is registered, and its life cycle. Arguments: ARN, name."""

import json
import sys
import time
import warnings

import boto3
import mlflow
import pandas
import sagemaker_mlflow
from mlflow.models import EvaluationResult
from sklearn.linear_model import LinearRegression

warnings.filterwarnings("ignore")
arn, name = sys.argv[1:3]
IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.4-2-cpu-py3"
sagemaker, client = boto3.client("sagemaker"), mlflow.MlflowClient(arn, arn)
mlflow.set_tracking_uri(arn)


def soon(look):
    """What ``look`` finds; after ten minutes nothing will come."""
    for _ in range(6000):
        found = look()
        if found:
            return found
        time.sleep(0.1)
    raise SystemExit("nothing came")


def group_names():
    listed = sagemaker.list_model_package_groups(NameContains=name)
    return [one["ModelPackageGroupName"] for one in listed["ModelPackageGroupSummaryList"]]


# A registered model has its group before it has a version.
client.create_registered_model(name)
(group,) = soon(group_names)

table = pandas.DataFrame({"size": [1.0, 2.0, 3.0, 4.0], "rooms": [1.0, 1.0, 2.0, 2.0]})
price = 2 * table["size"] + table["rooms"]


def log_model():
    model = LinearRegression().fit(table, price)
    return mlflow.sklearn.log_model(model, name="model", pip_requirements=["scikit-learn"])


mlflow.set_experiment(f"packages {name}")
with mlflow.start_run() as run:
    mlflow.log_metric("loss", 0.25)
    logged = log_model()
    data = mlflow.data.from_pandas(table.assign(price=price), name="sales", targets="price")
    results = EvaluationResult(metrics={"mean_absolute_error": 0.5}, artifacts={})
    sagemaker_mlflow.log_evaluation_group(logged.model_id, results, dataset=data)
    container = {"Image": IMAGE, "Environment": {"SAGEMAKER_PROGRAM": "inference.py"}}
    specification = {
        "Containers": [container],
        "SupportedContentTypes": ["text/csv"],
        "SupportedResponseMIMETypes": ["text/csv"],
        "SupportedRealtimeInferenceInstanceTypes": ["ml.m5.large"],
    }
    sagemaker_mlflow.log_inference_specification(logged.model_id, inference_specification=specification)
version = mlflow.register_model(f"runs:/{run.info.run_id}/model", name)


def package_of(number):
    return client.get_model_version(name, number).tags.get("sagemaker.model_package_arn")


package = soon(lambda: package_of(version.version))
told = sagemaker.describe_model_package(ModelPackageName=package)
print("group", told["ModelPackageGroupName"] == group)
(served,) = told["InferenceSpecification"]["Containers"]
place = client.get_logged_model(logged.model_id).artifact_location
print("data", served["ModelDataSource"]["S3DataSource"]["S3Uri"] == f"{place}/")
print("environment", served["Environment"])
card = json.loads(told["ModelCard"]["ModelCardContent"])
names = [one["name"].partition("-")[0] for one in card["evaluation_details"]]
print("evaluations", names[0].startswith("MLflow run"), names[1:])
errors = {
    one["name"]: one["value"] for one in card["evaluation_details"][1]["metric_groups"][0]["metric_data"]
}
print("error", errors["mean_absolute_error"])

# What was logged wrong does not keep the version out of the registry.
with mlflow.start_run() as run:
    other = log_model()
    sagemaker_mlflow.log_inference_specification(other.model_id, inference_specification={"Containers": []})
wrong = mlflow.register_model(f"models:/{other.model_id}", name)
second = soon(lambda: package_of(wrong.version))
print("without", "InferenceSpecification" in sagemaker.describe_model_package(ModelPackageName=second))


# Stages of the life cycle are aliases.
def stage_of(arn):
    life = sagemaker.describe_model_package(ModelPackageName=arn).get("ModelLifeCycle", {})
    return " ".join(life.values())


for stage in ("staging-pending", "production-active"):
    client.set_registered_model_alias(name, f"sagemakerlifecycle-{stage}", version.version)
    print("stage", soon(lambda: stage_of(package) == stage.replace("-", " ")))  # noqa: B023
client.delete_registered_model_alias(name, "sagemakerlifecycle-staging-pending")
client.set_registered_model_alias(name, "sagemakerlifecycle-staging-pending", wrong.version)
print("moved", soon(lambda: stage_of(second) == "staging pending"), stage_of(package))
client.set_registered_model_alias(name, "champion", wrong.version)
