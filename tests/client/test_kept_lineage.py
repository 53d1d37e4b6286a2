"""Lineage that is kept by itself: of jobs, of a model in the registry, of an endpoint."""

from __future__ import annotations

from typing import Any

from tests import registry
from tests.jobs import IMAGE, Bench, channel
from tests.shops import IMAGE as MODEL_SERVER
from tests.shops import PROGRAM, Shop, variant
from tests.waiting import wait_until

TRAIN = """
open('/opt/ml/model/m', 'w').write('m')
print('loss=0.5')
"""
LOSS = {"MetricDefinitions": [{"Name": "loss", "Regex": "loss=([0-9.]+)"}]}


def ends(sagemaker: Any, arn: str) -> list[tuple[str, str, str]]:
    """What an entity is joined to: direction, type of the other end, type of the association."""
    found = []
    for member, other in (("DestinationArn", "Source"), ("SourceArn", "Destination")):
        answer = sagemaker.list_associations(**{member: arn}, MaxResults=100)
        found += [
            (other, each[f"{other}Type"], each["AssociationType"]) for each in answer["AssociationSummaries"]
        ]
    return sorted(found)


def artifact(sagemaker: Any, uri: str) -> str:
    """The ARN of the one artifact of a source."""
    (found,) = sagemaker.list_artifacts(SourceUri=uri)["ArtifactSummaries"]
    arn: str = found["ArtifactArn"]
    return arn


def component(sagemaker: Any, job: str) -> dict[str, Any]:
    """The one component of a job."""
    (found,) = sagemaker.list_trial_components(SourceArn=job)["TrialComponentSummaries"]
    described: dict[str, Any] = sagemaker.describe_trial_component(
        TrialComponentName=found["TrialComponentName"]
    )
    return described


def test_a_training_job_has_a_component_with_its_parameters_artifacts_and_metrics(bench: Bench) -> None:
    bench.sagemaker.create_experiment(ExperimentName="e")
    bench.sagemaker.create_trial(TrialName="t", ExperimentName="e")
    data = bench.put("data/a.csv", "1")
    job = bench.train(
        TRAIN,
        algorithm=LOSS,
        channels=[channel("train", data)],
        HyperParameters={"depth": "3", "mode": "fast"},
        ExperimentConfig={"TrialName": "t", "TrialComponentDisplayName": "shown"},
    )

    found = component(bench.sagemaker, job["TrainingJobArn"])

    assert found["TrialComponentName"] == f"{job['TrainingJobName']}-aws-training-job"
    assert found["DisplayName"] == "shown"
    assert found["Source"]["SourceType"] == "SageMakerTrainingJob"
    assert found["Status"]["PrimaryStatus"] == "Completed"
    assert found["EndTime"] >= found["StartTime"]
    assert found["Parameters"]["depth"] == {"NumberValue": 3.0}
    assert found["Parameters"]["mode"] == {"StringValue": "fast"}
    assert found["InputArtifacts"]["train"]["Value"] == data
    model = job["ModelArtifacts"]["S3ModelArtifacts"]
    assert found["OutputArtifacts"]["SageMaker.ModelArtifact"]["Value"] == model
    assert [(each["MetricName"], each["Last"]) for each in found["Metrics"]] == [("loss", 0.5)]
    trials = bench.sagemaker.list_trial_components(TrialName="t")["TrialComponentSummaries"]
    assert [each["DisplayName"] for each in trials] == ["shown"]
    assert ends(bench.sagemaker, found["TrialComponentArn"]) == [
        ("Destination", "Model", "Produced"),
        ("Source", "DataSet", "ContributedTo"),
        ("Source", "DataSet", "ContributedTo"),
        ("Source", "Image", "ContributedTo"),
    ]


def test_a_component_is_there_while_its_job_runs(bench: Bench) -> None:
    request = bench.training("import time\nprint('on', flush=True)\ntime.sleep(600)")
    arn = bench.sagemaker.create_training_job(**request)["TrainingJobArn"]
    name = request["TrainingJobName"]
    wait_until(
        lambda: bench.sagemaker.list_trial_components(SourceArn=arn)["TrialComponentSummaries"],
        "the running job got no component",
    )

    assert component(bench.sagemaker, arn)["Status"]["PrimaryStatus"] == "InProgress"

    bench.sagemaker.stop_training_job(TrainingJobName=name)
    bench.trained(name)
    found = component(bench.sagemaker, arn)
    assert found["Status"]["PrimaryStatus"] == "Stopped"
    assert not [each for each in ends(bench.sagemaker, found["TrialComponentArn"]) if each[2] == "Produced"]


