"""All documents of a kind, one by one: for searches that no index answers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson

from oficina.store.documents import Scope
from oficina.store.kinds import Document


def scan(
    scope: Scope, kind: str, needles: list[str], *, by: str = "modified", descending: bool = True
) -> Iterator[Document]:
    """The documents of a kind (by its name), by ``modified`` or ``created``, with their tags as ``Tags``.

    ``needles`` are texts that a document's JSON must contain: what cannot match is not even read.
    """
    column = "created" if by == "created" else "modified"
    direction = "DESC" if descending else "ASC"
    where = ["account=?", "region=?", "kind=?"]
    values: list[Any] = [scope.account, scope.region, kind]
    for needle in needles:
        where.append("instr(body, ?) > 0")
        values.append(orjson.dumps(needle).decode()[1:-1])
    rows = scope.database.reader.execute(
        f"SELECT arn, body FROM resources WHERE {' AND '.join(where)}"
        f" ORDER BY {column} {direction}, id {direction}",
        values,
    )
    for row in rows:
        document: Document = orjson.loads(row["body"])
        tags = scope.tags(row["arn"])
        yield document | {"Tags": tags} if tags else document
