"""Objects through boto3: put, get with ranges, head, copy, delete, tags, metadata."""

from __future__ import annotations

import email.header
import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.refusals import refusal

Aws = Callable[..., Any]
KEYS = [
    "plain.txt",
    "a b/c+d/é~*'().txt",
    "//double//slash/",
    "percent%41%2F.txt",
    'quotes"<&>.xml',
    "emoji-😀",
    "?query=1&more#fragment",
    "./dot/../dots",
    "tab\tand\nnewline",
]


@pytest.fixture
def s3(aws: Aws) -> Any:
    """A client with a bucket named ``b-1``."""
    client = aws("s3")
    client.create_bucket(Bucket="b-1")
    return client


@pytest.mark.parametrize("key", KEYS)
def test_any_key_is_kept_letter_by_letter(s3: Any, key: str) -> None:
    s3.put_object(Bucket="b-1", Key=key, Body=key.encode())
    assert s3.get_object(Bucket="b-1", Key=key)["Body"].read() == key.encode()
    assert [one["Key"] for one in s3.list_objects_v2(Bucket="b-1")["Contents"]] == [key]
    assert [one["Key"] for one in s3.list_objects_v2(Bucket="b-1", Prefix=key)["Contents"]] == [key]
    s3.copy_object(Bucket="b-1", Key="copy", CopySource={"Bucket": "b-1", "Key": key})
    assert s3.get_object(Bucket="b-1", Key="copy")["Body"].read() == key.encode()
    s3.delete_objects(Bucket="b-1", Delete={"Objects": [{"Key": key}]})
    assert [one["Key"] for one in s3.list_objects_v2(Bucket="b-1")["Contents"]] == ["copy"]


def test_an_object_comes_back_with_all_that_was_said_of_it(s3: Any) -> None:
    said = {
        "CacheControl": "no-cache",
        "ContentDisposition": 'attachment; filename="x"',
        "ContentEncoding": "gzip",
        "ContentLanguage": "pt-BR",
        "ContentType": "text/csv",
        "Expires": datetime(2030, 1, 1, tzinfo=UTC),
        "Metadata": {"alpha": "1", "Beta": "two words"},
        "StorageClass": "STANDARD_IA",
        "WebsiteRedirectLocation": "/elsewhere",
        "Tagging": "a=1&b=%20x",
    }
    before = datetime.now(UTC).replace(microsecond=0)
    put = s3.put_object(Bucket="b-1", Key="k", Body=b"data", **said)
    assert put["ETag"] == f'"{hashlib.md5(b"data").hexdigest()}"'
    for answer in (s3.get_object(Bucket="b-1", Key="k"), s3.head_object(Bucket="b-1", Key="k")):
        for name in ("CacheControl", "ContentDisposition", "ContentEncoding", "ContentLanguage"):
            assert answer[name] == said[name]
        assert answer["ContentType"] == "text/csv"
        assert answer["Metadata"] == {"alpha": "1", "beta": "two words"}
        assert answer["StorageClass"] == "STANDARD_IA"
        assert answer["WebsiteRedirectLocation"] == "/elsewhere"
        assert answer["Expires"] == said["Expires"]
        assert (answer["ContentLength"], answer["TagCount"], answer["ETag"]) == (4, 2, put["ETag"])
        assert (
            before <= answer["LastModified"] <= datetime.now(UTC) + timedelta(seconds=1)
        )  # in whole seconds
        assert answer["ServerSideEncryption"] == "AES256"


