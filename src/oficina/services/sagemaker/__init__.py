"""Amazon SageMaker's control plane."""

from oficina.services.sagemaker import models, tags
from oficina.services.sagemaker.api import sagemaker

__all__ = ["models", "sagemaker", "tags"]
