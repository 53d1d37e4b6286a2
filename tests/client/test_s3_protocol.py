"""What clients other than boto3 put on the wire, byte by byte."""

from __future__ import annotations

import base64
import json
import socket
import zlib
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree

import pytest

from tests.servers import Server
from tests.waiting import PATIENCE

Aws = Callable[..., Any]


class Wire:
    """A connection that sends what it is told and reads answers."""

    def __init__(self, address: str, account: str) -> None:
        host = urlsplit(address)
        self._socket = socket.create_connection((host.hostname or "", host.port or 0), timeout=PATIENCE)
        self._file = self._socket.makefile("rb")
        self._head = (
            f"Host: {host.netloc}\r\nAuthorization: AWS4-HMAC-SHA256 "
            f"Credential={account}/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=x\r\n"
        )

    def send(self, line: str, *headers: str, body: bytes = b"") -> None:
        """Sends a request."""
        head = f"{line} HTTP/1.1\r\n{self._head}" + "".join(f"{header}\r\n" for header in headers)
        self._socket.sendall(head.encode() + b"\r\n" + body)

    def status(self) -> tuple[int, dict[str, str]]:
        """The status and the headers of the next answer."""
        status = int(self._file.readline().split()[1])
        headers = {}
        while line := self._file.readline().strip():
            name, _, value = line.decode("latin-1").partition(":")
            headers[name.lower()] = value.strip()
        return status, headers

    def answer(self) -> tuple[int, dict[str, str], bytes]:
        """The next answer with its body."""
        status, headers = self.status()
        return status, headers, self._file.read(int(headers.get("content-length", "0")))

    def ended(self) -> bool:
        """Whether the server closed the connection."""
        return self._file.read(1) == b""

    def close(self) -> None:
        """Hangs up."""
        self._file.close()
        self._socket.close()


@pytest.fixture
def wire(open_server: Server, account: str, aws: Aws) -> Iterator[Wire]:
    """A connection of an account that has a bucket named ``b-1``."""
    aws("s3").create_bucket(Bucket="b-1")
    connection = Wire(open_server.address, account)
    yield connection
    connection.close()


def code(content: bytes) -> str | None:
    """The code of an error document."""
    return ElementTree.fromstring(content).findtext("Code")


def framed(data: bytes, *trailers: str, size: int = 1000) -> bytes:
    """Bytes in ``aws-chunked`` framing without signatures."""
    pieces = [data[start : start + size] for start in range(0, len(data), size)]
    body = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n"
    return body + "".join(f"{line}\r\n" for line in trailers).encode() + b"\r\n"


def crc32(data: bytes) -> str:
    """A CRC32 as S3 writes it."""
    return base64.b64encode(zlib.crc32(data).to_bytes(4, "big")).decode()


def test_a_client_that_expects_100_continue_gets_it_before_the_body(wire: Wire, aws: Aws) -> None:
    wire.send("PUT /b-1/k", "Content-Length: 4", "Expect: 100-continue")
    assert wire.status()[0] == 100
    wire._socket.sendall(b"data")
    assert wire.answer()[0] == 200
    assert aws("s3").get_object(Bucket="b-1", Key="k")["Body"].read() == b"data"


def test_a_client_that_expects_100_continue_is_refused_before_the_body(wire: Wire) -> None:
    wire.send("PUT /no-bucket/k", "Content-Length: 1000000000", "Expect: 100-continue")
    status, _, content = wire.answer()
    assert (status, code(content)) == (404, "NoSuchBucket")
    assert wire.ended()


def test_a_body_in_aws_chunks_with_a_checksum_after_it(wire: Wire, aws: Aws) -> None:
    data = bytes(range(256)) * 20
    body = framed(data, f"x-amz-checksum-crc32:{crc32(data)}")
    wire.send(
        "PUT /b-1/k",
        f"Content-Length: {len(body)}",
        "Content-Encoding: aws-chunked",
        "x-amz-content-sha256: STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        f"x-amz-decoded-content-length: {len(data)}",
        "x-amz-trailer: x-amz-checksum-crc32",
        body=body,
    )
    status, headers, _ = wire.answer()
    assert (status, headers["x-amz-checksum-crc32"]) == (200, crc32(data))
    found = aws("s3").get_object(Bucket="b-1", Key="k")
    assert found["Body"].read() == data
    assert "ContentEncoding" not in found


@pytest.mark.parametrize(
    ("trailers", "expected"),
    [
        (["x-amz-checksum-crc32:AAAAAA=="], "BadDigest"),
        ([], "MalformedTrailerError"),
    ],
)
def test_a_checksum_after_the_body_is_verified(wire: Wire, trailers: list[str], expected: str) -> None:
    body = framed(b"data", *trailers)
    wire.send(
        "PUT /b-1/k",
        f"Content-Length: {len(body)}",
        "x-amz-content-sha256: STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        "x-amz-decoded-content-length: 4",
        "x-amz-trailer: x-amz-checksum-crc32",
        body=body,
    )
    status, _, content = wire.answer()
    assert (status, code(content)) == (400, expected)


