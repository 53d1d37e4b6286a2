"""Servers for all tests: real processes, and accounts that keep tests apart."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tests.servers import Server

settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")

LONGEST = (
    "tests/workshop/test_run.py",
    "tests/client/test_sdk_remote.py",
    "tests/client/test_sdk_pipelines.py",
    "tests/client/test_mlflow.py",
    "tests/client/test_pipeline_schema.py",
    "tests/client/test_tuning.py",
    "tests/workshop/test_honest.py",
    "tests/client/test_sdks.py",
    "tests/client/test_sdk_registry.py",
    "tests/client/test_warm_start.py",
    "tests/chaos/test_endpoints.py",
    "tests/client/test_remote_pythons.py",
    "tests/client/test_sdk_experiments.py",
    "tests/client/test_s3_clients.py",
    "tests/client/test_sdk_transform.py",
    "tests/client/test_sdk_tuning.py",
)
"""The files that take longest, longest first. Where workers share the files, these are begun first, so that
no worker is left with a long one at the end."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Sorts what a worker collected; without workers files keep the order that was typed."""
    if hasattr(config, "workerinput"):
        place = {name: number for number, name in enumerate(LONGEST)}
        items.sort(key=lambda item: place.get(item.nodeid.partition("::")[0], len(place)))


@pytest.fixture(scope="session")
def open_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that accepts any key: a key of twelve digits is its own account."""
    server = Server.start(tmp_path_factory.mktemp("open"), "--open")
    yield server
    server.stop()
    server.sweep()


@pytest.fixture(scope="module")
def verified_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that verifies every signature, as it does for users.

    It has one account, so each file has a server of its own: what another file left is not seen.
    """
    server = Server.start(tmp_path_factory.mktemp("verified"))
    yield server
    server.stop()
    server.sweep()


@pytest.fixture
def start_server(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Starts servers that a test may end as it likes: ``start_server(home, "--open", OFICINA_HOLD="0")``."""
    started: list[Server] = []

    def start(home: Path | None = None, *words: str, **settings: str) -> Server:
        started.append(Server.start(home or tmp_path / "home", *words, **settings))
        return started[-1]

    yield start
    for server in started:
        if server.process.poll() is None:
            server.kill()
        server.sweep()


@pytest.fixture
def account() -> str:
    """An account that nobody else has."""
    return f"{random.randrange(10**11, 10**12)}"


@pytest.fixture
def aws(open_server: Server, account: str) -> Callable[..., Any]:
    """Makes boto3 clients of the test's own account: ``aws("s3")``."""

    def make(service: str, region: str = "us-east-1", **config: Any) -> Any:
        return open_server.client(service, account, region, **config)

    return make
