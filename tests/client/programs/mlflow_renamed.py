"""Models that are renamed, and deleted and registered again. Arguments: ARN, name."""

import sys
import time

import boto3
import mlflow

arn, name = sys.argv[1:3]
SOURCE = "s3://mlflow-artifacts/anything"
TAG = "sagemaker.model_package_arn"
sagemaker, client = boto3.client("sagemaker"), mlflow.MlflowClient(arn, arn)
mlflow.set_tracking_uri(arn)


def packages():
    """The packages of all groups of the models of this program."""
    listed = sagemaker.list_model_package_groups(NameContains=name)["ModelPackageGroupSummaryList"]
    found = []
    for group in listed:
        packages = sagemaker.list_model_packages(ModelPackageGroupName=group["ModelPackageGroupName"])
        found += [one["ModelPackageArn"] for one in packages["ModelPackageSummaryList"]]
    return found


def registered(model):
    """The number and the package of a new version."""
    made = client.create_model_version(model, SOURCE)
    return made.version, package_of(model, made.version)


def package_of(model, number):
    """The package of a version, within ten seconds."""
    for _ in range(100):
        tags = client.get_model_version(model, number).tags
        if TAG in tags:
            return tags[TAG]
        time.sleep(0.1)
    raise SystemExit(f"{model} {number} became no package")


def stage_of(package):
    return sagemaker.describe_model_package(ModelPackageName=package).get("ModelLifeCycle")


client.create_registered_model(f"{name}-a")
_, first = registered(f"{name}-a")
client.set_registered_model_alias(f"{name}-a", "sagemakerlifecycle-staging-active", "1")
own = {"Stage": "QA", "StageStatus": "OnHold"}
sagemaker.update_model_package(ModelPackageArn=first, ModelLifeCycle=own)

# A new name for what is registered makes nothing again.
client.rename_registered_model(f"{name}-a", f"{name}-b")
print("renamed", packages() == [first], package_of(f"{name}-b", 1) == first, stage_of(first) == own)

# Another model takes the old name; the renamed one goes on.
client.create_registered_model(f"{name}-a")
number, other = registered(f"{name}-a")
print("namesake", number, other != first)
number, second = registered(f"{name}-b")
told = sagemaker.describe_model_package(ModelPackageName=second)["ModelPackageGroupName"]
print("goes on", number, told.startswith(f"{name}-b-"))
print("packages", sorted(packages()) == sorted([first, other, second]))

# What is deleted and registered again is another model, and its version another version.
client.delete_registered_model(f"{name}-b")
client.create_registered_model(f"{name}-b")
number, again = registered(f"{name}-b")
print("again", number, again not in (first, other, second), stage_of(again))
print("packages", sorted(packages()) == sorted([first, other, second, again]))

# Two models change their names with each other.
client.rename_registered_model(f"{name}-a", f"{name}-c")
client.rename_registered_model(f"{name}-b", f"{name}-a")
client.rename_registered_model(f"{name}-c", f"{name}-b")
print("changed", package_of(f"{name}-a", 1) == again, package_of(f"{name}-b", 1) == other)

# A version that is deleted leaves its number and its package.
client.delete_model_version(f"{name}-a", "1")
number, last = registered(f"{name}-a")
print("next", number, sorted(packages()) == sorted([first, other, second, again, last]))
