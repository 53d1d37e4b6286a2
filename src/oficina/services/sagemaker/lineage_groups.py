"""Lineage groups: an account has the one that AWS gives every account; nothing is shared with others."""

from __future__ import annotations

from typing import Any

from oficina.engine.lineage.kinds import LINEAGE_GROUP
from oficina.services.context import Context
from oficina.services.sagemaker.api import sagemaker
from oficina.services.sagemaker.lineage import DEFAULT_GROUP
from oficina.store.kinds import Document


def _default(ctx: Context) -> Document:
    """The default group, made when it is first asked for."""
    with ctx.docs.transaction():
        found = ctx.docs.find(LINEAGE_GROUP, DEFAULT_GROUP)
        if found is not None:
            return found
        document = {"LineageGroupName": DEFAULT_GROUP, "DisplayName": DEFAULT_GROUP}
        return ctx.docs.create(LINEAGE_GROUP, document)


@sagemaker.operation
def describe_lineage_group(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """A lineage group."""
    _default(ctx)
    return ctx.docs.get(LINEAGE_GROUP, request["LineageGroupName"])


@sagemaker.operation
def list_lineage_groups(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """The lineage groups: the default one."""
    _default(ctx)
    page = ctx.docs.page(LINEAGE_GROUP, request)
    return {"LineageGroupSummaries": page.items, "NextToken": page.token}
