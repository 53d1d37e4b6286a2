"""The service object that STS's operations register with."""

from oficina.services.service import Service

sts = Service(
    "sts", scopes=("sts",), protocol="query", validation_code="ValidationError", unknown_code="InvalidAction"
)
