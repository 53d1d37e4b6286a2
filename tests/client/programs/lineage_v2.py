"""SDK v2, as a user writes it: where a model comes from, and entities of one's own."""

import sagemaker
from sagemaker.estimator import Estimator
from sagemaker.lineage.action import Action
from sagemaker.lineage.artifact import Artifact, ModelArtifact
from sagemaker.lineage.association import Association
from sagemaker.lineage.context import Context
from sagemaker.lineage.lineage_trial_component import LineageTrialComponent
from sagemaker.lineage.query import (
    LineageEntityEnum,
    LineageFilter,
    LineageQuery,
    LineageQueryDirectionEnum,
    LineageSourceEnum,
)
from sagemaker.lineage.visualizer import LineageTableVisualizer

IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/sagemaker-base-python:1.0"
session = sagemaker.Session()
bucket, role = session.default_bucket(), sagemaker.get_execution_role(session)
session.upload_string_as_file_body("a,b\n1,2\n", bucket, "lineage-v2/train/data.csv")
data = f"s3://{bucket}/lineage-v2/train"

estimator = Estimator(
    image_uri=IMAGE,
    role=role,
    instance_type="ml.m5.large",
    instance_count=1,
    container_entry_point=["python", "-c", "open('/opt/ml/model/m', 'w').write('m')"],
    sagemaker_session=session,
)
estimator.fit({"train": data}, logs=False)
job = estimator.latest_training_job.name

table = LineageTableVisualizer(session).show(training_job_name=job)
print("table", sorted(zip(table["Direction"], table["Type"], table["Association Type"], strict=True)))
(summary,) = Artifact.list(source_uri=estimator.model_data, sagemaker_session=session)
model = ModelArtifact.load(summary.artifact_arn, sagemaker_session=session)
print("data", [one.source.source_uri == data for one in model.dataset_artifacts()])
print("jobs", [arn.rpartition("/")[2] == job for arn in model.training_job_arns()])
component = LineageTrialComponent.load(f"{job}-aws-training-job", sagemaker_session=session)
print("models", [one.artifact_arn == model.artifact_arn for one in component.models()])

context = Context.create("work", "s3://x/work", context_type="Work", sagemaker_session=session)
action = Action.create("check", "s3://x/check", action_type="Check", sagemaker_session=session)
report = Artifact.create(
    "report", "s3://x/report", artifact_type="Report", properties={"good": "yes"}, sagemaker_session=session
)
for source, destination in (
    (model.artifact_arn, action.action_arn),
    (action.action_arn, report.artifact_arn),
    (report.artifact_arn, context.context_arn),
):
    Association.create(source, destination, "ContributedTo", sagemaker_session=session)
report.properties["checked"] = "twice"
report.properties_to_remove = ["good"]
report.save()
print("properties", Artifact.load(report.artifact_arn, sagemaker_session=session).properties)

found = LineageQuery(session).query(
    start_arns=[context.context_arn],
    direction=LineageQueryDirectionEnum.ASCENDANTS,
    query_filter=LineageFilter(
        entities=[LineageEntityEnum.TRIAL_COMPONENT], sources=[LineageSourceEnum.TRAINING_JOB]
    ),
    include_edges=False,
)
print(
    "query",
    [vertex.to_lineage_object().trial_component_name for vertex in found.vertices]
    == [component.trial_component_name],
)
whole = LineageQuery(session).query([context.context_arn], LineageQueryDirectionEnum.ASCENDANTS)
print("whole", len(whole.vertices), len(whole.edges))
report.delete(disassociate=True)
print(
    "left",
    [one.context_name for one in Context.list(sagemaker_session=session) if one.context_type == "Work"],
)
