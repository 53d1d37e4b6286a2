"""The service object that the operations of Service Quotas register with."""

from oficina.services.service import Service

service_quotas = Service(
    "service-quotas",
    scopes=("servicequotas",),
    target="ServiceQuotasV20190624",
    protocol="json",
    validation_code="IllegalArgumentException",
)
