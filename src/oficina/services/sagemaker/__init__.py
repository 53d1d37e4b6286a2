"""Amazon SageMaker's control plane."""

from oficina.services.sagemaker import models, processing, tags, training
from oficina.services.sagemaker.api import sagemaker

__all__ = ["models", "processing", "sagemaker", "tags", "training"]
