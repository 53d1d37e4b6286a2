"""The model card inside a model package."""

from __future__ import annotations

from itertools import islice

from oficina.engine.hosting import artifacts
from oficina.errors import validation
from oficina.services.context import Context
from oficina.services.sagemaker import card_content
from oficina.services.sagemaker.card_content import PACKAGE_SECTIONS
from oficina.store.kinds import Document
from oficina.store.scan import scan


def first_card(ctx: Context, package: Document) -> Document:
    """The card of a new version: what the request gives, else a draft of what is known."""
    given = _given(package.get("ModelCard", {}))
    if "ModelCardContent" in given:
        return changed({}, given)
    text = card_content.draft(*_known(ctx, package))
    return {"ModelCardStatus": "Draft", **given, "ModelCardContent": text}


def _known(ctx: Context, package: Document) -> tuple[list[str], Document | None]:
    """The model's data and the training job that wrote it."""
    containers = package.get("InferenceSpecification", {}).get("Containers", ())
    urls = [found[0] for one in containers if (found := artifacts.source_of(one)) is not None]
    for url in urls:
        for job in islice(scan(ctx.docs, "TrainingJob", [url]), 20):
            if job.get("ModelArtifacts", {}).get("S3ModelArtifacts") == url:
                return urls, job
    return urls, None


def _given(card: Document) -> Document:
    """What a request says of the card: SDK v2 sends ``null`` for a content that nobody gave."""
    return {name: value for name, value in card.items() if value and value != "null"}


def changed(package: Document, asked: Document) -> Document:
    """A package's card with another content, another status, or both."""
    given = _given(asked)
    if not given:
        raise validation("ModelCard needs a ModelCardContent or a ModelCardStatus.")
    if "ModelCardContent" in given:
        card_content.parse(given["ModelCardContent"], PACKAGE_SECTIONS)
    return {"ModelCardContent": "{}", "ModelCardStatus": "Draft", **package.get("ModelCard", {}), **given}


def shown(package: Document, included: str) -> Document:
    """A package as it is described: with ``MetadataOnly`` its card tells only what anybody may see."""
    card = package.get("ModelCard")
    if included != "MetadataOnly" or not card:
        return package
    hidden = {**card, "ModelCardContent": card_content.public(card["ModelCardContent"])}
    return {**package, "ModelCard": hidden}
