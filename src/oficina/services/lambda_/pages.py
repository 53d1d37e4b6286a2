"""Paging through lists that are short: by the number of items that were told."""

from __future__ import annotations

from oficina.services.lambda_.names import bad
from oficina.store.kinds import Document

PAGE = 50
"""How many items one answer has (API reference of the List operations)."""


def page(items: list[Document], request: Document) -> tuple[list[Document], str | None]:
    """The items after the request's Marker, and the next Marker."""
    marker = request.get("Marker") or "0"
    if not (marker.isascii() and marker.isdigit()) or len(marker) > 9:
        raise bad("The Marker is not valid for this request.")
    begin, end = int(marker), int(marker) + min(request.get("MaxItems") or PAGE, PAGE)
    return items[begin:end], str(end) if end < len(items) else None
