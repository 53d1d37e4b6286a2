"""Log groups, their streams, and the reading of events: what CloudWatch Logs and the engine share."""

from __future__ import annotations

import base64
import binascii
import heapq
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import orjson

from oficina.clock import Clock
from oficina.errors import AwsError
from oficina.store import loglines
from oficina.store.database import Database
from oficina.store.loglines import Event

SEARCH_BYTES = 8 * 1024 * 1024
"""How much text one FilterLogEvents looks through before it gives a token and what it has."""
LATE_MS = 2 * 3600 * 1000
"""How far ahead of the clock an event may be (API reference of PutLogEvents)."""
_LAST = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class Stream:
    """A stream: its row, and its file."""

    id: int
    name: str
    created: int
    path: str
    own: bool


@dataclass(frozen=True, slots=True)
class LogPage:
    """Events of one stream in their order, and the offsets to go on from in both directions."""

    events: list[Event]
    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found: pairs of stream name and event, and a token when there may be more."""

    events: list[tuple[Stream, Event]]
    token: str | None


def no_group() -> AwsError:
    """AWS's answer for a group that is not there (the SDKs tolerate this code)."""
    return AwsError("ResourceNotFoundException", "The specified log group does not exist.")


def no_stream() -> AwsError:
    """AWS's answer for a stream that is not there."""
    return AwsError("ResourceNotFoundException", "The specified log stream does not exist.")


def bad_token() -> AwsError:
    """AWS's answer to a token that it did not make."""
    return AwsError("InvalidParameterException", "The specified nextToken is invalid.")