@pytest.mark.parametrize(
    ("asked", "expected", "shown"),
    [
        ("bytes=0-0", b"0", "bytes 0-0/10"),
        ("bytes=2-4", b"234", "bytes 2-4/10"),
        ("bytes=7-", b"789", "bytes 7-9/10"),
        ("bytes=-2", b"89", "bytes 8-9/10"),
        ("bytes=-20", b"0123456789", "bytes 0-9/10"),
        ("bytes=5-100", b"56789", "bytes 5-9/10"),
    ],
)
def test_a_range_of_the_bytes(s3: Any, asked: str, expected: bytes, shown: str) -> None:
    s3.put_object(Bucket="b-1", Key="k", Body=b"0123456789")
    answer = s3.get_object(Bucket="b-1", Key="k", Range=asked)
    assert answer["Body"].read() == expected
    assert answer["ContentRange"] == shown
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 206
    assert s3.head_object(Bucket="b-1", Key="k", Range=asked)["ContentLength"] == len(expected)


@pytest.mark.parametrize("asked", ["bytes=5-2", "lines=1-2", "bytes=x", "bytes=0-1,3-4"])
def test_a_range_that_is_none_is_ignored(s3: Any, asked: str) -> None:
    s3.put_object(Bucket="b-1", Key="k", Body=b"0123456789")
    answer = s3.get_object(Bucket="b-1", Key="k", Range=asked)
    assert answer["Body"].read() == b"0123456789"
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200


def test_a_range_past_the_end_is_refused(s3: Any) -> None:
    s3.put_object(Bucket="b-1", Key="k", Body=b"0123456789")
    assert refusal(lambda: s3.get_object(Bucket="b-1", Key="k", Range="bytes=10-")) == (
        "InvalidRange",
        "The requested range is not satisfiable",
        416,
    )


def test_the_answers_headers_can_be_chosen(s3: Any) -> None:
    s3.put_object(Bucket="b-1", Key="k", Body=b"x", ContentType="text/plain")
    answer = s3.get_object(
        Bucket="b-1",
        Key="k",
        ResponseContentType="text/csv",
        ResponseContentDisposition="attachment; filename=\r\nX-Forged: 1",
    )
    assert answer["ContentType"] == "text/csv"
    assert "x-forged" not in answer["ResponseMetadata"]["HTTPHeaders"]


def test_metadata_that_is_not_ascii_comes_back_as_s3_gives_it(s3: Any) -> None:
    s3.put_object(Bucket="b-1", Key="k", Body=b"", Metadata={"city": "=?UTF-8?B?U8OjbyBQYXVsbw==?="})
    found = s3.head_object(Bucket="b-1", Key="k")["Metadata"]["city"]
    assert found.lower().startswith("=?utf-8?")
    assert str(email.header.make_header(email.header.decode_header(found))) == "São Paulo"


def test_metadata_may_not_be_larger_than_two_kilobytes(s3: Any) -> None:
    assert (
        refusal(lambda: s3.put_object(Bucket="b-1", Key="k", Body=b"", Metadata={"x": "y" * 2048}))[0]
        == "MetadataTooLarge"
    )


def test_what_is_not_there_is_said_as_aws_says_it(s3: Any) -> None:
    assert refusal(lambda: s3.get_object(Bucket="b-1", Key="no")) == (
        "NoSuchKey",
        "The specified key does not exist.",
        404,
    )
    assert refusal(lambda: s3.head_object(Bucket="b-1", Key="no")) == ("404", "Not Found", 404)
    assert refusal(lambda: s3.get_object(Bucket="no-bucket", Key="no")) == (
        "NoSuchBucket",
        "The specified bucket does not exist",
        404,
    )
    assert s3.delete_object(Bucket="b-1", Key="no")["ResponseMetadata"]["HTTPStatusCode"] == 204


def test_a_key_may_not_be_longer_than_1024_bytes(s3: Any) -> None:
    s3.put_object(Bucket="b-1", Key="k" * 1024, Body=b"")
    assert refusal(lambda: s3.put_object(Bucket="b-1", Key="é" * 513, Body=b""))[0] == "KeyTooLongError"


