"""Entities and edges put once: what is there already stays as it is."""

from __future__ import annotations

import hashlib

from oficina.engine.hosting import artifacts
from oficina.engine.lineage.kinds import ACTION, ARTIFACT, CONTEXT
from oficina.store.documents import Scope
from oficina.store.kinds import Document
from oficina.store.store import Store


def source_digest(source: Document) -> str:
    """What stands for an artifact's source in its ARN: the URI with the ids that were given for it."""
    ids = sorted(f"{one['SourceIdType']}={one['Value']}" for one in source.get("SourceTypes") or ())
    text = "\n".join([source["SourceUri"], *ids])
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def artifact(docs: Scope, uri: str, kind: str) -> str:
    """The ARN of the artifact of a URI, which is made when it is not there."""
    source = {"SourceUri": uri}
    name = source_digest(source)
    if docs.find(ARTIFACT, name) is None:
        docs.create(ARTIFACT, {"Source": source, "ArtifactType": kind}, name=name)
    return docs.arn(ARTIFACT, name)


def action(docs: Scope, name: str, kind: str, source: Document, **more: object) -> str:
    """The ARN of an action."""
    if docs.find(ACTION, name) is None:
        docs.create(ACTION, {"ActionName": name, "ActionType": kind, "Source": source, **more})
    return docs.arn(ACTION, name)


def context(docs: Scope, name: str, kind: str, source: Document, **more: object) -> str:
    """The ARN of a context."""
    if docs.find(CONTEXT, name) is None:
        docs.create(CONTEXT, {"ContextName": name, "ContextType": kind, "Source": source, **more})
    return docs.arn(CONTEXT, name)


def data_of(container: Document) -> str | None:
    """Where a container's model data is: one archive, or a folder of files."""
    found = artifacts.source_of(container)
    return None if found is None else found[0]


def join(store: Store, docs: Scope, source: str, destination: str, kind: str) -> None:
    """Joins two entities, once."""
    store.lineage.join(docs.account, docs.region, source, destination, kind)
