"""UpdateEndpoint: the old fleet answers until the new one is healthy, and on when it never is."""

from __future__ import annotations

import socket
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from oficina.runners import process
from tests import shops
from tests.servers import Server
from tests.shops import Shop, variant
from tests.waiting import wait_until

ACCOUNT = "555566667777"


class Stream:
    """Calls without a pause, from several clients, until it is stopped."""

    def __init__(self, make: Callable[[], Any], endpoint: str, clients: int = 3) -> None:
        self.clients = clients
        self.marks: list[str] = []
        self.failures: list[BaseException] = []
        self._over = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, args=(make(), endpoint), daemon=True) for _ in range(clients)
        ]

    def _run(self, shop: Shop, endpoint: str) -> None:
        while not self._over.is_set():
            try:
                self.marks.append(shop.ask(endpoint)["mark"])
            except Exception as failure:  # whatever it is, the test tells it
                self.failures.append(failure)

    def __enter__(self) -> Stream:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_reason: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()


@pytest.fixture
def server(start_server: Callable[..., Server]) -> Server:
    """A server that shows every status at once."""
    server = start_server(None, "--open", OFICINA_HOLD="0")
    shops.teach(server)
    return server


@pytest.fixture
def shop(server: Server) -> Shop:
    """The shop of one account on that server."""
    return Shop.of(lambda name: server.client(name, ACCOUNT))


def caller(server: Server) -> Callable[[], Shop]:
    """Makes further clients of the same account."""

    def make() -> Shop:
        names = ("s3", "sagemaker", "sagemaker-runtime", "logs", "cloudwatch")
        return Shop(*(server.client(name, ACCOUNT) for name in names))

    return make


def test_no_call_fails_while_a_new_fleet_takes_over(server: Server, shop: Shop) -> None:
    shop.open("one", variant(shop.model("blue")))
    with Stream(caller(server), "one") as stream:
        with socket.create_server(("127.0.0.1", 0)) as gate:
            green = shop.model("green", GATE=str(gate.getsockname()[1]))
            shop.config("next", variant(green, count=2))
            wait_until(lambda: len(stream.marks) > 20, "calls are answered")
            shop.sagemaker.update_endpoint(EndpointName="one", EndpointConfigName="next")
            assert shop.sagemaker.describe_endpoint(EndpointName="one")["EndpointStatus"] == "Updating"
            count = len(stream.marks)
            wait_until(lambda: len(stream.marks) > count + 20, "calls are answered during the update")
        endpoint = shop.settled("one")
        count = len(stream.marks)
        wait_until(lambda: len(stream.marks) > count + 50, "calls are answered after the update")
    assert not stream.failures
    assert endpoint["EndpointConfigName"] == "next"
    turn = stream.marks.index("green")
    assert set(stream.marks[:turn]) == {"blue"}
    # Each client may have had one call under way, whose answer it noted when the others had gone on.
    late = stream.marks[count:]
    assert late.count("blue") <= stream.clients
    assert late.count("green") == len(late) - late.count("blue")
    # Every process of the old fleet ends, and its credentials with it.
    wait_until(lambda: len(alive(server.home)) == 2, "the old fleet is gone")


def alive(home: Path) -> list[Path]:
    """The folders of model processes that run."""
    return [spec.parent for spec in home.glob("endpoints/*/*/*/spec.json") if process.alive(spec.parent)]


def test_an_update_that_fails_is_rolled_back_without_a_failed_call(server: Server, shop: Shop) -> None:
    shop.open("one", variant(shop.model("blue")))
    shop.config("next", variant(shop.model("green", FAILS="yes")))
    with Stream(caller(server), "one") as stream:
        wait_until(lambda: stream.marks, "calls are answered")
        shop.sagemaker.update_endpoint(EndpointName="one", EndpointConfigName="next")
        endpoint = shop.settled("one")
    assert not stream.failures
    assert set(stream.marks) == {"blue"}
    assert endpoint["EndpointStatus"] == "InService"
    assert endpoint["EndpointConfigName"] == "one"
    assert "did not pass the ping health check" in endpoint["FailureReason"]
    assert "no weights found" in endpoint["FailureReason"]
    wait_until(lambda: len(alive(server.home)) == 1, "the fleet that failed is gone")
    shop.config("third", variant(shop.model("red")))
    shop.sagemaker.update_endpoint(EndpointName="one", EndpointConfigName="third")
    assert "FailureReason" not in shop.settled("one")
    assert shop.ask("one")["mark"] == "red"


def test_an_update_can_keep_weights_and_counts(shop: Shop) -> None:
    shop.open("one", variant(shop.model("blue"), count=1))
    shop.sagemaker.update_endpoint_weights_and_capacities(
        EndpointName="one",
        DesiredWeightsAndCapacities=[
            {"VariantName": "AllTraffic", "DesiredWeight": 0.5, "DesiredInstanceCount": 2}
        ],
    )
    shop.settled("one")
    shop.config("next", variant(shop.model("green"), count=1))
    shop.sagemaker.update_endpoint(
        EndpointName="one",
        EndpointConfigName="next",
        RetainAllVariantProperties=True,
        ExcludeRetainedVariantProperties=[{"VariantPropertyType": "DesiredWeight"}],
    )
    (summary,) = shop.settled("one")["ProductionVariants"]
    assert (summary["CurrentInstanceCount"], summary["CurrentWeight"]) == (2, 1.0)


def test_instances_are_taken_away_without_a_failed_call(server: Server, shop: Shop) -> None:
    shop.open("one", variant(shop.model("blue"), count=3))
    with Stream(caller(server), "one") as stream:
        wait_until(lambda: stream.marks, "calls are answered")
        shop.sagemaker.update_endpoint_weights_and_capacities(
            EndpointName="one",
            DesiredWeightsAndCapacities=[{"VariantName": "AllTraffic", "DesiredInstanceCount": 1}],
        )
        shop.settled("one")
        wait_until(lambda: len(alive(server.home)) == 1, "two processes are gone")
    assert not stream.failures


def test_credentials_of_a_fleet_end_with_it(server: Server, shop: Shop) -> None:
    shop.open("one", variant(shop.model("blue")))
    key = shop.ask("one")["environment"]["AWS_ACCESS_KEY_ID"]
    assert key in keys(server)
    shop.sagemaker.delete_endpoint(EndpointName="one")
    shop.sagemaker.get_waiter("endpoint_deleted").wait(EndpointName="one")
    assert key not in keys(server)


def keys(server: Server) -> list[str]:
    """The access keys in the database."""
    with sqlite3.connect(server.home / "oficina.db") as connection:
        return [row[0] for row in connection.execute("SELECT access_key FROM keys")]
