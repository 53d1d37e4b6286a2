"""Pipelines and the registry: what a pipeline trains it registers, and makes a model of."""

from __future__ import annotations

import json

from tests.jobs import IMAGE, ROLE, Bench
from tests.waiting import wait_until

MODEL = 'open("/opt/ml/model/model.txt", "w").write("learnt")\n'


def get(path: str) -> dict[str, str]:
    """A reference."""
    return {"Get": path}


def definition(bench: Bench) -> str:
    """Train, register, make a model of the version."""
    training = bench.training(MODEL)
    del training["TrainingJobName"]
    data = get("Steps.train.ModelArtifacts.S3ModelArtifacts")
    register = {
        "ModelPackageGroupName": get("Parameters.group"),
        "InferenceSpecification": {"Containers": [{"Image": IMAGE, "ModelDataUrl": data}]},
        "ModelApprovalStatus": "Approved",
        "CustomerMetadataProperties": {"trained": data},
    }
    container = {"ModelPackageName": get("Steps.register.ModelPackageArn")}
    model = {"ExecutionRoleArn": ROLE, "PrimaryContainer": container}
    steps = [
        {"Name": "train", "Type": "Training", "Arguments": training},
        {"Name": "register", "Type": "RegisterModel", "Arguments": register},
        {"Name": "model", "Type": "Model", "Arguments": model},
    ]
    parameter = {"Name": "group", "Type": "String", "DefaultValue": "line"}
    return json.dumps({"Version": "2020-12-01", "Parameters": [parameter], "Steps": steps})


def run(bench: Bench) -> str:
    """Runs the pipeline; the ARN of the execution, which has succeeded."""
    arn: str = bench.sagemaker.start_pipeline_execution(PipelineName="line")["PipelineExecutionArn"]

    def ended() -> str | None:
        found = bench.sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)
        status: str = found["PipelineExecutionStatus"]
        return status if status in ("Succeeded", "Failed", "Stopped") else None

    assert wait_until(ended, "the execution did not end") == "Succeeded"
    return arn


def test_a_pipeline_registers_what_it_trained_and_makes_a_model_of_it(bench: Bench) -> None:
    bench.sagemaker.create_pipeline(PipelineName="line", PipelineDefinition=definition(bench), RoleArn=ROLE)
    arns = [run(bench), run(bench)]

    versions = bench.sagemaker.list_model_packages(ModelPackageGroupName="line")["ModelPackageSummaryList"]
    assert [one["ModelPackageVersion"] for one in versions] == [1, 2]
    package = bench.sagemaker.describe_model_package(ModelPackageName=versions[1]["ModelPackageArn"])
    (container,) = package["InferenceSpecification"]["Containers"]
    assert container["ModelDataUrl"] == package["CustomerMetadataProperties"]["trained"]
    training = json.loads(package["ModelCard"]["ModelCardContent"])["training_details"]
    assert training["training_job_details"]["training_arn"].rpartition("/")[2].startswith("pipelines-")
    steps = bench.sagemaker.list_pipeline_execution_steps(PipelineExecutionArn=arns[1])
    (model,) = [each for each in steps["PipelineExecutionSteps"] if each["StepName"] == "model"]
    name = model["Metadata"]["Model"]["Arn"].rpartition("/")[2]
    (found,) = [one for one in bench.sagemaker.list_models()["Models"] if one["ModelName"].lower() == name]
    described = bench.sagemaker.describe_model(ModelName=found["ModelName"])
    assert described["PrimaryContainer"]["ModelPackageName"] == versions[1]["ModelPackageArn"]


def test_a_package_without_a_group_gets_the_name_that_the_execution_makes(bench: Bench) -> None:
    arguments = {"InferenceSpecification": {"Containers": [{"Image": IMAGE}]}}
    step = {"Name": "register", "Type": "RegisterModel", "Arguments": arguments}
    text = json.dumps({"Version": "2020-12-01", "Steps": [step]})
    bench.sagemaker.create_pipeline(PipelineName="line", PipelineDefinition=text, RoleArn=ROLE)
    run(bench)
    (package,) = bench.sagemaker.list_model_packages()["ModelPackageSummaryList"]
    assert package["ModelPackageName"].startswith("pipelines-")
