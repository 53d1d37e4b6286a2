"""CloudWatch Logs as boto3 meets it, over a real socket."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

NOW = int(time.time() * 1000)
Logs = Any


@pytest.fixture
def logs(aws: Callable[..., Any]) -> Logs:
    """A client with an empty account."""
    return aws("logs")


@pytest.fixture
def stream(logs: Logs) -> tuple[str, str]:
    """A group and a stream in it."""
    logs.create_log_group(logGroupName="g")
    logs.create_log_stream(logGroupName="g", logStreamName="s")
    return "g", "s"


def put(logs: Logs, *texts: str, stream: str = "s", begin: int = NOW) -> None:
    """Events one millisecond apart."""
    events = [{"timestamp": begin + n, "message": text} for n, text in enumerate(texts)]
    logs.put_log_events(logGroupName="g", logStreamName=stream, logEvents=events)


def texts(answer: dict[str, Any]) -> list[str]:
    """The messages of an answer."""
    return [event["message"] for event in answer["events"]]


def code(failure: pytest.ExceptionInfo[ClientError]) -> tuple[str, str]:
    """The code and the sentence of an error."""
    error = failure.value.response["Error"]
    return error["Code"], error["Message"]


def test_a_missing_group_and_a_missing_stream_are_told_apart(logs: Logs) -> None:
    with pytest.raises(ClientError) as failure:
        logs.describe_log_streams(logGroupName="none")
    assert code(failure) == ("ResourceNotFoundException", "The specified log group does not exist.")
    logs.create_log_group(logGroupName="g")
    with pytest.raises(logs.exceptions.ResourceNotFoundException) as failure:
        logs.get_log_events(logGroupName="g", logStreamName="none")
    assert code(failure) == ("ResourceNotFoundException", "The specified log stream does not exist.")


def test_a_name_that_is_taken_is_refused(logs: Logs, stream: tuple[str, str]) -> None:
    with pytest.raises(logs.exceptions.ResourceAlreadyExistsException):
        logs.create_log_group(logGroupName="g")
    with pytest.raises(logs.exceptions.ResourceAlreadyExistsException):
        logs.create_log_stream(logGroupName="g", logStreamName="s")


def test_the_last_page_of_streams_has_no_token(logs: Logs) -> None:
    logs.create_log_group(logGroupName="g")
    for number in range(5):
        logs.create_log_stream(logGroupName="g", logStreamName=f"job/algo-{number}")
    logs.create_log_stream(logGroupName="g", logStreamName="other/algo-1")
    first = logs.describe_log_streams(
        logGroupName="g", logStreamNamePrefix="job/", orderBy="LogStreamName", limit=3
    )
    assert [one["logStreamName"] for one in first["logStreams"]] == ["job/algo-0", "job/algo-1", "job/algo-2"]
    second = logs.describe_log_streams(
        logGroupName="g", logStreamNamePrefix="job/", limit=3, nextToken=first["nextToken"]
    )
    assert [one["logStreamName"] for one in second["logStreams"]] == ["job/algo-3", "job/algo-4"]
    assert "nextToken" not in second


def test_a_page_of_streams_that_just_fits_has_no_token(logs: Logs, stream: tuple[str, str]) -> None:
    assert "nextToken" not in logs.describe_log_streams(logGroupName="g", limit=1)


def test_streams_are_ordered_by_their_last_event(logs: Logs, stream: tuple[str, str]) -> None:
    logs.create_log_stream(logGroupName="g", logStreamName="a")
    put(logs, "late", begin=NOW)
    put(logs, "early", stream="a", begin=NOW - 5000)
    for descending, expected in ((True, ["s", "a"]), (False, ["a", "s"])):
        answer = logs.describe_log_streams(logGroupName="g", orderBy="LastEventTime", descending=descending)
        assert [one["logStreamName"] for one in answer["logStreams"]] == expected
    assert answer["logStreams"][1]["lastEventTimestamp"] == NOW


def test_the_forward_token_repeats_at_the_end(logs: Logs, stream: tuple[str, str]) -> None:
    put(logs, "one", "two", "three")
    first = logs.get_log_events(logGroupName="g", logStreamName="s", startFromHead=True, limit=2)
    assert texts(first) == ["one", "two"]
    token = first["nextForwardToken"]
    second = logs.get_log_events(logGroupName="g", logStreamName="s", nextToken=token, startFromHead=True)
    assert texts(second) == ["three"]
    token = second["nextForwardToken"]
    for _ in range(2):
        end = logs.get_log_events(logGroupName="g", logStreamName="s", nextToken=token, startFromHead=True)
        assert (texts(end), end["nextForwardToken"]) == ([], token)
    put(logs, "four", begin=NOW + 10)
    more = logs.get_log_events(logGroupName="g", logStreamName="s", nextToken=token, startFromHead=True)
    assert texts(more) == ["four"]


def test_without_a_direction_the_newest_events_come(logs: Logs, stream: tuple[str, str]) -> None:
    put(logs, "one", "two", "three")
    last = logs.get_log_events(logGroupName="g", logStreamName="s", limit=2)
    assert texts(last) == ["two", "three"]
    before = logs.get_log_events(logGroupName="g", logStreamName="s", nextToken=last["nextBackwardToken"])
    assert texts(before) == ["one"]
    head = logs.get_log_events(logGroupName="g", logStreamName="s", nextToken=before["nextBackwardToken"])
    assert (texts(head), head["nextBackwardToken"]) == ([], before["nextBackwardToken"])


def test_times_limit_what_is_read(logs: Logs, stream: tuple[str, str]) -> None:
    put(logs, *(str(number) for number in range(3000)))
    answer = logs.get_log_events(
        logGroupName="g", logStreamName="s", startTime=NOW + 1500, endTime=NOW + 1503, startFromHead=True
    )
    assert texts(answer) == ["1500", "1501", "1502"]


def test_a_message_with_lines_and_returns_comes_back_as_it_was(logs: Logs, stream: tuple[str, str]) -> None:
    text = "first\nsecond\r\nthird\t\\n ção"
    put(logs, text, "next")
    answer = logs.get_log_events(logGroupName="g", logStreamName="s", startFromHead=True)
    assert texts(answer) == [text, "next"]


def test_events_put_out_of_order_are_read_in_order(logs: Logs, stream: tuple[str, str]) -> None:
    put(logs, "later", begin=NOW)
    put(logs, "earlier", begin=NOW - 1000)
    answer = logs.get_log_events(logGroupName="g", logStreamName="s", startFromHead=True)
    assert texts(answer) == ["earlier", "later"]


def test_a_batch_that_goes_back_in_time_is_refused(logs: Logs, stream: tuple[str, str]) -> None:
    events = [{"timestamp": NOW, "message": "a"}, {"timestamp": NOW - 1, "message": "b"}]
    with pytest.raises(ClientError) as failure:
        logs.put_log_events(logGroupName="g", logStreamName="s", logEvents=events)
    assert code(failure)[0] == "InvalidParameterException"
    assert "chronological order" in code(failure)[1]


def test_events_that_are_too_old_are_told_and_left_out(logs: Logs, stream: tuple[str, str]) -> None:
    events = [{"timestamp": 1_000, "message": "old"}, {"timestamp": NOW, "message": "new"}]
    answer = logs.put_log_events(logGroupName="g", logStreamName="s", logEvents=events)
    assert answer["rejectedLogEventsInfo"] == {"tooOldLogEventEndIndex": 1}
    assert texts(logs.get_log_events(logGroupName="g", logStreamName="s")) == ["new"]


def test_a_search_goes_through_streams_in_the_order_of_time(logs: Logs, stream: tuple[str, str]) -> None:
    logs.create_log_stream(logGroupName="g", logStreamName="t")
    put(logs, "a ERROR", "c fine", "e ERROR", begin=NOW)
    put(logs, "b ERROR", "d ERROR slow", stream="t", begin=NOW)
    pages = logs.get_paginator("filter_log_events").paginate(
        logGroupName="g", filterPattern="ERROR -slow", PaginationConfig={"PageSize": 1}
    )
    found = [(one["logStreamName"], one["message"]) for page in pages for one in page["events"]]
    assert found == [("s", "a ERROR"), ("t", "b ERROR"), ("s", "e ERROR")]
    narrow = logs.filter_log_events(logGroupName="g", logStreamNames=["t"], startTime=NOW + 1)
    assert texts(narrow) == ["d ERROR slow"]


def test_a_search_may_begin_with_the_newest(logs: Logs, stream: tuple[str, str]) -> None:
    logs.create_log_stream(logGroupName="g", logStreamName="t")
    put(logs, "a", "c", "e", begin=NOW)
    put(logs, "b", "d", stream="t", begin=NOW)
    pages = logs.get_paginator("filter_log_events").paginate(
        logGroupName="g", startFromHead=False, startTime=NOW, PaginationConfig={"PageSize": 2}
    )
    assert [texts(page) for page in pages] == [["e", "d"], ["c", "b"], ["a"]]
    newer = logs.filter_log_events(logGroupName="g", startFromHead=False, startTime=NOW + 1, endTime=NOW + 2)
    assert texts(newer) == ["d", "c"]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ('"two words"', ["two words here"]),
        ("?alpha ?two", ["alpha", "two words here"]),
        ("%^al.*a$%", ["alpha"]),
        ("", ["alpha", "two words here"]),
    ],
)
def test_a_pattern_chooses_messages(
    logs: Logs, stream: tuple[str, str], pattern: str, expected: list[str]
) -> None:
    put(logs, "alpha", "two words here")
    assert texts(logs.filter_log_events(logGroupName="g", filterPattern=pattern)) == expected


def test_a_pattern_for_json_is_refused_by_name(logs: Logs, stream: tuple[str, str]) -> None:
    with pytest.raises(ClientError) as failure:
        logs.filter_log_events(logGroupName="g", filterPattern="{ $.a = 1 }")
    assert code(failure)[0] == "InvalidParameterException"


def test_a_hostile_pattern_does_not_hang_the_server(logs: Logs, stream: tuple[str, str]) -> None:
    put(logs, "a" * 5000 + "!")
    with pytest.raises(ClientError) as failure:
        logs.filter_log_events(logGroupName="g", filterPattern="%^(a|aa)+$%")
    assert "takes longer" in code(failure)[1]


def test_groups_are_listed_by_prefix_with_what_they_keep(logs: Logs) -> None:
    for name in ("/aws/sagemaker/TrainingJobs", "/aws/sagemaker/ProcessingJobs", "mine"):
        logs.create_log_group(logGroupName=name, tags={"team": "a"})
    logs.put_retention_policy(logGroupName="mine", retentionInDays=7)
    pages = logs.get_paginator("describe_log_groups").paginate(
        logGroupNamePrefix="/aws/", PaginationConfig={"PageSize": 1}
    )
    names = [group["logGroupName"] for page in pages for group in page["logGroups"]]
    assert names == ["/aws/sagemaker/ProcessingJobs", "/aws/sagemaker/TrainingJobs"]
    mine = logs.describe_log_groups(logGroupNamePattern="MIN")["logGroups"][0]
    assert mine["retentionInDays"] == 7
    assert mine["arn"].endswith(":log-group:mine:*")
    assert logs.list_tags_log_group(logGroupName="mine")["tags"] == {"team": "a"}
    logs.tag_resource(resourceArn=mine["logGroupArn"], tags={"more": "b"})
    assert logs.list_tags_for_resource(resourceArn=mine["logGroupArn"])["tags"] == {"team": "a", "more": "b"}


def test_a_deleted_group_takes_its_streams_along(logs: Logs, stream: tuple[str, str]) -> None:
    put(logs, "gone")
    logs.delete_log_group(logGroupName="g")
    logs.create_log_group(logGroupName="g")
    assert logs.describe_log_streams(logGroupName="g")["logStreams"] == []