def test_data_is_followed_from_job_to_job(bench: Bench) -> None:
    raw = bench.put("raw.csv", "1")
    made = f"s3://{bench.bucket}/made"
    source = {"S3Uri": raw, "LocalPath": "/opt/ml/processing/in", "S3DataType": "S3Prefix"}
    goes = {"S3Uri": made, "LocalPath": "/opt/ml/processing/out", "S3UploadMode": "EndOfJob"}
    processed = bench.process(
        "open('/opt/ml/processing/out/made.csv', 'w').write('2')",
        inputs=[{"InputName": "raw", "S3Input": {**source, "S3InputMode": "File"}}],
        ProcessingOutputConfig={"Outputs": [{"OutputName": "made", "S3Output": goes}]},
    )
    assert processed["ProcessingJobStatus"] == "Completed"
    job = bench.train(TRAIN, channels=[channel("train", made)])

    model = artifact(bench.sagemaker, job["ModelArtifacts"]["S3ModelArtifacts"])
    answer = bench.sagemaker.query_lineage(
        StartArns=[model],
        Direction="Ascendants",
        IncludeEdges=False,
        Filters={"LineageTypes": ["TrialComponent"]},
    )

    assert [each["Type"] for each in answer["Vertices"]] == ["TrainingJob", "ProcessingJob"]
    datasets = bench.sagemaker.query_lineage(
        StartArns=[artifact(bench.sagemaker, raw)], Direction="Descendants", IncludeEdges=True
    )
    assert model in [each["Arn"] for each in datasets["Vertices"]]
    assert artifact(bench.sagemaker, IMAGE)


def test_a_version_is_joined_to_its_group_its_data_and_its_approvals(shop: Shop) -> None:
    registry.group(shop)
    arn = registry.register(shop)

    shop.sagemaker.update_model_package(
        ModelPackageArn=arn, ModelApprovalStatus="Approved", ApprovalDescription="good"
    )
    shop.sagemaker.update_model_package(ModelPackageArn=arn, CustomerMetadataProperties={"a": "b"})

    assert ends(shop.sagemaker, artifact(shop.sagemaker, arn)) == [
        ("Destination", "ModelGroup", "AssociatedWith"),
        ("Source", "Approval", "ContributedTo"),
        ("Source", "Approval", "ContributedTo"),
        ("Source", "Image", "ContributedTo"),
        ("Source", "Model", "ContributedTo"),
    ]
    actions = shop.sagemaker.list_actions(SourceUri=arn, SortOrder="Ascending")["ActionSummaries"]
    described = [shop.sagemaker.describe_action(ActionName=each["ActionName"]) for each in actions]
    assert [each["Properties"]["ModelApprovalStatus"] for each in described] == [
        "PendingManualApproval",
        "Approved",
    ]


def test_a_version_whose_model_is_a_folder_comes_from_that_folder(shop: Shop) -> None:
    registry.group(shop)
    arn = shop.sagemaker.create_model_package(ModelPackageGroupName="models")["ModelPackageArn"]
    folder = shop.put("folder/server.py", PROGRAM).removesuffix("server.py")
    source = {"S3Uri": folder, "S3DataType": "S3Prefix", "CompressionType": "None"}
    container = {"Image": MODEL_SERVER, "ModelDataSource": {"S3DataSource": source}}
    specification = {"Containers": [container], "SupportedContentTypes": ["text/csv"]}
    specification["SupportedResponseMIMETypes"] = ["text/csv"]

    shop.sagemaker.update_model_package(
        ModelPackageArn=arn, InferenceSpecification=specification, ModelApprovalStatus="Approved"
    )

    model = artifact(shop.sagemaker, folder)
    assert ends(shop.sagemaker, model) == [("Destination", "Model", "ContributedTo")]


def test_an_endpoint_leads_back_to_the_version_that_it_serves(shop: Shop) -> None:
    registry.group(shop)
    arn = registry.register(shop, ModelApprovalStatus="Approved")
    role = "arn:aws:iam::123456789012:role/any"
    shop.sagemaker.create_model(
        ModelName="m", PrimaryContainer={"ModelPackageName": arn}, ExecutionRoleArn=role
    )
    endpoint = shop.open("served", variant("m"))
    (context,) = shop.sagemaker.list_contexts(SourceUri=endpoint["EndpointArn"])["ContextSummaries"]
    assert (context["ContextType"], context["Source"]["SourceType"]) == ("Endpoint", "ARN")

    answer = shop.sagemaker.query_lineage(
        StartArns=[context["ContextArn"]], Direction="Ascendants", IncludeEdges=True
    )

    types = [each["Type"] for each in answer["Vertices"]]
    assert types[:2] == ["Endpoint", "ModelDeployment"]
    assert sorted(types[2:]) == ["Approval", "Image", "Model", "Model"]
    assert artifact(shop.sagemaker, arn) in [each["Arn"] for each in answer["Vertices"]]
