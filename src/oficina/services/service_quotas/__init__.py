"""Service Quotas: SageMaker's instance quotas by AWS's names and codes; none of them limits anything here."""

from oficina.services.service_quotas import changes, quotas
from oficina.services.service_quotas.api import service_quotas

__all__ = ["changes", "quotas", "service_quotas"]
