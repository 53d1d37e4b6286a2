"""MLflow's log_metric through the gateway, beside a plain ``mlflow server`` of the same version."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from oficina import config
from oficina.engine.mlflow.kinds import IMAGE
from oficina.runners.images import Catalog
from tests import mlflow, ports
from tests.bench import places
from tests.bench.figures import Figure, milliseconds, taking_turns
from tests.servers import Server, surroundings
from tests.waiting import wait_until

Requests = Iterator[tuple[bytes, dict[str, str]]]


def measure(smoke: bool) -> list[Figure]:
    """The same HTTP client on both sides; requests are signed beforehand, as signing is the client's."""
    rounds = 20 if smoke else 300
    with places.oficina() as server:
        begin = time.perf_counter()
        made = mlflow.tracking_server(server, "bench")
        first = time.perf_counter() - begin
        begin = time.perf_counter()
        mlflow.tracking_server(server, "second")
        second = time.perf_counter() - begin
        try:
            with _plain(server) as plain:
                arn, address, straight = made["TrackingServerArn"], server.address, _straight(server, made)
                taken = taking_turns(
                    {
                        "here": _caller(address, _signed(server, address, arn, 2 * rounds)),
                        "straight": _caller(straight, _unsigned(straight)),
                        "plain": _caller(plain, _unsigned(plain)),
                    },
                    rounds,
                )
        finally:
            server.sweep()
    return [
        Figure("CreateMlflowTrackingServer until it answers, the first one", first, "s"),
        Figure("CreateMlflowTrackingServer until it answers, a further one", second, "s"),
        Figure("log_metric through the gateway by ARN, p50", milliseconds(taken.of("here")), "ms"),
        Figure("log_metric to a plain mlflow server, p50", milliseconds(taken.of("plain")), "ms"),
        Figure(
            "log_metric straight to the tracking server's process, p50",
            milliseconds(taken.of("straight")),
            "ms",
        ),
        Figure(
            "through the gateway, in times of a plain mlflow server",
            taken.ratio("here", "plain"),
            "×",
            most=1.15,
        ),
        Figure(
            "through the gateway, in times of the process itself",
            taken.ratio("here", "straight"),
            "×",
            most=1.15,
        ),
    ]


def _straight(server: Server, made: dict[str, Any]) -> str:
    """The address of the process behind a tracking server."""
    identity = made["TrackingServerUrl"].rpartition("/")[2]
    spec = json.loads((server.home / "mlflow" / identity / "process" / "spec.json").read_bytes())
    return f"http://127.0.0.1:{spec['port']}"


@contextlib.contextmanager
def _plain(server: Server) -> Iterator[str]:
    """The address of ``mlflow server`` as anybody starts it."""

    cache = Path(surroundings()["OFICINA_CACHE"])
    image = Catalog(config.load().with_overrides(home=server.home, cache=cache)).resolve(IMAGE)
    with ports.held() as port, tempfile.TemporaryDirectory() as folder:
        words = ["--backend-store-uri", f"sqlite:///{folder}/mlflow.db", "--port", str(port)]
        words += ["--no-serve-artifacts", "--default-artifact-root", "s3://bench/plain"]
        process = subprocess.Popen(
            [str(image.path / "bin" / "mlflow"), "server", *words],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, **image.environment},
        )
        try:
            wait_until(lambda: _listens(port), "mlflow server does not listen")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait()


def _listens(port: int) -> bool:
    with contextlib.suppress(OSError):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        connection.request("GET", "/health")
        return connection.getresponse().status == 200
    return False


def _metric(run: str, step: int) -> bytes:
    told = {"run_id": run, "key": "loss", "value": step / 7, "timestamp": 1_700_000_000_000 + step}
    return json.dumps({**told, "step": step}).encode()


def _unsigned(address: str) -> Requests:
    created = {"experiment_id": "0"}
    run = json.loads(_post(address, "runs/create", json.dumps(created).encode(), {}))["run"]["info"]["run_id"]
    for step in range(10**6):
        yield _metric(run, step), {}


def _signed(server: Server, address: str, arn: str, number: int) -> Requests:
    def sign(path: str, body: bytes) -> dict[str, str]:
        headers = {"Content-Type": "application/json", "x-mlflow-sm-tracking-server-arn": arn}
        url = f"{address}/api/2.0/mlflow/{path}"
        request = AWSRequest("POST", url, data=body, headers=headers)
        SigV4Auth(Credentials(*server.keys), "sagemaker-mlflow", "us-east-1").add_auth(request)
        return dict(request.headers.items())

    created = json.dumps({"experiment_id": "0"}).encode()
    told = json.loads(_post(address, "runs/create", created, sign("runs/create", created)))
    run = told["run"]["info"]["run_id"]
    bodies = [_metric(run, step) for step in range(number)]
    return iter([(body, sign("runs/log-metric", body)) for body in bodies])


def _post(address: str, path: str, body: bytes, headers: dict[str, str]) -> bytes:
    connection = http.client.HTTPConnection(urlsplit(address).netloc)
    headers = {"Content-Type": "application/json", **headers}
    connection.request("POST", f"/api/2.0/mlflow/{path}", body, headers)
    answer = connection.getresponse()
    data = answer.read()
    assert answer.status == 200, data
    return data


def _caller(address: str, requests: Requests) -> Callable[[], object]:
    connection = http.client.HTTPConnection(urlsplit(address).netloc)

    def call() -> bytes:
        body, headers = next(requests)
        headers = {"Content-Type": "application/json", **headers}
        connection.request("POST", "/api/2.0/mlflow/runs/log-metric", body, headers)
        answer = connection.getresponse()
        data = answer.read()
        assert answer.status == 200, data
        return data

    return call
