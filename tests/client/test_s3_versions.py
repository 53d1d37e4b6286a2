"""Versions and delete markers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.refusals import refusal

Aws = Callable[..., Any]


@pytest.fixture
def s3(aws: Aws) -> Any:
    """A client with a bucket named ``b-1`` that keeps versions."""
    client = aws("s3")
    client.create_bucket(Bucket="b-1")
    client.put_bucket_versioning(Bucket="b-1", VersioningConfiguration={"Status": "Enabled"})
    return client


def put(s3: Any, body: bytes, key: str = "k") -> str:
    """Stores a version and returns its id."""
    return str(s3.put_object(Bucket="b-1", Key=key, Body=body)["VersionId"])


def test_every_put_makes_a_version_that_stays(s3: Any) -> None:
    first, second = put(s3, b"1"), put(s3, b"2")
    assert s3.get_object(Bucket="b-1", Key="k")["VersionId"] == second
    old = s3.get_object(Bucket="b-1", Key="k", VersionId=first)
    assert (old["Body"].read(), old["VersionId"]) == (b"1", first)


def test_a_delete_hides_and_removing_the_marker_shows_again(s3: Any) -> None:
    version = put(s3, b"1")
    marker = s3.delete_object(Bucket="b-1", Key="k")
    assert marker["DeleteMarker"]
    assert refusal(lambda: s3.get_object(Bucket="b-1", Key="k"))[0] == "NoSuchKey"
    assert "Contents" not in s3.list_objects_v2(Bucket="b-1")
    assert s3.get_object(Bucket="b-1", Key="k", VersionId=version)["Body"].read() == b"1"
    assert refusal(lambda: s3.get_object(Bucket="b-1", Key="k", VersionId=marker["VersionId"])) == (
        "MethodNotAllowed",
        "The specified method is not allowed against this resource.",
        405,
    )
    removed = s3.delete_object(Bucket="b-1", Key="k", VersionId=marker["VersionId"])
    assert removed["DeleteMarker"]
    assert s3.get_object(Bucket="b-1", Key="k")["Body"].read() == b"1"


def test_removing_the_newest_version_brings_back_the_one_before(s3: Any) -> None:
    put(s3, b"1")
    s3.delete_object(Bucket="b-1", Key="k", VersionId=put(s3, b"2"))
    assert s3.get_object(Bucket="b-1", Key="k")["Body"].read() == b"1"


def test_versions_are_listed_newest_first_and_in_pages(s3: Any) -> None:
    expected = []
    for key in ("a", "b"):
        expected += [(key, version) for version in reversed([put(s3, b"%d" % n, key) for n in range(3)])]
    marker = s3.delete_object(Bucket="b-1", Key="b")["VersionId"]
    whole = s3.list_object_versions(Bucket="b-1")
    assert [(one["Key"], one["VersionId"]) for one in whole["Versions"]] == expected
    assert [one["VersionId"] for one in whole["DeleteMarkers"]] == [marker]
    assert [one["IsLatest"] for one in whole["Versions"]] == [True, False, False, False, False, False]
    pages = s3.get_paginator("list_object_versions").paginate(Bucket="b-1", PaginationConfig={"PageSize": 2})
    found = [
        (one["Key"], one["VersionId"])
        for page in pages
        for one in page.get("Versions", []) + page.get("DeleteMarkers", [])
    ]
    assert sorted(found) == sorted([*expected, ("b", marker)])


def test_versions_are_folded_by_a_delimiter(s3: Any) -> None:
    for key in ("x/1", "x/2", "y"):
        put(s3, b"", key)
    answer = s3.list_object_versions(Bucket="b-1", Delimiter="/")
    assert [one["Prefix"] for one in answer["CommonPrefixes"]] == ["x/"]
    assert [one["Key"] for one in answer["Versions"]] == ["y"]


def test_suspended_versioning_replaces_only_the_null_version(s3: Any) -> None:
    kept = put(s3, b"kept")
    s3.put_bucket_versioning(Bucket="b-1", VersioningConfiguration={"Status": "Suspended"})
    assert put(s3, b"null 1") == "null"
    put(s3, b"null 2")
    assert s3.get_object(Bucket="b-1", Key="k", VersionId="null")["Body"].read() == b"null 2"
    assert s3.get_object(Bucket="b-1", Key="k", VersionId=kept)["Body"].read() == b"kept"
    assert s3.delete_object(Bucket="b-1", Key="k")["VersionId"] == "null"
    found = s3.list_object_versions(Bucket="b-1")
    assert [one["VersionId"] for one in found["Versions"]] == [kept]
    assert [one["VersionId"] for one in found["DeleteMarkers"]] == ["null"]


def test_what_was_there_before_versioning_is_the_null_version(aws: Aws) -> None:
    s3 = aws("s3")
    s3.create_bucket(Bucket="b-1")
    assert "VersionId" not in s3.put_object(Bucket="b-1", Key="k", Body=b"old")
    s3.put_bucket_versioning(Bucket="b-1", VersioningConfiguration={"Status": "Enabled"})
    put(s3, b"new")
    assert s3.get_object(Bucket="b-1", Key="k", VersionId="null")["Body"].read() == b"old"


def test_a_bucket_with_only_old_versions_is_not_empty(s3: Any) -> None:
    version = put(s3, b"1")
    marker = s3.delete_object(Bucket="b-1", Key="k")["VersionId"]
    assert refusal(lambda: s3.delete_bucket(Bucket="b-1")) == (
        "BucketNotEmpty",
        "The bucket you tried to delete is not empty. You must delete all versions in the bucket.",
        409,
    )
    objects = [{"Key": "k", "VersionId": one} for one in (version, marker)]
    assert len(s3.delete_objects(Bucket="b-1", Delete={"Objects": objects})["Deleted"]) == 2
    s3.delete_bucket(Bucket="b-1")


def test_a_version_that_is_not_there_is_said_as_aws_says_it(s3: Any) -> None:
    put(s3, b"1")
    assert refusal(lambda: s3.get_object(Bucket="b-1", Key="k", VersionId="x" * 32))[:2] == (
        "NoSuchVersion",
        "The specified version does not exist.",
    )
    assert refusal(lambda: s3.get_object(Bucket="b-1", Key="k", VersionId="short"))[:2] == (
        "InvalidArgument",
        "Invalid version id specified",
    )


def test_a_version_is_copied_back_to_be_the_newest(s3: Any) -> None:
    first = put(s3, b"1")
    put(s3, b"2")
    answer = s3.copy_object(
        Bucket="b-1", Key="k", CopySource={"Bucket": "b-1", "Key": "k", "VersionId": first}
    )
    assert answer["CopySourceVersionId"] == first
    assert s3.get_object(Bucket="b-1", Key="k")["Body"].read() == b"1"


def test_tags_belong_to_a_version(s3: Any) -> None:
    first, second = put(s3, b"1"), put(s3, b"2")
    tags = [{"Key": "a", "Value": "1"}]
    s3.put_object_tagging(Bucket="b-1", Key="k", VersionId=first, Tagging={"TagSet": tags})
    assert s3.get_object_tagging(Bucket="b-1", Key="k", VersionId=second)["TagSet"] == []
    assert s3.get_object_tagging(Bucket="b-1", Key="k", VersionId=first)["TagSet"] == tags