def test_a_thousand_keys_are_deleted_at_once_and_quietly(s3: Any) -> None:
    keys = [{"Key": f"k{number}"} for number in range(1000)]
    for one in keys[:20]:
        s3.put_object(Bucket="b-1", Body=b"", **one)
    answer = s3.delete_objects(Bucket="b-1", Delete={"Objects": keys[:20]})
    assert len(answer["Deleted"]) == 20
    assert "Deleted" not in s3.delete_objects(Bucket="b-1", Delete={"Objects": keys, "Quiet": True})
    assert "Contents" not in s3.list_objects_v2(Bucket="b-1")
    too_many = {"Objects": [*keys, {"Key": "more"}]}
    assert refusal(lambda: s3.delete_objects(Bucket="b-1", Delete=too_many))[0] == "MalformedXML"


def test_a_copy_takes_headers_and_tags_along_unless_they_are_replaced(s3: Any) -> None:
    s3.put_object(
        Bucket="b-1", Key="k", Body=b"data", ContentType="text/csv", Metadata={"a": "1"}, Tagging="t=1"
    )
    source = {"Bucket": "b-1", "Key": "k"}
    s3.copy_object(Bucket="b-1", Key="same", CopySource=source)
    s3.copy_object(
        Bucket="b-1",
        Key="other",
        CopySource=source,
        MetadataDirective="REPLACE",
        Metadata={"b": "2"},
        TaggingDirective="REPLACE",
        Tagging="u=2",
    )
    same, other = (s3.get_object(Bucket="b-1", Key=key) for key in ("same", "other"))
    assert (same["ContentType"], same["Metadata"], same["Body"].read()) == ("text/csv", {"a": "1"}, b"data")
    assert (other["ContentType"], other["Metadata"]) == ("binary/octet-stream", {"b": "2"})
    assert s3.get_object_tagging(Bucket="b-1", Key="same")["TagSet"] == [{"Key": "t", "Value": "1"}]
    assert s3.get_object_tagging(Bucket="b-1", Key="other")["TagSet"] == [{"Key": "u", "Value": "2"}]
    s3.delete_object(Bucket="b-1", Key="k")
    assert s3.get_object(Bucket="b-1", Key="other")["Body"].read() == b"data"


def test_an_object_is_not_copied_to_itself_without_a_change(s3: Any) -> None:
    s3.put_object(Bucket="b-1", Key="k", Body=b"data")
    source = {"Bucket": "b-1", "Key": "k"}
    assert refusal(lambda: s3.copy_object(Bucket="b-1", Key="k", CopySource=source))[0] == "InvalidRequest"
    s3.copy_object(Bucket="b-1", Key="k", CopySource=source, MetadataDirective="REPLACE", Metadata={"x": "1"})
    assert s3.get_object(Bucket="b-1", Key="k")["Body"].read() == b"data"


def test_a_copy_can_be_given_another_kind_of_checksum(s3: Any) -> None:
    s3.put_object(Bucket="b-1", Key="k", Body=b"hello")
    answer = s3.copy_object(
        Bucket="b-1", Key="c", CopySource={"Bucket": "b-1", "Key": "k"}, ChecksumAlgorithm="SHA256"
    )
    assert answer["CopyObjectResult"]["ChecksumSHA256"] == "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ="


def test_tags_are_set_read_and_removed(s3: Any) -> None:
    s3.put_object(Bucket="b-1", Key="k", Body=b"")
    assert s3.get_object_tagging(Bucket="b-1", Key="k")["TagSet"] == []
    tags = [{"Key": "sagemaker:studio-visibility", "Value": "true"}, {"Key": "empty", "Value": ""}]
    s3.put_object_tagging(Bucket="b-1", Key="k", Tagging={"TagSet": tags})
    assert s3.get_object_tagging(Bucket="b-1", Key="k")["TagSet"] == tags
    s3.delete_object_tagging(Bucket="b-1", Key="k")
    assert s3.get_object_tagging(Bucket="b-1", Key="k")["TagSet"] == []


