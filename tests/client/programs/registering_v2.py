"""A pipeline of SDK v2 that trains in script mode and registers the model; then the version is served."""

from pathlib import Path

import sagemaker
from sagemaker.inputs import TrainingInput
from sagemaker.lineage.artifact import DatasetArtifact, ModelArtifact
from sagemaker.lineage.context import EndpointContext, ModelPackageGroup
from sagemaker.lineage.query import LineageQueryDirectionEnum
from sagemaker.lineage.visualizer import LineageTableVisualizer
from sagemaker.model_metrics import MetricsSource, ModelMetrics
from sagemaker.sklearn import SKLearn, SKLearnModel
from sagemaker.workflow.functions import Join
from sagemaker.workflow.model_step import ModelStep
from sagemaker.workflow.parameters import ParameterString
from sagemaker.workflow.pipeline import Pipeline
from sagemaker.workflow.pipeline_context import PipelineSession
from sagemaker.workflow.steps import TrainingStep

CODE = str(Path(__file__).parent / "code")
GROUP = "registering-v2"
session = PipelineSession()
client = session.sagemaker_client
bucket, role = session.default_bucket(), sagemaker.get_execution_role()
session.upload_string_as_file_body("a,b\n1,2\n3,4\n", bucket, f"{GROUP}/train/data.csv")
approval = ParameterString("Approval", default_value="PendingManualApproval")

estimator = SKLearn(
    entry_point="learn.py",
    source_dir=CODE,
    framework_version="1.2-1",
    role=role,
    instance_type="ml.m5.large",
    instance_count=1,
    sagemaker_session=session,
)
train = TrainingStep(
    "Train", step_args=estimator.fit({"train": TrainingInput(f"s3://{bucket}/{GROUP}/train")})
)
data = train.properties.ModelArtifacts.S3ModelArtifacts
model = SKLearnModel(
    model_data=data,
    role=role,
    entry_point="learn.py",
    source_dir=CODE,
    framework_version="1.2-1",
    sagemaker_session=session,
)
quality = MetricsSource("application/json", Join(on="/", values=[f"s3://{bucket}", GROUP, "quality.json"]))
register = ModelStep(
    "Register",
    step_args=model.register(
        content_types=["text/csv"],
        response_types=["text/csv"],
        inference_instances=["ml.m5.large"],
        transform_instances=["ml.m5.large"],
        model_package_group_name=GROUP,
        approval_status=approval,
        model_metrics=ModelMetrics(model_statistics=quality),
        customer_metadata_properties={"data": data},
    ),
)
pipeline = Pipeline(GROUP, parameters=[approval], steps=[train, register], sagemaker_session=session)
pipeline.upsert(role)
execution = pipeline.start({"Approval": "Approved"})
execution.wait(delay=2, max_attempts=1800)
print("steps", sorted(step["StepName"] for step in execution.list_steps()))
(version,) = client.list_model_packages(ModelPackageGroupName=GROUP)["ModelPackageSummaryList"]
print("version", version["ModelPackageVersion"], version["ModelApprovalStatus"])
arn = version["ModelPackageArn"]
package = client.describe_model_package(ModelPackageName=arn)
print("metrics", package["ModelMetrics"]["ModelQuality"]["Statistics"]["S3Uri"].endswith("quality.json"))

served = sagemaker.ModelPackage(role=role, model_package_arn=arn, sagemaker_session=sagemaker.Session())
served.deploy(initial_instance_count=1, instance_type="ml.m5.large", endpoint_name=GROUP, wait=False)
client.get_waiter("endpoint_in_service").wait(EndpointName=GROUP)
answer = session.sagemaker_runtime_client.invoke_endpoint(
    EndpointName=GROUP, Body="1,2\n3,4", ContentType="text/csv", Accept="text/csv"
)
print("predicted", answer["Body"].read().decode().split())

# Where it all comes from.
plain = sagemaker.Session()


def context_of(kind, uri):
    (found,) = client.list_contexts(SourceUri=uri)["ContextSummaries"]
    return kind.load(found["ContextName"], sagemaker_session=plain)


endpoint_arn = client.describe_endpoint(EndpointName=GROUP)["EndpointArn"]
group_arn = client.describe_model_package_group(ModelPackageGroupName=GROUP)["ModelPackageGroupArn"]
endpoint = context_of(EndpointContext, endpoint_arn)
print("data of endpoint", [one.source.source_uri.endswith("/train") for one in endpoint.dataset_artifacts()])
print("execution of endpoint", endpoint.pipeline_execution_arn() == execution.arn)
print(
    "execution of group", context_of(ModelPackageGroup, group_arn).pipeline_execution_arn() == execution.arn
)
actions = endpoint.actions(LineageQueryDirectionEnum.ASCENDANTS)
print("actions", sorted(one.action_type for one in actions))
(found,) = client.list_artifacts(SourceUri=arn)["ArtifactSummaries"]
version = ModelArtifact.load(found["ArtifactArn"], sagemaker_session=plain)
print("endpoints of version", [one.destination_type for one in version.endpoints()])
table = LineageTableVisualizer(plain).show(model_package_arn=arn)
print("table", sorted(table["Type"]))


def sources(arn, kind):
    answer = client.list_associations(DestinationArn=arn, SourceType=kind)
    return [one["SourceArn"] for one in answer["AssociationSummaries"]]


(trained,) = sources(version.artifact_arn, "Model")
(job,) = sources(trained, "SageMakerTrainingJob")
datasets = [DatasetArtifact.load(one, sagemaker_session=plain) for one in sources(job, "DataSet")]
print("endpoints of data", {one.context_type for data in datasets for one in data.endpoint_contexts()})
client.delete_endpoint(EndpointName=GROUP)
