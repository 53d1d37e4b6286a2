"""Resources as documents: one table, one row per resource, one JSON body in AWS's spelling."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson

from oficina.clock import Clock
from oficina.errors import AwsError, validation
from oficina.store.database import Database
from oficina.store.kinds import Document, Kind

DEFAULT_PAGE = 10
"""What a SageMaker List answers when MaxResults is not given (API reference of the List operations)."""

_SORTS = {
    "CreationTime": "created",
    "LastModifiedTime": "modified",
    "Name": "name",
    "Status": "status",
}


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a List."""

    items: list[Document]
    token: str | None


@dataclass(slots=True)
class Query:
    """What a List asks for beyond the shared members: parent, further conditions, defaults."""

    parent: str | None = None
    where: list[tuple[str, tuple[Any, ...]]] = field(default_factory=list)
    sort: str = "CreationTime"
    descending: bool = True
    size: int = DEFAULT_PAGE


@dataclass(frozen=True, slots=True)
class Scope:
    """The documents of one account in one region: a world of its own."""

    database: Database
    clock: Clock
    account: str
    region: str

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Makes several changes one."""
        with self.database.transaction():
            yield

    def arn(self, kind: Kind, name: str, parent: str = "") -> str:
        """The ARN that a resource of this world has."""
        return kind.make_arn(self.region, self.account, name, parent)

    def create(
        self, kind: Kind, document: Document, *, name: str | None = None, parent: str = "", **more: Any
    ) -> Document:
        """Keeps a request as a new resource and returns the document.

        Adds its ARN, ``CreationTime`` and ``LastModifiedTime``, and the members given as keywords.
        ``Tags`` go to the tags. Raises the kind's error when the name is taken.
        """
        now = self.clock.now()
        name = name or str(document[kind.member("name")])
        arn = str(more.pop("arn", None) or self.arn(kind, name, parent))
        document = {**document, **more, kind.member("arn"): arn}
        document.setdefault("CreationTime", now)
        document.setdefault("LastModifiedTime", now)
        tags = document.pop("Tags", None) or []
        with self.database.transaction() as connection:
            if self._row(kind, name, parent) is not None:
                raise kind.already_there(name, arn)
            connection.execute(
                "INSERT INTO resources"
                " (account, region, kind, name, parent, arn, status, created, modified, body)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    self.account,
                    self._region(kind),
                    kind.name,
                    name,
                    parent,
                    arn,
                    document.get(kind.member("status")),
                    document["CreationTime"],
                    document["LastModifiedTime"],
                    orjson.dumps(document).decode(),
                ),
            )
            self.tag(arn, tags)
        return document

    def _region(self, kind: Kind) -> str:
        return "" if kind.everywhere else self.region

    def _row(self, kind: Kind, name: str, parent: str) -> Any:
        """A resource's row. AWS finds a name whatever its case where the ARN has it in lower case."""
        reader, where = self.database.reader, (self.account, self._region(kind), kind.name)
        row = reader.execute(
            "SELECT * FROM resources WHERE account=? AND region=? AND kind=? AND parent=? AND name=?",
            (*where, parent, name),
        ).fetchone()
        if row is None and kind.lower and not parent:
            row = reader.execute(
                # Without statistics SQLite takes the index of names, and reads every resource of the kind.
                "SELECT * FROM resources INDEXED BY resources_by_arn"
                " WHERE arn=? AND account=? AND region=? AND kind=? AND parent=''",
                (self.arn(kind, name), *where),
            ).fetchone()
        return row

    def find(self, kind: Kind, name: str, parent: str = "") -> Document | None:
        """The document of a resource, None when it is not there."""
        row = self._row(kind, name, parent)
        return None if row is None else orjson.loads(row["body"])

    def get(self, kind: Kind, name: str, parent: str = "") -> Document:
        """The document of a resource. Raises the kind's error when it is not there."""
        document: Document = orjson.loads(self._found(kind, name, parent)["body"])
        return document

    def find_arn(self, arn: str) -> Document | None:
        """The document of the resource with this ARN in this account, None when it is not there."""
        row = self.database.reader.execute(
            "SELECT body FROM resources WHERE arn=? AND account=?", (arn, self.account)
        ).fetchone()
        return None if row is None else orjson.loads(row["body"])

    def _found(self, kind: Kind, name: str, parent: str) -> Any:
        row = self._row(kind, name, parent)
        if row is None:
            raise kind.not_found(name, self.arn(kind, name, parent))
        return row

    def update(self, kind: Kind, name: str, changes: Document, parent: str = "") -> Document:
        """Changes members of a document (None removes one) and its ``LastModifiedTime``; gives the whole."""
        with self.database.transaction() as connection:
            row = self._found(kind, name, parent)
            document = {**orjson.loads(row["body"]), "LastModifiedTime": self.clock.now(), **changes}
            document = {key: value for key, value in document.items() if value is not None}
            connection.execute(
                "UPDATE resources SET status=?, modified=?, body=? WHERE id=?",
                (
                    document.get(kind.member("status")),
                    document["LastModifiedTime"],
                    orjson.dumps(document).decode(),
                    row["id"],
                ),
            )
        return document

    def delete(self, kind: Kind, name: str, parent: str = "") -> Document:
        """Forgets a resource and its tags; gives what it was. Raises the kind's error when it is missing."""
        with self.database.transaction() as connection:
            row = self._found(kind, name, parent)
            connection.execute("DELETE FROM resources WHERE id=?", (row["id"],))
            connection.execute("DELETE FROM tags WHERE arn=?", (row["arn"],))
        document: Document = orjson.loads(row["body"])
        return document

    def all(self, kind: Kind, parent: str | None = None) -> list[Document]:
        """Every document of a kind, oldest first."""
        rows = self.database.reader.execute(
            "SELECT body FROM resources WHERE account=? AND region=? AND kind=? AND (? IS NULL OR parent=?)"
            " ORDER BY created, id",
            (self.account, self._region(kind), kind.name, parent, parent),
        )
        return [orjson.loads(row["body"]) for row in rows]

    def page(self, kind: Kind, request: Document, query: Query | None = None) -> Page:
        """A List: the shared members of the request (filters, sorting, paging) answered in SQL."""
        query = query or Query()
        sort = _SORTS.get(str(request.get("SortBy", query.sort)), "created")
        order = request.get("SortOrder", "Descending" if query.descending else "Ascending")
        descending = order == "Descending"
        size = int(request.get("MaxResults") or query.size)
        where, values = self._conditions(kind, request, query)
        token = request.get("NextToken")
        if token:
            value, row_id = _open_token(token, sort, descending)
            where.append(f"({sort}, id) {'<' if descending else '>'} (?, ?)")
            values += [value, row_id]
        direction = "DESC" if descending else "ASC"
        rows = self.database.reader.execute(
            f"SELECT id, {sort} AS sorted, body FROM resources WHERE {' AND '.join(where)}"
            f" ORDER BY {sort} {direction}, id {direction} LIMIT ?",
            (*values, size + 1),
        ).fetchall()
        more = len(rows) > size
        rows = rows[:size]
        next_token = _make_token(sort, descending, rows[-1]["sorted"], rows[-1]["id"]) if more else None
        return Page([orjson.loads(row["body"]) for row in rows], next_token)

    def _conditions(self, kind: Kind, request: Document, query: Query) -> tuple[list[str], list[Any]]:
        where = ["account=?", "region=?", "kind=?"]
        values: list[Any] = [self.account, self._region(kind), kind.name]
        for member, condition in (
            ("CreationTimeAfter", "created>?"),
            ("CreationTimeBefore", "created<?"),
            ("CreatedAfter", "created>?"),
            ("CreatedBefore", "created<?"),
            ("LastModifiedTimeAfter", "modified>?"),
            ("LastModifiedTimeBefore", "modified<?"),
            ("StatusEquals", "status=?"),
        ):
            if request.get(member) is not None:
                where.append(condition)
                values.append(request[member])
        if request.get("NameContains"):
            where.append("instr(lower(name), lower(?)) > 0")
            values.append(request["NameContains"])
        if query.parent is not None:
            where.append("parent=?")
            values.append(query.parent)
        for condition, arguments in query.where:
            where.append(condition)
            values += arguments
        return where, values

    def tag(self, arn: str, tags: list[Document]) -> None:
        """Sets tags on a resource; a key that is there gets the new value."""
        with self.database.transaction() as connection:
            connection.executemany(
                "INSERT INTO tags (account, arn, key, value) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (arn, key) DO UPDATE SET value=excluded.value",
                [(self.account, arn, tag["Key"], tag.get("Value", "")) for tag in tags],
            )

    def untag(self, arn: str, keys: list[str]) -> None:
        """Removes tags from a resource by key."""
        with self.database.transaction() as connection:
            connection.executemany("DELETE FROM tags WHERE arn=? AND key=?", [(arn, key) for key in keys])

    def tags(self, arn: str) -> list[Document]:
        """The tags of a resource, by key."""
        rows = self.database.reader.execute("SELECT key, value FROM tags WHERE arn=? ORDER BY key", (arn,))
        return [{"Key": row["key"], "Value": row["value"]} for row in rows]


def everywhere(database: Database, kind: Kind) -> list[tuple[str, str, Document]]:
    """Every document of a kind with its account and region, oldest first."""
    rows = database.reader.execute(
        "SELECT account, region, body FROM resources WHERE kind=? ORDER BY created, id", (kind.name,)
    )
    return [(row["account"], row["region"], orjson.loads(row["body"])) for row in rows]


def _make_token(sort: str, descending: bool, value: Any, row_id: int) -> str:
    return base64.urlsafe_b64encode(orjson.dumps([sort, descending, value, row_id])).decode()


def _open_token(token: str, sort: str, descending: bool) -> tuple[Any, int]:
    try:
        made_sort, made_descending, value, row_id = orjson.loads(base64.urlsafe_b64decode(token))
        if (made_sort, made_descending) == (sort, descending):
            return value, int(row_id)
    except (binascii.Error, ValueError, TypeError):
        pass
    raise _bad_token()


def _bad_token() -> AwsError:
    return validation("The NextToken parameter is not valid for this request.")
