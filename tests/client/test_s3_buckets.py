"""Buckets and what they are told, through boto3."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.refusals import refusal

Aws = Callable[..., Any]

RULE = {
    "AllowedMethods": ["GET", "PUT"],
    "AllowedOrigins": ["*"],
    "AllowedHeaders": ["*"],
    "MaxAgeSeconds": 60,
}
LIFE = {"ID": "old", "Status": "Enabled", "Filter": {"Prefix": "tmp/"}, "Expiration": {"Days": 3}}


def test_a_bucket_is_made_found_listed_and_deleted(aws: Aws) -> None:
    s3 = aws("s3")
    s3.create_bucket(Bucket="first-bucket")
    assert s3.head_bucket(Bucket="first-bucket")["BucketRegion"] == "us-east-1"
    assert [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]] == ["first-bucket"]
    s3.delete_bucket(Bucket="first-bucket")
    assert "Buckets" not in s3.list_buckets() or not s3.list_buckets()["Buckets"]
    assert refusal(lambda: s3.head_bucket(Bucket="first-bucket")) == ("404", "Not Found", 404)


def test_buckets_are_listed_in_pages_with_prefix_and_region(aws: Aws) -> None:
    s3 = aws("s3")
    for number in range(5):
        s3.create_bucket(Bucket=f"page-{number}")
    s3.create_bucket(Bucket="other", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    pages = s3.get_paginator("list_buckets").paginate(Prefix="page-", PaginationConfig={"PageSize": 2})
    assert [[one["Name"] for one in page["Buckets"]] for page in pages] == [
        ["page-0", "page-1"],
        ["page-2", "page-3"],
        ["page-4"],
    ]
    found = s3.list_buckets(BucketRegion="eu-west-1")["Buckets"]
    assert [(one["Name"], one["BucketRegion"]) for one in found] == [("other", "eu-west-1")]


def test_another_account_may_have_a_bucket_of_the_same_name(open_server: Any, aws: Aws, account: str) -> None:
    other = open_server.client("s3", str(10**12 - 1 - int(account)).zfill(12))
    aws("s3").create_bucket(Bucket="same-name")
    assert refusal(lambda: other.head_bucket(Bucket="same-name"))[2] == 404
    other.create_bucket(Bucket="same-name")


def test_a_bucket_is_where_its_constraint_says(aws: Aws) -> None:
    east, west = aws("s3"), aws("s3", region="eu-west-1")
    east.create_bucket(Bucket="in-east")
    assert east.get_bucket_location(Bucket="in-east")["LocationConstraint"] is None
    west.create_bucket(Bucket="in-west", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    assert east.get_bucket_location(Bucket="in-west")["LocationConstraint"] == "eu-west-1"
    assert refusal(lambda: west.create_bucket(Bucket="nowhere")) == (
        "IllegalLocationConstraintException",
        "The unspecified location constraint is incompatible for the region specific endpoint this request "
        "was sent to.",
        400,
    )
    assert (
        refusal(
            lambda: east.create_bucket(
                Bucket="nowhere", CreateBucketConfiguration={"LocationConstraint": "us-east-1"}
            )
        )[0]
        == "InvalidLocationConstraint"
    )


def test_making_a_bucket_twice_is_an_error_outside_us_east_1_only(aws: Aws) -> None:
    east, west = aws("s3"), aws("s3", region="eu-west-1")
    east.create_bucket(Bucket="twice")
    east.create_bucket(Bucket="twice")
    where = {"LocationConstraint": "eu-west-1"}
    assert refusal(lambda: west.create_bucket(Bucket="twice", CreateBucketConfiguration=where)) == (
        "BucketAlreadyOwnedByYou",
        "Your previous request to create the named bucket succeeded and you already own it.",
        409,
    )


@pytest.mark.parametrize(
    "name", ["Upper", "a..b", "192.168.5.4", "-begins", "ends-", "under_score", "xn--x", "x-s3alias"]
)
def test_a_name_that_aws_refuses_is_refused(aws: Aws, name: str) -> None:
    s3 = aws("s3")
    s3.meta.events.unregister("before-parameter-build.s3")
    assert refusal(lambda: s3.create_bucket(Bucket=name))[:2] == (
        "InvalidBucketName",
        "The specified bucket is not valid.",
    )


def test_a_bucket_with_objects_is_not_deleted(aws: Aws) -> None:
    s3 = aws("s3")
    s3.create_bucket(Bucket="full")
    s3.put_object(Bucket="full", Key="k", Body=b"")
    assert refusal(lambda: s3.delete_bucket(Bucket="full")) == (
        "BucketNotEmpty",
        "The bucket you tried to delete is not empty",
        409,
    )


def test_a_bucket_of_another_owner_than_expected_is_denied(aws: Aws, account: str) -> None:
    s3 = aws("s3")
    s3.create_bucket(Bucket="owned")
    s3.head_bucket(Bucket="owned", ExpectedBucketOwner=account)
    with pytest.raises(ClientError) as caught:
        s3.put_object(Bucket="owned", Key="k", Body=b"", ExpectedBucketOwner="111122223333")
    assert caught.value.response["Error"]["Code"] == "AccessDenied"


def test_a_bucket_tells_what_it_was_told(aws: Aws) -> None:
    s3 = aws("s3")
    s3.create_bucket(Bucket="told")
    s3.put_bucket_cors(Bucket="told", CORSConfiguration={"CORSRules": [RULE]})
    assert s3.get_bucket_cors(Bucket="told")["CORSRules"] == [RULE]
    policy = '{"Version": "2012-10-17",  "Statement": [{"Effect": "Allow"}]}'
    s3.put_bucket_policy(Bucket="told", Policy=policy)
    assert s3.get_bucket_policy(Bucket="told")["Policy"] == policy
    tags = [{"Key": "team", "Value": "ml"}]
    s3.put_bucket_tagging(Bucket="told", Tagging={"TagSet": tags})
    assert s3.get_bucket_tagging(Bucket="told")["TagSet"] == tags
    s3.put_bucket_lifecycle_configuration(Bucket="told", LifecycleConfiguration={"Rules": [LIFE]})
    assert s3.get_bucket_lifecycle_configuration(Bucket="told")["Rules"] == [LIFE]
    kms = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "k"}}
    s3.put_bucket_encryption(Bucket="told", ServerSideEncryptionConfiguration={"Rules": [kms]})
    assert s3.get_bucket_encryption(Bucket="told")["ServerSideEncryptionConfiguration"]["Rules"] == [
        kms | {"BucketKeyEnabled": False}
    ]
    assert s3.put_object(Bucket="told", Key="k", Body=b"")["ServerSideEncryption"] == "aws:kms"


def test_a_bucket_that_was_told_nothing_says_so_as_aws_does(aws: Aws) -> None:
    s3 = aws("s3")
    s3.create_bucket(Bucket="untold")
    assert refusal(lambda: s3.get_bucket_cors(Bucket="untold"))[0] == "NoSuchCORSConfiguration"
    assert refusal(lambda: s3.get_bucket_policy(Bucket="untold"))[0] == "NoSuchBucketPolicy"
    assert refusal(lambda: s3.get_bucket_tagging(Bucket="untold"))[0] == "NoSuchTagSet"
    assert (
        refusal(lambda: s3.get_bucket_lifecycle_configuration(Bucket="untold"))[0]
        == "NoSuchLifecycleConfiguration"
    )
    assert "Status" not in s3.get_bucket_versioning(Bucket="untold")
    rules = s3.get_bucket_encryption(Bucket="untold")["ServerSideEncryptionConfiguration"]["Rules"]
    assert rules[0]["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    assert s3.get_public_access_block(Bucket="untold")["PublicAccessBlockConfiguration"]["BlockPublicAcls"]
    assert s3.get_bucket_acl(Bucket="untold")["Grants"][0]["Permission"] == "FULL_CONTROL"
    answer = s3.get_bucket_notification_configuration(Bucket="untold")
    assert set(answer) == {"ResponseMetadata"}


def test_what_a_bucket_was_told_can_be_taken_back(aws: Aws) -> None:
    s3 = aws("s3")
    s3.create_bucket(Bucket="back")
    s3.put_bucket_cors(Bucket="back", CORSConfiguration={"CORSRules": [RULE]})
    s3.delete_bucket_cors(Bucket="back")
    assert refusal(lambda: s3.get_bucket_cors(Bucket="back"))[0] == "NoSuchCORSConfiguration"
    s3.put_public_access_block(
        Bucket="back", PublicAccessBlockConfiguration={"BlockPublicAcls": True, "IgnorePublicAcls": False}
    )
    assert not s3.get_public_access_block(Bucket="back")["PublicAccessBlockConfiguration"]["IgnorePublicAcls"]
    s3.put_bucket_ownership_controls(
        Bucket="back", OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]}
    )
    s3.delete_bucket_ownership_controls(Bucket="back")


def test_an_operation_that_is_not_there_says_so_and_does_nothing(aws: Aws) -> None:
    s3 = aws("s3")
    s3.create_bucket(Bucket="not-yet")
    code, sentence, status = refusal(lambda: s3.list_bucket_metrics_configurations(Bucket="not-yet"))
    assert code == "NotImplemented"
    assert "ListBucketMetricsConfigurations" in sentence
    assert 400 <= status < 500


def test_a_policy_that_is_no_policy_is_refused(aws: Aws) -> None:
    s3 = aws("s3")
    s3.create_bucket(Bucket="policies")
    assert refusal(lambda: s3.put_bucket_policy(Bucket="policies", Policy="{"))[0] == "MalformedPolicy"
    assert refusal(lambda: s3.put_bucket_policy(Bucket="policies", Policy="{}"))[:2] == (
        "MalformedPolicy",
        "Missing required field Statement",
    )


def test_what_a_fresh_bucket_enforces_is_gone_once_it_is_deleted(aws: Aws) -> None:
    s3 = aws("s3")
    s3.create_bucket(Bucket="open-bucket")
    rules = s3.get_bucket_ownership_controls(Bucket="open-bucket")["OwnershipControls"]["Rules"]
    assert rules == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    s3.delete_bucket_ownership_controls(Bucket="open-bucket")
    s3.delete_public_access_block(Bucket="open-bucket")
    assert refusal(lambda: s3.get_bucket_ownership_controls(Bucket="open-bucket"))[0] == (
        "OwnershipControlsNotFoundError"
    )
    assert refusal(lambda: s3.get_public_access_block(Bucket="open-bucket"))[0] == (
        "NoSuchPublicAccessBlockConfiguration"
    )


def test_an_object_is_copied_onto_itself_where_the_bucket_was_told_how_to_encrypt(aws: Aws) -> None:
    s3 = aws("s3")
    s3.create_bucket(Bucket="again")
    s3.put_object(Bucket="again", Key="k", Body=b"x")
    copy = {"Bucket": "again", "Key": "k", "CopySource": "again/k"}
    assert refusal(lambda: s3.copy_object(**copy))[0] == "InvalidRequest"
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    s3.put_bucket_encryption(Bucket="again", ServerSideEncryptionConfiguration={"Rules": [rule]})
    assert s3.copy_object(**copy)["ServerSideEncryption"] == "AES256"
