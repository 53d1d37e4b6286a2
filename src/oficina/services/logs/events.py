"""Log events: put, read from either end, and searched."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

from oficina.errors import AwsError
from oficina.services.context import Context
from oficina.services.logs import pattern
from oficina.services.logs.api import group_name, logs
from oficina.store.logs import LATE_MS, bad_token, event_id

OLD_MS = 14 * 24 * 3600 * 1000
"""How old an event may be when it is put (API reference of PutLogEvents)."""
MOST = 10_000
"""The most events of one answer (API reference)."""
_TOKEN = re.compile(r"([fb])/(\d{1,56})/s")


@logs.operation
def put_log_events(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Adds events to a stream; those too old or too far ahead are left out and told."""
    group, stream = request["logGroupName"], request["logStreamName"]
    found = ctx.store.logs.stream(ctx.account, ctx.region, group, stream)
    events = [(event["timestamp"], event["message"]) for event in request["logEvents"]]
    if any(second[0] < first[0] for first, second in pairwise(events)):
        raise AwsError(
            "InvalidParameterException",
            "Log events in a single PutLogEvents request must be in chronological order.",
        )
    now = int(ctx.clock.now() * 1000)
    old = sum(at < now - OLD_MS for at, _ in events)
    ahead = sum(at > now + LATE_MS for at, _ in events)
    kept = events[old : len(events) - ahead]
    if kept:
        ctx.store.logs.append(ctx.account, ctx.region, group, stream, kept)
    rejected = {
        "tooOldLogEventEndIndex": old or None,
        "tooNewLogEventStartIndex": len(events) - ahead if ahead else None,
    }
    return {"nextSequenceToken": f"{found.id:056d}", "rejectedLogEventsInfo": rejected}


@logs.operation
def get_log_events(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """The events of a stream; at the end the forward token is the one that was given."""
    stream = ctx.store.logs.stream(ctx.account, ctx.region, group_name(request), request["logStreamName"])
    after, before = _offsets(request.get("nextToken"))
    page = ctx.store.logs.read(
        stream,
        since=request.get("startTime"),
        until=request.get("endTime"),
        after=after,
        before=before,
        newest=not request.get("startFromHead", False),
        limit=request.get("limit", MOST),
    )
    return {
        "events": [
            {"timestamp": event.timestamp, "message": event.message, "ingestionTime": event.timestamp}
            for event in page.events
        ],
        "nextForwardToken": f"f/{page.end:056d}/s",
        "nextBackwardToken": f"b/{page.begin:056d}/s",
    }


def _offsets(token: str | None) -> tuple[int | None, int | None]:
    if token is None:
        return None, None
    found = _TOKEN.fullmatch(token)
    if found is None:
        raise bad_token()
    offset = int(found[2])
    return (offset, None) if found[1] == "f" else (None, offset)


@logs.operation
def filter_log_events(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """Events of a group, of all or some of its streams, in the order of their times, that match a pattern."""
    names, prefix = request.get("logStreamNames"), request.get("logStreamNamePrefix", "")
    if names and prefix:
        raise AwsError(
            "InvalidParameterException",
            "Both logStreamNamePrefix and logStreamNames may not be specified at the same time.",
        )
    group = ctx.store.logs.group(ctx.account, ctx.region, group_name(request))["id"]
    found = ctx.store.logs.search(
        ctx.store.logs.streams_named(group, names, prefix),
        pattern.compile_filter(request.get("filterPattern", "")),
        since=request.get("startTime"),
        until=request.get("endTime"),
        newest=not request.get("startFromHead", True),
        token=request.get("nextToken"),
        limit=request.get("limit", MOST),
    )
    events = [
        {
            "logStreamName": stream.name,
            "timestamp": event.timestamp,
            "message": event.message,
            "ingestionTime": event.timestamp,
            "eventId": event_id(stream, event),
        }
        for stream, event in found.events
    ]
    return {"events": events, "searchedLogStreams": [], "nextToken": found.token}
