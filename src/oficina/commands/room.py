"""What a command says when the machine has no room for what it was to do."""

from __future__ import annotations

from urllib.error import HTTPError

from oficina.store import blobs, shortage


def sentence(error: Exception) -> str | None:
    """The sentence for a full disk, on this side or the server's; None for every other error."""
    told = getattr(error, "response", None)
    answer = told.get("Error", {}) if isinstance(told, dict) else {}  # botocore's ClientError
    if answer.get("Code") == blobs.FULL_CODE:
        return str(answer["Message"])
    if isinstance(error, HTTPError) and error.code == blobs.FULL_STATUS:
        return "The disk that holds the server's home is full; nothing was done. Free some space there."
    if shortage.is_shortage(error):
        return f"{error}; nothing was done. Free some space, then type it again."
    return None
