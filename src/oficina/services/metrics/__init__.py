"""Amazon SageMaker's metrics API: values of trial components, put and read in batches."""

from oficina.services.metrics import batches
from oficina.services.metrics.api import metrics

__all__ = ["batches", "metrics"]
