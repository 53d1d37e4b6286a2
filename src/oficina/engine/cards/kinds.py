"""The kinds of model cards, with sentences that say which card is meant."""

from __future__ import annotations

from oficina.store.kinds import Kind

CARD = Kind(
    "ModelCard",
    arn="model-card",
    missing=("ResourceNotFound", "Model card {arn} does not exist."),
    taken=("ConflictException", "Model card {arn} already exists."),
    lower=False,
)
VERSION = Kind(
    "ModelCardVersion",
    arn="model-card-version",
    members={"name": "ModelCardName", "arn": "ModelCardArn", "status": "ModelCardStatus"},
    lower=False,
)
"""One row per version, below its card."""
EXPORT = Kind(
    "ModelCardExportJob",
    arn="model-card",
    missing=("ResourceNotFound", "Model card export job {arn} does not exist."),
    taken=("ConflictException", "Model card export job {arn} already exists."),
    members={"status": "Status"},
    lower=False,
)


def version_key(version: int) -> str:
    """The name of a version's row: rows by name are rows by version."""
    return f"{version:09d}"
