"""The course's MLflow: a managed tracking server that is made once, and what it registers by itself."""

from __future__ import annotations

import os
import time
from typing import Any

from project.start import World

NAME = "course"


def server(world: World, name: str = NAME) -> str:
    """The ARN of the tracking server, made when it is not there yet; on AWS that takes half an hour."""
    sagemaker = world.client("sagemaker")
    there = sagemaker.list_mlflow_tracking_servers()["TrackingServerSummaries"]
    if name not in [found["TrackingServerName"] for found in there]:
        sagemaker.create_mlflow_tracking_server(
            TrackingServerName=name,
            ArtifactStoreUri=f"{world.url}/mlflow",
            RoleArn=world.role,
            AutomaticModelRegistration=True,
        )
    os.environ["GIT_PYTHON_REFRESH"] = "quiet"  # MLflow looks for git, which a notebook need not have
    os.environ["MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR"] = "false"
    os.environ["MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT"] = "true"
    while True:
        found = sagemaker.describe_mlflow_tracking_server(TrackingServerName=name)
        if not found["TrackingServerStatus"].endswith("ing"):
            arn: str = found["TrackingServerArn"]
            return arn
        time.sleep(1)


def package(world: World, model: str, version: str, seconds: float = 600) -> dict[str, Any]:
    """The model package that stands in SageMaker's registry for a version of an MLflow model."""
    sagemaker = world.client("sagemaker")
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for group in sagemaker.list_model_package_groups(NameContains=model)["ModelPackageGroupSummaryList"]:
            listed = sagemaker.list_model_packages(ModelPackageGroupName=group["ModelPackageGroupName"])
            for item in listed["ModelPackageSummaryList"]:
                if str(item.get("ModelPackageVersion")) == version:
                    found: dict[str, Any] = sagemaker.describe_model_package(
                        ModelPackageName=item["ModelPackageArn"]
                    )
                    return found
        time.sleep(1)
    raise TimeoutError(f"Version {version} of {model} is not in the model registry after {seconds} seconds.")
