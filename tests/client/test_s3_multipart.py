"""Uploads in parts."""

from __future__ import annotations

import base64
import hashlib
import io
import random
import threading
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from boto3.s3.transfer import TransferConfig

from tests.refusals import refusal

Aws = Callable[..., Any]
MIB = 1024 * 1024
BIG = random.Random(7).randbytes(5 * MIB)
SMALL = b"the end"


@pytest.fixture
def s3(aws: Aws) -> Any:
    """A client with a bucket named ``b-1``."""
    client = aws("s3")
    client.create_bucket(Bucket="b-1")
    return client


def begin(s3: Any, **more: Any) -> dict[str, str]:
    """A new upload to the key ``k``, as the arguments that name it."""
    upload = s3.create_multipart_upload(Bucket="b-1", Key="k", **more)["UploadId"]
    return {"Bucket": "b-1", "Key": "k", "UploadId": upload}


def send(s3: Any, upload: dict[str, str], *bodies: bytes) -> list[dict[str, Any]]:
    """Sends parts and returns what Complete needs of them."""
    return [
        {
            "PartNumber": number,
            "ETag": s3.upload_part(**upload, PartNumber=number, Body=body)["ETag"],
        }
        for number, body in enumerate(bodies, start=1)
    ]


def test_parts_become_one_object_with_s3s_etag(s3: Any) -> None:
    upload = begin(s3, ContentType="text/csv", Metadata={"a": "1"})
    parts = send(s3, upload, BIG, SMALL)
    assert refusal(lambda: s3.get_object(Bucket="b-1", Key="k"))[0] == "NoSuchKey"
    answer = s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
    md5s = hashlib.md5(BIG).digest() + hashlib.md5(SMALL).digest()
    assert answer["ETag"] == f'"{hashlib.md5(md5s).hexdigest()}-2"'
    found = s3.get_object(Bucket="b-1", Key="k")
    assert found["Body"].read() == BIG + SMALL
    assert (found["ContentType"], found["Metadata"]) == ("text/csv", {"a": "1"})
    assert "Uploads" not in s3.list_multipart_uploads(Bucket="b-1")


def test_the_same_complete_again_has_the_same_answer(s3: Any) -> None:
    upload = begin(s3)
    parts = {"Parts": send(s3, upload, SMALL)}
    first = s3.complete_multipart_upload(**upload, MultipartUpload=parts)
    again = s3.complete_multipart_upload(**upload, MultipartUpload=parts)
    assert again["ETag"] == first["ETag"]


def test_two_completes_at_once_have_the_same_answer(s3: Any, aws: Aws) -> None:
    upload = begin(s3)
    parts = {"Parts": send(s3, upload, *[BIG] * 6, SMALL)}
    etags: list[str] = []

    def complete(client: Any) -> None:
        etags.append(client.complete_multipart_upload(**upload, MultipartUpload=parts)["ETag"])

    # Clients are made here: boto3's session does not let several threads make some at once.
    threads = [threading.Thread(target=complete, args=(aws("s3"),)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(etags) == 3
    assert len(set(etags)) == 1


def test_a_part_can_be_sent_again_and_left_out(s3: Any) -> None:
    upload = begin(s3)
    send(s3, upload, BIG, b"x" * 5 * MIB, SMALL)
    again = s3.upload_part(**upload, PartNumber=1, Body=BIG[::-1])["ETag"]
    last = s3.list_parts(**upload)["Parts"][2]["ETag"]
    parts = [{"PartNumber": 1, "ETag": again}, {"PartNumber": 3, "ETag": last}]
    s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
    assert s3.get_object(Bucket="b-1", Key="k")["Body"].read() == BIG[::-1] + SMALL


def test_complete_refuses_parts_that_were_not_sent(s3: Any) -> None:
    upload = begin(s3)
    parts = send(s3, upload, BIG, SMALL)

    def complete(*wanted: dict[str, Any]) -> tuple[str, str, int]:
        return refusal(
            lambda: s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": list(wanted)})
        )

    assert complete(parts[1], parts[0])[:2] == (
        "InvalidPartOrder",
        "The list of parts was not in ascending order. Parts must be ordered by part number.",
    )
    assert complete(parts[0], {"PartNumber": 2, "ETag": '"other"'})[0] == "InvalidPart"
    assert complete(parts[0], {"PartNumber": 5, "ETag": parts[1]["ETag"]})[0] == "InvalidPart"
    assert refusal(lambda: s3.complete_multipart_upload(**upload))[0] == "MalformedXML"
    s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})


