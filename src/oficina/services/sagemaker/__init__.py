"""Amazon SageMaker's control plane."""

from oficina.services.sagemaker import (
    app_images,
    apps,
    domains,
    endpoint_configs,
    endpoints,
    lifecycle_configs,
    models,
    notebook_instances,
    pipeline_executions,
    pipelines,
    processing,
    search,
    spaces,
    studio,
    tags,
    training,
    user_profiles,
)
from oficina.services.sagemaker.api import sagemaker

__all__ = [
    "app_images",
    "apps",
    "domains",
    "endpoint_configs",
    "endpoints",
    "lifecycle_configs",
    "models",
    "notebook_instances",
    "pipeline_executions",
    "pipelines",
    "processing",
    "sagemaker",
    "search",
    "spaces",
    "studio",
    "tags",
    "training",
    "user_profiles",
]
