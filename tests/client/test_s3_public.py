"""Buckets that everyone may read without a signature, as public data sets are on AWS; only where allowed."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config

from tests.refusals import refusal
from tests.servers import Server

EVERYONE = [
    {
        "Effect": "Allow",
        "Principal": "*",
        "Action": ["s3:GetObject", "s3:ListBucket"],
        "Resource": ["arn:aws:s3:::{}", "arn:aws:s3:::{}/open/*"],
    }
]


@pytest.fixture
def owner(verified_server: Server) -> Any:
    """S3 for whom the server's key belongs to."""
    return verified_server.client("s3")


@pytest.fixture
def stranger(verified_server: Server) -> Any:
    """S3 for one who signs nothing."""
    unsigned = Config(signature_version=UNSIGNED)
    return boto3.client("s3", endpoint_url=verified_server.address, region_name="us-east-1", config=unsigned)


def fill(owner: Any, bucket: str) -> None:
    """A bucket with an object under ``open/`` and one beside it."""
    owner.create_bucket(Bucket=bucket)
    for key in ("open/rows.csv", "rest.csv"):
        owner.put_object(Bucket=bucket, Key=key, Body=b"1,2\n")


def publish(owner: Any, bucket: str, statements: list[dict[str, Any]]) -> None:
    """Takes the block of public access away and lets the statements in."""
    owner.delete_public_access_block(Bucket=bucket)
    policy = json.dumps({"Version": "2012-10-17", "Statement": statements}).replace("{}", bucket)
    owner.put_bucket_policy(Bucket=bucket, Policy=policy)


def test_a_published_bucket_is_read_without_a_signature(owner: Any, stranger: Any) -> None:
    fill(owner, "published")
    publish(owner, "published", EVERYONE)

    assert stranger.get_object(Bucket="published", Key="open/rows.csv")["Body"].read() == b"1,2\n"
    assert stranger.head_object(Bucket="published", Key="open/rows.csv")["ContentLength"] == 4
    assert stranger.list_objects_v2(Bucket="published")["KeyCount"] == 2
    assert owner.get_bucket_policy_status(Bucket="published")["PolicyStatus"]["IsPublic"]


def test_everyone_gets_no_more_than_the_policy_says(owner: Any, stranger: Any) -> None:
    fill(owner, "partly")
    publish(owner, "partly", EVERYONE)

    for call in (
        lambda: stranger.get_object(Bucket="partly", Key="rest.csv"),
        lambda: stranger.put_object(Bucket="partly", Key="open/new.csv", Body=b""),
        lambda: stranger.delete_object(Bucket="partly", Key="open/rows.csv"),
        lambda: stranger.get_bucket_policy(Bucket="partly"),
        lambda: stranger.list_buckets(),
    ):
        assert refusal(call) == ("AccessDenied", "Access Denied", 403)


@pytest.mark.parametrize(
    "change",
    [
        {"Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}},
        {"Principal": {"AWS": "arn:aws:iam::210987654321:root"}},
        {"Effect": "Deny"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_statement_that_is_not_for_everyone_lets_nobody_in_unsigned(
    owner: Any, stranger: Any, change: dict[str, Any]
) -> None:
    bucket = f"not-for-all-{next(iter(change)).lower()}"
    fill(owner, bucket)
    publish(owner, bucket, [{**EVERYONE[0], **change}])

    assert refusal(lambda: stranger.get_object(Bucket=bucket, Key="open/rows.csv"))[0] == "AccessDenied"
    assert not owner.get_bucket_policy_status(Bucket=bucket)["PolicyStatus"]["IsPublic"]


def test_the_block_of_public_access_that_a_bucket_begins_with_keeps_everyone_out(
    owner: Any, stranger: Any
) -> None:
    fill(owner, "blocked")
    publish(owner, "blocked", EVERYONE)
    owner.put_public_access_block(
        Bucket="blocked", PublicAccessBlockConfiguration={"RestrictPublicBuckets": True}
    )

    assert refusal(lambda: stranger.get_object(Bucket="blocked", Key="open/rows.csv"))[0] == "AccessDenied"


def test_who_may_not_list_a_bucket_is_not_told_that_a_key_is_missing(owner: Any, stranger: Any) -> None:
    fill(owner, "unlisted")
    publish(owner, "unlisted", [{**EVERYONE[0], "Action": "s3:GetObject"}])
    where = {"Bucket": "unlisted", "Key": "open/none.csv"}

    assert stranger.get_object(Bucket="unlisted", Key="open/rows.csv")["Body"].read() == b"1,2\n"
    assert refusal(lambda: stranger.get_object(**where)) == ("AccessDenied", "Access Denied", 403)
    assert refusal(lambda: stranger.head_object(**where))[2] == 403
    assert refusal(lambda: owner.get_object(**where))[0] == "NoSuchKey"

    publish(owner, "unlisted", EVERYONE)
    assert refusal(lambda: stranger.get_object(**where))[0] == "NoSuchKey"


@pytest.mark.parametrize("block", [None, {"BlockPublicPolicy": True}], ids=["at first", "asked for"])
def test_a_bucket_that_blocks_public_policies_takes_none(
    owner: Any, verified_server: Server, block: dict[str, bool] | None
) -> None:
    bucket = "takes-none-asked" if block else "takes-none-first"
    owner.create_bucket(Bucket=bucket)
    if block:
        owner.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=block)
    policy = json.dumps({"Version": "2012-10-17", "Statement": EVERYONE}).replace("{}", bucket)
    caller = verified_server.client("sts").get_caller_identity()["Arn"]

    assert refusal(lambda: owner.put_bucket_policy(Bucket=bucket, Policy=policy)) == (
        "AccessDenied",
        f"User: {caller} is not authorized to perform: s3:PutBucketPolicy on resource: "
        f'"arn:aws:s3:::{bucket}" because public policies are blocked by the BlockPublicPolicy block public '
        "access setting.",
        403,
    )
    assert refusal(lambda: owner.get_bucket_policy(Bucket=bucket))[0] == "NoSuchBucketPolicy"
    denied = policy.replace("Allow", "Deny")
    owner.put_bucket_policy(Bucket=bucket, Policy=denied)
    assert owner.get_bucket_policy(Bucket=bucket)["Policy"] == denied


def test_a_public_bucket_of_aws_that_nobody_brought_is_not_there(owner: Any, stranger: Any) -> None:
    where = {"Bucket": "sagemaker-sample-files", "Key": "rows.csv"}
    missing = ("NoSuchBucket", "The specified bucket does not exist", 404)

    assert refusal(lambda: owner.get_object(**where)) == missing
    assert refusal(lambda: stranger.get_object(**where)) == missing
