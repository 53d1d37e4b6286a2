"""The service object that the runtime's operations register with."""

from oficina.services.service import Service

runtime = Service(
    "sagemaker-runtime", scopes=("sagemaker",), protocol="rest-json", validation_code="ValidationError"
)
