"""Export jobs of model cards: asked for here, done by the engine."""

from __future__ import annotations

from typing import Any

from oficina.engine.cards import exports
from oficina.engine.cards.kinds import EXPORT
from oficina.services.context import Context
from oficina.services.sagemaker.api import sagemaker
from oficina.services.sagemaker.model_cards import find_card
from oficina.store.documents import Query
from oficina.store.kinds import Document


@sagemaker.operation
def create_model_card_export_job(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Hands the export of a version, the latest unless one is named, to the engine."""
    with ctx.docs.transaction():
        card = find_card(ctx, request["ModelCardName"], request.get("ModelCardVersion"))
        name, card_name = request["ModelCardExportJobName"], card["ModelCardName"]
        now = ctx.clock.now()
        document = {**request, "ModelCardName": card_name, "ModelCardVersion": card["ModelCardVersion"]}
        document |= {"Status": "InProgress", "CreatedAt": now, "LastModifiedAt": now}
        arn = f"{card['ModelCardArn']}/export-job/{name}"
        job = ctx.docs.create(EXPORT, document, name=name, parent=card_name, arn=arn)
        ctx.enqueue(exports.TOPIC, arn, payload={"name": name, "card": card_name})
    return job


@sagemaker.operation
def describe_model_card_export_job(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """An export job; held for the moment that it takes."""
    arn = request["ModelCardExportJobArn"]
    latest = _find(ctx, arn)

    def ended() -> bool:
        nonlocal latest
        latest = _find(ctx, arn)
        return bool(latest["Status"] != "InProgress")

    ctx.docs.database.wait_until(ended, ctx.config.hold)
    return latest


def _find(ctx: Context, arn: str) -> Document:
    card, _, name = arn.rpartition("/export-job/")
    job = ctx.docs.find(EXPORT, name, card.rpartition("/")[2])
    if job is None or job["ModelCardExportJobArn"] != arn:
        raise EXPORT.not_found(name, arn)
    return job


@sagemaker.operation
def list_model_card_export_jobs(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """The export jobs of a card, newest first."""
    card = find_card(ctx, request["ModelCardName"])
    query = Query(parent=card["ModelCardName"])
    if "ModelCardVersion" in request:
        condition = "json_extract(body, '$.ModelCardVersion')=?"
        query.where.append((condition, (request["ModelCardVersion"],)))
    asked = {**request, "NameContains": request.get("ModelCardExportJobNameContains")}
    page = ctx.docs.page(EXPORT, asked, query)
    return {"ModelCardExportJobSummaries": page.items, "NextToken": page.token}
