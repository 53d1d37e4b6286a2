"""The service object that SageMaker's operations register with."""

from oficina.services.service import Service

sagemaker = Service("sagemaker", scopes=("sagemaker",), target="SageMaker", protocol="json")
