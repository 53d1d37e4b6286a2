"""Data capture: the lines in the bucket, their encodings, and their survival."""

from __future__ import annotations

import base64
import re
from typing import Any

from tests.shops import BUCKET, Shop, variant
from tests.waiting import wait_until

KEY = r"captured/one/AllTraffic/\d{4}/\d\d/\d\d/\d\d/\d\d-\d\d-\d{3}-[0-9a-f-]{36}\.jsonl"


def capture(percent: int = 100, **members: Any) -> dict[str, Any]:
    """A DataCaptureConfig as the SDKs send it."""
    return {
        "EnableCapture": True,
        "InitialSamplingPercentage": percent,
        "DestinationS3Uri": f"s3://{BUCKET}/captured",
        "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
        "CaptureContentTypeHeader": {
            "CsvContentTypes": ["text/csv"],
            "JsonContentTypes": ["application/json"],
        },
        **members,
    }


def captured(shop: Shop, count: int) -> list[dict[str, Any]]:
    """The captured lines, once there are so many."""

    def look() -> list[dict[str, Any]]:
        found = shop.lines("captured/")
        return found if len(found) >= count else []

    return wait_until(look, f"{count} calls are captured")


def test_a_call_is_captured_while_the_endpoint_serves(shop: Shop) -> None:
    endpoint = shop.open("one", variant(shop.model("m")), DataCaptureConfig=capture())
    assert endpoint["DataCaptureConfig"] == {
        "EnableCapture": True,
        "CaptureStatus": "Started",
        "CurrentSamplingPercentage": 100,
        "DestinationS3Uri": f"s3://{BUCKET}/captured",
        "KmsKeyId": "",
    }
    shop.echo("one", "1,2\n", ContentType="text/csv; charset=utf-8", InferenceId="7", CustomAttributes="a=b")
    (line,) = captured(shop, 1)
    metadata = line["eventMetadata"]
    assert line["captureData"] == {
        "endpointInput": {
            "observedContentType": "text/csv; charset=utf-8",
            "mode": "INPUT",
            "data": "echo 1,2\n",
            "encoding": "CSV",
        },
        "endpointOutput": {
            "observedContentType": "text/csv; charset=utf-8",
            "mode": "OUTPUT",
            "data": "1,2\n",
            "encoding": "CSV",
        },
    }
    assert line["eventVersion"] == "0"
    assert (metadata["inferenceId"], metadata["customAttributes"]) == ("7", ["a=b"])
    assert re.fullmatch(r"[0-9a-f-]{36}", metadata["eventId"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", metadata["inferenceTime"])
    (found,) = shop.s3.list_objects_v2(Bucket=BUCKET, Prefix="captured/")["Contents"]
    assert re.fullmatch(KEY, found["Key"])


def test_other_types_are_base64(shop: Shop) -> None:
    shop.open("one", variant(shop.model("m")), DataCaptureConfig=capture())
    shop.echo("one", "\x00\xff", ContentType="application/x-npy")
    (line,) = captured(shop, 1)
    side = line["captureData"]["endpointInput"]
    assert side["encoding"] == "BASE64"
    assert base64.b64decode(side["data"]) == "echo \x00\xff".encode()


def test_only_the_sides_asked_for_are_captured(shop: Shop) -> None:
    only = capture(CaptureOptions=[{"CaptureMode": "Output"}])
    shop.open("one", variant(shop.model("m")), DataCaptureConfig=only)
    shop.echo("one", "{}", ContentType="application/json")
    (line,) = captured(shop, 1)
    assert list(line["captureData"]) == ["endpointOutput"]
    assert line["captureData"]["endpointOutput"]["encoding"] == "JSON"


def test_a_share_is_captured(shop: Shop) -> None:
    shop.open("one", variant(shop.model("m")), DataCaptureConfig=capture(50))
    for number in range(100):
        shop.echo("one", str(number), ContentType="text/csv")
    lines = captured(shop, 20)
    assert len(lines) < 80


def test_nothing_is_captured_where_it_is_switched_off(shop: Shop) -> None:
    shop.model("m")
    shop.open("one", variant("m"), DataCaptureConfig=capture(EnableCapture=False))
    endpoint = shop.open("two", variant("m"), DataCaptureConfig=capture())
    assert endpoint["DataCaptureConfig"]["CaptureStatus"] == "Started"
    shop.echo("one", "1", ContentType="text/csv")
    shop.echo("two", "2", ContentType="text/csv")
    (line,) = captured(shop, 1)
    assert line["captureData"]["endpointInput"]["data"] == "echo 2"
    described = shop.sagemaker.describe_endpoint(EndpointName="one")
    assert described["DataCaptureConfig"]["CaptureStatus"] == "Stopped"
