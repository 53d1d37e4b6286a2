"""Repositories."""

from __future__ import annotations

from typing import Any

from oficina.errors import AwsError
from oficina.services.context import Context
from oficina.services.ecr.api import REPOSITORY, ecr
from oficina.store.documents import Query
from oficina.store.kinds import Document

PAGE = 100
"""How many repositories one answer has (API reference)."""


def host(ctx: Context, account: str) -> str:
    """The name of a registry."""
    return f"{account}.dkr.ecr.{ctx.region}.amazonaws.com"


@ecr.operation
def create_repository(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Makes a repository."""
    name = request["repositoryName"]
    defaults: Document = {
        "imageTagMutability": "MUTABLE",
        "imageScanningConfiguration": {"scanOnPush": False},
        "encryptionConfiguration": {"encryptionType": "AES256"},
    }
    tags = request.pop("tags", [])
    repository = ctx.docs.create(
        REPOSITORY,
        defaults | request,
        registryId=ctx.account,
        repositoryUri=f"{host(ctx, ctx.account)}/{name}",
        createdAt=ctx.clock.now(),
        Tags=tags,
    )
    return {"repository": repository}


@ecr.operation
def describe_repositories(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """The repositories, all or those named."""
    if request.get("registryId", ctx.account) != ctx.account:
        names = request.get("repositoryNames", [""])
        raise REPOSITORY.not_found(names[0], f"arn:aws:ecr:{ctx.region}:{request['registryId']}:x")
    if "repositoryNames" in request:
        return {"repositories": [ctx.docs.get(REPOSITORY, name) for name in request["repositoryNames"]]}
    asked = {"MaxResults": request.get("maxResults"), "NextToken": request.get("nextToken")}
    page = ctx.docs.page(REPOSITORY, asked, Query(sort="Name", descending=False, size=PAGE))
    return {"repositories": page.items, "nextToken": page.token}


@ecr.operation
def delete_repository(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Forgets a repository."""
    return {"repository": ctx.docs.delete(REPOSITORY, request["repositoryName"])}


@ecr.operation
def set_repository_policy(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Keeps who may pull and push."""
    return ctx.docs.update(REPOSITORY, request["repositoryName"], {"policyText": request["policyText"]})


@ecr.operation
def get_repository_policy(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Who may pull and push."""
    repository = ctx.docs.get(REPOSITORY, request["repositoryName"])
    if "policyText" not in repository:
        raise AwsError(
            "RepositoryPolicyNotFoundException",
            f"Repository policy does not exist for the repository with name '{request['repositoryName']}' in"
            f" the registry with id '{ctx.account}'",
        )
    return repository
