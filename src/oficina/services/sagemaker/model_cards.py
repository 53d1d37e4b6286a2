"""Model cards: what is known of a model, version by version."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from oficina import arns
from oficina.engine.cards.kinds import CARD, EXPORT, VERSION, version_key
from oficina.errors import AwsError, validation
from oficina.services.context import Context
from oficina.services.sagemaker import card_content
from oficina.services.sagemaker.api import sagemaker
from oficina.services.sagemaker.callers import user_context
from oficina.store.documents import Query
from oficina.store.kinds import Document

DETAIL_TYPE = "SageMaker Model Card State Change"
_TOLD = ("ModelCardName", "ModelCardVersion", "ModelCardStatus", "CreatedBy", "LastModifiedBy", "ModelId")


def find_card(ctx: Context, text: str, version: int | None = None) -> Document:
    """The card of a name or an ARN, or a version of it. Raises AwsError ResourceNotFound."""
    arn = arns.parse(text)
    name = text if arn is None else arn.resource.rpartition("/")[2]
    card = ctx.docs.get(CARD, name)
    if arn is not None and card["ModelCardArn"] != text:
        raise CARD.not_found(name, text)
    if version is None or version == card["ModelCardVersion"]:
        return card
    found = ctx.docs.find(VERSION, version_key(version), name) if 0 < version < 10**9 else None
    if found is None:
        raise AwsError("ResourceNotFound", f"Model card {card['ModelCardArn']} has no version {version}.")
    return found


@sagemaker.operation
def create_model_card(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Makes a card with its first version."""
    content = card_content.parse(request["Content"])
    with ctx.docs.transaction():
        who = user_context(ctx)
        card = ctx.docs.create(
            CARD,
            {**request, **card_content.facts(content)},
            ModelCardVersion=1,
            CreatedBy=who,
            LastModifiedBy=who,
        )
        _keep_version(ctx, card)
        _tell(ctx, card)
    return card


def _keep_version(ctx: Context, card: Document) -> None:
    """Keeps the card as it is now as the version that it has."""
    key, name = version_key(card["ModelCardVersion"]), card["ModelCardName"]
    if ctx.docs.find(VERSION, key, name) is None:
        document = {**card, "CreationTime": card["LastModifiedTime"]}
        ctx.docs.create(VERSION, document, name=key, parent=name, arn=card["ModelCardArn"])
    else:
        changes = {"ModelCardStatus": card["ModelCardStatus"], "LastModifiedBy": card["LastModifiedBy"]}
        ctx.docs.update(VERSION, key, changes, parent=name)


def _tell(ctx: Context, card: Document) -> None:
    detail: dict[str, Any] = {name: card[name] for name in _TOLD if name in card}
    for name in ("CreationTime", "LastModifiedTime"):
        detail[name] = datetime.fromtimestamp(card[name], UTC).isoformat().replace("+00:00", "Z")
    detail["AccountId"] = ctx.account
    ctx.store.outbox.put(ctx.account, ctx.region, DETAIL_TYPE, [card["ModelCardArn"]], detail)


@sagemaker.operation
def describe_model_card(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """A card, or a version of it."""
    card = find_card(ctx, request["ModelCardName"], request.get("ModelCardVersion"))
    if request.get("IncludedData") == "MetadataOnly":
        return {**card, "Content": card_content.public(card["Content"])}
    return card


@sagemaker.operation
def update_model_card(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """New content is a new version; a new status is that of the latest version (API reference)."""
    changes: Document = {name: request[name] for name in ("Content", "ModelCardStatus") if name in request}
    if len(changes) == 2:
        raise validation("You cannot update both model card content and model card status in a single call.")
    if not changes:
        raise validation("Give the Content or the ModelCardStatus of the model card to update.")
    if "Content" in changes:
        changes |= card_content.facts(card_content.parse(request["Content"]))
    with ctx.docs.transaction():
        card = find_card(ctx, request["ModelCardName"])
        if "Content" in changes:
            changes["ModelCardVersion"] = card["ModelCardVersion"] + 1
        changes["LastModifiedBy"] = user_context(ctx)
        card = ctx.docs.update(CARD, card["ModelCardName"], changes)
        _keep_version(ctx, card)
        _tell(ctx, card)
    return card


@sagemaker.operation
def list_model_cards(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """The cards, newest first."""
    page = ctx.docs.page(CARD, {**request, "StatusEquals": request.get("ModelCardStatus")})
    return {"ModelCardSummaries": page.items, "NextToken": page.token}


@sagemaker.operation
def list_model_card_versions(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """The versions of a card, newest first."""
    card = find_card(ctx, request["ModelCardName"])
    asked = {**request, "SortBy": "Name", "StatusEquals": request.get("ModelCardStatus")}
    page = ctx.docs.page(VERSION, asked, Query(parent=card["ModelCardName"]))
    return {"ModelCardVersionSummaryList": page.items, "NextToken": page.token}


@sagemaker.operation
def delete_model_card(ctx: Context, request: dict[str, Any]) -> None:
    """Forgets a card with its versions and export jobs; exported files stay."""
    name = request["ModelCardName"]
    with ctx.docs.transaction():
        ctx.docs.get(CARD, name)
        for version in ctx.docs.all(VERSION, name):
            ctx.docs.delete(VERSION, version_key(version["ModelCardVersion"]), parent=name)
        for job in ctx.docs.all(EXPORT, name):
            ctx.docs.delete(EXPORT, job["ModelCardExportJobName"], parent=name)
        ctx.docs.delete(CARD, name)
