"""Smaller things that S3 refuses, or answers in its own way, where programs have come to count on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.refusals import refusal

Aws = Callable[..., Any]
MALFORMED = "MalformedXML"


@pytest.fixture
def s3(aws: Aws) -> Any:
    """A client with a bucket named ``b-1``."""
    client = aws("s3")
    client.create_bucket(Bucket="b-1")
    return client


def test_a_bucket_of_another_region_is_not_made_again_from_us_east_1(s3: Any) -> None:
    west = {"LocationConstraint": "eu-west-1"}
    s3.create_bucket(Bucket="b-2", CreateBucketConfiguration=west)
    assert refusal(lambda: s3.create_bucket(Bucket="b-2"))[0] == "BucketAlreadyOwnedByYou"
    again = refusal(lambda: s3.create_bucket(Bucket="b-1", CreateBucketConfiguration=west))
    assert again[0] == "BucketAlreadyOwnedByYou"


def test_locks_that_are_not_kept_are_not_promised(s3: Any) -> None:
    made = refusal(lambda: s3.create_bucket(Bucket="b-2", ObjectLockEnabledForBucket=True))
    assert (made[0], made[2]) == ("NotImplemented", 501)
    held = refusal(lambda: s3.put_object(Bucket="b-1", Key="k", ObjectLockLegalHoldStatus="ON"))
    assert held[:2] == ("InvalidRequest", "Bucket is missing Object Lock Configuration")


def test_an_empty_tag_set_leaves_a_bucket_without_tags(s3: Any) -> None:
    s3.put_bucket_tagging(Bucket="b-1", Tagging={"TagSet": [{"Key": "a", "Value": "1"}]})
    answer = s3.put_bucket_tagging(Bucket="b-1", Tagging={"TagSet": []})
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert refusal(lambda: s3.get_bucket_tagging(Bucket="b-1"))[0] == "NoSuchTagSet"


def test_tags_of_the_system_are_refused_in_the_words_of_bucket_and_object(s3: Any) -> None:
    tags = {"TagSet": [{"Key": "aws:a", "Value": "1"}]}
    s3.put_object(Bucket="b-1", Key="k")
    of_bucket = refusal(lambda: s3.put_bucket_tagging(Bucket="b-1", Tagging=tags))
    assert of_bucket[:2] == ("InvalidTag", "System tags cannot be added/updated by requester")
    of_object = refusal(lambda: s3.put_object_tagging(Bucket="b-1", Key="k", Tagging=tags))
    assert of_object[:2] == ("InvalidTag", "Your TagKey cannot be prefixed with aws:")


@pytest.mark.parametrize(
    "rule",
    [
        {"Status": "Enabled", "Expiration": {"Days": 1}},
        {"Status": "On", "Filter": {}, "Expiration": {"Days": 1}},
        {"Status": "Enabled", "Filter": {}, "Expiration": {"Days": 1, "ExpiredObjectDeleteMarker": True}},
        {"Status": "Enabled", "Filter": {}, "NoncurrentVersionTransitions": [{"NoncurrentDays": 30}]},
    ],
)
def test_a_rule_of_expiry_that_is_none_is_refused(s3: Any, rule: dict[str, Any]) -> None:
    life = {"Rules": [rule]}
    refused = refusal(
        lambda: s3.put_bucket_lifecycle_configuration(Bucket="b-1", LifecycleConfiguration=life)
    )
    assert refused[0] == MALFORMED


def test_a_bucket_takes_a_hundred_rules_for_browsers(s3: Any) -> None:
    rule = {"AllowedOrigins": ["*"], "AllowedMethods": ["GET"]}
    s3.put_bucket_cors(Bucket="b-1", CORSConfiguration={"CORSRules": [rule] * 100})
    more = {"CORSRules": [rule] * 101}
    assert refusal(lambda: s3.put_bucket_cors(Bucket="b-1", CORSConfiguration=more))[0] == MALFORMED


def test_access_is_not_logged_into_a_bucket_that_is_not_there(s3: Any) -> None:
    status = {"LoggingEnabled": {"TargetBucket": "nowhere", "TargetPrefix": ""}}
    refused = refusal(lambda: s3.put_bucket_logging(Bucket="b-1", BucketLoggingStatus=status))
    assert refused[0] == "InvalidTargetBucketForLogging"


def test_whom_to_tell_has_an_id_a_good_arn_and_known_events(s3: Any) -> None:
    def put(arn: str, event: str = "s3:ObjectCreated:*") -> Any:
        queue = {"QueueArn": arn, "Events": [event]}
        return s3.put_bucket_notification_configuration(
            Bucket="b-1", NotificationConfiguration={"QueueConfigurations": [queue]}
        )

    good = "arn:aws:sqs:us-east-1:123456789012:q"
    assert refusal(lambda: put("arn:aws:sns:us-east-1:123456789012:q"))[1] == "The ARN is not well formed"
    assert "region is not valid" in refusal(lambda: put(good.replace("east", "west")))[1]
    assert "'s3:Nothing' is not supported" in refusal(lambda: put(good, "s3:Nothing"))[1]
    put(good)
    kept = s3.get_bucket_notification_configuration(Bucket="b-1")["QueueConfigurations"]
    assert kept[0]["Id"]


def test_only_a_key_that_is_there_is_deleted_on_a_condition(s3: Any) -> None:
    assert refusal(lambda: s3.delete_object(Bucket="b-1", Key="no", IfMatch="a"))[0] == "NoSuchKey"
    s3.delete_object(Bucket="b-1", Key="no")


def test_a_delete_of_nothing_is_malformed_before_the_bucket_is_looked_for(s3: Any) -> None:
    assert refusal(lambda: s3.delete_objects(Bucket="no-1", Delete={"Objects": []}))[0] == MALFORMED


def test_a_copy_goes_elsewhere_only_when_it_is_told_so(s3: Any) -> None:
    s3.put_object(Bucket="b-1", Key="a", WebsiteRedirectLocation="/elsewhere")
    s3.copy_object(Bucket="b-1", Key="b", CopySource="b-1/a")
    assert "WebsiteRedirectLocation" not in s3.head_object(Bucket="b-1", Key="b")
    s3.copy_object(Bucket="b-1", Key="c", CopySource="b-1/a", WebsiteRedirectLocation="/there")
    assert s3.head_object(Bucket="b-1", Key="c")["WebsiteRedirectLocation"] == "/there"


def test_attributes_tell_the_checksum_of_an_upload_without_its_number_of_parts(s3: Any) -> None:
    upload = s3.create_multipart_upload(Bucket="b-1", Key="k", ChecksumAlgorithm="SHA256")
    name = {"Bucket": "b-1", "Key": "k", "UploadId": upload["UploadId"]}
    part = s3.upload_part(**name, PartNumber=1, Body=b"x", ChecksumAlgorithm="SHA256")
    parts = [{"PartNumber": 1, "ETag": part["ETag"], "ChecksumSHA256": part["ChecksumSHA256"]}]
    whole = s3.complete_multipart_upload(**name, MultipartUpload={"Parts": parts})
    told = s3.get_object_attributes(Bucket="b-1", Key="k", ObjectAttributes=["Checksum"])
    assert whole["ChecksumSHA256"] == told["Checksum"]["ChecksumSHA256"] + "-1"


def test_a_list_goes_on_by_its_token_alone(s3: Any) -> None:
    for key in "abc":
        s3.put_object(Bucket="b-1", Key=key)
    first = s3.list_objects_v2(Bucket="b-1", MaxKeys=1, StartAfter="a")
    token = first["NextContinuationToken"]
    second = s3.list_objects_v2(Bucket="b-1", MaxKeys=1, StartAfter="a", ContinuationToken=token)
    assert [first["StartAfter"], second.get("StartAfter")] == ["a", None]
    assert [one["Key"] for one in second["Contents"]] == ["c"]


@pytest.mark.parametrize(
    ("name", "wire"), [("MaxParts", "max-parts"), ("PartNumberMarker", "part-number-marker")]
)
def test_numbers_of_parts_are_numbers_that_fit(s3: Any, name: str, wire: str) -> None:
    upload = s3.create_multipart_upload(Bucket="b-1", Key="k")["UploadId"]
    ask = {"Bucket": "b-1", "Key": "k", "UploadId": upload}
    less = refusal(lambda: s3.list_parts(**ask, **{name: -1}))
    assert less[1] == f"Argument {wire} must be an integer between 0 and 2147483647"
    more = refusal(lambda: s3.list_parts(**ask, **{name: 2**31}))
    assert more[1] == f"Provided {wire} not an integer or within integer range"


def test_attributes_that_nobody_names_are_refused(s3: Any) -> None:
    s3.put_object(Bucket="b-1", Key="k")
    assert refusal(lambda: s3.get_object_attributes(Bucket="b-1", Key="k", ObjectAttributes=[])) == (
        "InvalidRequest",
        "The x-amz-object-attributes header specifying the attributes to be retrieved is either missing or "
        "empty",
        400,
    )
    assert refusal(lambda: s3.get_object_attributes(Bucket="b-1", Key="k", ObjectAttributes=["Age"]))[:2] == (
        "InvalidArgument",
        "Invalid attribute name specified.",
    )


def test_a_canned_list_that_there_is_not_is_refused(s3: Any) -> None:
    s3.put_object(Bucket="b-1", Key="k", ACL="bucket-owner-full-control")
    s3.put_bucket_acl(Bucket="b-1", ACL="log-delivery-write")
    source = {"Bucket": "b-1", "Key": "k"}
    for call in (
        lambda: s3.put_object(Bucket="b-1", Key="new", ACL="everyone"),
        lambda: s3.copy_object(Bucket="b-1", Key="new", CopySource=source, ACL="everyone"),
        lambda: s3.create_multipart_upload(Bucket="b-1", Key="new", ACL="everyone"),
        lambda: s3.put_object_acl(Bucket="b-1", Key="k", ACL="everyone"),
        lambda: s3.put_bucket_acl(Bucket="b-1", ACL="everyone"),
        lambda: s3.create_bucket(Bucket="b-2", ACL="everyone"),
    ):
        assert refusal(call)[::2] == ("InvalidArgument", 400)
    assert [one["Key"] for one in s3.list_objects_v2(Bucket="b-1")["Contents"]] == ["k"]
    assert [one["Name"] for one in s3.list_buckets()["Buckets"]] == ["b-1"]
