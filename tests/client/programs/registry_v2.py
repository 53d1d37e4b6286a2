"""SDK v2, as a user writes it: train, register, approve, deploy from the registry, and a model card."""

import json
from pathlib import Path

import sagemaker
from sagemaker import ModelPackage
from sagemaker.deserializers import StringDeserializer
from sagemaker.metadata_properties import MetadataProperties
from sagemaker.model_card import ModelCard, ModelCardStatusEnum, ModelOverview, ModelPackageModelCard
from sagemaker.model_card.model_card import ModelPackage as PackageOfCard
from sagemaker.model_metrics import MetricsSource, ModelMetrics
from sagemaker.serializers import CSVSerializer
from sagemaker.sklearn import SKLearn

CODE = str(Path(__file__).parent / "code")
session = sagemaker.Session()
client = session.sagemaker_client
bucket, role = session.default_bucket(), sagemaker.get_execution_role(session)
data = session.upload_string_as_file_body("a,b\n1,2\n3,4\n", bucket, "registry-v2/train/data.csv")
quality = session.upload_string_as_file_body('{"auc": 0.9}', bucket, "registry-v2/quality.json")

estimator = SKLearn(
    entry_point="learn.py",
    source_dir=CODE,
    framework_version="1.2-1",
    role=role,
    instance_type="ml.m5.large",
    base_job_name="registry-v2",
    sagemaker_session=session,
)
estimator.fit({"train": f"s3://{bucket}/registry-v2/train"}, wait=False)
client.get_waiter("training_job_completed_or_stopped").wait(
    TrainingJobName=estimator.latest_training_job.name
)
for number in range(2):
    package = estimator.register(
        content_types=["text/csv"],
        response_types=["text/csv"],
        inference_instances=["ml.m5.large"],
        transform_instances=["ml.m5.large"],
        model_package_group_name="registry-v2",
        approval_status="PendingManualApproval",
        description=f"number {number}",
        model_metrics=ModelMetrics(model_statistics=MetricsSource("application/json", quality)),
        metadata_properties=MetadataProperties(commit_id="abc"),
        customer_metadata_properties={"number": str(number)},
    )
print("registered", package.model_package_arn.rpartition(":model-package/")[2])
described = client.describe_model_package(ModelPackageName=package.model_package_arn)
print("approval", described["ModelApprovalStatus"], described["ModelPackageVersion"])
print("statistics", described["ModelMetrics"]["ModelQuality"]["Statistics"]["S3Uri"] == quality)
card = json.loads(described["ModelCard"]["ModelCardContent"])
job = card["training_details"]["training_job_details"]["training_arn"]
print("trained by", job.rpartition("/")[2] == estimator.latest_training_job.name)
package.update_customer_metadata({"number": "two", "more": "x"})
package.remove_customer_metadata_properties(["more"])
described = client.describe_model_package(ModelPackageName=package.model_package_arn)
print("metadata", described["CustomerMetadataProperties"])
package.update_source_uri("s3://elsewhere/model")
package.add_inference_specification(name="plain", image_uris=[estimator.training_image_uri()])
package.update_model_card(ModelPackageModelCard(model_card_status=ModelCardStatusEnum.PENDING_REVIEW))
described = client.describe_model_package(ModelPackageName=package.model_package_arn)
print("changed", described["SourceUri"], described["ModelCard"]["ModelCardStatus"])
details = PackageOfCard.from_model_package_arn(package.model_package_arn, sagemaker_session=session)
ModelCard("of-package", model_package_details=details, sagemaker_session=session).create()
try:
    PackageOfCard.from_model_package_arn(package.model_package_arn, sagemaker_session=session)
except ValueError as refusal:
    print("one card", refusal)

again = ModelPackage(role=role, model_package_arn=package.model_package_arn, sagemaker_session=session)
again.deploy(initial_instance_count=1, instance_type="ml.m5.large", endpoint_name="registry-v2", wait=False)
client.get_waiter("endpoint_in_service").wait(EndpointName="registry-v2")
predictor = sagemaker.Predictor(
    "registry-v2", session, serializer=CSVSerializer(), deserializer=StringDeserializer()
)
print("predicted", predictor.predict([[1, 2], [3, 4]]))
described = client.describe_model_package(ModelPackageName=package.model_package_arn)
print("after deploy", described["ModelApprovalStatus"])
client.delete_endpoint(EndpointName="registry-v2")

card = ModelCard(
    name="registry-v2",
    status=ModelCardStatusEnum.DRAFT,
    model_overview=ModelOverview(model_name="registry-v2", model_description="a number"),
    sagemaker_session=session,
)
card.create()
card.model_overview.model_description = "another number"
card.update()
print("card versions", len(card.get_version_history()))
loaded = ModelCard.load("registry-v2", sagemaker_session=session)
print("card", loaded.version, loaded.model_overview.model_description)
exported = loaded.export_pdf(f"s3://{bucket}/registry-v2/cards")
pdf = session.boto_session.client("s3").get_object(Bucket=bucket, Key=exported.partition(f"{bucket}/")[2])
print("pdf", pdf["Body"].read(5))
print("card deleted", loaded.delete())
