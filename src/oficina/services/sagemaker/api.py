"""The service object that SageMaker's operations register with."""

from oficina.services.service import Service

sagemaker = Service(
    "sagemaker",
    scopes=("sagemaker",),
    target="SageMaker",
    protocol="json",
    # A version has no name of its own: SDK v3 asks by ARN where it finds none (resources.py, refresh).
    omits=frozenset({("DescribeModelPackage", "ModelPackageName")}),
)
