"""Checksums: sent in headers and trailers, verified, kept and returned."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from typing import Any

import pytest

from tests.refusals import refusal

Aws = Callable[..., Any]
DATA = b"123456789"
# The CRCs are the check values of CRC-32/ISO-HDLC, CRC-32/ISCSI and CRC-64/NVME in the catalogue of CRCs.
SUMS = {
    "CRC32": (0xCBF43926).to_bytes(4, "big"),
    "CRC32C": (0xE3069283).to_bytes(4, "big"),
    "CRC64NVME": (0xAE8B14860A799888).to_bytes(8, "big"),
    "SHA1": hashlib.sha1(DATA).digest(),
    "SHA256": hashlib.sha256(DATA).digest(),
}
TEXTS = {name: base64.b64encode(value).decode() for name, value in SUMS.items()}


@pytest.fixture
def s3(aws: Aws) -> Any:
    """A client with a bucket named ``b-1``, which sends no checksum unless told to."""
    client = aws("s3", request_checksum_calculation="when_required")
    client.create_bucket(Bucket="b-1")
    return client


@pytest.mark.parametrize("name", TEXTS)
def test_a_checksum_that_was_sent_is_kept_and_returned(s3: Any, name: str) -> None:
    member = f"Checksum{name}"
    put = s3.put_object(Bucket="b-1", Key="k", Body=DATA, **{member: TEXTS[name]})
    assert put[member] == TEXTS[name]
    got = s3.get_object(Bucket="b-1", Key="k", ChecksumMode="ENABLED")
    assert (got[member], got["ChecksumType"]) == (TEXTS[name], "FULL_OBJECT")
    assert got["Body"].read() == DATA
    head = s3.head_object(Bucket="b-1", Key="k", ChecksumMode="ENABLED")
    assert head[member] == TEXTS[name]
    assert member not in s3.head_object(Bucket="b-1", Key="k")
    listed = s3.list_objects_v2(Bucket="b-1")["Contents"][0]
    assert (listed["ChecksumAlgorithm"], listed["ChecksumType"]) == ([name], "FULL_OBJECT")


@pytest.mark.parametrize("name", TEXTS)
def test_bytes_with_another_checksum_are_refused_and_not_kept(s3: Any, name: str) -> None:
    wrong = base64.b64encode(bytes(len(SUMS[name]))).decode()
    assert refusal(lambda: s3.put_object(Bucket="b-1", Key="k", Body=DATA, **{f"Checksum{name}": wrong})) == (
        "BadDigest",
        f"The {name} you specified did not match the calculated checksum.",
        400,
    )
    assert refusal(lambda: s3.head_object(Bucket="b-1", Key="k"))[2] == 404


@pytest.mark.parametrize("name", TEXTS)
def test_a_checksum_of_a_wrong_form_is_refused(s3: Any, name: str) -> None:
    assert refusal(lambda: s3.put_object(Bucket="b-1", Key="k", Body=DATA, **{f"Checksum{name}": "abc"})) == (
        "InvalidRequest",
        f"Value for x-amz-checksum-{name.lower()} header is invalid.",
        400,
    )


def test_an_object_that_came_without_a_checksum_has_crc64nvme(s3: Any) -> None:
    s3.put_object(Bucket="b-1", Key="k", Body=DATA)
    assert (
        s3.head_object(Bucket="b-1", Key="k", ChecksumMode="ENABLED")["ChecksumCRC64NVME"]
        == (TEXTS["CRC64NVME"])
    )


def test_two_checksums_at_once_are_refused(s3: Any) -> None:
    both = {"ChecksumSHA1": TEXTS["SHA1"], "ChecksumSHA256": TEXTS["SHA256"]}
    assert refusal(lambda: s3.put_object(Bucket="b-1", Key="k", Body=DATA, **both))[0] == "InvalidRequest"


def test_content_md5_is_verified(s3: Any) -> None:
    right = base64.b64encode(hashlib.md5(DATA).digest()).decode()
    wrong = base64.b64encode(bytes(16)).decode()
    s3.put_object(Bucket="b-1", Key="k", Body=DATA, ContentMD5=right)
    assert refusal(lambda: s3.put_object(Bucket="b-1", Key="k", Body=b"x", ContentMD5=wrong))[:2] == (
        "BadDigest",
        "The Content-MD5 you specified did not match what we received.",
    )
    assert refusal(lambda: s3.put_object(Bucket="b-1", Key="k", Body=b"x", ContentMD5="abc"))[:2] == (
        "InvalidDigest",
        "The Content-MD5 you specified was invalid.",
    )
    assert s3.get_object(Bucket="b-1", Key="k")["Body"].read() == DATA


def test_a_range_has_no_checksum_that_a_client_could_take_for_its_own(s3: Any) -> None:
    s3.put_object(Bucket="b-1", Key="k", Body=DATA, ChecksumAlgorithm="CRC32")
    got = s3.get_object(Bucket="b-1", Key="k", Range="bytes=0-3", ChecksumMode="ENABLED")
    assert got["Body"].read() == DATA[:4]
    assert "ChecksumCRC32" not in got


def test_a_large_object_has_an_etag_of_one_part_unless_its_md5_was_sent(s3: Any) -> None:
    data = bytes(64 * 1024 * 1024 + 1)
    etag = s3.put_object(Bucket="b-1", Key="k", Body=data)["ETag"]
    assert etag.endswith('-1"')
    assert s3.put_object(Bucket="b-1", Key="k", Body=data)["ETag"] == etag
    md5 = hashlib.md5(data)
    sent = base64.b64encode(md5.digest()).decode()
    assert s3.put_object(Bucket="b-1", Key="k", Body=data, ContentMD5=sent)["ETag"] == f'"{md5.hexdigest()}"'
    assert s3.put_object(Bucket="b-1", Key="k", Body=data[:-1])["ETag"] == (
        f'"{hashlib.md5(data[:-1]).hexdigest()}"'
    )


def test_a_document_with_another_checksum_is_refused(s3: Any) -> None:
    s3.put_object(Bucket="b-1", Key="k", Body=DATA)
    spoil = s3.meta.events.register_last

    def wrong(request: Any, **_: Any) -> None:
        request.headers["x-amz-checksum-crc32"] = "AAAAAA=="

    spoil("before-sign.s3.DeleteObjects", wrong)
    assert (
        refusal(lambda: s3.delete_objects(Bucket="b-1", Delete={"Objects": [{"Key": "k"}]}))[0] == "BadDigest"
    )
    assert s3.get_object(Bucket="b-1", Key="k")["Body"].read() == DATA
