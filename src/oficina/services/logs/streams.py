"""Log streams."""

from __future__ import annotations

from typing import Any

from oficina.errors import AwsError
from oficina.services.context import Context
from oficina.services.logs.api import group_name, logs, pack, unpack
from oficina.store import loglines
from oficina.store.logs import Stream, bad_token

PAGE = 50
"""What DescribeLogStreams answers when no limit is given (API reference)."""


@logs.operation
def create_log_stream(ctx: Context, request: dict[str, Any]) -> None:
    """Makes a stream."""
    made = ctx.store.logs.create_stream(
        ctx.account, ctx.region, request["logGroupName"], request["logStreamName"]
    )
    if not made:
        raise AwsError("ResourceAlreadyExistsException", "The specified log stream already exists")


@logs.operation
def delete_log_stream(ctx: Context, request: dict[str, Any]) -> None:
    """Forgets a stream and its events."""
    ctx.store.logs.delete_stream(ctx.account, ctx.region, request["logGroupName"], request["logStreamName"])


@logs.operation
def describe_log_streams(ctx: Context, request: dict[str, Any]) -> dict[str, Any]:
    """The streams of a group by name or by their last event.

    There is no token when nothing is left: SDK v2 asks again as long as there is one
    (contracts, clients-and-wire §4.1).
    """
    name = group_name(request)
    group = ctx.store.logs.group(ctx.account, ctx.region, name)["id"]
    limit, descending = request.get("limit", PAGE), request.get("descending", False)
    if request.get("orderBy") == "LastEventTime":
        found, token = _by_time(ctx, group, request, descending, limit)
    else:
        found = ctx.store.logs.streams_by_name(
            group,
            request.get("logStreamNamePrefix", ""),
            unpack(request.get("nextToken")),
            descending,
            limit + 1,
        )
        token = pack(found[limit - 1].name) if len(found) > limit else None
    shown = [_shown(ctx, name, stream) for stream in found[:limit]]
    return {"logStreams": shown, "nextToken": token}


def _by_time(
    ctx: Context, group: int, request: dict[str, Any], descending: bool, limit: int
) -> tuple[list[Stream], str | None]:
    if request.get("logStreamNamePrefix"):
        raise AwsError(
            "InvalidParameterException", "Cannot order by LastEventTime with a logStreamNamePrefix."
        )
    text = unpack(request.get("nextToken")) or "0"
    if not text.isdigit():
        raise bad_token()
    skip = int(text)
    found = ctx.store.logs.streams_by_time(group, descending, skip, limit + 1)
    return found, pack(str(skip + limit)) if len(found) > limit else None


def _shown(ctx: Context, group: str, stream: Stream) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "logStreamName": stream.name,
        "creationTime": stream.created,
        "arn": ctx.arn("logs", f"log-group:{group}:log-stream:{stream.name}"),
        "uploadSequenceToken": f"{stream.id:056d}",
        "storedBytes": 0,  # always 0 since 2019 (API reference of LogStream)
    }
    ends = ctx.store.logs.ends(stream)
    if ends is not None:
        shown["firstEventTimestamp"], shown["lastEventTimestamp"] = ends
        shown["lastIngestionTime"] = loglines.written(stream.path)
    return shown
