"""Objects of the archive's storage classes: told of, and read once they are restored."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import pytest

from tests.refusals import refusal

Aws = Callable[..., Any]
ARCHIVED = ("InvalidObjectState", "The operation is not valid for the object's storage class", 403)


@pytest.fixture
def s3(aws: Aws) -> Any:
    """A client with a bucket named ``b-1``."""
    client = aws("s3")
    client.create_bucket(Bucket="b-1")
    return client


@pytest.mark.parametrize("storage", ["GLACIER", "DEEP_ARCHIVE"])
def test_an_archived_object_is_read_once_it_is_restored(s3: Any, storage: str) -> None:
    where = {"Bucket": "b-1", "Key": "old.csv"}
    s3.put_object(**where, Body=b"1,2\n", StorageClass=storage)

    assert refusal(lambda: s3.get_object(**where)) == ARCHIVED
    told = s3.head_object(**where)
    assert (told["StorageClass"], told["ContentLength"], "Restore" in told) == (storage, 4, False)
    copy = {"Bucket": "b-1", "Key": "new.csv", "CopySource": where}
    assert refusal(lambda: s3.copy_object(**copy)) == (
        "InvalidObjectState",
        "Operation is not valid for the source object's storage class",
        403,
    )

    days = {"Days": 2, "GlacierJobParameters": {"Tier": "Standard"}}
    before = datetime.now(UTC)
    first = s3.restore_object(**where, RestoreRequest=days)
    again = s3.restore_object(**where, RestoreRequest=days)
    assert [one["ResponseMetadata"]["HTTPStatusCode"] for one in (first, again)] == [202, 200]

    found = s3.get_object(**where)
    assert (found["Body"].read(), found["StorageClass"]) == (b"1,2\n", storage)
    state = re.fullmatch(r'ongoing-request="false", expiry-date="(.* 00:00:00 GMT)"', found["Restore"])
    assert state is not None
    left = parsedate_to_datetime(state[1]) - before
    assert timedelta(days=2) < left <= timedelta(days=3, minutes=5)
    assert s3.head_object(**where)["Restore"] == found["Restore"]
    s3.copy_object(**copy)
    assert s3.get_object(Bucket="b-1", Key="new.csv")["Body"].read() == b"1,2\n"


@pytest.mark.parametrize("storage", ["STANDARD", "GLACIER_IR", "STANDARD_IA"])
def test_what_is_not_in_the_archive_is_read_at_once_and_not_restored(s3: Any, storage: str) -> None:
    where = {"Bucket": "b-1", "Key": "k"}
    s3.put_object(**where, Body=b"x", StorageClass=storage)

    assert s3.get_object(**where)["Body"].read() == b"x"
    assert refusal(lambda: s3.restore_object(**where, RestoreRequest={"Days": 1})) == (
        "InvalidObjectState",
        "Restore is not allowed for the object's current storage class",
        403,
    )


@pytest.mark.parametrize("asked", [{}, {"Days": 0}, {"Days": 1, "Tier": "Soon"}])
def test_a_restoration_says_for_how_many_days(s3: Any, asked: dict[str, Any]) -> None:
    where = {"Bucket": "b-1", "Key": "k"}
    s3.put_object(**where, StorageClass="GLACIER")

    assert refusal(lambda: s3.restore_object(**where, RestoreRequest=asked))[0] == "MalformedXML"
