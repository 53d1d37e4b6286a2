"""The service object that ECR's operations register with, and its one kind."""

from __future__ import annotations

from oficina.services.service import Service
from oficina.store.kinds import Kind

ecr = Service(
    "ecr",
    scopes=("ecr",),
    target="AmazonEC2ContainerRegistry_V20150921",
    protocol="json",
    validation_code="InvalidParameterException",
)

REPOSITORY = Kind(
    "Repository",
    arn="repository",
    service="ecr",
    missing=(
        "RepositoryNotFoundException",
        "The repository with name '{name}' does not exist in the registry with id '{account}'",
    ),
    taken=(
        "RepositoryAlreadyExistsException",
        "The repository with name '{name}' already exists in the registry with id '{account}'",
    ),
    lower=False,
    members={"name": "repositoryName", "arn": "repositoryArn"},
)
