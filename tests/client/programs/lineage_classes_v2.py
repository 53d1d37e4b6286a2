"""Every question that the classes of SDK v2's lineage module ask, over one graph from data to endpoint."""

import boto3
import sagemaker
from sagemaker.estimator import Estimator
from sagemaker.experiments.experiment import Experiment
from sagemaker.lineage.action import Action, ModelPackageApprovalAction
from sagemaker.lineage.artifact import Artifact, DatasetArtifact, ImageArtifact, ModelArtifact
from sagemaker.lineage.association import Association
from sagemaker.lineage.context import Context, EndpointContext, ModelPackageGroup
from sagemaker.lineage.lineage_trial_component import LineageTrialComponent
from sagemaker.lineage.query import LineageQueryDirectionEnum

IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/sagemaker-base-python:1.0"
UP, DOWN = LineageQueryDirectionEnum.ASCENDANTS, LineageQueryDirectionEnum.DESCENDANTS
session, client = sagemaker.Session(), boto3.client("sagemaker")
bucket, role = session.default_bucket(), sagemaker.get_execution_role(session)
session.upload_string_as_file_body("a,b\n1,2\n", bucket, "classes-v2/data.csv")
data = f"s3://{bucket}/classes-v2"
with_session = {"sagemaker_session": session}
Experiment.create("classes", sagemaker_session=session)
client.create_trial(TrialName="classes-trial", ExperimentName="classes")

estimator = Estimator(
    image_uri=IMAGE,
    role=role,
    instance_type="ml.m5.large",
    instance_count=1,
    container_entry_point=["python", "-c", "open('/opt/ml/model/m', 'w').write('m')"],
    tags=[{"Key": "sagemaker:pipeline-execution-arn", "Value": "arn:aws:sagemaker:us-east-1:1:pipeline/p"}],
    **with_session,
)
estimator.fit({"train": data}, logs=False, experiment_config={"TrialName": "classes-trial"})
job = estimator.latest_training_job.name

client.create_model_package_group(ModelPackageGroupName="classes")
package = client.create_model_package(
    ModelPackageGroupName="classes",
    InferenceSpecification={
        "Containers": [{"Image": IMAGE, "ModelDataUrl": estimator.model_data}],
        "SupportedContentTypes": ["text/csv"],
        "SupportedResponseMIMETypes": ["text/csv"],
    },
)["ModelPackageArn"]
client.update_model_package(ModelPackageArn=package, ModelApprovalStatus="Approved")


def only(kind, uri):
    """The one artifact of a source."""
    (found,) = Artifact.list(source_uri=uri, **with_session)
    return kind.load(found.artifact_arn, **with_session)


model, dataset = only(ModelArtifact, estimator.model_data), only(DatasetArtifact, data)
image, version = only(ImageArtifact, IMAGE), only(ModelArtifact, package)
endpoint = Context.create("classes-endpoint", "arn:endpoint", context_type="Endpoint", **with_session)
deployment = Action.create("classes-deploy", "arn:endpoint", action_type="ModelDeployment", **with_session)
for source, destination in (
    (model.artifact_arn, deployment.action_arn),
    (version.artifact_arn, deployment.action_arn),
    (deployment.action_arn, endpoint.context_arn),
):
    Association.create(source, destination, "ContributedTo", **with_session)
endpoint = EndpointContext.load(endpoint.context_name, **with_session)


def names(found, member):
    """What is told of each one."""
    return sorted(getattr(one, member) for one in found)


def tell(name, got, wanted):
    """Says whether a question has its answer."""
    print(name, True if got == wanted else f"{got} is not {wanted}")


