"""SDK v3, as a user writes it: register with ModelBuilder, approve, list, and serve from the registry."""

import io
import json
import tarfile
from pathlib import Path

from sagemaker.core import image_uris
from sagemaker.core.helper.session_helper import Session, get_execution_role
from sagemaker.core.resources import Endpoint, EndpointConfig, Model, ModelPackage, ModelPackageGroup
from sagemaker.core.shapes import ContainerDefinition, ProductionVariant
from sagemaker.serve import ModelBuilder

CODE = Path(__file__).parent / "code"
GROUP = "registry-v3"
session = Session()
bucket, role = session.default_bucket(), get_execution_role(session)
image = image_uris.retrieve("sklearn", session.boto_region_name, version="1.2-1")

packed = io.BytesIO()
with tarfile.open(fileobj=packed, mode="w:gz") as tar:
    tar.add(CODE / "learn.py", "code/learn.py")
    data = json.dumps({"factor": 2}).encode()
    member = tarfile.TarInfo("model.json")
    member.size = len(data)
    tar.addfile(member, io.BytesIO(data))
session.boto_session.client("s3").put_object(
    Bucket=bucket, Key="registry-v3/model.tar.gz", Body=packed.getvalue()
)

group = ModelPackageGroup.create(model_package_group_name=GROUP, model_package_group_description="numbers")
print("group", group.model_package_group_status)
builder = ModelBuilder(
    s3_model_data_url=f"s3://{bucket}/registry-v3/model.tar.gz",
    image_uri=image,
    env_vars={"SAGEMAKER_PROGRAM": "learn.py", "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code"},
    role_arn=role,
    sagemaker_session=session,
)
arn = builder.register(
    model_package_group_name=GROUP,
    content_types=["text/csv"],
    response_types=["text/csv"],
    inference_instances=["ml.m5.large"],
    approval_status="PendingManualApproval",
    customer_metadata_properties={"auc": "0.9"},
)
print("registered", arn.rpartition(":model-package/")[2])
package = ModelPackage.get(arn)
print("status", package.model_package_status, package.model_approval_status)
package.wait_for_status("Completed")
package.update(model_approval_status="Approved", approval_description="good")
print("approved", package.model_approval_status, package.approval_description)
print("card", package.model_card.model_card_status)
print("listed", [one.model_package_version for one in ModelPackage.get_all(model_package_group_name=GROUP)])
print("groups", [one.model_package_group_name for one in ModelPackageGroup.get_all(name_contains=GROUP)])

Model.create(
    model_name=GROUP, containers=[ContainerDefinition(model_package_name=arn)], execution_role_arn=role
)
EndpointConfig.create(
    endpoint_config_name=GROUP,
    production_variants=[
        ProductionVariant(
            variant_name="AllTraffic",
            model_name=GROUP,
            initial_instance_count=1,
            instance_type="ml.m5.large",
        )
    ],
)
endpoint = Endpoint.create(endpoint_name=GROUP, endpoint_config_name=GROUP)
endpoint.wait_for_status("InService")
answer = endpoint.invoke(body="1,2\n3,4", content_type="text/csv", accept="text/csv")
print("predicted", answer.body.read().decode().split())
endpoint.delete()
session.sagemaker_client.delete_model_package(ModelPackageName=arn)
group.delete()
print("left", [one.model_package_group_name for one in ModelPackageGroup.get_all(name_contains=GROUP)])
