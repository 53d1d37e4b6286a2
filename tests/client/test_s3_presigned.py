"""Presigned URLs and forms, on a server that verifies signatures."""

from __future__ import annotations

import http.client
import random
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree

import pytest

from tests.servers import Server
from tests.waiting import PATIENCE, wait_until

VERSIONS = ("s3", "s3v4")
MARK = "a-boundary"


@pytest.fixture
def bucket(verified_server: Server) -> str:
    """A bucket of the test's own."""
    name = f"signed-{random.randrange(10**9)}"
    verified_server.client("s3").create_bucket(Bucket=name)
    return name


def client(server: Server, version: str) -> Any:
    """A client that signs URLs in this version."""
    return server.client("s3", signature_version=version)


def send(
    method: str, url: str, body: bytes | None = None, headers: dict[str, str] | None = None
) -> tuple[int, bytes]:
    """What a program without any keys is answered."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=PATIENCE)
    connection.request(method, f"{parts.path}?{parts.query}", body, headers or {})
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer.status, content


def code(content: bytes) -> str | None:
    """The code of an error document."""
    return ElementTree.fromstring(content).findtext("Code")


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("key", ["plain", "a b/c+d/é~*.txt", "percent%2F"])
def test_urls_let_in_who_has_no_keys(verified_server: Server, bucket: str, version: str, key: str) -> None:
    s3 = client(verified_server, version)
    name = {"Bucket": bucket, "Key": key}
    assert send("PUT", s3.generate_presigned_url("put_object", Params=name), b"data")[0] == 200
    assert send("GET", s3.generate_presigned_url("get_object", Params=name)) == (200, b"data")
    assert send("HEAD", s3.generate_presigned_url("head_object", Params=name)) == (200, b"")
    shown = {**name, "ResponseContentType": "text/plain"}
    assert send("GET", s3.generate_presigned_url("get_object", Params=shown)) == (200, b"data")
    assert send("DELETE", s3.generate_presigned_url("delete_object", Params=name))[0] == 204


def test_a_body_that_curl_calls_a_form_is_an_object(verified_server: Server, bucket: str) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    name = {"Bucket": bucket, "Key": "put by curl"}
    url = client(verified_server, "s3v4").generate_presigned_url("put_object", Params=name)
    assert send("PUT", url, b"a=1", form)[0] == 200
    typed = {**name, "ContentType": form["Content-Type"]}
    url = client(verified_server, "s3").generate_presigned_url("put_object", Params=typed)
    assert send("PUT", url, b"a=2", form)[0] == 200
    assert verified_server.client("s3").get_object(**name)["Body"].read() == b"a=2"


@pytest.mark.parametrize("version", VERSIONS)
def test_buckets_are_presigned_too(verified_server: Server, bucket: str, version: str) -> None:
    s3 = client(verified_server, version)
    name = {"Bucket": bucket}
    assert send("HEAD", s3.generate_presigned_url("head_bucket", Params=name))[0] == 200
    assert send("GET", s3.generate_presigned_url("list_buckets"))[0] == 200
    assert send("GET", s3.generate_presigned_url("get_bucket_location", Params=name))[0] == 200
    listed = send("GET", s3.generate_presigned_url("list_objects_v2", Params={**name, "Prefix": "a b"}))
    assert listed[0] == 200


@pytest.mark.parametrize("version", VERSIONS)
def test_a_url_is_good_for_what_it_was_signed_for_only(
    verified_server: Server, bucket: str, version: str
) -> None:
    s3 = client(verified_server, version)
    url = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "k"})
    status, content = send("PUT", url, b"x")
    assert (status, code(content)) == (403, "SignatureDoesNotMatch")
    status, content = send("GET", url.replace("/k?", "/other?"))
    assert (status, code(content)) == (403, "SignatureDoesNotMatch")


@pytest.mark.parametrize("version", VERSIONS)
def test_a_url_ends_when_it_says(verified_server: Server, bucket: str, version: str) -> None:
    s3 = client(verified_server, version)
    url = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "k"}, ExpiresIn=1)
    wait_until(lambda: send("GET", url)[0] == 403, "the URL has expired")
    assert code(send("GET", url)[1]) == "AccessDenied"


def test_a_request_without_a_signature_is_denied(verified_server: Server, bucket: str) -> None:
    status, content = send("GET", f"{verified_server.address}/{bucket}/k")
    assert (status, code(content)) == (403, "AccessDenied")


def form(fields: dict[str, str], data: bytes, filename: str = "photo.bin") -> tuple[bytes, dict[str, str]]:
    """The body and the headers of a browser's form."""
    lines = [
        f'--{MARK}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    lines.append(
        f'--{MARK}\r\nContent-Disposition: form-data; name="file"; filename="{filename}"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    )
    body = "".join(lines).encode() + data + f"\r\n--{MARK}--\r\n".encode()
    return body, {"Content-Type": f"multipart/form-data; boundary={MARK}"}


def post(server: Server, version: str, bucket: str, key: str, **more: Any) -> dict[str, Any]:
    """A form that a client made."""
    made: dict[str, Any] = client(server, version).generate_presigned_post(bucket, key, **more)
    return made


@pytest.mark.parametrize("version", VERSIONS)
def test_a_form_stores_a_file(verified_server: Server, bucket: str, version: str) -> None:
    made = post(
        verified_server,
        version,
        bucket,
        "up/${filename}",
        Fields={"x-amz-meta-who": "José", "Content-Type": "text/csv", "success_action_status": "201"},
        Conditions=[
            {"x-amz-meta-who": "José"},
            ["starts-with", "$Content-Type", "text/"],
            {"success_action_status": "201"},
        ],
    )
    data = random.Random(3).randbytes(3_000_000) + f"\r\n--{MARK[:-1]}".encode()
    status, content = send("POST", made["url"], *form(made["fields"], data))
    assert status == 201
    assert ElementTree.fromstring(content).findtext("Key") == "up/photo.bin"
    found = verified_server.client("s3").get_object(Bucket=bucket, Key="up/photo.bin")
    assert found["Body"].read() == data
    assert found["ContentType"] == "text/csv"


@pytest.mark.parametrize(
    ("change", "conditions", "data", "status", "expected"),
    [
        ({"key": "elsewhere"}, [], b"x", 403, "AccessDenied"),
        ({"acl": "private"}, [], b"x", 403, "AccessDenied"),
        ({}, [["content-length-range", 0, 10]], b"x" * 11, 400, "EntityTooLarge"),
        ({}, [["content-length-range", 5, 10]], b"x", 400, "EntityTooSmall"),
        ({"policy": "e30="}, [], b"x", 403, "SignatureDoesNotMatch"),
    ],
)
@pytest.mark.parametrize("version", VERSIONS)
def test_a_form_against_its_policy_is_refused(
    verified_server: Server,
    bucket: str,
    version: str,
    change: dict[str, str],
    conditions: list[Any],
    data: bytes,
    status: int,
    expected: str,
) -> None:
    made = post(verified_server, version, bucket, "k", Conditions=conditions)
    answered, content = send("POST", made["url"], *form({**made["fields"], **change}, data))
    assert (answered, code(content)) == (status, expected)
    assert "Contents" not in verified_server.client("s3").list_objects_v2(Bucket=bucket)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_form_ends_when_its_policy_says(verified_server: Server, bucket: str, version: str) -> None:
    made = post(verified_server, version, bucket, "k", ExpiresIn=-10)
    status, content = send("POST", made["url"], *form(made["fields"], b"x"))
    assert (status, code(content)) == (403, "AccessDenied")
    assert b"Policy expired" in content


def test_a_form_without_a_policy_is_denied(verified_server: Server, bucket: str) -> None:
    url = f"{verified_server.address}/{bucket}"
    status, content = send("POST", url, *form({"key": "k"}, b"x"))
    assert (status, code(content)) == (403, "AccessDenied")


def test_a_form_can_send_the_browser_on(verified_server: Server, bucket: str) -> None:
    target = "http://example.test/done?x=1"
    made = post(
        verified_server,
        "s3v4",
        bucket,
        "k",
        Fields={"success_action_redirect": target},
        Conditions=[{"success_action_redirect": target}],
    )
    assert send("POST", made["url"], *form(made["fields"], b"x"))[0] == 303
