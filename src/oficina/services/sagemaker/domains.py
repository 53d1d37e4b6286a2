"""Studio domains: the settings that users, spaces and apps share."""

from __future__ import annotations

import hashlib
from typing import Any

from oficina.errors import AwsError
from oficina.services.context import Context
from oficina.services.sagemaker.api import sagemaker
from oficina.store.documents import Query
from oficina.store.kinds import Document, Kind

DOMAIN = Kind(
    "Domain",
    arn="domain",
    missing=("ResourceNotFound", "Domain [{name}] does not exist."),
    members={"name": "DomainId", "status": "Status"},
)
USER_PROFILE = Kind(
    "UserProfile",
    arn="user-profile",
    missing=("ResourceNotFound", "UserProfile [{arn}] does not exist."),
    taken=("ResourceInUse", "UserProfile [{arn}] already exists."),
    members={"status": "Status"},
)
SPACE = Kind(
    "Space",
    arn="space",
    missing=("ResourceNotFound", "Space [{arn}] does not exist."),
    taken=("ResourceInUse", "Space [{arn}] already exists."),
    members={"status": "Status"},
)
APP = Kind(
    "App",
    arn="app",
    missing=("ResourceNotFound", "App [{arn}] does not exist."),
    taken=("ResourceInUse", "App [{arn}] already exists."),
    members={"status": "Status"},
)
_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"


def domain_id(*parts: str) -> str:
    """An id of AWS's form (``d-`` and twelve characters) that follows from the parts."""
    number = int.from_bytes(hashlib.sha256("/".join(parts).encode()).digest()[:12], "big")
    return "d-" + "".join(_LETTERS[number // 36**place % 36] for place in range(12))


def merged(old: Document, new: Document) -> Document:
    """Settings in which what is new holds, and what it does not name stays."""
    found = dict(old)
    for name, value in new.items():
        before = found.get(name)
        if isinstance(value, dict) and isinstance(before, dict):
            found[name] = merged(before, value)
        else:
            found[name] = value
    return found


def in_use(what: str, arn: str, others: str) -> AwsError:
    """AWS's answer to a Delete of what still has others in it."""
    sentence = f"Unable to delete {what} [{arn}] because {others} are associated with it."
    return AwsError("ResourceInUse", sentence)


@sagemaker.operation
def create_domain(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Makes a domain; there is no machine behind it, so it is in service at once."""
    identity = domain_id(ctx.account, ctx.region, request["DomainName"], ctx.request_id)
    return make(ctx, identity, request)


def make(ctx: Context, identity: str, request: dict[str, Any]) -> Document:
    """Keeps a domain under an id."""
    defaults = {"AppNetworkAccessType": "PublicInternetOnly", "TagPropagation": "DISABLED"}
    return ctx.docs.create(
        DOMAIN,
        defaults | request,
        name=identity,
        DomainId=identity,
        Status="InService",
        Url=f"https://{identity}.studio.{ctx.region}.sagemaker.aws",
    )


@sagemaker.operation
def describe_domain(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """A domain."""
    return ctx.docs.get(DOMAIN, request["DomainId"])


@sagemaker.operation
def list_domains(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """The domains, newest first."""
    page = ctx.docs.page(DOMAIN, request)
    return {"Domains": page.items, "NextToken": page.token}


@sagemaker.operation
def update_domain(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Changes settings; what is not named stays."""
    identity = request.pop("DomainId")
    with ctx.docs.transaction():
        old = ctx.docs.get(DOMAIN, identity)
        if "DomainSettingsForUpdate" in request:
            request["DomainSettings"] = request.pop("DomainSettingsForUpdate")
        changes = {name: merged(old, request)[name] for name in request}
        return ctx.docs.update(DOMAIN, identity, changes)


@sagemaker.operation
def delete_domain(ctx: Context, request: dict[str, Any]) -> None:
    """Forgets a domain that has no users and spaces any more."""
    identity = request["DomainId"]
    with ctx.docs.transaction():
        domain = ctx.docs.get(DOMAIN, identity)
        for kind in (USER_PROFILE, SPACE):
            if ctx.docs.page(kind, {"MaxResults": 1}, Query(parent=identity)).items:
                raise in_use("Domain", domain["DomainArn"], f"{kind.name}(s)")
        ctx.docs.delete(DOMAIN, identity)
