"""InvokeEndpoint with one CSV row, beside the model's own process."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.bench import places
from tests.bench.figures import Figure, milliseconds, taking_turns
from tests.servers import Server
from tests.waiting import wait_until

ROW = ",".join(f"{number / 7:.3f}" for number in range(20)).encode()
CLIENTS = 4


def measure(smoke: bool) -> list[Figure]:
    """The same HTTP client on both sides: only the way through the server differs."""
    with places.oficina() as server:
        _serve(server)
        here, model = _here(server), _model(server)
        taken = taking_turns({"here": here(), "model": model()}, 50 if smoke else 2000)
        with_all = {
            name: _crowd(make, 50 if smoke else 1000) for name, make in (("here", here), ("model", model))
        }
    added = taken.difference("here", "model") * 1000
    return [
        Figure("InvokeEndpoint, one CSV row, XGBoost, p50", milliseconds(taken.of("here")), "ms"),
        Figure("the model process's own, p50", milliseconds(taken.of("model")), "ms"),
        Figure("what the server adds", added, "ms", most=0.6),
        Figure(f"InvokeEndpoint with {CLIENTS} clients", with_all["here"], "calls/s"),
        Figure(f"the model process alone with {CLIENTS} clients", with_all["model"], "calls/s"),
    ]


def _serve(server: Server) -> None:
    """An endpoint of a small model."""
    sagemaker = server.client("sagemaker")
    places.boosted(server)
    variant = {
        "VariantName": "all",
        "ModelName": "model",
        "InitialInstanceCount": 1,
        "InstanceType": "ml.m5.large",
    }
    sagemaker.create_endpoint_config(EndpointConfigName="model", ProductionVariants=[variant])
    sagemaker.create_endpoint(EndpointName="model", EndpointConfigName="model")
    wait_until(lambda: _in_service(sagemaker), "the endpoint is in service")


def _in_service(sagemaker: Any) -> bool:
    endpoint = sagemaker.describe_endpoint(EndpointName="model")
    assert endpoint["EndpointStatus"] != "Failed", endpoint.get("FailureReason")
    return bool(endpoint["EndpointStatus"] == "InService")


def _here(server: Server) -> Callable[[], Callable[[], object]]:
    """Signed once, as a signature holds for minutes: what signing costs is the client's."""
    url = f"{server.address}/endpoints/model/invocations"
    request = AWSRequest("POST", url, data=ROW, headers={"Content-Type": "text/csv"})
    SigV4Auth(Credentials(*server.keys), "sagemaker", "us-east-1").add_auth(request)
    return lambda: _caller(url, dict(request.headers.items()))


def _model(server: Server) -> Callable[[], Callable[[], object]]:
    """Straight to the port of the model's process."""
    specs = [json.loads(path.read_text()) for path in (server.home / "endpoints").rglob("spec.json")]
    port = next(spec["port"] for spec in specs if spec["port"])
    return lambda: _caller(f"http://127.0.0.1:{port}/invocations", {"Content-Type": "text/csv"})


def _caller(url: str, headers: dict[str, str]) -> Callable[[], object]:
    where = urlsplit(url)
    connection = http.client.HTTPConnection(where.hostname or "", where.port)

    def call() -> bytes:
        connection.request("POST", where.path, ROW, headers)
        answer = connection.getresponse()
        body = answer.read()
        assert answer.status == 200, body
        return body

    return call


def _crowd(make: Callable[[], Callable[[], object]], rounds: int) -> float:
    """Calls in a second of several clients at once."""

    def work(call: Callable[[], object]) -> None:
        for _ in range(rounds):
            call()

    calls = [make() for _ in range(CLIENTS)]
    for call in calls * 10:
        call()
    threads = [threading.Thread(target=work, args=(call,)) for call in calls]
    begin = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return CLIENTS * rounds / (time.perf_counter() - begin)