@pytest.mark.parametrize(
    ("tags", "code"),
    [
        ([{"Key": f"k{number}", "Value": ""} for number in range(11)], "BadRequest"),
        ([{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}], "InvalidTag"),
        ([{"Key": "k" * 129, "Value": ""}], "InvalidTag"),
        ([{"Key": "k", "Value": "v" * 257}], "InvalidTag"),
        ([{"Key": "aws:x", "Value": ""}], "InvalidTag"),
    ],
)
def test_tags_that_aws_refuses_are_refused(s3: Any, tags: list[dict[str, str]], code: str) -> None:
    s3.put_object(Bucket="b-1", Key="k", Body=b"")
    assert refusal(lambda: s3.put_object_tagging(Bucket="b-1", Key="k", Tagging={"TagSet": tags}))[0] == code


def test_attributes_are_those_that_were_asked_for(s3: Any) -> None:
    s3.put_object(Bucket="b-1", Key="k", Body=b"hello", ChecksumAlgorithm="SHA256")
    answer = s3.get_object_attributes(
        Bucket="b-1", Key="k", ObjectAttributes=["ETag", "ObjectSize", "Checksum", "StorageClass"]
    )
    assert answer["ETag"] == hashlib.md5(b"hello").hexdigest()
    assert answer["ObjectSize"] == 5
    assert answer["StorageClass"] == "STANDARD"
    assert answer["Checksum"]["ChecksumSHA256"] == "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ="


def test_a_reader_sees_the_old_object_whole_while_it_is_replaced(s3: Any) -> None:
    s3.put_object(Bucket="b-1", Key="k", Body=b"a" * 20_000_000)
    reading = s3.get_object(Bucket="b-1", Key="k")["Body"]
    begun = reading.read(1000)
    s3.put_object(Bucket="b-1", Key="k", Body=b"b" * 20_000_000)
    assert set(begun + reading.read()) == {ord("a")}
    s3.delete_object(Bucket="b-1", Key="k")


def test_an_object_with_a_customers_key_is_read_with_that_key_alone(s3: Any) -> None:
    mine = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": "k" * 32}
    other = {**mine, "SSECustomerKey": "o" * 32}
    name = {"Bucket": "b-1", "Key": "locked"}
    assert s3.put_object(**name, Body=b"x", **mine)["SSECustomerAlgorithm"] == "AES256"
    assert s3.get_object(**name, **mine)["Body"].read() == b"x"
    assert refusal(lambda: s3.get_object(**name))[:2] == (
        "InvalidRequest",
        "The object was stored using a form of Server Side Encryption. The correct parameters must be "
        "provided to retrieve the object.",
    )
    assert refusal(lambda: s3.get_object(**name, **other))[2] == 403
    assert refusal(lambda: s3.head_object(**name))[2] == 400
    copy = {"Bucket": "b-1", "Key": "copy", "CopySource": "b-1/locked"}
    assert refusal(lambda: s3.copy_object(**copy))[0] == "InvalidRequest"
    s3.copy_object(**copy, **{f"CopySource{member}": value for member, value in mine.items()})
    assert s3.get_object(Bucket="b-1", Key="copy")["Body"].read() == b"x"
    assert "not applicable" in refusal(lambda: s3.get_object(Bucket="b-1", Key="copy", **mine))[1]


@pytest.mark.parametrize(
    ("key", "sentence"),
    [
        ({"SSECustomerAlgorithm": "AES256"}, "must provide an appropriate secret key"),
        ({"SSECustomerAlgorithm": "AES256", "SSECustomerKey": "short"}, "The secret key was invalid"),
        (
            {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": "k" * 32, "ServerSideEncryption": "AES256"},
            "is incompatible with the encryption method specified",
        ),
    ],
    ids=["none", "short", "two"],
)
def test_a_customers_key_that_cannot_be_is_refused(s3: Any, key: dict[str, str], sentence: str) -> None:
    code, told, _ = refusal(lambda: s3.put_object(Bucket="b-1", Key="k", Body=b"x", **key))
    assert code == "InvalidArgument"
    assert sentence in told
