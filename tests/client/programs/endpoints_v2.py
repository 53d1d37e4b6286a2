"""SDK v2, as a user writes it: a model of one's own in script mode, deployed, asked, changed, deleted."""

import io
import json
import tarfile
from pathlib import Path

import sagemaker
from sagemaker.deserializers import StringDeserializer
from sagemaker.model_monitor import DataCaptureConfig
from sagemaker.serializers import CSVSerializer
from sagemaker.sklearn import SKLearnModel

CODE = str(Path(__file__).parent / "code")
session = sagemaker.Session()
bucket, role = session.default_bucket(), sagemaker.get_execution_role(session)

packed = io.BytesIO()
with tarfile.open(fileobj=packed, mode="w:gz") as tar:
    data = json.dumps({"factor": 2}).encode()
    member = tarfile.TarInfo("model.json")
    member.size = len(data)
    tar.addfile(member, io.BytesIO(data))
session.boto_session.client("s3").put_object(
    Bucket=bucket, Key="endpoints-v2/model.tar.gz", Body=packed.getvalue()
)

model = SKLearnModel(
    model_data=f"s3://{bucket}/endpoints-v2/model.tar.gz",
    role=role,
    entry_point="serve.py",
    source_dir=CODE,
    framework_version="1.2-1",
    sagemaker_session=session,
)
predictor = model.deploy(
    initial_instance_count=1,
    instance_type="ml.m5.large",
    endpoint_name="endpoint-v2",
    serializer=CSVSerializer(),
    deserializer=StringDeserializer(),
    data_capture_config=DataCaptureConfig(True, 100, f"s3://{bucket}/endpoints-v2/captured"),
    wait=False,  # its own waiting sleeps half a minute before the first look
)
waiter = session.sagemaker_client.get_waiter("endpoint_in_service")
waiter.wait(EndpointName="endpoint-v2")
print("predicted", predictor.predict([[1, 2], [3, 4]]).split())
predictor.update_endpoint(initial_instance_count=2, instance_type="ml.m5.large", wait=False)
waiter.wait(EndpointName="endpoint-v2")
described = session.sagemaker_client.describe_endpoint(EndpointName="endpoint-v2")
print("instances", described["ProductionVariants"][0]["CurrentInstanceCount"])
print("predicted again", predictor.predict("5,6"))
predictor.delete_model()
predictor.delete_endpoint()
session.sagemaker_client.get_waiter("endpoint_deleted").wait(EndpointName="endpoint-v2")
print("endpoints", session.sagemaker_client.list_endpoints(NameContains="endpoint-v2")["Endpoints"])