here, its_data = [endpoint.context_arn], [dataset.artifact_arn]
tell("ModelArtifact.endpoints", names(model.endpoints(), "destination_arn"), here)
tell("ModelArtifact.endpoint_contexts", names(model.endpoint_contexts(), "context_arn"), here)
tell("ModelArtifact.dataset_artifacts", names(model.dataset_artifacts(), "artifact_arn"), its_data)
tell("ModelArtifact.training_job_arns", [one.rpartition("/")[2] for one in model.training_job_arns()], [job])
tell("ModelArtifact.pipeline_execution_arn", model.pipeline_execution_arn().rpartition(":")[2], "pipeline/p")
tell("ModelArtifact of a package", names(version.dataset_artifacts(), "artifact_arn"), its_data)
tell("Artifact.s3_uri_artifacts", len(dataset.s3_uri_artifacts(data)["ArtifactSummaries"]), 1)
tell("DatasetArtifact.trained_models", dataset.trained_models(), [])
tell("DatasetArtifact.endpoint_contexts", names(dataset.endpoint_contexts(), "context_arn"), here)
tell("DatasetArtifact.upstream_datasets", dataset.upstream_datasets(), [])
tell("DatasetArtifact.downstream_datasets", dataset.downstream_datasets(), [])
tell("ImageArtifact.datasets", names(image.datasets(DOWN), "artifact_arn"), [])
tell("Action.artifacts", model.artifact_arn in names(deployment.artifacts(UP), "artifact_arn"), True)
tell("Context.actions", deployment.action_arn in names(endpoint.actions(UP), "action_arn"), True)
(approval,) = [
    one
    for one in Action.list(source_uri=package, **with_session)
    if Action.load(one.action_name, **with_session).properties["ModelApprovalStatus"] == "Approved"
]
approval = ModelPackageApprovalAction.load(approval.action_name, **with_session)
tell("ModelPackageApprovalAction.endpoints", names(approval.endpoints(), "context_arn"), here)
tell("ModelPackageApprovalAction.datasets", approval.datasets(), [])
tell("EndpointContext.dataset_artifacts", names(endpoint.dataset_artifacts(), "artifact_arn"), its_data)
tell(
    "EndpointContext.training_job_arns",
    [one.rpartition("/")[2] for one in endpoint.training_job_arns()],
    [job],
)
found = names(endpoint.trial_components(), "trial_component_name")
tell("EndpointContext.trial_components", found, [f"{job}-aws-training-job"])
tell("EndpointContext.processing_jobs", endpoint.processing_jobs(), [])
tell("EndpointContext.transform_jobs", endpoint.transform_jobs(), [])
tell(
    "EndpointContext.pipeline_execution_arn",
    endpoint.pipeline_execution_arn().rpartition(":")[2],
    "pipeline/p",
)
# What AWS draws has the models before the deployment, and a job's model is no context: these methods of the
# SDK find what is drawn as in its own tests.
tell("EndpointContext.models", [endpoint.models(), endpoint.models_v2()], [[], []])
Association.create(endpoint.context_arn, deployment.action_arn, "AssociatedWith", **with_session)
served = Artifact.create("served", "s3://x/served", artifact_type="Model", **with_session)
Association.create(deployment.action_arn, served.artifact_arn, "Produced", **with_session)
tell("EndpointContext.models drawn so", names(endpoint.models(), "destination_arn"), [served.artifact_arn])
tell("EndpointContext.models_v2 drawn so", names(endpoint.models_v2(), "artifact_arn"), [served.artifact_arn])
component = LineageTrialComponent.load(f"{job}-aws-training-job", **with_session)
Association.create(component.trial_component_arn, endpoint.context_arn, "ContributedTo", **with_session)
tell("DatasetArtifact.trained_models drawn so", names(dataset.trained_models(), "destination_arn"), here)
(group,) = [one for one in Context.list(**with_session) if one.context_type == "ModelGroup"]
tell(
    "ModelPackageGroup", ModelPackageGroup.load(group.context_name, **with_session).context_type, "ModelGroup"
)
tell(
    "LineageTrialComponent.dataset_artifacts", names(component.dataset_artifacts(), "artifact_arn"), its_data
)
tell("LineageTrialComponent.models", model.artifact_arn in names(component.models(), "artifact_arn"), True)
execution = component.pipeline_execution_arn().rpartition(":")[2]
tell("LineageTrialComponent.pipeline_execution_arn", execution, "pipeline/p")
for one, arn in zip((dataset, deployment, endpoint), (*its_data, deployment.action_arn, *here), strict=True):
    one.set_tag({"Key": "a", "Value": "1"})
    one.set_tags([{"Key": "b", "Value": "2"}])
    tags = {tag["Key"]: tag["Value"] for tag in client.list_tags(ResourceArn=arn)["Tags"]}
    tell(f"{type(one).__name__}.set_tags", tags, {"a": "1", "b": "2"})
for one in (deployment, endpoint):
    one.description = "changed"
    one.save()
saved = [Action.load("classes-deploy", **with_session), Context.load("classes-endpoint", **with_session)]
tell("save", [one.description for one in saved], ["changed", "changed"])
for one in (deployment, endpoint):
    one.delete(disassociate=True)
tell("delete", model.endpoint_contexts(), [])
