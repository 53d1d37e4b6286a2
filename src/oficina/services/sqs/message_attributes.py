"""Attributes of messages: checked, kept, and digested as clients check them."""

from __future__ import annotations

import hashlib
import re

from oficina.services.sqs.api import bad_value
from oficina.store.kinds import Document

MOST = 10
"""How many a message may have (developer guide, "Message metadata")."""
_NAME = re.compile(r"(?!\.)(?!.*\.\.)(?!(?i:aws\.|amazon\.))[A-Za-z0-9_.-]{1,256}(?<!\.)")


def check(attributes: Document) -> None:
    """Refuses attributes that a message cannot have."""
    if len(attributes) > MOST:
        raise bad_value(
            f"Number of message attributes [{len(attributes)}] exceeds the allowed maximum [{MOST}]."
        )
    for name, each in attributes.items():
        if not _NAME.fullmatch(name):
            raise bad_value(f"The message attribute name '{name}' is invalid.")
        kind = each["DataType"].partition(".")[0]
        if kind not in ("String", "Number", "Binary"):
            raise bad_value(
                f"The message attribute '{name}' has an invalid message attribute type, the set of supported "
                "type prefixes is Binary, Number, and String."
            )
        if not each.get("BinaryValue" if kind == "Binary" else "StringValue"):
            raise bad_value(
                f"Message (user) attribute '{name}' must contain a non-empty value of type '{kind}'."
            )


def size(attributes: Document) -> int:
    """Bytes that attributes add to a message: names, types and values."""
    return sum(
        len(name.encode())
        + len(each["DataType"].encode())
        + len(each.get("BinaryValue") or each.get("StringValue", "").encode())
        for name, each in attributes.items()
    )


def plain(attributes: Document) -> Document:
    """Attributes as they are kept: bytes as Latin-1 text."""
    return {
        name: {key: item.decode("latin-1") if isinstance(item, bytes) else item for key, item in each.items()}
        for name, each in attributes.items()
    }


def digest(attributes: Document) -> str:
    """MD5 of attributes as clients check it (developer guide, "Calculating the MD5 message digest")."""
    told = hashlib.md5(usedforsecurity=False)
    for name in sorted(attributes):
        each = attributes[name]
        kind = each.get("DataType", "String")
        binary = kind.startswith("Binary")
        value = each.get("BinaryValue", b"") if binary else each.get("StringValue", "").encode()
        for part in (name.encode(), kind.encode()):
            told.update(len(part).to_bytes(4, "big") + part)
        told.update((b"\x02" if binary else b"\x01") + len(value).to_bytes(4, "big") + value)
    return told.hexdigest()


def wanted(attributes: Document, asked: list[str]) -> Document:
    """The attributes that a request names: ``All``, ``.*``, ``prefix.*`` or a name."""
    whole = "All" in asked or ".*" in asked
    stems = tuple(name[:-2] for name in asked if name.endswith(".*"))
    return {
        name: {key: item.encode("latin-1") if key == "BinaryValue" else item for key, item in each.items()}
        for name, each in attributes.items()
        if whole or name in asked or (stems and name.startswith(stems))
    }
