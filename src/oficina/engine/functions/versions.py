"""Which version of a function is meant: the newest, a published one, or one that an alias names."""

from __future__ import annotations

import random

from oficina.engine.functions.kinds import ALIAS, FUNCTION, VERSION
from oficina.store.documents import Scope
from oficina.store.kinds import Document

LATEST = "$LATEST"
RESERVED = "_reserved"
"""The member of a function that says how many of its invocations may run at once."""


def find(docs: Scope, name: str, qualifier: str | None) -> Document | None:
    """A function as a qualifier means it, its ARN ending in the qualifier; None when it is not there."""
    if qualifier is None:
        return docs.find(FUNCTION, name)
    version = qualifier
    if qualifier != LATEST and not qualifier.isdigit():
        alias = docs.find(ALIAS, qualifier, name)
        if alias is None:
            return None
        version = _chosen(alias)
    found = of(docs, name, version)
    return found and {**found, "FunctionArn": f"{docs.arn(FUNCTION, name)}:{qualifier}"}


def of(docs: Scope, name: str, version: str) -> Document | None:
    """A version of a function; None when it is not there."""
    return docs.find(FUNCTION, name) if version == LATEST else docs.find(VERSION, version, name)


def _chosen(alias: Document) -> str:
    """The version that answers this time: an alias may give a share of the calls to a second one."""
    for version, share in alias.get("RoutingConfig", {}).get("AdditionalVersionWeights", {}).items():
        if random.random() < share:
            return str(version)
    return str(alias["FunctionVersion"])
