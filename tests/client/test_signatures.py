"""Signature Version 4 on a server that verifies: what is accepted, and how each flaw is told."""

from __future__ import annotations

import datetime
import hashlib
import http.client
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.auth import S3SigV4QueryAuth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from tests.servers import Server
from tests.waiting import PATIENCE

TARGET = {"X-Amz-Target": "SageMaker.ListModels", "Content-Type": "application/x-amz-json-1.1"}


def signed(server: Server, body: bytes = b"{}", region: str = "us-east-1") -> AWSRequest:
    """ListModels, signed with the home's key."""
    request = AWSRequest("POST", f"{server.address}/", headers=dict(TARGET), data=body)
    SigV4Auth(Credentials(*server.keys), "sagemaker", region).add_auth(request)
    return request


def send(server: Server, headers: dict[str, str], body: bytes = b"{}") -> tuple[int, str]:
    """Status and error type of a raw request."""
    address = urlsplit(server.address)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=PATIENCE)
    connection.request("POST", "/", body, headers)
    answer = connection.getresponse()
    answer.read()
    return answer.status, answer.headers.get("x-amzn-ErrorType", "")


def headers_of(request: AWSRequest) -> dict[str, str]:
    """The headers as texts."""
    return {name: str(value) for name, value in request.headers.items()}


def code_of(call: Callable[[], Any]) -> str:
    """The error code that a call ends with."""
    with pytest.raises(ClientError) as error:
        call()
    return str(error.value.response["Error"]["Code"])


def test_a_good_signature_is_accepted(verified_server: Server) -> None:
    assert send(verified_server, headers_of(signed(verified_server))) == (200, "")


def test_a_body_that_was_changed_is_refused(verified_server: Server) -> None:
    headers = headers_of(signed(verified_server))

    assert send(verified_server, headers, b'{"MaxResults":1}') == (403, "InvalidSignatureException")


def test_a_header_that_was_changed_is_refused(verified_server: Server) -> None:
    headers = headers_of(signed(verified_server)) | {"X-Amz-Target": "SageMaker.ListTrainingJobs"}

    assert send(verified_server, headers) == (403, "InvalidSignatureException")


def test_a_request_without_a_signature_is_refused(verified_server: Server) -> None:
    assert send(verified_server, dict(TARGET)) == (403, "MissingAuthenticationTokenException")


def test_half_a_signature_is_refused(verified_server: Server) -> None:
    headers = TARGET | {"Authorization": "AWS4-HMAC-SHA256 Credential=AKIA/20240101/us-east-1/sagemaker"}

    assert send(verified_server, headers) == (400, "IncompleteSignatureException")


@pytest.mark.parametrize("minutes", [-16, 16])
def test_a_clock_that_is_far_off_is_refused(
    verified_server: Server, monkeypatch: pytest.MonkeyPatch, minutes: int
) -> None:
    import botocore.auth

    moment = datetime.datetime.now(datetime.UTC) + datetime.timedelta(minutes=minutes)
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda *_: moment.replace(tzinfo=None))

    assert send(verified_server, headers_of(signed(verified_server)))[1] == "InvalidSignatureException"


def test_an_unknown_key_is_refused_in_each_protocol(verified_server: Server) -> None:
    def client(service: str) -> Any:
        return boto3.client(
            service,  # type: ignore[call-overload]  # any service
            region_name="us-east-1",
            endpoint_url=verified_server.address,
            aws_access_key_id="AKIANOBODY",
            aws_secret_access_key="x",
            config=Config(retries={"total_max_attempts": 1}),
        )

    assert code_of(client("sagemaker").list_models) == "UnrecognizedClientException"
    assert code_of(client("sts").get_caller_identity) == "InvalidClientTokenId"
    assert code_of(client("s3").list_buckets) == "InvalidAccessKeyId"
    assert code_of(client("logs").describe_log_groups) == "UnrecognizedClientException"


def test_a_wrong_secret_is_told_by_s3_as_s3_does(verified_server: Server) -> None:
    key, _ = verified_server.keys
    client = boto3.client(
        "s3",
        endpoint_url=verified_server.address,
        region_name="us-east-1",
        aws_access_key_id=key,
        aws_secret_access_key="wrong",
    )

    assert code_of(client.list_buckets) == "SignatureDoesNotMatch"


def get(url: str) -> tuple[int, bytes]:
    """Status and body of a plain GET."""
    try:
        with urllib.request.urlopen(url, timeout=PATIENCE) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


@pytest.mark.parametrize("version", ["s3v4", None])
def test_a_presigned_url_opens_its_object_and_no_other(verified_server: Server, version: str | None) -> None:
    config: dict[str, Any] = {"signature_version": version} if version else {}
    s3 = verified_server.client("s3", **config)
    s3.create_bucket(Bucket="presigned")
    s3.put_object(Bucket="presigned", Key="a b/ü.txt", Body=b"open")
    url = s3.generate_presigned_url("get_object", {"Bucket": "presigned", "Key": "a b/ü.txt"}, ExpiresIn=60)

    assert get(url) == (200, b"open")
    status, body = get(url.replace("a%20b", "other"))
    assert (status, b"SignatureDoesNotMatch" in body) == (403, True)


def test_a_presigned_url_ends(verified_server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    import botocore.auth

    past = datetime.datetime.now(datetime.UTC) - datetime.timedelta(minutes=5)
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda *_: past.replace(tzinfo=None))
    request = AWSRequest("GET", f"{verified_server.address}/presigned/x")
    S3SigV4QueryAuth(Credentials(*verified_server.keys), "s3", "us-east-1", expires=60).add_auth(request)

    status, body = get(str(request.url))

    assert status == 403
    assert b"<Message>Request has expired</Message>" in body


def test_a_payload_other_than_the_signed_one_is_not_stored(verified_server: Server) -> None:
    s3 = verified_server.client("s3")
    s3.create_bucket(Bucket="payloads")
    url = f"{verified_server.address}/payloads/key"
    digest = hashlib.sha256(b"signed").hexdigest()
    request = AWSRequest("PUT", url, headers={"x-amz-content-sha256": digest}, data=b"signed")
    SigV4Auth(Credentials(*verified_server.keys), "s3", "us-east-1").add_auth(request)
    asked = urllib.request.Request(url, data=b"forged", headers=headers_of(request), method="PUT")

    with pytest.raises(urllib.error.HTTPError) as error:
        urllib.request.urlopen(asked, timeout=PATIENCE)

    assert b"XAmzContentSHA256Mismatch" in error.value.read()
    assert s3.list_objects_v2(Bucket="payloads")["KeyCount"] == 0


def test_a_page_of_another_site_cannot_empty_the_server(verified_server: Server) -> None:
    s3 = verified_server.client("s3")
    s3.create_bucket(Bucket="kept")
    asked = urllib.request.Request(
        f"{verified_server.address}/_oficina/reset", headers={"Origin": "https://evil.example"}, method="POST"
    )

    with pytest.raises(urllib.error.HTTPError) as error:
        urllib.request.urlopen(asked, timeout=PATIENCE)

    assert error.value.code == 403
    s3.head_bucket(Bucket="kept")