def test_aws_chunks_inside_http_chunks(wire: Wire, aws: Aws) -> None:
    data = b"0123456789" * 1000
    body = framed(framed(data, f"x-amz-checksum-crc32:{crc32(data)}"), size=777)
    wire.send(
        "PUT /b-1/k",
        "Transfer-Encoding: chunked",
        "Content-Encoding: gzip,aws-chunked",
        "x-amz-content-sha256: STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        f"x-amz-decoded-content-length: {len(data)}",
        "x-amz-trailer: x-amz-checksum-crc32",
        body=body,
    )
    assert wire.answer()[0] == 200
    found = aws("s3").get_object(Bucket="b-1", Key="k")
    assert (found["Body"].read(), found["ContentEncoding"]) == (data, "gzip")


def test_a_body_without_a_length_is_refused_and_what_follows_is_no_request(wire: Wire) -> None:
    wire.send("PUT /b-1/k", body=b"GET /b-1/k HTTP/1.1\r\n\r\n")
    status, _, content = wire.answer()
    assert (status, code(content)) == (411, "MissingContentLength")
    assert wire.ended()


def test_a_larger_object_than_five_gigabytes_is_refused_at_once(wire: Wire) -> None:
    wire.send("PUT /b-1/k", f"Content-Length: {5 * 1024**3 + 1}", "Expect: 100-continue")
    status, _, content = wire.answer()
    assert (status, code(content)) == (400, "EntityTooLarge")


def test_requests_follow_one_another_on_a_connection(wire: Wire) -> None:
    for number in range(3):
        wire.send(f"PUT /b-1/k{number}", "Content-Length: 2", body=b"ab")
        assert wire.answer()[0] == 200
    wire.send("GET /b-1/k1")
    assert wire.answer()[2] == b"ab"
    wire.send("HEAD /b-1/k1")
    assert wire.status()[1]["content-length"] == "2"
    wire.send("GET /b-1/nothing")
    assert wire.answer()[0] == 404


def test_user_metadata_may_be_utf8(wire: Wire) -> None:
    wire.send("PUT /b-1/k", "Content-Length: 0", "x-amz-meta-city: São Paulo")
    assert wire.answer()[0] == 200
    wire.send("HEAD /b-1/k")
    assert wire.status()[1]["x-amz-meta-city"] == "=?UTF-8?B?U8OjbyBQYXVsbw==?="


def test_lists_without_an_encoding_show_keys_as_they_are(wire: Wire) -> None:
    wire.send("PUT /b-1/a%20b%2Bc+d%25&<e>", "Content-Length: 0")
    assert wire.answer()[0] == 200
    wire.send("GET /b-1?list-type=2")
    root = ElementTree.fromstring(wire.answer()[2])
    space = "{http://s3.amazonaws.com/doc/2006-03-01/}"
    assert root.tag == f"{space}ListBucketResult"
    assert root.findtext(f"{space}Contents/{space}Key") == "a b+c+d%&<e>"


def test_a_document_that_is_no_xml_is_refused(wire: Wire) -> None:
    for body in (b"<Delete", b'<!DOCTYPE x [<!ENTITY e "x">]><Delete/>'):
        wire.send("POST /b-1?delete", f"Content-Length: {len(body)}", body=body)
        status, _, content = wire.answer()
        assert (status, code(content)) == (400, "MalformedXML")


def test_an_error_names_its_request(wire: Wire) -> None:
    wire.send("GET /b-1/nothing")
    _, headers, content = wire.answer()
    root = ElementTree.fromstring(content)
    assert root.findtext("RequestId") == headers["x-amz-request-id"]
    assert root.findtext("Key") == "nothing"


def test_the_policy_is_json_and_not_xml(wire: Wire, aws: Aws) -> None:
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow"}]}
    aws("s3").put_bucket_policy(Bucket="b-1", Policy=json.dumps(policy))
    wire.send("GET /b-1?policy")
    _, headers, content = wire.answer()
    assert headers["content-type"] == "application/json"
    assert json.loads(content) == policy


def test_the_home_region_has_an_empty_location(wire: Wire) -> None:
    wire.send("GET /b-1?location")
    root = ElementTree.fromstring(wire.answer()[2])
    assert root.tag.endswith("}LocationConstraint")
    assert root.text is None


def test_a_key_that_is_not_utf8_is_refused(wire: Wire) -> None:
    wire.send("PUT /b-1/%FF%FE", "Content-Length: 0")
    status, _, content = wire.answer()
    assert (status, code(content)) == (400, "InvalidURI")


def test_a_policy_that_is_not_text_is_refused(wire: Wire) -> None:
    wire.send("PUT /b-1?policy", "Content-Length: 3", body=b"\xff\xfe{")
    status, _, content = wire.answer()
    assert (status, code(content)) == (400, "MalformedPolicy")