def test_complete_refuses_small_parts_before_the_last(s3: Any) -> None:
    upload = begin(s3)
    parts = send(s3, upload, SMALL, SMALL)
    assert refusal(lambda: s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})) == (
        "EntityTooSmall",
        "Your proposed upload is smaller than the minimum allowed size",
        400,
    )


def test_what_was_aborted_is_gone(s3: Any) -> None:
    upload = begin(s3)
    send(s3, upload, SMALL)
    s3.abort_multipart_upload(**upload)
    code, sentence, status = refusal(lambda: s3.upload_part(**upload, PartNumber=1, Body=b""))
    assert (code, status) == ("NoSuchUpload", 404)
    assert sentence.startswith("The specified upload does not exist.")
    assert refusal(lambda: s3.abort_multipart_upload(**upload))[0] == "NoSuchUpload"


def test_part_numbers_go_from_one_to_ten_thousand(s3: Any) -> None:
    upload = begin(s3)
    assert refusal(lambda: s3.upload_part(**upload, PartNumber=0, Body=b""))[0] == "InvalidArgument"
    assert refusal(lambda: s3.upload_part(**upload, PartNumber=10_001, Body=b""))[0] == "InvalidArgument"


def test_parts_and_uploads_are_listed_in_pages(s3: Any) -> None:
    upload = begin(s3)
    send(s3, upload, b"1", b"22", b"333")
    pages = list(s3.get_paginator("list_parts").paginate(**upload, PaginationConfig={"PageSize": 2}))
    assert [[part["Size"] for part in page["Parts"]] for page in pages] == [[1, 2], [3]]
    others = [begin(s3)["UploadId"] for _ in range(2)]
    s3.create_multipart_upload(Bucket="b-1", Key="dir/x")
    found = s3.get_paginator("list_multipart_uploads").paginate(
        Bucket="b-1", PaginationConfig={"PageSize": 2}
    )
    listed = [(one["Key"], one["UploadId"]) for page in found for one in page["Uploads"]]
    assert [key for key, _ in listed] == ["dir/x", "k", "k", "k"]
    assert [one for _, one in listed[1:]] == [upload["UploadId"], *others]
    folded = s3.list_multipart_uploads(Bucket="b-1", Delimiter="/")
    assert [one["Prefix"] for one in folded["CommonPrefixes"]] == ["dir/"]


def test_parts_are_copied_from_objects_whole_or_in_ranges(s3: Any) -> None:
    s3.put_object(Bucket="b-1", Key="source", Body=BIG + SMALL)
    source = {"Bucket": "b-1", "Key": "source"}
    upload = begin(s3)
    ranges = [f"bytes=0-{len(BIG) - 1}", f"bytes={len(BIG)}-{len(BIG) + len(SMALL) - 1}"]
    parts = [
        {
            "PartNumber": number,
            "ETag": s3.upload_part_copy(
                **upload, PartNumber=number, CopySource=source, CopySourceRange=asked
            )["CopyPartResult"]["ETag"],
        }
        for number, asked in enumerate(ranges, start=1)
    ]
    s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
    assert s3.get_object(Bucket="b-1", Key="k")["Body"].read() == BIG + SMALL
    other = begin(s3)
    beyond = f"bytes=0-{len(BIG) + len(SMALL)}"
    assert (
        refusal(
            lambda: s3.upload_part_copy(**other, PartNumber=1, CopySource=source, CopySourceRange=beyond)
        )[0]
        == "InvalidArgument"
    )


def test_a_part_of_the_object_can_be_read_by_its_number(s3: Any) -> None:
    upload = begin(s3)
    parts = send(s3, upload, BIG, SMALL)
    s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
    second = s3.get_object(Bucket="b-1", Key="k", PartNumber=2)
    assert (second["Body"].read(), second["PartsCount"]) == (SMALL, 2)
    assert s3.head_object(Bucket="b-1", Key="k", PartNumber=1)["ContentLength"] == len(BIG)
    assert refusal(lambda: s3.get_object(Bucket="b-1", Key="k", PartNumber=3))[2] == 416


def test_a_composite_checksum_is_that_of_the_parts_checksums(s3: Any) -> None:
    upload = begin(s3, ChecksumAlgorithm="SHA256")
    parts = []
    for number, body in ((1, BIG), (2, SMALL)):
        sent = s3.upload_part(**upload, PartNumber=number, Body=body, ChecksumAlgorithm="SHA256")
        parts.append({"PartNumber": number, "ETag": sent["ETag"], "ChecksumSHA256": sent["ChecksumSHA256"]})
    answer = s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
    both = hashlib.sha256(BIG).digest() + hashlib.sha256(SMALL).digest()
    expected = base64.b64encode(hashlib.sha256(both).digest()).decode() + "-2"
    assert (answer["ChecksumSHA256"], answer["ChecksumType"]) == (expected, "COMPOSITE")
    shown = s3.get_object_attributes(Bucket="b-1", Key="k", ObjectAttributes=["ObjectParts", "Checksum"])
    assert shown["ObjectParts"]["TotalPartsCount"] == 2
    assert [part["Size"] for part in shown["ObjectParts"]["Parts"]] == [len(BIG), len(SMALL)]


