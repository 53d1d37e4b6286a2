"""Versions: what was published of a function, under numbers that are never given again."""

from __future__ import annotations

from typing import Any

from oficina.engine.functions.kinds import ALIAS, FUNCTION, POLICY, VERSION
from oficina.engine.functions.versions import LATEST, RESERVED
from oficina.errors import AwsError
from oficina.services.context import Context
from oficina.services.lambda_ import names
from oficina.services.lambda_.api import lambda_
from oficina.services.lambda_.pages import page
from oficina.services.lambda_.revisions import check_revision, revision, shown
from oficina.store.kinds import Document

_OWN = ("Version", "FunctionArn", "Description", "RevisionId", "LastModified")
_KEPT = ("CreationTime", "LastModifiedTime", "_last", RESERVED)
"""What a version has for itself, or a function beside what it is."""


@lambda_.operation
def publish_version(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Keeps code and configuration as they are now; the last version again when nothing has changed."""
    function = names.get(ctx, request["FunctionName"])
    check_revision(function, request)
    asked = request.get("CodeSha256", function["CodeSha256"])
    if asked != function["CodeSha256"]:
        raise names.bad(
            f"CodeSHA256 ({asked}) is different from current CodeSHA256 in $LATEST "
            f"({function['CodeSha256']}). Please try again with the CodeSHA256 in $LATEST."
        )
    return publish(ctx, function["FunctionName"], request.get("Description"))


def publish(ctx: Context, name: str, description: str | None = None) -> Document:
    """The version of what a function is now. Part of the caller's transaction when there is one."""
    with ctx.docs.transaction():
        function = ctx.docs.get(FUNCTION, name)
        last = int(function.get("_last", 0))
        known = ctx.docs.find(VERSION, str(last), name)
        if known is not None and _content(known) == _content(function):
            return shown(known)
        ctx.docs.update(FUNCTION, name, {"_last": last + 1})
        copied = {key: value for key, value in function.items() if key not in (*_OWN, *_KEPT)}
        told = function["Description"] if description is None else description
        mine = {"Version": str(last + 1), "Description": told} | revision(ctx)
        return shown(ctx.docs.create(VERSION, copied | mine, parent=name))


def _content(document: Document) -> Document:
    return {key: value for key, value in document.items() if key not in (*_OWN, *_KEPT)}


@lambda_.operation
def list_versions_by_function(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """The newest, then the published versions by number."""
    told, marker = page(every(ctx, names.get(ctx, request["FunctionName"])), request)
    return {"Versions": told, "NextMarker": marker}


def every(ctx: Context, function: Document) -> list[Document]:
    """All versions of a function, ``$LATEST`` first."""
    latest = function | {"FunctionArn": f"{function['FunctionArn']}:{LATEST}"}
    return [latest, *ctx.docs.all(VERSION, function["FunctionName"])]


def delete(ctx: Context, name: str, version: str) -> None:
    """Forgets one version. Raises AwsError for one that an alias names."""
    if version == LATEST:
        raise names.bad("$LATEST version cannot be deleted without deleting the function.")
    users = [alias["Name"] for alias in ctx.docs.all(ALIAS, name) if version in named(alias)]
    if users:
        raise AwsError(
            "ResourceConflictException",
            f"Version {version} is still being referenced by alias: {', '.join(users)}.",
            409,
        )
    if ctx.docs.find(VERSION, version, name) is not None:
        ctx.docs.delete(VERSION, version, name)
        forget_policy(ctx, name, version)


def forget_policy(ctx: Context, name: str, qualifier: str) -> None:
    """Forgets who may call a version or an alias, which goes."""
    if ctx.docs.find(POLICY, qualifier, name) is not None:
        ctx.docs.delete(POLICY, qualifier, name)


def named(alias: Document) -> set[str]:
    """The versions that an alias names."""
    return {
        alias["FunctionVersion"],
        *alias.get("RoutingConfig", {}).get("AdditionalVersionWeights", {}),
    }
