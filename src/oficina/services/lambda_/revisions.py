"""What changes with every change of a function, and what clients see of it."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

from oficina.errors import AwsError
from oficina.services.context import Context
from oficina.store.kinds import Document


def shown(document: Document) -> Document:
    """A document without what clients do not see."""
    return {name: value for name, value in document.items() if not name.startswith("_")}


def now(ctx: Context) -> str:
    """The time as Lambda writes it."""
    told = datetime.fromtimestamp(ctx.clock.now(), UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]
    return f"{told}+0000"


def revision(ctx: Context) -> Document:
    """The members of a fresh revision."""
    return {"RevisionId": str(uuid.uuid4()), "LastModified": now(ctx)}


def check_revision(document: Document, request: Document) -> None:
    """Raises AwsError when a request is about another revision."""
    if request.get("RevisionId", document["RevisionId"]) != document["RevisionId"]:
        raise AwsError(
            "PreconditionFailedException",
            "The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias "
            "API to retrieve the latest Revision Id",
            412,
        )
