"""The event that tells of a model package's new state (contracts, aws-contracts D.13 and surface §4.4)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from oficina.engine.lineage import registry as lineage
from oficina.services.context import Context
from oficina.services.sagemaker.registry_names import GROUP
from oficina.store.kinds import Document

DETAIL_TYPE = "SageMaker Model Package State Change"
_MEMBERS = (
    "ModelPackageGroupName",
    "ModelPackageName",
    "ModelPackageVersion",
    "ModelPackageArn",
    "ModelPackageDescription",
    "CreationTime",
    "LastModifiedTime",
    "InferenceSpecification",
    "ModelPackageStatus",
    "ModelPackageStatusDetails",
    "CertifyForMarketplace",
    "ModelApprovalStatus",
    "ApprovalDescription",
    "MetadataProperties",
    "ModelMetrics",
    "CustomerMetadataProperties",
    "SourceUri",
    "ModelLifeCycle",
)


def tell(ctx: Context, package: Document, updated: tuple[str, ...] = ()) -> None:
    """Puts the event into the outbox and keeps the package's lineage.

    Part of the transaction that changed the package.
    """
    group = ctx.docs.find(GROUP, package.get("ModelPackageGroupName", ""))
    new = {name for name in ("ModelApprovalStatus", "ModelLifeCycle") if not updated or name in updated}
    lineage.keep(ctx.store, ctx.docs, package, group, new)
    detail: dict[str, Any] = {name: package[name] for name in _MEMBERS if name in package}
    for name in ("CreationTime", "LastModifiedTime"):
        if name in detail:
            detail[name] = datetime.fromtimestamp(detail[name], UTC).isoformat().replace("+00:00", "Z")
    if updated:
        detail["UpdatedModelPackageFields"] = list(updated)
    ctx.store.outbox.put(ctx.account, ctx.region, DETAIL_TYPE, [package["ModelPackageArn"]], detail)
