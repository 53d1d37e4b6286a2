"""What the batch operations share: up to ten entries, each done or refused by itself."""

from __future__ import annotations

import re
from collections.abc import Callable

from oficina.errors import AwsError
from oficina.store.kinds import Document

MOST_AT_ONCE = 10
"""How many entries or messages one request may have (API reference)."""
_ID = re.compile(r"[A-Za-z0-9_-]{1,80}")


def done(request: Document, kind: str, do: Callable[[Document], Document | None]) -> Document:
    """The answer of a batch: what was done, and what was refused and why.

    ``kind`` is the name of an entry's shape, as SQS says it when there is none.
    """
    good: list[Document] = []
    bad: list[Document] = []
    for entry in entries(request, kind):
        try:
            good.append({"Id": entry["Id"], **(do(entry) or {})})
        except AwsError as error:
            refused = {"Id": entry["Id"], "SenderFault": True, "Code": error.code, "Message": error.message}
            bad.append(refused)
    return {"Successful": good, "Failed": bad}


def entries(request: Document, kind: str) -> list[Document]:
    """The entries of a batch. Raises AwsError where they cannot be one."""
    given: list[Document] = request["Entries"]
    if not given:
        raise AwsError("EmptyBatchRequest", f"There should be at least one {kind} in the request.")
    if len(given) > MOST_AT_ONCE:
        raise AwsError(
            "TooManyEntriesInBatchRequest",
            f"Maximum number of entries per request are {MOST_AT_ONCE}. You have sent {len(given)}.",
        )
    ids = [entry["Id"] for entry in given]
    if not all(map(_ID.fullmatch, ids)):
        raise AwsError(
            "InvalidBatchEntryId",
            "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be "
            "at most 80 letters long.",
        )
    twice = next((each for each in ids if ids.count(each) > 1), None)
    if twice is not None:
        raise AwsError("BatchEntryIdsNotDistinct", f"Id {twice} repeated.")
    return given
