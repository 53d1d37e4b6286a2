"""SDK v3, as a user writes it: model, configuration and endpoint as resources, asked and deleted."""

import io
import json
import tarfile
from pathlib import Path

from sagemaker.core import image_uris
from sagemaker.core.helper.session_helper import Session, get_execution_role
from sagemaker.core.resources import Endpoint, EndpointConfig, Model
from sagemaker.core.shapes import (
    CaptureContentTypeHeader,
    CaptureOption,
    ContainerDefinition,
    DataCaptureConfig,
    ProductionVariant,
)

CODE = Path(__file__).parent / "code"
session = Session()
bucket, role = session.default_bucket(), get_execution_role(session)
image = image_uris.retrieve("sklearn", session.boto_region_name, version="1.2-1")


def upload(name, factor):
    """A model.tar.gz with its code."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        tar.add(CODE / "serve.py", "code/serve.py")
        data = json.dumps({"factor": factor}).encode()
        member = tarfile.TarInfo("model.json")
        member.size = len(data)
        tar.addfile(member, io.BytesIO(data))
    key = f"endpoints-v3/{name}/model.tar.gz"
    session.boto_session.client("s3").put_object(Bucket=bucket, Key=key, Body=packed.getvalue())
    return f"s3://{bucket}/{key}"


def configure(name, factor):
    """A model and a configuration with it."""
    Model.create(
        model_name=name,
        primary_container=ContainerDefinition(
            image=image,
            model_data_url=upload(name, factor),
            environment={"SAGEMAKER_PROGRAM": "serve.py", "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code"},
        ),
        execution_role_arn=role,
    )
    return EndpointConfig.create(
        endpoint_config_name=name,
        production_variants=[
            ProductionVariant(
                variant_name="AllTraffic",
                model_name=name,
                initial_instance_count=1,
                instance_type="ml.m5.large",
                initial_variant_weight=1.0,
            )
        ],
        data_capture_config=DataCaptureConfig(
            enable_capture=True,
            initial_sampling_percentage=100,
            destination_s3_uri=f"s3://{bucket}/endpoints-v3/captured",
            capture_options=[CaptureOption(capture_mode="Input"), CaptureOption(capture_mode="Output")],
            capture_content_type_header=CaptureContentTypeHeader(csv_content_types=["text/csv"]),
        ),
    )


configure("v3-two", 2)
endpoint = Endpoint.create(endpoint_name="endpoint-v3", endpoint_config_name="v3-two")
endpoint.wait_for_status("InService")
answer = endpoint.invoke(body="1,2\n3,4", content_type="text/csv", accept="text/csv")
print("predicted", answer.body.read().decode().split())
print("variant", answer.invoked_production_variant)
configure("v3-ten", 10)
endpoint.endpoint_config_name = "v3-ten"
endpoint.update()
endpoint.wait_for_status("InService")
print("predicted again", endpoint.invoke(body="1,2", content_type="text/csv").body.read().decode())
endpoint.refresh()
print("capture", endpoint.data_capture_config.capture_status)
print("listed", [one.endpoint_name for one in Endpoint.get_all(name_contains="endpoint-v3")])
endpoint.delete()
endpoint.wait_for_delete()
print("left", [one.endpoint_name for one in Endpoint.get_all(name_contains="endpoint-v3")])
