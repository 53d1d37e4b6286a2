"""SDK v3, as a user writes it: where a model comes from, and entities of one's own."""

from sagemaker.core.helper.session_helper import Session, get_execution_role
from sagemaker.core.lineage.artifact import Artifact, ModelArtifact
from sagemaker.core.lineage.association import Association
from sagemaker.core.lineage.context import Context
from sagemaker.core.lineage.query import (
    LineageEntityEnum,
    LineageFilter,
    LineageQuery,
    LineageQueryDirectionEnum,
)
from sagemaker.core.lineage.visualizer import LineageTableVisualizer
from sagemaker.core.resources import Action, TrainingJob
from sagemaker.core.shapes import (
    ActionSource,
    AlgorithmSpecification,
    Channel,
    DataSource,
    OutputDataConfig,
    ResourceConfig,
    S3DataSource,
    StoppingCondition,
)

IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/sagemaker-base-python:1.0"
session = Session()
bucket, role = session.default_bucket(), get_execution_role(session)
session.upload_string_as_file_body("a,b\n1,2\n", bucket, "lineage-v3/train/data.csv")
data = f"s3://{bucket}/lineage-v3/train"

job = TrainingJob.create(
    training_job_name="lineage-v3",
    role_arn=role,
    algorithm_specification=AlgorithmSpecification(
        training_image=IMAGE,
        training_input_mode="File",
        container_entrypoint=["python", "-c", "open('/opt/ml/model/m', 'w').write('m')"],
    ),
    input_data_config=[
        Channel(
            channel_name="train",
            data_source=DataSource(s3_data_source=S3DataSource(s3_data_type="S3Prefix", s3_uri=data)),
        )
    ],
    output_data_config=OutputDataConfig(s3_output_path=f"s3://{bucket}/lineage-v3"),
    resource_config=ResourceConfig(instance_type="ml.m5.large", instance_count=1, volume_size_in_gb=1),
    stopping_condition=StoppingCondition(max_runtime_in_seconds=3600),
)
job.wait(poll=1)

table = LineageTableVisualizer(session).show(training_job_name="lineage-v3")
print("table", sorted(zip(table["Direction"], table["Type"], table["Association Type"], strict=True)))
uri = TrainingJob.get("lineage-v3").model_artifacts.s3_model_artifacts
(summary,) = Artifact.list(source_uri=uri, sagemaker_session=session)
model = ModelArtifact.load(summary.artifact_arn, sagemaker_session=session)
print("data", [one.source.source_uri == data for one in model.dataset_artifacts()])
print("jobs", [arn.rpartition("/")[2] for arn in model.training_job_arns()])

context = Context.create("work-v3", "s3://x/work-v3", context_type="WorkV3", sagemaker_session=session)
action = Action.create(
    action_name="check-v3",
    source=ActionSource(source_uri="s3://x/check-v3"),
    action_type="CheckV3",
    status="Completed",
)
Association.create(model.artifact_arn, action.action_arn, "ContributedTo", sagemaker_session=session)
Association.create(action.action_arn, context.context_arn, "AssociatedWith", sagemaker_session=session)
action.update(status="Failed")
print("status", Action.get("check-v3").status)
found = LineageQuery(session).query(
    start_arns=[context.context_arn],
    direction=LineageQueryDirectionEnum.ASCENDANTS,
    query_filter=LineageFilter(entities=[LineageEntityEnum.ARTIFACT]),
    include_edges=False,
)
print("query", sorted(vertex.lineage_source for vertex in found.vertices))
context.delete(disassociate=True)
print("left", [one.action_name for one in Action.get_all(action_type="CheckV3")])
