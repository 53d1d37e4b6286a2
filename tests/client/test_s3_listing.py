"""Lists of keys: both versions, delimiters, prefixes, pages, encodings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.refusals import refusal

Aws = Callable[..., Any]
KEYS = ["a/1", "a/2", "a/b/3", "b", "c/4", "c//5", "d e+f", "zé", "😀"]


@pytest.fixture
def s3(aws: Aws) -> Any:
    """A client with a bucket named ``b-1`` that has an object for each of ``KEYS``."""
    client = aws("s3")
    client.create_bucket(Bucket="b-1")
    for key in reversed(KEYS):
        client.put_object(Bucket="b-1", Key=key, Body=key.encode())
    return client


def keys(answer: Any) -> list[str]:
    """The keys and, after them, the common prefixes of a page."""
    return [one["Key"] for one in answer.get("Contents", ())] + [
        one["Prefix"] for one in answer.get("CommonPrefixes", ())
    ]


@pytest.mark.parametrize("call", ["list_objects", "list_objects_v2"])
@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, sorted(KEYS, key=str.encode)),
        ({"Prefix": "a/"}, ["a/1", "a/2", "a/b/3"]),
        ({"Delimiter": "/"}, ["b", "d e+f", "zé", "😀", "a/", "c/"]),
        ({"Prefix": "a/", "Delimiter": "/"}, ["a/1", "a/2", "a/b/"]),
        ({"Prefix": "c/", "Delimiter": "/"}, ["c/4", "c//"]),
        ({"Prefix": "c"}, ["c//5", "c/4"]),
        ({"Delimiter": " e"}, ["a/1", "a/2", "a/b/3", "b", "c//5", "c/4", "zé", "😀", "d e"]),
        ({"Prefix": "nothing"}, []),
        ({"Prefix": "a", "Delimiter": "/b/"}, ["a/1", "a/2", "a/b/"]),
    ],
)
def test_a_list_shows_what_it_was_asked_for(
    s3: Any, call: str, asked: dict[str, str], expected: list[str]
) -> None:
    answer = getattr(s3, call)(Bucket="b-1", **asked)
    assert keys(answer) == expected
    assert not answer["IsTruncated"]
    if call == "list_objects_v2":
        assert answer["KeyCount"] == len(expected)


@pytest.mark.parametrize("call", ["list_objects", "list_objects_v2"])
@pytest.mark.parametrize("delimiter", ["", "/"])
@pytest.mark.parametrize("size", [1, 2, 3])
def test_pages_hold_everything_once_and_in_order(s3: Any, call: str, delimiter: str, size: int) -> None:
    pages = list(
        s3.get_paginator(call).paginate(
            Bucket="b-1", Delimiter=delimiter, PaginationConfig={"PageSize": size}
        )
    )
    whole = keys(getattr(s3, call)(Bucket="b-1", Delimiter=delimiter))
    assert sorted(key for page in pages for key in keys(page)) == sorted(whole)
    assert sum(len(keys(page)) for page in pages) == len(whole)
    assert all(len(keys(page)) <= size for page in pages)


def test_a_list_begins_after_a_key(s3: Any) -> None:
    assert keys(s3.list_objects_v2(Bucket="b-1", StartAfter="c"))[0] == "c//5"
    assert keys(s3.list_objects_v2(Bucket="b-1", StartAfter="c/4"))[0] == "d e+f"
    assert keys(s3.list_objects(Bucket="b-1", Marker="b"))[0] == "c//5"
    assert keys(s3.list_objects_v2(Bucket="b-1", StartAfter="a/", Delimiter="/", MaxKeys=1)) == ["b"]


def test_an_empty_page_is_not_truncated(s3: Any) -> None:
    answer = s3.list_objects_v2(Bucket="b-1", MaxKeys=0)
    assert (answer["KeyCount"], answer["IsTruncated"]) == (0, False)
    assert "Contents" not in answer


def test_a_token_that_is_none_is_refused(s3: Any) -> None:
    assert refusal(lambda: s3.list_objects_v2(Bucket="b-1", ContinuationToken="junk"))[:2] == (
        "InvalidArgument",
        "The continuation token provided is incorrect",
    )


def test_an_owner_is_shown_when_asked_for(s3: Any) -> None:
    assert "Owner" not in s3.list_objects_v2(Bucket="b-1")["Contents"][0]
    assert s3.list_objects_v2(Bucket="b-1", FetchOwner=True)["Contents"][0]["Owner"]["ID"]
    assert s3.list_objects(Bucket="b-1")["Contents"][0]["Owner"]["ID"]


def test_a_list_agrees_with_a_head(s3: Any) -> None:
    listed = s3.list_objects_v2(Bucket="b-1", Prefix="b")["Contents"][0]
    head = s3.head_object(Bucket="b-1", Key="b")
    assert (listed["Size"], listed["ETag"], listed["LastModified"]) == (
        head["ContentLength"],
        head["ETag"],
        head["LastModified"],
    )
