"""InvokeEndpoint: headers there and back, variants, errors in AWS's words, streams."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError, EventStreamError

from tests.servers import Server
from tests.shops import Shop, variant
from tests.waiting import wait_until

LIMIT = 6 * 1024 * 1024
"""The largest body of InvokeEndpoint (botocore, BodyBlob)."""


@pytest.fixture
def endpoint(shop: Shop) -> str:
    """An endpoint that answers."""
    shop.open("one", variant(shop.model("m")))
    return "one"


def refused(shop: Shop, body: bytes, **members: Any) -> dict[str, Any]:
    """What the caller is told."""
    with pytest.raises(ClientError) as told:
        shop.runtime.invoke_endpoint(EndpointName="one", Body=body, **members)
    return dict(told.value.response)


def test_the_model_is_told_every_header(shop: Shop, endpoint: str) -> None:
    headers = shop.ask(
        endpoint,
        ContentType="text/csv; header=absent",
        Accept="application/json",
        CustomAttributes="trace=1",
        TargetModel="a.tar.gz",
        TargetVariant="AllTraffic",
        InferenceId="42",
        SessionId="NEW_SESSION",
    )["headers"]
    del headers["host"], headers["content-length"]
    assert headers == {
        "content-type": "text/csv; header=absent",
        "accept": "application/json",
        "x-amzn-sagemaker-custom-attributes": "trace=1",
        "x-amzn-sagemaker-target-model": "a.tar.gz",
        "x-amzn-sagemaker-target-variant": "AllTraffic",
        "x-amzn-sagemaker-inference-id": "42",
        "x-amzn-sagemaker-session-id": "NEW_SESSION",
    }


def test_the_caller_is_told_type_variant_and_attributes(shop: Shop, endpoint: str) -> None:
    answer = shop.runtime.invoke_endpoint(EndpointName=endpoint, Body=b"echo 1,2", ContentType="text/csv")
    assert answer["ContentType"] == "text/csv"
    assert answer["InvokedProductionVariant"] == "AllTraffic"
    assert answer["Body"].read() == b"1,2"
    answer = shop.runtime.invoke_endpoint(EndpointName=endpoint, Body=b"attributes seen=2")
    assert answer["CustomAttributes"] == "seen=2"


def test_a_body_may_be_a_form(shop: Shop, endpoint: str) -> None:
    kind = "application/x-www-form-urlencoded"
    answer = shop.runtime.invoke_endpoint(EndpointName=endpoint, Body=b"echo a=1", ContentType=kind)
    assert answer["Body"].read() == b"a=1"


def test_a_large_body_goes_both_ways(shop: Shop, endpoint: str) -> None:
    text = "x" * (LIMIT - 5)
    assert shop.echo(endpoint, text) == text


def test_a_body_over_the_limit_is_refused(shop: Shop, endpoint: str) -> None:
    error = refused(shop, b"x" * (LIMIT + 1))["Error"]
    assert error["Code"] == "ValidationError"
    assert f"Member must have length less than or equal to {LIMIT}" in error["Message"]


@pytest.mark.parametrize(("status", "side"), [(400, "client"), (415, "client"), (500, "server")])
def test_a_model_that_says_no_is_a_model_error(
    shop: Shop, endpoint: str, account: str, status: int, side: str
) -> None:
    said = refused(shop, f"status {status} bad row".encode())
    group = "/aws/sagemaker/Endpoints/one"
    assert said["ResponseMetadata"]["HTTPStatusCode"] == 424
    assert said["Error"]["Code"] == "ModelError"
    assert said["Error"]["Message"] == (
        f'Received {side} error ({status}) from primary with message "bad row". See '
        "https://us-east-1.console.aws.amazon.com/cloudwatch/home?region=us-east-1"
        f"#logEventViewer:group={group} in account {account} for more information."
    )
    assert said["OriginalStatusCode"] == status
    assert said["OriginalMessage"] == "bad row"
    assert said["LogStreamArn"] == f"arn:aws:logs:us-east-1:{account}:log-group:{group}"


def test_a_model_that_dies_in_the_call_is_a_model_error_and_comes_back(shop: Shop, endpoint: str) -> None:
    before = shop.ask(endpoint)["environment"]["SAGEMAKER_BIND_TO_PORT"]
    assert refused(shop, b"die now")["Error"]["Code"] == "ModelError"

    def back() -> str | None:
        try:
            return str(shop.ask(endpoint)["environment"]["SAGEMAKER_BIND_TO_PORT"])
        except shop.runtime.exceptions.ModelNotReadyException:
            return None  # a call waits for it, but not for ever

    assert wait_until(back, "the model did not come back") != before
    described = shop.sagemaker.describe_endpoint(EndpointName=endpoint)
    assert described["EndpointStatus"] == "InService"


def test_a_stream_arrives_piece_by_piece(shop: Shop, endpoint: str) -> None:
    answer = shop.runtime.invoke_endpoint_with_response_stream(
        EndpointName=endpoint, Body=b"stream one,?,two,?,three", Accept="text/plain"
    )
    assert answer["ContentType"] == "text/plain"
    assert answer["InvokedProductionVariant"] == "AllTraffic"
    pieces = []
    for event in answer["Body"]:
        pieces.append(event["PayloadPart"]["Bytes"])
        shop.runtime.invoke_endpoint(EndpointName=endpoint, Body=b"next")
    assert pieces == [b"one", b"two", b"three"]


def test_a_stream_that_breaks_says_so(shop: Shop, endpoint: str) -> None:
    answer = shop.runtime.invoke_endpoint_with_response_stream(EndpointName=endpoint, Body=b"stream one,!")
    with pytest.raises(EventStreamError, match="ModelStreamError"):
        for _event in answer["Body"]:
            pass


def test_a_stream_refused_at_once_is_a_model_error(shop: Shop, endpoint: str) -> None:
    with pytest.raises(ClientError, match=r"Received client error \(400\) from primary"):
        shop.runtime.invoke_endpoint_with_response_stream(EndpointName=endpoint, Body=b"status 400 no")


def test_a_stream_left_early_frees_the_model(shop: Shop, endpoint: str) -> None:
    for _ in range(3):
        answer = shop.runtime.invoke_endpoint_with_response_stream(
            EndpointName=endpoint, Body=b"stream one,two,three"
        )
        next(iter(answer["Body"]))
        answer["Body"].close()
    assert shop.echo(endpoint, "x") == "x"


def test_asynchronous_calls_are_refused_by_name(shop: Shop, endpoint: str) -> None:
    with pytest.raises(ClientError, match="InvokeEndpointAsync"):
        shop.runtime.invoke_endpoint_async(EndpointName=endpoint, InputLocation="s3://shop/a")


def test_a_signature_is_asked_for(verified_server: Server) -> None:
    runtime = verified_server.client("sagemaker-runtime", "123123123123")
    with pytest.raises(ClientError, match="UnrecognizedClientException"):
        runtime.invoke_endpoint(EndpointName="one", Body=b"x")