def test_a_full_object_checksum_is_that_of_the_bytes(s3: Any) -> None:
    upload = begin(s3, ChecksumAlgorithm="CRC32", ChecksumType="FULL_OBJECT")
    parts = send(s3, upload, BIG, SMALL)
    whole = base64.b64encode(zlib.crc32(BIG + SMALL).to_bytes(4, "big")).decode()
    wrong = base64.b64encode(bytes(4)).decode()
    complete = {"MultipartUpload": {"Parts": parts}, "ChecksumType": "FULL_OBJECT"}
    assert (
        refusal(lambda: s3.complete_multipart_upload(**upload, **complete, ChecksumCRC32=wrong))[0]
        == "BadDigest"
    )
    answer = s3.complete_multipart_upload(**upload, **complete, ChecksumCRC32=whole)
    assert (answer["ChecksumCRC32"], answer["ChecksumType"]) == (whole, "FULL_OBJECT")


def test_a_part_with_another_kind_of_checksum_than_the_uploads_is_refused(s3: Any) -> None:
    upload = begin(s3, ChecksumAlgorithm="SHA1")
    code, sentence, _ = refusal(
        lambda: s3.upload_part(**upload, PartNumber=1, Body=b"x", ChecksumAlgorithm="CRC32")
    )
    assert code == "InvalidRequest"
    assert sentence == (
        "Checksum Type mismatch occurred, expected checksum Type: sha1, actual checksum Type: crc32"
    )


def test_checksum_kinds_that_cannot_be_are_refused(s3: Any) -> None:
    def create(algorithm: str, kind: str) -> str:
        return refusal(lambda: begin(s3, ChecksumAlgorithm=algorithm, ChecksumType=kind))[0]

    assert create("SHA256", "FULL_OBJECT") == "InvalidRequest"
    assert create("CRC64NVME", "COMPOSITE") == "InvalidRequest"


def test_complete_honours_a_condition(s3: Any) -> None:
    s3.put_object(Bucket="b-1", Key="k", Body=b"there")
    upload = begin(s3)
    parts = send(s3, upload, SMALL)
    assert (
        refusal(
            lambda: s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts}, IfNoneMatch="*")
        )[0]
        == "PreconditionFailed"
    )
    assert s3.get_object(Bucket="b-1", Key="k")["Body"].read() == b"there"
    s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})


def test_the_transfer_manager_moves_files_both_ways(s3: Any) -> None:
    data = random.Random(1).randbytes(23 * MIB + 5)
    config = TransferConfig(multipart_threshold=MIB, multipart_chunksize=5 * MIB, max_concurrency=4)
    s3.upload_fileobj(io.BytesIO(data), "b-1", "k", Config=config)
    found = io.BytesIO()
    s3.download_fileobj("b-1", "k", found, Config=config)
    assert found.getvalue() == data
    s3.copy({"Bucket": "b-1", "Key": "k"}, "b-1", "copy", Config=config)
    assert s3.get_object(Bucket="b-1", Key="copy")["Body"].read() == data


def test_parts_sent_at_once_are_all_there(s3: Any, aws: Aws) -> None:
    upload = begin(s3)
    bodies = [bytes([number]) * (5 * MIB) for number in range(4)]
    etags: dict[int, str] = {}

    def one(client: Any, number: int) -> None:
        sent = client.upload_part(**upload, PartNumber=number + 1, Body=bodies[number])
        etags[number + 1] = sent["ETag"]

    threads = [threading.Thread(target=one, args=(aws("s3"), number)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    parts = [{"PartNumber": number, "ETag": etags[number]} for number in sorted(etags)]
    s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
    assert s3.get_object(Bucket="b-1", Key="k")["Body"].read() == b"".join(bodies)


def test_unfinished_uploads_go_with_their_bucket(s3: Any) -> None:
    send(s3, begin(s3), SMALL)
    s3.delete_bucket(Bucket="b-1")
    s3.create_bucket(Bucket="b-1")
    assert "Uploads" not in s3.list_multipart_uploads(Bucket="b-1")
