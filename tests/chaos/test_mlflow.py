"""MLflow and its oficina die at the worst moments: clients ask again, and nothing is lost or done twice."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from oficina.runners import process
from oficina.runners.process import Spec
from tests import mlflow
from tests.jobs import ROLE
from tests.ports import held
from tests.servers import Server
from tests.waiting import wait_until


def place_of(home: Path) -> Path:
    """The folder of the one MLflow process of a home."""
    (spec,) = (home / "mlflow").glob("*/process/spec.json")
    return spec.parent


def pid_of(home: Path) -> int:
    """The process id of its supervisor."""
    return int((place_of(home) / "supervisor.pid").read_text().split()[0])


def port_of(home: Path) -> int:
    """The port on which MLflow itself listens."""
    port = Spec.from_json((place_of(home) / "spec.json").read_text()).port
    assert port is not None
    return port


def log_until_told(server: Server, url: str, run: str, step: int) -> None:
    """Logs a metric as MLflow's client does: a 503 is asked again."""

    def logged() -> bool:
        body = {"run_id": run, "key": "loss", "value": step, "timestamp": step, "step": step}
        status, told = mlflow.ask(server, url, "runs/log-metric", body)
        assert status in (200, 503), told
        return status == 200

    wait_until(logged, "a metric could not be logged")


def test_nothing_is_lost_when_mlflow_is_killed_under_load(start_server: Callable[..., Server]) -> None:
    server = start_server()
    url = mlflow.tracking_server(server, "loaded")["TrackingServerUrl"]
    _, told = mlflow.ask(server, url, "runs/create", {"experiment_id": "0"})
    run = told["run"]["info"]["run_id"]
    at = [0]

    def work() -> None:
        for step in range(60):
            log_until_told(server, url, run, step)
            at[0] = step

    worker = threading.Thread(target=work)
    worker.start()
    wait_until(lambda: at[0] >= 20, "no metrics were logged")
    os.kill(pid_of(server.home), signal.SIGKILL)
    worker.join()
    assert at[0] == 59
    _, told = mlflow.ask(server, url, f"metrics/get-history?run_id={run}&metric_key=loss")
    assert sorted(metric["step"] for metric in told["metrics"]) == list(range(60))


@pytest.fixture
def port() -> Iterator[str]:
    """A port that is one server's after the other, and nobody else's in between."""
    with held() as number:
        yield str(number)


def test_mlflow_goes_on_without_oficina_and_its_models_are_registered_once_after(
    start_server: Callable[..., Server], port: str
) -> None:
    server = start_server(None, "--port", port)
    made = mlflow.tracking_server(server, "alone", AutomaticModelRegistration=True)
    url, pid = made["TrackingServerUrl"], pid_of(server.home)
    mlflow.register(server, url, "steady")
    wait_until(lambda: mlflow.packages(server, "steady"), "the version became no package")

    server.kill()
    inner = f"http://127.0.0.1:{port_of(server.home)}"
    for alias in ("sagemakerlifecycle-staging-active", "sagemakerlifecycle-production-pending"):
        told = {"name": "steady", "alias": alias, "version": "1"}
        assert mlflow.ask(server, inner, "registered-models/alias", told)[0] == 200
    mlflow.register(server, inner, "steady")
    server = start_server(server.home, "--port", port, OFICINA_CHAOS="mlflow-registered")
    server.ended()

    server = start_server(server.home, "--port", port)
    wait_until(lambda: len(mlflow.packages(server, "steady")) > 1, "the version became no package")
    mlflow.register(server, url, "steady")
    wait_until(lambda: len(mlflow.packages(server, "steady")) > 2, "the version became no package")
    versions = [told["ModelVersion"] for told in mlflow.packages(server, "steady")]
    assert sorted(versions) == ["1", "2", "3"]
    (first,) = [one for one in mlflow.described(server, "steady") if one["ModelPackageVersion"] == 1]
    assert first["ModelLifeCycle"] == {"Stage": "production", "StageStatus": "pending"}
    assert pid_of(server.home) == pid


def test_models_renamed_and_registered_again_without_oficina_are_followed_after(
    start_server: Callable[..., Server], port: str
) -> None:
    server = start_server(None, "--port", port)
    url = mlflow.tracking_server(server, "moved", AutomaticModelRegistration=True)["TrackingServerUrl"]
    mlflow.register(server, url, "before")
    wait_until(lambda: mlflow.packages(server, "before"), "the version became no package")

    server.kill()
    inner = f"http://127.0.0.1:{port_of(server.home)}"
    names = {"name": "before", "new_name": "after"}
    assert mlflow.ask(server, inner, "registered-models/rename", names)[0] == 200
    mlflow.register(server, inner, "before")
    server = start_server(server.home, "--port", port, OFICINA_CHAOS="mlflow-registered")
    server.ended()

    server = start_server(server.home, "--port", port)
    wait_until(lambda: len(mlflow.packages(server, "before")) > 1, "the new model became no package")
    mlflow.register(server, url, "after")
    wait_until(lambda: mlflow.packages(server, "after"), "the next version became no package")
    told = [one["ModelVersion"] for one in mlflow.packages(server, "after")]
    assert (told, len(mlflow.packages(server, "before"))) == (["2"], 2)


def test_an_idle_server_rests_and_wakes_with_the_next_request(start_server: Callable[..., Server]) -> None:
    server = start_server(OFICINA_MLFLOW_IDLE="1")
    url = mlflow.tracking_server(server, "sleepy")["TrackingServerUrl"]
    place = place_of(server.home)
    wait_until(lambda: not process.alive(place), "it does not rest")
    assert mlflow.ask(server, url, "experiments/get?experiment_id=0")[0] == 200


def test_a_server_whose_making_was_cut_short_is_made_by_the_next_oficina(
    start_server: Callable[..., Server],
) -> None:
    server = start_server()
    server.client("s3").create_bucket(Bucket="mlflow-artifacts")
    server.client("sagemaker").create_mlflow_tracking_server(
        TrackingServerName="young", ArtifactStoreUri="s3://mlflow-artifacts/young", RoleArn=ROLE
    )
    wait_until(lambda: list((server.home / "mlflow").glob("*/process/supervisor.pid")), "nothing began")
    server.kill()
    server = start_server(server.home)
    made = mlflow.settled(server.client("sagemaker"), "young")
    assert made["TrackingServerStatus"] == "Created"
    status, _ = mlflow.ask(server, made["TrackingServerUrl"], "experiments/get?experiment_id=0")
    assert status == 200
