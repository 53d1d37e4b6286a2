"""A reset while things are under way: what comes after it under the same names is not touched by what was."""

from __future__ import annotations

import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from oficina.clock import Clock
from oficina.config import Config
from oficina.engine.jobs import TOPIC, Jobs
from oficina.engine.watch import Watch
from oficina.engine.workers import Engine
from oficina.runners import process
from oficina.runners.process import Exit, Spec
from oficina.store.documents import Scope
from oficina.store.kinds import Document, Kind
from oficina.store.store import Store
from tests.chaos.test_endpoints import first
from tests.servers import Server
from tests.shops import variant
from tests.waiting import PATIENCE, wait_until

NAP = {"NapName": "nap", "NapStatus": "InProgress"}


class Naps:
    """Jobs that sleep; at a certain moment everything is emptied, and the next job of their name created."""

    kind = Kind("Nap", arn="nap")

    def __init__(self, moment: str) -> None:
        self.moment = moment
        self.folder = Path()
        self.next: Document = {}

    def come_to(self, moment: str, engine: Engine, docs: Scope) -> None:
        if moment == self.moment and not self.next:
            process.kill_all(engine.store.folder("jobs").iterdir())
            engine.store.empty()
            self.next = docs.create(self.kind, NAP)

    def stage(self, engine: Engine, docs: Scope, job: Document, folder: Path) -> Spec:
        self.folder = folder
        self.come_to("staged", engine, docs)
        command = ["/bin/sh", "-c", "sleep 1000"]
        return Spec(name="nap", arn="nap", command=command, home=str(engine.config.home))

    def started(self, docs: Scope, job: Document, at: float) -> None:
        docs.update(self.kind, "nap", {"StartTime": at})

    def follow(self, engine: Engine, docs: Scope, job: Document, folder: Path) -> Watch:
        return Watch([lambda last: self.come_to("started", engine, docs)], interval=0.01)

    def finish(self, engine: Engine, docs: Scope, job: Document, folder: Path, end: Exit) -> Document:
        return {"NapStatus": "Completed"}

    def failed(self, docs: Scope, job: Document, reason: str) -> Document:
        return {"NapStatus": "Failed", "FailureReason": reason}

    def stopped(self, docs: Scope, job: Document) -> Document:
        return {"NapStatus": "Stopped"}


@pytest.mark.parametrize("moment", ["staged", "started"])
def test_a_job_that_was_forgotten_leaves_the_next_one_of_its_name_alone(tmp_path: Path, moment: str) -> None:
    store = Store(Config(home=tmp_path), Clock())
    engine = Engine(store.config, store, store.clock, "http://localhost", lambda *_: {})
    docs, naps = store.scope("123456789012", "us-east-1"), Naps(moment)
    arn = docs.create(naps.kind, NAP)["NapArn"]
    store.queue.put(
        TOPIC, arn, account=docs.account, region=docs.region, payload={"kind": "Nap", "name": "nap"}
    )
    task = store.queue.lease([TOPIC], 1.0)
    assert task is not None

    Jobs(naps)(engine, task)

    assert docs.get(naps.kind, "nap") == naps.next
    assert not naps.folder.exists()
    assert list(store.folder("jobs").iterdir()) == []
    store.close()


def test_an_endpoint_that_was_forgotten_leaves_the_next_one_of_its_name_alone(
    start_server: Callable[..., Server], tmp_path: Path
) -> None:
    home = tmp_path / "home"
    server, shop = first(start_server, home)
    never = shop.model("m", HEALTHY="no")
    shop.sagemaker.create_endpoint(EndpointName="one", EndpointConfigName=shop.config("c", variant(never)))
    wait_until(lambda: list(home.glob("endpoints/*/*/*/supervisor.pid")), "the model is not started")

    urllib.request.urlopen(f"{server.address}/_oficina/reset", data=b"", timeout=PATIENCE).close()
    shop.s3.create_bucket(Bucket="shop")
    shop.open("one", variant(shop.model("m")))

    assert shop.ask("one")["mark"] == "m"
