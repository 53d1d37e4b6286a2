"""If-Match and its kin, for reading, writing and copying."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.refusals import refusal

Aws = Callable[..., Any]
LATER = datetime.now(UTC) + timedelta(days=1)
EARLIER = datetime.now(UTC) - timedelta(days=1)
ETAG = '"8d777f385d3dfec8815d20f7496026dc"'  # of b"data"


@pytest.fixture
def s3(aws: Aws) -> Any:
    """A client with a bucket named ``b-1`` that has an object ``k``."""
    client = aws("s3")
    client.create_bucket(Bucket="b-1")
    client.put_object(Bucket="b-1", Key="k", Body=b"data")
    return client


@pytest.mark.parametrize("call", ["get_object", "head_object"])
@pytest.mark.parametrize(
    ("conditions", "status"),
    [
        ({"IfMatch": ETAG}, 200),
        ({"IfMatch": '"other"'}, 412),
        ({"IfMatch": "*"}, 200),
        ({"IfNoneMatch": ETAG}, 304),
        ({"IfNoneMatch": '"other"'}, 200),
        ({"IfModifiedSince": EARLIER}, 200),
        ({"IfModifiedSince": LATER}, 304),
        ({"IfUnmodifiedSince": LATER}, 200),
        ({"IfUnmodifiedSince": EARLIER}, 412),
        ({"IfMatch": ETAG, "IfUnmodifiedSince": EARLIER}, 200),
        ({"IfNoneMatch": '"other"', "IfModifiedSince": LATER}, 200),
        ({"IfNoneMatch": ETAG, "IfModifiedSince": EARLIER}, 304),
    ],
)
def test_a_read_is_answered_as_its_conditions_say(
    s3: Any, call: str, conditions: dict[str, Any], status: int
) -> None:
    try:
        answer = getattr(s3, call)(Bucket="b-1", Key="k", **conditions)
    except ClientError as error:
        answer = error.response
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == status
    if status == 304:
        assert answer["ResponseMetadata"]["HTTPHeaders"]["etag"] == ETAG
    # The connection is still in step.
    assert s3.get_object(Bucket="b-1", Key="k")["Body"].read() == b"data"


def test_a_put_that_must_make_something_new_does_not_replace(s3: Any) -> None:
    assert refusal(lambda: s3.put_object(Bucket="b-1", Key="k", Body=b"x", IfNoneMatch="*")) == (
        "PreconditionFailed",
        "At least one of the pre-conditions you specified did not hold",
        412,
    )
    s3.put_object(Bucket="b-1", Key="new", Body=b"x", IfNoneMatch="*")
    assert s3.get_object(Bucket="b-1", Key="k")["Body"].read() == b"data"


def test_a_put_that_must_replace_what_was_seen_replaces_only_that(s3: Any) -> None:
    assert (
        refusal(lambda: s3.put_object(Bucket="b-1", Key="k", Body=b"x", IfMatch='"other"'))[0]
        == "PreconditionFailed"
    )
    assert refusal(lambda: s3.put_object(Bucket="b-1", Key="no", Body=b"x", IfMatch=ETAG))[0] == "NoSuchKey"
    s3.put_object(Bucket="b-1", Key="k", Body=b"x", IfMatch=ETAG)
    assert s3.get_object(Bucket="b-1", Key="k")["Body"].read() == b"x"


def test_of_many_puts_at_once_that_must_make_something_new_one_does(s3: Any, aws: Aws) -> None:
    outcomes: list[int] = []

    def put(client: Any, number: int) -> None:
        try:
            client.put_object(Bucket="b-1", Key="race", Body=b"%d" % number, IfNoneMatch="*")
            outcomes.append(200)
        except ClientError as error:
            outcomes.append(error.response["ResponseMetadata"]["HTTPStatusCode"])

    # Clients are made here: boto3's session does not let several threads make some at once.
    threads = [threading.Thread(target=put, args=(aws("s3"), number)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == [200, 412, 412, 412, 412, 412]


@pytest.mark.parametrize(
    ("conditions", "status"),
    [
        ({"CopySourceIfMatch": ETAG}, 200),
        ({"CopySourceIfMatch": '"other"'}, 412),
        ({"CopySourceIfNoneMatch": ETAG}, 412),
        ({"CopySourceIfModifiedSince": LATER}, 200),
        ({"CopySourceIfModifiedSince": EARLIER}, 200),
        ({"CopySourceIfUnmodifiedSince": EARLIER}, 412),
        ({"CopySourceIfUnmodifiedSince": LATER}, 200),
    ],
)
def test_a_copy_is_made_as_its_conditions_say(s3: Any, conditions: dict[str, Any], status: int) -> None:
    try:
        answer = s3.copy_object(Bucket="b-1", Key="c", CopySource={"Bucket": "b-1", "Key": "k"}, **conditions)
    except ClientError as error:
        answer = error.response
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == status


def test_a_copy_of_what_has_not_changed_since_it_was_seen_is_not_made(s3: Any) -> None:
    seen = s3.head_object(Bucket="b-1", Key="k")["LastModified"]
    copy = {"Bucket": "b-1", "Key": "c", "CopySource": "b-1/k", "CopySourceIfModifiedSince": seen}
    assert refusal(lambda: s3.copy_object(**copy))[2] == 412
    del copy["CopySourceIfModifiedSince"]
    s3.copy_object(**copy, CopySourceIfUnmodifiedSince=seen)


def test_the_time_that_an_object_tells_is_that_of_its_change(s3: Any) -> None:
    name = {"Bucket": "b-1", "Key": "k"}
    seen = s3.head_object(**name)["LastModified"]
    assert refusal(lambda: s3.get_object(**name, IfModifiedSince=seen))[2] == 304
    assert s3.get_object(**name, IfUnmodifiedSince=seen)["LastModified"] == seen


def test_a_delete_of_what_was_seen_deletes_only_that(s3: Any) -> None:
    assert (
        refusal(lambda: s3.delete_object(Bucket="b-1", Key="k", IfMatch='"other"'))[0] == "PreconditionFailed"
    )
    s3.delete_object(Bucket="b-1", Key="k", IfMatch=ETAG)
    assert refusal(lambda: s3.head_object(Bucket="b-1", Key="k"))[2] == 404
