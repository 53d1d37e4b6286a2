"""ECR as boto3 meets it, over a real socket."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import pytest

Ecr = Any


@pytest.fixture
def ecr(aws: Callable[..., Any]) -> Ecr:
    """A client with an account of its own."""
    return aws("ecr")


def test_a_missing_repository_is_told_in_the_words_of_aws(ecr: Ecr, account: str) -> None:
    with pytest.raises(ecr.exceptions.RepositoryNotFoundException) as failure:
        ecr.describe_repositories(repositoryNames=["none"])
    sentence = f"The repository with name 'none' does not exist in the registry with id '{account}'"
    assert failure.value.response["Error"]["Message"] == sentence


def test_a_repository_is_made_listed_tagged_and_deleted(ecr: Ecr, account: str) -> None:
    made = ecr.create_repository(repositoryName="team/image", tags=[{"Key": "a", "Value": "b"}])["repository"]
    assert made["repositoryUri"] == f"{account}.dkr.ecr.us-east-1.amazonaws.com/team/image"
    assert made["repositoryArn"] == f"arn:aws:ecr:us-east-1:{account}:repository/team/image"
    with pytest.raises(ecr.exceptions.RepositoryAlreadyExistsException):
        ecr.create_repository(repositoryName="team/image")
    ecr.create_repository(repositoryName="other")
    pages = ecr.get_paginator("describe_repositories").paginate(PaginationConfig={"PageSize": 1})
    names = [one["repositoryName"] for page in pages for one in page["repositories"]]
    assert names == ["other", "team/image"]
    assert ecr.list_tags_for_resource(resourceArn=made["repositoryArn"])["tags"] == [
        {"Key": "a", "Value": "b"}
    ]
    assert ecr.list_images(repositoryName="other")["imageIds"] == []
    ecr.delete_repository(repositoryName="team/image", force=True)
    with pytest.raises(ecr.exceptions.RepositoryNotFoundException):
        ecr.delete_repository(repositoryName="team/image")


def test_a_token_for_docker_has_the_form_of_aws(ecr: Ecr) -> None:
    (data,) = ecr.get_authorization_token(registryIds=["683313688378"])["authorizationData"]
    assert base64.b64decode(data["authorizationToken"]).startswith(b"AWS:")
    assert data["proxyEndpoint"] == "https://683313688378.dkr.ecr.us-east-1.amazonaws.com"


def test_a_name_against_the_rules_is_told_in_the_words_of_aws(ecr: Ecr) -> None:
    with pytest.raises(ecr.exceptions.InvalidParameterException) as failure:
        ecr.create_repository(repositoryName="Upper")
    assert "failed to satisfy constraint" in str(failure.value)
