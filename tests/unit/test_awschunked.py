"""S3's framing with signatures, on the examples of AWS's own documentation.

S3 API reference, "Signature Calculations for the Authorization Header: Transferring Payload in Multiple
Chunks" and "... with trailing headers".
"""

from __future__ import annotations

import pytest

from oficina.errors import AwsError
from oficina.wire.awschunked import AwsChunkedBody, ChunkSigner
from oficina.wire.body import HeldBody, read_all
from oficina.wire.sigv4 import signing_key

DATA = b"a" * 66560
KEY = signing_key("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "20130524", "us-east-1", "s3")
SCOPE = "20130524/us-east-1/s3/aws4_request"
PLAIN = (
    "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
    "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
    "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
    "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9",
)
TRAILED = (
    "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e",
    "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2",
    "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7",
    "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992",
)
TRAILERS = (
    b"x-amz-checksum-crc32c:sOO8/Q==\r\n"
    b"x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n"
)


def body(signatures: tuple[str, ...], data: bytes = DATA, trailers: bytes = b"") -> AwsChunkedBody:
    """The documentation's body in three chunks."""
    _, first, second, last = signatures
    framed = (
        b"10000;chunk-signature=%b\r\n%b\r\n" % (first.encode(), data[:65536])
        + b"400;chunk-signature=%b\r\n%b\r\n" % (second.encode(), data[65536:])
        + b"0;chunk-signature=%b\r\n%b\r\n" % (last.encode(), trailers)
    )
    return AwsChunkedBody(
        HeldBody(framed), len(data), ChunkSigner(KEY, "20130524T000000Z", SCOPE, signatures[0])
    )


def test_the_documents_chunks_are_read() -> None:
    assert read_all(body(PLAIN)) == DATA


def test_the_documents_trailers_are_read() -> None:
    read = body(TRAILED, trailers=TRAILERS)
    assert read_all(read) == DATA
    assert read.trailers == {"x-amz-checksum-crc32c": "sOO8/Q=="}


@pytest.mark.parametrize(
    ("signatures", "data", "trailers"),
    [
        (PLAIN, b"b" + DATA[1:], b""),
        ((*PLAIN[:2], PLAIN[1], PLAIN[3]), DATA, b""),
        (TRAILED, DATA, TRAILERS.replace(b"sOO8", b"AAAA")),
        (TRAILED, DATA, TRAILERS.split(b"\r\n")[0] + b"\r\n"),
    ],
)
def test_what_was_not_signed_is_refused(signatures: tuple[str, ...], data: bytes, trailers: bytes) -> None:
    with pytest.raises(AwsError, match="SignatureDoesNotMatch"):
        read_all(body(signatures, data, trailers))


def test_bytes_beyond_or_short_of_the_announced_length_are_refused() -> None:
    framed = b"3\r\nabc\r\n0\r\n\r\n"
    for length in (2, 4):
        with pytest.raises(AwsError, match="IncompleteBody"):
            read_all(AwsChunkedBody(HeldBody(framed), length, None))
