"""From an MLflow run to an endpoint, as a data scientist goes. Arguments: tracking ARN, flavor, name."""

import importlib
import io
import json
import sys
import tarfile
import time
import warnings

import boto3
import mlflow
import numpy as np

warnings.filterwarnings("ignore")
arn, flavor, name = sys.argv[1:4]
ROLE = "arn:aws:iam::123456789012:role/service-role/AmazonSageMaker-ExecutionRole-oficina"
IMAGES = {
    "sklearn": "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.4-2-cpu-py3",
    "xgboost": "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:3.0-5",
}
SERVE = {
    "sklearn": """
import pickle


def model_fn(model_dir):
    with open(f"{model_dir}/model.pkl", "rb") as file:
        return pickle.load(file)
""",
    "xgboost": """
import glob

import xgboost


def model_fn(model_dir):
    return xgboost.Booster(model_file=glob.glob(f"{model_dir}/model.*")[0])


def predict_fn(data, model):
    return model.predict(data if isinstance(data, xgboost.DMatrix) else xgboost.DMatrix(data))
""",
}
sagemaker, s3 = boto3.client("sagemaker"), boto3.client("s3")

# The run, its model, and a version of it.
random = np.random.default_rng(0)
table = random.normal(size=(60, 3))
truth = table @ [1.0, -2.0, 0.5] + 3.0
if flavor == "sklearn":
    from sklearn.linear_model import LinearRegression

    model, how = LinearRegression().fit(table, truth), {}
    predicted = model.predict(table)
else:
    import xgboost

    model, how = xgboost.train({"eta": 0.5}, xgboost.DMatrix(table, truth), 20), {"model_format": "json"}
    predicted = model.predict(xgboost.DMatrix(table))
error = float(np.abs(predicted - truth).mean())
if mlflow.__version__.startswith("3") and flavor == "sklearn":
    how["serialization_format"] = "pickle"
mlflow.set_tracking_uri(arn)
mlflow.set_experiment(f"serving {name}")
with mlflow.start_run() as run:
    mlflow.log_metric("mae", error)
    log_model = importlib.import_module(f"mlflow.{flavor}").log_model
    log_model(model, artifact_path="model", registered_model_name=name, pip_requirements=["numpy"], **how)
(version,) = mlflow.MlflowClient().search_model_versions(f"name='{name}'")


# The package that the version became.
def package_of_version():
    for _ in range(1200):  # ten minutes, after which nothing will come
        for group in sagemaker.list_model_package_groups(NameContains=name)["ModelPackageGroupSummaryList"]:
            listed = sagemaker.list_model_packages(
                ModelPackageGroupName=group["ModelPackageGroupName"],
                SortBy="CreationTime",
                SortOrder="Descending",
                MaxResults=5,
            )
            for one in listed["ModelPackageSummaryList"]:
                found = sagemaker.describe_model_package(ModelPackageName=one["ModelPackageArn"])
                told = json.loads(found["MetadataProperties"]["GeneratedBy"])
                if (told["MLflowRegisteredModel"], told["ModelVersion"]) == (name, str(version.version)):
                    return found
        time.sleep(0.5)
    raise SystemExit("the version became no model package")


package = package_of_version()
print("source", package["SourceUri"] == version.source)
place = mlflow.MlflowClient().get_model_version_download_uri(name, version.version)
card = json.loads(package["ModelCard"]["ModelCardContent"])
(data,) = card["evaluation_details"][0]["metric_groups"][0]["metric_data"]
print("card", data["name"], data["value"] == error)

# Completed, approved, deployed.
packed = io.BytesIO()
with tarfile.open(fileobj=packed, mode="w:gz") as tar:
    member = tarfile.TarInfo("inference.py")
    code = SERVE[flavor].encode()
    member.size = len(code)
    tar.addfile(member, io.BytesIO(code))
bucket = place.split("/")[2]
s3.put_object(Bucket=bucket, Key=f"code/{name}.tar.gz", Body=packed.getvalue())
source = {"S3Uri": f"{place.rstrip('/')}/", "S3DataType": "S3Prefix", "CompressionType": "None"}
sagemaker.update_model_package(
    ModelPackageArn=package["ModelPackageArn"],
    InferenceSpecification={
        "Containers": [
            {
                "Image": IMAGES[flavor],
                "ModelDataSource": {"S3DataSource": source},
                "Environment": {
                    "SAGEMAKER_PROGRAM": "inference.py",
                    "SAGEMAKER_SUBMIT_DIRECTORY": f"s3://{bucket}/code/{name}.tar.gz",
                },
            }
        ],
        "SupportedContentTypes": ["text/csv"],
        "SupportedResponseMIMETypes": ["application/json"],
    },
    CustomerMetadataProperties={"run": run.info.run_id},
    ModelApprovalStatus="Approved",
)
sagemaker.create_model(
    ModelName=name, Containers=[{"ModelPackageName": package["ModelPackageArn"]}], ExecutionRoleArn=ROLE
)
variant = {
    "VariantName": "AllTraffic",
    "ModelName": name,
    "InitialInstanceCount": 1,
    "InstanceType": "ml.m5.large",
}
sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant])
sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
sagemaker.get_waiter("endpoint_in_service").wait(
    EndpointName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 1800}
)
body = "\n".join(",".join(map(str, row)) for row in table[:5])
answer = boto3.client("sagemaker-runtime").invoke_endpoint(
    EndpointName=name, Body=body, ContentType="text/csv", Accept="application/json"
)
served = json.loads(answer["Body"].read())
print("same", bool(np.allclose(np.ravel(served), predicted[:5], rtol=1e-5)))
sagemaker.delete_endpoint(EndpointName=name)

# The same model over a file.
s3.put_object(Bucket=bucket, Key=f"batch/{name}/rows.csv", Body=body)
sagemaker.create_transform_job(
    TransformJobName=name,
    ModelName=name,
    BatchStrategy="MultiRecord",
    TransformInput={
        "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{bucket}/batch/{name}/"}},
        "ContentType": "text/csv",
        "SplitType": "Line",
    },
    TransformOutput={
        "S3OutputPath": f"s3://{bucket}/scores/{name}",
        "Accept": "text/csv",
        "AssembleWith": "Line",
    },
    TransformResources={"InstanceType": "ml.m5.large", "InstanceCount": 1},
)
while (job := sagemaker.describe_transform_job(TransformJobName=name))["TransformJobStatus"] == "InProgress":
    time.sleep(0.5)
if "FailureReason" in job:
    raise SystemExit(job["FailureReason"])
scores = s3.get_object(Bucket=bucket, Key=f"scores/{name}/rows.csv.out")["Body"].read().split()
print("batch", bool(np.allclose([float(score) for score in scores], predicted[:5], rtol=1e-5)))
