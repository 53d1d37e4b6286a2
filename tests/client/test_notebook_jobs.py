"""Notebook jobs: steps of pipelines through both SDKs, and jobs as Studio creates them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.jobs import Bench, channel
from tests.servers import Server, run_client

PROGRAMS = Path(__file__).parent / "programs"
IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/sagemaker-distribution-prod:2.0-cpu"
CHANNEL = "sagemaker_headless_execution_jupyterlab"


def run_steps(version: str, server: Server) -> list[str]:
    """What the program of an SDK's version has printed."""
    program = PROGRAMS / f"notebooks_{version}.py"
    return run_client(f"client-{version}", program, server.environment()).splitlines()


def test_a_notebook_is_a_step_whose_properties_another_one_takes(verified_server: Server) -> None:
    printed = run_client(
        "client-v2", PROGRAMS / "notebooks_v2.py", verified_server.environment()
    ).splitlines()

    assert "status Succeeded" in printed
    names = "['greet.ipynb', 'greeting.ipynb', 'sagemaker_job_execution.log']"
    said = "['hello world hello world  and good night glad ready\\n']"
    assert f"Greet Succeeded Completed {names} {said}" in printed
    told = next(line for line in printed if line.startswith("Tell"))
    assert "Succeeded Completed" in told
    assert "'greeting.ipynb s3://sagemaker-us-east-1-" in told


def test_a_notebook_that_fails_leaves_its_outputs_and_the_error_of_its_cell(verified_server: Server) -> None:
    printed = run_client(
        "client-v3", PROGRAMS / "notebooks_v3.py", verified_server.environment()
    ).splitlines()

    assert "status Failed" in printed
    assert any(line.startswith("Greet Succeeded Completed") for line in printed)
    failed = next(line for line in printed if line.startswith("Fail"))
    assert failed.startswith("Fail Failed Failed")
    assert failed.endswith("['before\\n', 'division by zero']")
    assert "reason ClientError: AlgorithmError: [SM-111] Error with executing notebook" in printed
    assert "ZeroDivisionError: division by zero, exit code: 1" in printed


def notebook_job(bench: Bench, *cells: str, **members: Any) -> dict[str, Any]:
    """The request that the JupyterLab of Studio sends when a user creates a notebook job; its tags too."""
    whole: list[dict[str, Any]] = [
        {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": [], "source": cell}
        for cell in cells
    ]
    written = json.dumps({"cells": whole, "metadata": {}, "nbformat": 4, "nbformat_minor": 4})
    name = bench.name()
    bench.put(f"{name}/input/Untitled.ipynb", written)
    tags = {
        "sagemaker:name": name,
        "sagemaker:notebook-name": "Untitled.ipynb",
        "sagemaker:is-scheduling-notebook-job": "true",
        "sagemaker:is-studio-archived": "false",
        "sagemaker:headless-execution-version": "false",
    }
    return {
        "TrainingJobName": name,
        "RoleArn": bench.role,
        "AlgorithmSpecification": {
            "TrainingImage": IMAGE,
            "TrainingInputMode": "File",
            "ContainerEntrypoint": ["amazon_sagemaker_scheduler"],
        },
        "Environment": {
            "SM_JOB_DEF_VERSION": "1.0",
            "SM_FIRST_PARTY_IMAGEOWNER": "jupyterlab",
            "SM_FIRST_PARTY_IMAGE_ARN": IMAGE,
            "SM_KERNEL_NAME": "python3",
            "SM_SKIP_EFS_SIMULATION": "",
            "SM_EFS_MOUNT_PATH": "/home/sagemaker-user",
            "SM_EFS_MOUNT_UID": "1000",
            "SM_EFS_MOUNT_GID": "100",
            "SM_INPUT_NOTEBOOK_NAME": "Untitled.ipynb",
            "SM_OUTPUT_NOTEBOOK_NAME": f"{name}-Untitled-2026-11-24T12:00:00.123Z-.ipynb",
            "AWS_DEFAULT_REGION": "us-east-1",
            "SM_ENV_NAME": "sagemaker-default-env",
            "SM_OUTPUT_FORMATS": "",
            "SM_EXECUTION_INPUT_PATH": f"/opt/ml/input/data/{CHANNEL}",
            **members.pop("Environment", {}),
        },
        "InputDataConfig": [channel(CHANNEL, f"s3://{bench.bucket}/{name}/input")],
        "OutputDataConfig": {"S3OutputPath": f"s3://{bench.bucket}/{name}"},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 30},
        "RetryStrategy": {"MaximumRetryAttempts": 1},
        "StoppingCondition": {"MaxRuntimeInSeconds": 172_800},
        "EnableInterContainerTrafficEncryption": True,
        "Tags": [{"Key": key, "Value": value} for key, value in tags.items()],
        **members,
    }


def test_studios_notebook_job_runs_in_studios_home_and_leaves_what_formats_it_asks(bench: Bench) -> None:
    request = notebook_job(
        bench,
        "import os\nprint(os.path.samefile('.', '/home/sagemaker-user'), colour)",
        HyperParameters={"colour": "blue"},
        Environment={"SM_OUTPUT_FORMATS": "html"},
    )
    bench.sagemaker.create_training_job(**request)

    job = bench.trained(request["TrainingJobName"])

    assert job["TrainingJobStatus"] == "Completed", bench.log(request["TrainingJobName"])
    left = bench.archive(f"{request['TrainingJobName']}/{request['TrainingJobName']}/output/output.tar.gz")
    stem = f"{request['TrainingJobName']}-Untitled-2026-11-24T12-00-00-123Z"
    log = "sagemaker_job_execution.log"
    assert sorted(left) == sorted(["Untitled.ipynb", f"{stem}.html", f"{stem}.ipynb", log])
    assert b"True blue" in left[f"{stem}.html"]


def test_a_kernel_that_is_not_there_is_said(bench: Bench) -> None:
    request = notebook_job(bench, "1", Environment={"SM_KERNEL_NAME": "julia-9"})
    bench.sagemaker.create_training_job(**request)

    job = bench.trained(request["TrainingJobName"])

    assert job["TrainingJobStatus"] == "Failed"
    assert "No such kernel named julia-9" in job["FailureReason"]