class Logs:
    """The groups and streams of a server."""

    def __init__(self, database: Database, clock: Clock, home: Path) -> None:
        self._database = database
        self._clock = clock
        self._home = home
        self._appending = threading.Lock()
        self._ends: dict[int, tuple[int, tuple[int, int]]] = {}

    # -- groups ------------------------------------------------------------------------------------------

    def create_group(
        self, account: str, region: str, name: str, kms_key: str | None = None, class_: str = "STANDARD"
    ) -> bool:
        """Makes a group; False when it was there already."""
        with self._database.transaction() as connection:
            done = connection.execute(
                "INSERT OR IGNORE INTO log_groups (account, region, name, created, kms_key, class)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (account, region, name, self._now(), kms_key, class_),
            )
        return done.rowcount == 1

    def group(self, account: str, region: str, name: str) -> sqlite3.Row:
        """The row of a group. Raises AwsError when it is not there."""
        row: sqlite3.Row | None = self._database.reader.execute(
            "SELECT * FROM log_groups WHERE account=? AND region=? AND name=?", (account, region, name)
        ).fetchone()
        if row is None:
            raise no_group()
        return row

    def groups(
        self, account: str, region: str, prefix: str, part: str, after: str, limit: int
    ) -> list[sqlite3.Row]:
        """Groups by name, after a name, that begin with ``prefix`` and contain ``part`` in any case."""
        return self._database.reader.execute(
            "SELECT * FROM log_groups WHERE account=? AND region=? AND name>? AND name>=? AND name<?"
            " AND instr(lower(name), lower(?))>0 ORDER BY name LIMIT ?",
            (account, region, after, prefix, prefix + _LAST, part, limit),
        ).fetchall()

    def set_retention(self, account: str, region: str, name: str, days: int | None) -> None:
        """How long a group keeps its events, in days."""
        with self._database.transaction() as connection:
            group = self.group(account, region, name)
            connection.execute("UPDATE log_groups SET retention=? WHERE id=?", (days, group["id"]))

    def delete_group(self, account: str, region: str, name: str) -> None:
        """Forgets a group with its streams; files of jobs stay with the jobs."""
        with self._database.transaction() as connection:
            group = self.group(account, region, name)
            streams = self._streams_of(group["id"])
            connection.execute("DELETE FROM log_groups WHERE id=?", (group["id"],))
        for stream in streams:
            self._drop(stream)

    def stored_bytes(self, group_id: int) -> int:
        """The bytes of all events of a group."""
        return sum(loglines.size(stream.path) for stream in self._streams_of(group_id))

    # -- streams -----------------------------------------------------------------------------------------

    def create_stream(self, account: str, region: str, group: str, name: str) -> bool:
        """Makes a stream with a file of its own; False when it was there already."""
        token = os.urandom(12).hex()
        return self._insert(account, region, group, name, f"logs/{token[:2]}/{token}", own=True)

    def attach(self, account: str, region: str, group: str, stream: str, path: Path) -> None:
        """Makes a stream of a file that a job writes (or will write); makes the group when it is missing."""
        inside = path.is_relative_to(self._home)
        kept = str(path.relative_to(self._home) if inside else path)
        self.create_group(account, region, group)
        self._insert(account, region, group, stream, kept, own=False)

    def _insert(self, account: str, region: str, group: str, name: str, path: str, *, own: bool) -> bool:
        with self._database.transaction() as connection:
            row = self.group(account, region, group)
            done = connection.execute(
                "INSERT OR IGNORE INTO log_streams (group_id, name, created, path, own)"
                " VALUES (?, ?, ?, ?, ?)",
                (row["id"], name, self._now(), path, int(own)),
            )
        return done.rowcount == 1

    def stream(self, account: str, region: str, group: str, name: str) -> Stream:
        """A stream. Raises AwsError when it or its group is not there."""
        return self._named(self.group(account, region, group)["id"], name)

    def _stream(self, row: sqlite3.Row) -> Stream:
        path = os.path.join(self._home, row["path"])
        return Stream(row["id"], row["name"], row["created"], path, bool(row["own"]))

    def _streams_of(self, group_id: int) -> list[Stream]:
        rows = self._database.reader.execute(
            "SELECT * FROM log_streams WHERE group_id=? ORDER BY name", (group_id,)
        )
        return [self._stream(row) for row in rows]

    def streams_by_name(
        self, group_id: int, prefix: str, bound: str, descending: bool, limit: int
    ) -> list[Stream]:
        """Streams that begin with ``prefix``, after the name ``bound`` in the order asked for."""
        side, order = ("<", "DESC") if descending else (">", "ASC")
        bound = bound or (_LAST if descending else "")
        rows = self._database.reader.execute(
            f"SELECT * FROM log_streams WHERE group_id=? AND name>=? AND name<? AND name{side}?"
            f" ORDER BY name {order} LIMIT ?",
            (group_id, prefix, prefix + _LAST, bound, limit),
        )
        return [self._stream(row) for row in rows]

    def streams_by_time(self, group_id: int, descending: bool, skip: int, limit: int) -> list[Stream]:
        """Streams by the time of their last event."""
        streams = self._streams_of(group_id)
        streams.sort(key=lambda stream: ((self.ends(stream) or (0, 0))[1], stream.name), reverse=descending)
        return streams[skip : skip + limit]

    def delete_stream(self, account: str, region: str, group: str, name: str) -> None:
        """Forgets a stream; the file of a job stays with the job."""
        with self._database.transaction() as connection:
            stream = self.stream(account, region, group, name)
            connection.execute("DELETE FROM log_streams WHERE id=?", (stream.id,))
        self._drop(stream)

    def _drop(self, stream: Stream) -> None:
        self._ends.pop(stream.id, None)
        if stream.own:
            Path(stream.path).unlink(missing_ok=True)

    def ends(self, stream: Stream) -> tuple[int, int] | None:
        """The times (milliseconds) of a stream's first and last event; None when it has none."""
        size = loglines.size(stream.path)
        known = self._ends.get(stream.id)
        if known is not None and known[0] == size:
            return known[1]
        found = loglines.ends(stream.path)
        if found is not None:
            self._ends[stream.id] = (size, found)
        return found

    # -- events ------------------------------------------------------------------------------------------

    def append(
        self, account: str, region: str, group: str, stream: str, events: list[tuple[int, str]]
    ) -> None:
        """Adds events (milliseconds, text), which stand in the order of their times."""
        found = self.stream(account, region, group, stream)
        with self._appending:
            ends = self.ends(found)
            if ends is None or events[0][0] >= ends[1]:
                loglines.append(found.path, events)
            elif found.own:
                loglines.insert(found.path, events)
            else:
                loglines.append(found.path, [(max(at, ends[1]), text) for at, text in events])

    def read(
        self,
        stream: Stream,
        *,
        since: int | None = None,
        until: int | None = None,
        after: int | None = None,
        before: int | None = None,
        newest: bool = False,
        limit: int = 10_000,
    ) -> LogPage:
        """Events between two times (milliseconds, the second left out), after or before an offset.

        ``newest`` gives the last ones instead of the first when no offset is given.
        """
        low = loglines.seek(stream.path, since) if since is not None else 0
        high = loglines.seek(stream.path, until) if until is not None else None
        if before is not None or (after is None and newest):
            stop = min(x for x in (before, high, loglines.size(stream.path)) if x is not None)
            events = loglines.backward(stream.path, low, stop, limit)
            edge = stop if before is None else before
        else:
            edge = max(low, after or 0)
            events = loglines.forward(stream.path, edge, high, limit)
        begin = events[0].offset if events else edge
        return LogPage(events, begin, events[-1].end if events else edge)

    def tail(self, account: str, region: str, group: str, stream: str, lines: int) -> list[str]:
        """The last lines of a stream; empty when it is not there."""
        try:
            page = self.read(self.stream(account, region, group, stream), newest=True, limit=lines)
        except AwsError:
            return []
        return [event.message for event in page.events]

    def search(
        self,
        streams: list[Stream],
        matches: Callable[[str], bool],
        *,
        since: int | None,
        until: int | None,
        newest: bool,
        token: str | None,
        limit: int,
    ) -> Found:
        """Events of several streams in the order of their times (``newest`` first), whose text matches.

        A token has the direction in it and goes on in the same one.
        """
        after, newest = _open_search(token) if token else (None, newest)
        if after and newest:
            until = min(after[0] + 1, until or after[0] + 1)
        elif after:
            since = max(after[0], since or 0)
        walk = self._walk_back if newest else self._walk
        merged = heapq.merge(*(walk(stream, since, until) for stream in streams), key=_place, reverse=newest)
        found: list[tuple[Stream, Event]] = []
        looked, place = 0, after
        for item in merged:
            here = _place(item)
            if after is not None and (here >= after if newest else here <= after):
                continue
            if place is not None and (len(found) == limit or looked > SEARCH_BYTES):
                return Found(found, _make_search(place, newest))
            looked += item[1].end - item[1].offset
            place = here
            if matches(item[1].message):
                found.append(item)
        return Found(found, None)

    def _walk(self, stream: Stream, since: int | None, until: int | None) -> Iterator[tuple[Stream, Event]]:
        if since is not None and not self._touched_since(stream, since):
            return
        offset, take = loglines.seek(stream.path, since) if since is not None else 0, 16
        while events := loglines.forward(stream.path, offset, None, take):
            for event in events:
                if until is not None and event.timestamp >= until:
                    return
                yield stream, event
            offset, take = events[-1].end, min(2 * take, 1024)

    def _walk_back(
        self, stream: Stream, since: int | None, until: int | None
    ) -> Iterator[tuple[Stream, Event]]:
        if since is not None and not self._touched_since(stream, since):
            return
        size = loglines.size(stream.path)
        offset, take = loglines.seek(stream.path, until) if until is not None else size, 16
        while events := loglines.backward(stream.path, 0, offset, take):
            for event in reversed(events):
                if since is not None and event.timestamp < since:
                    return
                yield stream, event
            offset, take = events[0].offset, min(2 * take, 1024)

    def _touched_since(self, stream: Stream, since: int) -> bool:
        """Whether a file may hold events after a time: no file is opened for what ended long before."""
        try:
            return os.stat(stream.path).st_mtime * 1000 + LATE_MS >= since
        except FileNotFoundError:
            return False

    def streams_named(self, group_id: int, names: list[str] | None, prefix: str) -> list[Stream]:
        """The streams that a search goes through. Raises AwsError when one that is named is not there."""
        if names is None:
            rows = self._database.reader.execute(
                "SELECT * FROM log_streams WHERE group_id=? AND name>=? AND name<? ORDER BY name",
                (group_id, prefix, prefix + _LAST),
            )
            return [self._stream(row) for row in rows]
        return [self._named(group_id, name) for name in dict.fromkeys(names)]

    def _named(self, group_id: int, name: str) -> Stream:
        row = self._database.reader.execute(
            "SELECT * FROM log_streams WHERE group_id=? AND name=?", (group_id, name)
        ).fetchone()
        if row is None:
            raise no_stream()
        return self._stream(row)

    def forget(self) -> None:
        """Drops what is held in memory, after the tables were emptied."""
        self._ends.clear()

    def _now(self) -> int:
        return int(self._clock.now() * 1000)


def _place(item: tuple[Stream, Event]) -> tuple[int, int, int]:
    stream, event = item
    return event.timestamp, stream.id, event.offset


def _make_search(place: tuple[int, int, int], newest: bool) -> str:
    return base64.urlsafe_b64encode(orjson.dumps([place, newest])).decode()


def _open_search(token: str) -> tuple[tuple[int, int, int], bool]:
    try:
        (first, second, third), newest = orjson.loads(base64.urlsafe_b64decode(token))
        return (int(first), int(second), int(third)), bool(newest)
    except (binascii.Error, ValueError, TypeError) as error:
        raise bad_token() from error


def event_id(stream: Stream, event: Event) -> str:
    """An event's id: 56 digits, in the order of the events, as AWS's are."""
    return f"{event.timestamp:020d}{stream.id:016d}{event.offset:020d}"
