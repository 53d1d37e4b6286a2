"""Service Quotas: what SageMaker's instance quotas are here, which is what they are not: a limit."""

from oficina.services.service_quotas import quotas
from oficina.services.service_quotas.api import service_quotas

__all__ = ["quotas", "service_quotas"]
