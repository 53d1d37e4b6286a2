"""Aliases: names for versions, which may share calls between two."""

from __future__ import annotations

import uuid
from typing import Any

from oficina.engine.functions import versions
from oficina.engine.functions.kinds import ALIAS, VERSION
from oficina.engine.functions.versions import LATEST
from oficina.services.context import Context
from oficina.services.lambda_ import names
from oficina.services.lambda_.api import lambda_
from oficina.services.lambda_.pages import page
from oficina.services.lambda_.revisions import check_revision
from oficina.services.lambda_.versions import forget_policy, named
from oficina.store.kinds import Document


@lambda_.operation
def create_alias(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Names a version."""
    function = names.get(ctx, request.pop("FunctionName"))["FunctionName"]
    _check(ctx, function, request)
    alias = {"Description": ""} | request | {"RevisionId": str(uuid.uuid4())}
    return ctx.docs.create(ALIAS, alias, parent=function)


def _check(ctx: Context, function: str, alias: Document) -> None:
    """Raises AwsError for a version that is not there and for shares that cannot be."""
    version = alias["FunctionVersion"]
    if versions.of(ctx.docs, function, version) is None:
        raise VERSION.not_found(version, ctx.docs.arn(VERSION, version, function))
    weights = alias.get("RoutingConfig", {}).get("AdditionalVersionWeights", {})
    if not weights:
        return
    ((other, _), *more) = weights.items()
    if more or LATEST in (version, other) or other == version:
        raise names.bad("An alias can share its calls between two published versions alone.")
    ctx.docs.get(VERSION, other, function)


@lambda_.operation
def get_alias(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """An alias by its name."""
    return _get(ctx, request)[1]


def _get(ctx: Context, request: Document) -> tuple[str, Document]:
    function = names.get(ctx, request["FunctionName"])["FunctionName"]
    return function, ctx.docs.get(ALIAS, request["Name"], function)


@lambda_.operation
def update_alias(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Lets an alias name another version."""
    function, alias = _get(ctx, request)
    check_revision(alias, request)
    changes: Document = {
        key: request[key] for key in ("FunctionVersion", "Description", "RoutingConfig") if key in request
    }
    _check(ctx, function, alias | changes)
    changes["RevisionId"] = str(uuid.uuid4())
    return ctx.docs.update(ALIAS, alias["Name"], changes, function)


@lambda_.operation
def list_aliases(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """A function's aliases, or those that name a version."""
    function, version = names.get(ctx, request["FunctionName"]), request.get("FunctionVersion")
    every = sorted(ctx.docs.all(ALIAS, function["FunctionName"]), key=lambda alias: str(alias["Name"]))
    told, marker = page([alias for alias in every if version is None or version in named(alias)], request)
    return {"Aliases": told, "NextMarker": marker}


@lambda_.operation
def delete_alias(ctx: Context, request: dict[str, Any]) -> None:
    """Forgets an alias; one that is not there is forgotten already."""
    function = names.get(ctx, request["FunctionName"])["FunctionName"]
    if ctx.docs.find(ALIAS, request["Name"], function) is not None:
        with ctx.docs.transaction():
            ctx.docs.delete(ALIAS, request["Name"], function)
            forget_policy(ctx, function, request["Name"])
